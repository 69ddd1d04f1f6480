import { describe, expect, it } from "vitest";
import { seededNumbers } from "../../testing/hub.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { isMeshSignal, isPacket, type Packet, type Via } from "./packets.ts";
import { Pair, type Shaky, type Way } from "./pair.ts";

/** Latency of each way, in ms: least, and how much chance adds. */
const LATENCY: Readonly<Record<Via, readonly [number, number]>> = {
  direct: [1, 10],
  relay: [5, 20],
  session: [20, 60],
};
const SHAKY: readonly Shaky[] = ["direct", "relay"];

/** Two ends and all ways between them, on one clock. */
function duo(random: () => number = () => 0.5) {
  const clock = new ManualClock();
  const up = { direct: false, relay: false };
  /** Ways that take everything and deliver nothing. */
  const swallows = { direct: false, relay: false };
  const sent: Record<Via, number> = { direct: 0, relay: 0, session: 0 };
  const heard: Record<string, unknown[]> = { ada: [], bob: [] };
  const paths: Record<string, Via[]> = { ada: [], bob: [] };
  const lost: number[] = [];
  const pairs: Record<string, Pair> = {};
  const arrives = new Map<string, number>();
  /** Of each opening of a way: what was under way on an earlier one never arrives. */
  const lives = { direct: 0, relay: 0 };

  /** Carries a packet; each way keeps its own order. */
  const carry = (to: string, packet: Packet, via: Via) => {
    sent[via]++;
    const [leastMs, moreMs] = LATENCY[via];
    const at = Math.max(arrives.get(to + via) ?? 0, clock.now() + leastMs + random() * moreMs);
    arrives.set(to + via, at);
    const life = via === "session" ? 0 : lives[via];
    clock.after(at - clock.now(), () => {
      if (via !== "session" && (life !== lives[via] || swallows[via])) return;
      expect(isPacket(JSON.parse(JSON.stringify(packet)))).toBe(true);
      pairs[to]?.hear(packet, via);
    });
  };
  const end = (me: string, other: string, incarnation = `1-${me}`) => {
    pairs[me]?.close();
    const way = (via: Shaky): Way => ({
      send: (packet) => {
        if (up[via]) carry(other, packet, via);
        return up[via];
      },
      cast: (packet) => {
        if (up[via] && random() < 0.8) carry(other, packet, via);
        return up[via];
      },
      isBusy: false,
    });
    pairs[me] = new Pair({
      clock,
      incarnation,
      ways: { direct: way("direct"), relay: way("relay") },
      floor: { send: (packet) => carry(other, packet, "session"), isIdle: true },
      heard: ({ data }) => heard[me]?.push(data),
      pathChanged: (via) => paths[me]?.push(via),
      met: () => {},
      lost: (count) => lost.push(count),
    });
    return pairs[me];
  };
  const [ada, bob] = [end("ada", "bob"), end("bob", "ada")];
  const open = (via: Shaky) => {
    up[via] = true;
    for (const pair of Object.values(pairs)) pair.opened(via);
  };
  const shut = (via: Shaky) => {
    up[via] = false;
    lives[via]++;
    for (const pair of Object.values(pairs)) pair.closed(via);
  };
  return { clock, up, swallows, sent, ada, bob, end, heard, paths, lost, open, shut };
}

