import { connect } from "../../src/client/connection.ts";
import type { Room } from "../../src/client/room.ts";
import { seededNumbers } from "../../src/testing/hub.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryNet, type ServerEnd } from "../../src/testing/memory-net.ts";
import { type FaultCounts, Faults } from "./faults.ts";

/** A server to run against, on the run's own clock. */
export interface Host {
  readonly accept: (end: ServerEnd) => void;
  /** Ends whatever the host keeps running. */
  close?(): void;
}

export interface RunOptions {
  readonly seed: number;
  readonly clients: number;
  /** How many messages each client says. Every other client is to hear them. */
  readonly messages: number;
  readonly host: (clock: ManualClock, seed: number) => Host;
  /** Whether clients ask each other questions, too. */
  readonly withQuestions: boolean;
}

/** After how many messages a client signals the next one, and asks it something. */
export const SIGNAL_EVERY = 10;
const ASK_EVERY = 25;

/** What one client heard of one other, with the places where it was told that something is missing. */
export type Story = readonly (number | "resync")[];

export interface RunResult {
  /** `stories[listener][speaker]`. */
  readonly stories: readonly (readonly Story[])[];
  /** What each client heard of all others, in its order: `speaker:message`. */
  readonly orders: readonly (readonly string[])[];
  /** What each client was signaled by the one before it. */
  readonly signals: readonly (readonly number[])[];
  /** How many questions were asked, how often the other side heard one, and wrong or missing answers. */
  readonly asks: { readonly asked: number; readonly heard: number; readonly wrong: readonly string[] };
  readonly faults: FaultCounts;
  readonly dialed: number;
  readonly lostSessions: number;
  readonly trouble: readonly unknown[];
  /** Differs when anything happened at another time or in another order. */
  readonly digest: number;
}

/** Mean time between two messages of one client, in ms. */
const PACE_MS = 40;
const FAULT_EVERY_MS = 1_500;
/** How long after the last fault everything must have arrived. Longer than any wait of client or server. */
const SETTLE_WITHIN_MS = 180_000;

/** Lets clients talk over a network that fails all the time, and reports what each of them heard. */
export async function continuityRun(options: RunOptions): Promise<RunResult> {
  const { seed, clients, messages, host: open, withQuestions } = options;
  const clock = new ManualClock(1_000_000);
  const dice = (stream: number) => seededNumbers(seed * 16 + stream);
  const latency = dice(1);
  const host = open(clock, seed);
  const net = new MemoryNet({
    clock,
    accept: (end) => host.accept(end),
    latencyMs: () => 1 + Math.floor(latency() * 40),
  });
  const trouble: unknown[] = [];
  let digest = 0;
  const note = (text: string) => {
    for (const char of `${clock.now()} ${text}`) digest = (Math.imul(digest, 31) + char.charCodeAt(0)) | 0;
  };

  let lostSessions = 0;
  const jitter = dice(2);
  const connections = Array.from({ length: clients }, (_, index) => {
    const connection = connect("ws://continuity/parlor", {
      WebSocket: net.WebSocket,
      clock,
      random: jitter,
      alias: `client${index}`,
      offline: { maxItems: messages + 100 },
      onTrouble: (error) => trouble.push(error),
    });
    connection.on("session-lost", () => lostSessions++);
    return connection;
  });
  const joining = Promise.all(connections.map((connection) => connection.join("arena")));
  let rooms: Room[] = [];
  void joining.then((joined) => {
    rooms = joined;
  });
  await clock.until(() => rooms.length === clients, 60_000);

  const stories: (number | "resync")[][][] = rooms.map(() => rooms.map(() => []));
  const orders: string[][] = rooms.map(() => []);
  const signals: number[][] = rooms.map(() => []);
  const asks = { asked: 0, heard: 0, open: 0, wrong: [] as string[] };
  rooms.forEach((room, listener) => {
    room.on("word", (data) => {
      const { speaker, number } = data as { speaker: number; number: number };
      stories[listener]?.[speaker]?.push(number);
      orders[listener]?.push(`${speaker}:${number}`);
      note(`${listener} hears ${speaker}:${number}`);
    });
    room.on("signal", ({ data }) => {
      signals[listener]?.push(Number(data));
      note(`${listener} is signaled ${data}`);
    });
    room.on("resync", ({ reason }) => {
      for (const story of stories[listener] ?? []) story.push("resync");
      note(`${listener} resync ${reason}`);
    });
    room.on("refused", ({ error }) => trouble.push(error));
    room.answer("double", (value) => {
      asks.heard++;
      return Number(value) * 2;
    });
  });

  const faults = new Faults({ clock, net, random: dice(3), everyMs: FAULT_EVERY_MS });
  const pace = dice(4);
  const done = rooms.map((room, speaker) => {
    let number = 0;
    const talk = () => {
      room.send("word", { speaker, number });
      const other = connections[(speaker + 1) % clients]?.peer ?? "";
      if (number % SIGNAL_EVERY === 0) room.signal(other, number);
      if (withQuestions && number % ASK_EVERY === 0) {
        const asked = number;
        asks.asked++;
        asks.open++;
        room
          .ask(other, "double", asked, { timeoutMs: 300_000 })
          .then(
            (answer) => answer === asked * 2 || asks.wrong.push(`${speaker} asked ${asked}, heard ${answer}`),
            (error: unknown) => asks.wrong.push(`${speaker} asked ${asked}: ${error}`),
          )
          .finally(() => asks.open--);
      }
      if (++number < messages) clock.after(1 + Math.floor(pace() * 2 * PACE_MS), talk);
    };
    clock.after(Math.floor(pace() * PACE_MS), talk);
    return () => number === messages;
  });
  await clock.until(() => done.every((isDone) => isDone()), messages * PACE_MS * 10);
  faults.stop();

  const isComplete = () =>
    asks.open === 0 &&
    signals.every((heard) => heard.length >= messages / SIGNAL_EVERY) &&
    connections.every((connection) => connection.pending === 0 && connection.state.is === "connected") &&
    stories.every((heard, listener) =>
      heard.every((story, speaker) => speaker === listener || story.at(-1) === messages - 1),
    );
  // A run that never completes is a result, too: what is missing shows in the stories.
  await clock.until(isComplete, SETTLE_WITHIN_MS).catch(() => {});
  // Whatever comes twice would come now.
  await clock.forward(30_000);
  for (const connection of connections) connection.close();
  await clock.forward(1_000);
  host.close?.();

  const { open: _open, ...asked } = asks;
  return {
    stories,
    orders,
    signals,
    asks: asked,
    faults: faults.counts,
    dialed: net.dialed,
    lostSessions,
    trouble,
    digest,
  };
}
