import { describe, expect, it } from "vitest";
import { seededNumbers } from "../../testing/hub.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { isMeshSignal, isPacket, type Packet, type Via } from "./packets.ts";
import { Pair } from "./pair.ts";

/** Two ends and both paths between them, on one clock. */
function duo(random: () => number = () => 0.5) {
  const clock = new ManualClock();
  const net = { isChannelUp: false, swallows: false, relays: 0 };
  const heard: Record<string, unknown[]> = { ada: [], bob: [] };
  const paths: Record<string, Via[]> = { ada: [], bob: [] };
  const lost: number[] = [];
  const pairs: Record<string, Pair> = {};
  const arrives: Record<string, Record<Via, number>> = {
    ada: { direct: 0, relay: 0 },
    bob: { direct: 0, relay: 0 },
  };

  /** Carries a packet; each path keeps its own order. */
  const carry = (to: string, packet: Packet, via: Via) => {
    const latencyMs = via === "direct" ? 1 + random() * 10 : 20 + random() * 60;
    const at = Math.max(arrives[to]![via], clock.now() + latencyMs);
    arrives[to]![via] = at;
    const channel = net.isChannelUp;
    clock.after(at - clock.now(), () => {
      if (via === "direct" && (!channel || !net.isChannelUp || net.swallows)) return;
      expect(isPacket(JSON.parse(JSON.stringify(packet)))).toBe(true);
      pairs[to]?.hear(packet, via);
    });
  };
  const end = (me: string, other: string, incarnation = `1-${me}`) => {
    pairs[me]?.close();
    pairs[me] = new Pair({
      clock,
      incarnation,
      relay: (packet) => {
        net.relays++;
        carry(other, packet, "relay");
      },
      isRelayIdle: () => true,
      direct: (packet) => {
        if (net.isChannelUp) carry(other, packet, "direct");
        return net.isChannelUp;
      },
      heard: ({ data }) => heard[me]?.push(data),
      pathChanged: (via) => paths[me]?.push(via),
      lost: (count) => lost.push(count),
    });
    return pairs[me];
  };
  const [ada, bob] = [end("ada", "bob"), end("bob", "ada")];
  const up = () => {
    net.isChannelUp = true;
    pairs.ada?.channelOpened();
    pairs.bob?.channelOpened();
  };
  const down = () => {
    net.isChannelUp = false;
    pairs.ada?.channelClosed();
    pairs.bob?.channelClosed();
  };
  return { clock, net, ada, bob, end, heard, paths, lost, up, down };
}

describe("a pair of peers", () => {
  it("[CL31] talks by relay at once, and directly when something was heard on the channel", async () => {
    const { clock, ada, heard, up, paths, net } = duo();
    ada.greet();
    ada.send("word", 1);
    await clock.forward(300);
    expect(heard.bob).toEqual([1]);
    expect(ada.via).toBe("relay");

    up();
    expect(ada.via).toBe("relay");
    await clock.forward(300);
    const relayed = net.relays;
    ada.send("word", 2);
    await clock.forward(100);

    expect(heard.bob).toEqual([1, 2]);
    expect(net.relays).toBe(relayed);
    expect(paths.ada).toEqual(["direct"]);
  });

  it("[CL32] goes on by relay when the channel closes, with what it had swallowed", async () => {
    const { clock, ada, heard, up, down, paths, net } = duo();
    ada.greet();
    up();
    await clock.forward(500);

    net.swallows = true;
    ada.send("word", 1);
    await clock.forward(50);
    down();
    ada.send("word", 2);
    await clock.forward(500);

    expect(heard.bob).toEqual([1, 2]);
    expect(paths.ada).toEqual(["direct", "relay"]);
    expect(ada.pending).toBe(0);
  });

  it("[CL32] goes on by relay when the channel is open and dead, and directly when it lives again", async () => {
    const { clock, ada, heard, up, paths, net } = duo();
    ada.greet();
    up();
    await clock.forward(500);

    net.swallows = true;
    ada.send("word", 1);
    await clock.forward(3_000);
    expect(heard.bob).toEqual([1]);
    expect(ada.via).toBe("relay");
    net.swallows = false;
    await clock.forward(1_000);
    ada.send("word", 2);
    await clock.forward(500);

    expect(heard.bob).toEqual([1, 2]);
    expect(paths.ada).toEqual(["direct", "relay", "direct"]);
  });

  it("[CL33] knows its path and how long it takes", async () => {
    const { clock, ada, up } = duo();
    ada.greet();
    expect(ada.rttMs).toBeUndefined();
    await clock.forward(11_000);
    expect(ada.rttMs).toBe(100);

    up();
    await clock.forward(3_000);

    expect(ada.via).toBe("direct");
    expect(ada.rttMs).toBe(12);
  });

  it("[CL34] tells a new self nothing of the former, and passes over what that still says", async () => {
    const { clock, ada, end, heard, lost, net } = duo();
    ada.greet();
    await clock.forward(300);
    net.isChannelUp = false;
    ada.send("word", "for the former");
    const bob = end("bob", "ada", "2-bob");
    bob.greet();
    await clock.forward(300);
    ada.send("word", "for the new");
    ada.hear({ k: "m", i: "1-bob", ri: "1-ada", s: 1, a: 0, type: "word", d: "from the dead" }, "relay");
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

  it.each(Array.from({ length: 30 }, (_, i) => i + 1))(
    "[CL30] arrives once and in order while paths come and go (seed %i)",
    async (seed) => {
      const random = seededNumbers(seed);
      const { clock, ada, bob, heard, up, down, net } = duo(random);
      ada.greet();
      let isUp = false;
      for (let i = 0; i < 300; i++) {
        ada.send("word", i);
        bob.send("word", i);
        if (random() < 0.1) {
          isUp = !isUp;
          if (isUp) up();
          else down();
        }
        if (random() < 0.05) net.swallows = !net.swallows;
        await clock.forward(Math.floor(random() * 60));
      }
      net.swallows = false;
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
    ]) {
      expect(isPacket(nonsense)).toBe(false);
    }
    for (const nonsense of [
      null,
      {},
      { c: 1 },
      { c: "1", candidate: null },
      { c: 1, description: { type: "rollback", sdp: "" } },
      { c: 1, description: { type: "offer" } },
      { c: 1, candidate: "x" },
    ]) {
      expect(isMeshSignal(nonsense)).toBe(false);
    }
    expect(isMeshSignal({ c: 1, candidate: null })).toBe(true);
  });
});
