import { describe, expect, it } from "vitest";
import { ModelServer } from "../../src/testing/model-server.ts";
import { realHost } from "./real-host.ts";
import { continuityRun, type RunOptions, type RunResult, SIGNAL_EVERY } from "./run.ts";

// SEED=4711 npm test -- continuity repeats one run exactly; SEEDS=200 MESSAGES=500 is the long form (npm run test:soak).
const first = Number(process.env.SEED ?? 1);
const count = process.env.SEED === undefined ? Number(process.env.SEEDS ?? 6) : 1;
const messages = Number(process.env.MESSAGES ?? 120);
const clients = 5;
const seeds = Array.from({ length: count }, (_, i) => first + i);

type Hosts = Readonly<Record<string, Pick<RunOptions, "host" | "withQuestions">>>;

const hosts: Hosts = {
  "the model server": { host: (clock) => new ModelServer({ clock }), withQuestions: true },
  "the server": { host: (clock, seed) => realHost(clock, seed), withQuestions: true },
};

/** Everything that is wrong with a run in which nothing may be missing. */
function flaws({ stories, orders, signals, asks, trouble, lostSessions }: RunResult): string[] {
  const found = trouble.map(String);
  if (lostSessions > 0) found.push(`${lostSessions} sessions were lost`);
  const complete = Array.from({ length: messages }, (_, i) => i).join();
  stories.forEach((heard, listener) => {
    heard.forEach((story, speaker) => {
      if (listener !== speaker && story.join() !== complete) {
        found.push(`client ${listener} heard of client ${speaker}: ${story.join(" ").slice(0, 500)}`);
      }
    });
  });
  // What two of them heard of a third, they heard in one order.
  orders.forEach((order, a) => {
    orders.forEach((other, b) => {
      if (a >= b) return;
      const shared = (words: readonly string[]) =>
        words.filter((word) => !word.startsWith(`${a}:`) && !word.startsWith(`${b}:`)).join();
      if (shared(order) !== shared(other))
        found.push(`clients ${a} and ${b} heard the others in different orders`);
    });
  });
  const expected = Array.from(
    { length: Math.ceil(messages / SIGNAL_EVERY) },
    (_, i) => i * SIGNAL_EVERY,
  ).join();
  signals.forEach((heard, listener) => {
    if (heard.join() !== expected) found.push(`client ${listener} was signaled ${heard.join(" ")}`);
  });
  if (asks.heard !== asks.asked) found.push(`${asks.asked} questions were heard ${asks.heard} times`);
  return [...found, ...asks.wrong];
}

describe.each(Object.keys(hosts))("sessions over a network that fails, on %s", (name) => {
  const how = hosts[name]!;

  it.each(seeds)(
    "[CL20] tell every message once and in order (seed %i)",
    async (seed) => {
      const result = await continuityRun({ seed, clients, messages, ...how });

      expect(flaws(result), `SEED=${seed}`).toEqual([]);
      expect(result.dialed).toBeGreaterThan(clients);
    },
    120_000,
  );

  it("repeat a run exactly when given the same seed", async () => {
    const [once, again] = [
      await continuityRun({ seed: 7, clients: 3, messages: 40, ...how }),
      await continuityRun({ seed: 7, clients: 3, messages: 40, ...how }),
    ];
    const other = await continuityRun({ seed: 8, clients: 3, messages: 40, ...how });

    expect(again.digest).toBe(once.digest);
    expect(again).toEqual(once);
    expect(other.digest).not.toBe(once.digest);
  });
});

/** The same, with room for a few events only. */
const forgetful: Hosts = {
  "the model server": { host: (clock) => new ModelServer({ clock, keep: 5 }), withQuestions: true },
  "the server": { host: (clock, seed) => realHost(clock, seed, { maxBytes: 1_000 }), withQuestions: true },
};

describe.each(Object.keys(forgetful))("sessions that miss more than is kept, on %s", (name) => {
  const how = forgetful[name]!;

  it.each(seeds)("[CL22] are told so exactly where something is missing (seed %i)", async (seed) => {
    const { stories, trouble } = await continuityRun({ seed, clients, messages, ...how });

    const wrong: string[] = [];
    let told = 0;
    stories.forEach((heard, listener) => {
      heard.forEach((story, speaker) => {
        let last = -1;
        let mayMiss = false;
        for (const word of listener === speaker ? [] : story) {
          if (word === "resync") {
            mayMiss = true;
            told++;
            continue;
          }
          if (word <= last)
            wrong.push(`client ${listener} heard ${speaker}:${word} after ${speaker}:${last}`);
          if (word > last + 1 && !mayMiss)
            wrong.push(`client ${listener} missed what came before ${speaker}:${word}`);
          last = word;
          mayMiss = false;
        }
      });
    });
    expect(wrong, `SEED=${seed}`).toEqual([]);
    expect(trouble).toEqual([]);
    expect(told).toBeGreaterThan(0);
  });
});