describe("a pair of peers", () => {
  it("[CL31] talks by session at once, and by a better way when something was heard on it", async () => {
    const { clock, ada, heard, open, paths, sent } = duo();
    ada.greet();
    ada.send("word", 1);
    await clock.forward(300);
    expect(heard.bob).toEqual([1]);
    expect(ada.via).toBe("session");

    open("relay");
    expect(ada.via).toBe("session");
    await clock.forward(300);
    open("direct");
    await clock.forward(300);
    const { relay, session } = sent;
    ada.send("word", 2);
    await clock.forward(100);

    expect(heard.bob).toEqual([1, 2]);
    expect([sent.relay, sent.session]).toEqual([relay, session]);
    expect(paths.ada).toEqual(["relay", "direct"]);
  });

  it.each(SHAKY)("[CL32] goes on when %s closes, with what it had swallowed", async (via) => {
    const { clock, ada, heard, open, shut, paths, swallows } = duo();
    ada.greet();
    open(via);
    await clock.forward(500);

    swallows[via] = true;
    ada.send("word", 1);
    await clock.forward(50);
    shut(via);
    ada.send("word", 2);
    await clock.forward(500);

    expect(heard.bob).toEqual([1, 2]);
    expect(paths.ada).toEqual([via, "session"]);
    expect(ada.pending).toBe(0);
  });

  it("[CL32] takes the next lesser way that lives", async () => {
    const { clock, ada, heard, open, shut, paths, sent } = duo();
    ada.greet();
    open("relay");
    open("direct");
    await clock.forward(500);
    const { session } = sent;

    shut("direct");
    ada.send("word", 1);
    await clock.forward(200);

    expect(heard.bob).toEqual([1]);
    expect(paths.ada).toEqual(["direct", "relay"]);
    expect(sent.session).toBe(session);
  });

  it.each(SHAKY)("[CL32] goes on when %s is open and dead, and by it when it lives again", async (via) => {
    const { clock, ada, heard, open, paths, swallows } = duo();
    ada.greet();
    open(via);
    await clock.forward(500);

    swallows[via] = true;
    ada.send("word", 1);
    await clock.forward(6_000);
    expect(heard.bob).toEqual([1]);
    expect(ada.via).toBe("session");
    swallows[via] = false;
    await clock.forward(6_000);
    ada.send("word", 2);
    await clock.forward(500);

    expect(heard.bob).toEqual([1, 2]);
    expect(paths.ada).toEqual([via, "session", via]);
  });

  it("[CL36] notices that a way is dead although nothing is said", async () => {
    const { clock, ada, open, swallows } = duo();
    ada.greet();
    open("direct");
    await clock.forward(500);
    expect(ada.via).toBe("direct");

    swallows.direct = true;
    await clock.forward(9_000);

    expect(ada.via).toBe("session");
  });

  it("[CL36] trusts a way the later the more often it fell", async () => {
    const { clock, ada, open, shut, paths } = duo();
    ada.greet();
    const backMs: number[] = [];
    for (let fall = 0; fall < 5; fall++) {
      open("direct");
      const openedAt = clock.now();
      await clock.until(() => ada.via === "direct", 60_000);
      backMs.push(clock.now() - openedAt);
      await clock.forward(1_000);
      shut("direct");
    }

    expect(backMs.map((ms, i) => i === 0 || ms > backMs[i - 1]! * 1.4)).not.toContain(false);
    expect(backMs[4]).toBeGreaterThan(3_000);
    open("direct");
    await clock.forward(60_000);
    shut("direct");
    open("direct");
    await clock.forward(1_500);
    expect(ada.via).toBe("direct");
    expect(paths.ada?.filter((via) => via === "direct")).toHaveLength(7);
  });

  it("[CL33] knows its path and how long it takes", async () => {
    const { clock, ada, open } = duo();
    ada.greet();
    expect(ada.rttMs).toBeUndefined();
    await clock.forward(11_000);
    expect(ada.rttMs).toBe(100);

    open("direct");
    await clock.forward(3_000);

    expect(ada.via).toBe("direct");
    expect(ada.rttMs).toBe(12);
  });

  it("[CL37] needs the relay while one of the two has no data channel that lives", async () => {
    const { clock, ada, bob, open, up } = duo();
    expect(ada.needsRelay).toBe(false);
    ada.greet();
    await clock.forward(300);
    expect(ada.needsRelay).toBe(true);
    open("direct");
    await clock.forward(3_000);
    expect([ada.needsRelay, bob.needsRelay]).toEqual([false, false]);

    bob.closed("direct");
    up.direct = true;
    await clock.forward(200);
    bob.send("word", 1);
    await clock.forward(200);

    expect([ada.via, ada.needsRelay, bob.needsRelay]).toEqual(["direct", true, true]);
  });

  it("[CL38] casts what is worthless when late: at most once, in order, by the present way", async () => {
    const { clock, ada, bob, heard, open, shut, sent } = duo(seededNumbers(5));
    ada.cast("word", "before anybody is there");
    ada.greet();
    open("direct");
    await clock.forward(500);
    const { session } = sent;
    for (let i = 0; i < 100; i++) {
      ada.cast("word", i);
      await clock.forward(5);
    }
    shut("direct");
    for (let i = 100; i < 110; i++) ada.cast("word", i);
    bob.hear({ k: "e", i: "1-ada", ri: "1-bob", s: 50, type: "word", d: "again" }, "session");
    await clock.forward(500);

    const told = heard.bob as number[];
    expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
    expect(told.length).toBeGreaterThan(50);
    expect(told.length).toBeLessThan(105);
    expect(sent.session - session).toBeGreaterThanOrEqual(10);
    expect(ada.pending).toBe(0);
  });

  it("[CL34] tells a new self nothing of the former, and passes over what that still says", async () => {
    const { clock, ada, end, heard, lost } = duo();
    ada.greet();
    await clock.forward(300);
    ada.send("word", "for the former");
    const bob = end("bob", "ada", "2-bob");
    bob.greet();
    await clock.forward(300);
    ada.send("word", "for the new");
    ada.hear({ k: "m", i: "1-bob", ri: "1-ada", s: 1, a: 0, type: "word", d: "from the dead" }, "session");
    await clock.forward(300);

    expect(lost).toEqual([1]);
    expect(heard.bob).toEqual(["for the new"]);
    expect(heard.ada).toEqual([]);
  });

  it("refuses more than it may keep", async () => {
    const { ada } = duo();
    for (let i = 0; i < 1_000; i++) ada.send("word", i);

    expect(() => ada.send("word", 1_000)).toThrow(expect.objectContaining({ code: "queue_full" }));
  });

  it.each(Array.from({ length: 60 }, (_, i) => i + 1))(
    "[CL30] arrives once and in order while ways come, go and fall silent (seed %i)",
    async (seed) => {
      const random = seededNumbers(seed);
      const { clock, ada, bob, heard, up, open, shut, swallows } = duo(random);
      ada.greet();
      for (let i = 0; i < 300; i++) {
        ada.send("word", i);
        bob.send("word", i);
        for (const via of SHAKY) {
          if (random() < 0.1) (up[via] ? shut : open)(via);
          if (random() < 0.05) swallows[via] = !swallows[via];
        }
        await clock.forward(Math.floor(random() * 60));
      }
      for (const via of SHAKY) swallows[via] = false;
      await clock.forward(60_000);

      const all = Array.from({ length: 300 }, (_, i) => i);
      expect(heard, `SEED=${seed}`).toEqual({ ada: all, bob: all });
      expect([ada.pending, bob.pending]).toEqual([0, 0]);
    },
  );
});

describe("what another peer sends", () => {
  it("[CL35] is a packet or a signal only if it looks like one", () => {
    for (const nonsense of [
      null,
      1,
      "hi",
      [],
      {},
      { k: "hi" },
      { k: "x", i: "a" },
      { k: "m", i: "a", ri: "b", s: -1, a: 0, type: "x" },
      { k: "a", i: "a", ri: "b", a: 1.5 },
      { k: "e", i: "a", s: 1, type: "x" },
    ]) {
      expect(isPacket(nonsense)).toBe(false);
    }
    for (const nonsense of [
      null,
      {},
      { i: "a", ri: "b", c: 1 },
      { i: "a", ri: "b", c: "1", candidate: null },
      { i: "a", c: 1, candidate: null },
      { i: "a", ri: "b", c: 1, description: { type: "rollback", sdp: "" } },
      { i: "a", ri: "b", c: 1, description: { type: "offer" } },
      { i: "a", ri: "b", c: 1, candidate: "x" },
    ]) {
      expect(isMeshSignal(nonsense)).toBe(false);
    }
    expect(isMeshSignal({ i: "a", ri: "b", c: 1, candidate: null })).toBe(true);
  });
});
