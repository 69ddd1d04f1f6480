import { afterEach, describe, expect, it, vi } from "vitest";
import { frameOf, type Incoming } from "../lib/frame.ts";
import type { Lane } from "../lib/lane.ts";
import type { Link, LinkEnd, LinkFault, LinkListener } from "../transports/link.ts";

/** The other end of a link under test: a peer that the suite plays. */
export interface TestPeer {
  send(data: Incoming): void;
  /** What arrived, oldest first. */
  readonly received: readonly Incoming[];
  /** How the line ended at this end; `undefined` while it is open. */
  readonly ended: { readonly code: number; readonly reason: string } | undefined;
  stopReading(): void;
  goOnReading(): void;
}

/** A link, and its peer. */
export interface LinkPair {
  readonly link: Link;
  readonly peer: TestPeer;
  /** Lets what was sent cross; may be called often. A network that carries by itself has nothing to do. */
  carry(): void;
}

/** Opens a link with a budget of `maxQueueBytes`; the suite makes it listen within the same turn. */
export type OpenLinkPair = (options: {
  readonly maxQueueBytes: number;
  readonly listener: LinkListener;
}) => Promise<LinkPair>;

const KIB = 1024;
const MAX_QUEUE_BYTES = 512 * KIB;

/** Everything that a listener was told, in order. */
class Heard implements LinkListener {
  readonly messages: Incoming[] = [];
  readonly faults: LinkFault[] = [];
  readonly ends: LinkEnd[] = [];
  readonly lost: Partial<Record<Lane, number>> = {};
  /** The names of all calls. */
  readonly calls: string[] = [];
  onMessage: (data: Incoming) => void = () => {};

  message(data: Incoming): void {
    this.calls.push("message");
    this.messages.push(data);
    this.onMessage(data);
  }

  fault(fault: LinkFault): void {
    this.calls.push("fault");
    this.faults.push(fault);
  }

  closed(end: LinkEnd): void {
    this.calls.push("closed");
    this.ends.push(end);
  }

  dropped(count: number, lane: Lane): void {
    this.calls.push("dropped");
    this.lost[lane] = (this.lost[lane] ?? 0) + count;
  }
}

/** The behaviour every link must have: docs/spec/transports.md, rules LK1 to LK9. */
export function describeLink(name: string, openPair: OpenLinkPair): void {
  describe(`${name} link`, () => {
    const opened: Link[] = [];

    afterEach(() => {
      for (const link of opened.splice(0)) link.destroy();
    });

    async function open() {
      const heard = new Heard();
      const pair = await openPair({ maxQueueBytes: MAX_QUEUE_BYTES, listener: heard });
      opened.push(pair.link);
      const until = (check: () => void) =>
        vi.waitFor(
          () => {
            pair.carry();
            check();
          },
          { timeout: 10_000, interval: 2 },
        );
      /** Gives what the peer sent the time that a frame takes in the other direction. */
      const settle = async () => {
        const before = pair.peer.received.length;
        pair.link.send(frameOf("settled?"));
        await until(() => expect(pair.peer.received.length).toBeGreaterThan(before));
      };
      return { ...pair, heard, until, settle };
    }

    it("[LK1] hands over text and bytes whole and in order", async () => {
      const { peer, heard, until } = await open();
      const large = "ü€😀".repeat(20 * KIB);
      const sent: Incoming[] = [
        "",
        "ada",
        Uint8Array.of(0, 255, 128),
        large,
        new Uint8Array(70 * KIB).fill(7),
        "eve",
      ];

      for (const data of sent) peer.send(data);

      await until(() => expect(heard.messages).toHaveLength(sent.length));
      expect(heard.messages.map(plain)).toEqual(sent.map(plain));
    });

    it("[LK1] carries text and bytes to the peer whole and in order", async () => {
      const { link, peer, until } = await open();
      const sent: Incoming[] = [
        "",
        "ada",
        Uint8Array.of(1, 2),
        "x".repeat(125),
        "x".repeat(126),
        "é".repeat(40 * KIB),
      ];
      for (let i = 0; i < 500; i++) sent.push(`number ${i}`);
      sent.push(new Uint8Array(65_535).fill(1), new Uint8Array(65_536).fill(2));

      for (const data of sent) link.send(frameOf(data));

      await until(() => expect(peer.received).toHaveLength(sent.length));
      expect(peer.received.map(plain)).toEqual(sent.map(plain));
    });

    it("[LK2] ignores what is sent after close", async () => {
      const { link, peer, heard, until } = await open();

      link.close(3000, "bye");
      expect(() => link.send(frameOf("too late"))).not.toThrow();

      await until(() => expect(heard.ends).toHaveLength(1));
      expect(() => link.send(frameOf("much too late"))).not.toThrow();
      expect(peer.received).toEqual([]);
    });

    it("[LK3] tells of its end exactly once, however often it is closed", async () => {
      const { link, peer, heard, until } = await open();

      link.close(3000, "first");
      link.close(3001, "second");

      await until(() => expect(heard.ends).toHaveLength(1));
      link.close(3002, "third");
      link.destroy();
      link.destroy();
      await until(() => expect(peer.ended).toEqual({ code: 3000, reason: "first" }));
      expect(heard.ends).toEqual([{ code: 3000, reason: "first", clean: true }]);
    });

    it("[LK3] tells of its end exactly once when it is destroyed", async () => {
      const { link, peer, heard, until } = await open();

      link.destroy();
      link.close(3000, "too late");

      await until(() => expect(peer.ended).toBeDefined());
      await until(() => expect(heard.ends).toHaveLength(1));
      expect(heard.ends[0]?.clean).toBe(false);
    });

    it("[LK4] delivers what was sent before close, then the close", async () => {
      const { link, peer, until } = await open();
      const sent = Array.from({ length: 200 }, (_, i) => `${i} ${"x".repeat(i * 10)}`);

      for (const text of sent) link.send(frameOf(text));
      link.close(3999, "done");

      await until(() => expect(peer.ended).toEqual({ code: 3999, reason: "done" }));
      expect(peer.received).toEqual(sent);
    });

    it("[LK5] hands over nothing while it is paused, and everything after", async () => {
      const { link, peer, heard, until, settle } = await open();
      link.pause();

      for (let i = 0; i < 100; i++) peer.send(`number ${i}`);
      await settle();
      expect(heard.messages).toEqual([]);

      link.resume();
      await until(() => expect(heard.messages).toHaveLength(100));
      expect(heard.messages).toEqual(Array.from({ length: 100 }, (_, i) => `number ${i}`));
    });

    it("[LK5] pauses at once when the listener asks for it while it is handed a message", async () => {
      const { link, peer, heard, until, settle } = await open();
      heard.onMessage = () => link.pause();
      for (let i = 0; i < 10; i++) peer.send(`number ${i}`);

      for (let handed = 1; handed <= 10; handed++) {
        await until(() => expect(heard.messages).toHaveLength(handed));
        await settle();
        expect(heard.messages).toHaveLength(handed);
        link.resume();
      }

      expect(heard.messages).toEqual(Array.from({ length: 10 }, (_, i) => `number ${i}`));
    });

    it("[LK5] can be closed while it is paused", async () => {
      const { link, peer, heard, until } = await open();
      link.pause();
      peer.send("never heard");

      link.close(3000, "bye");

      await until(() => expect(heard.ends).toHaveLength(1));
      expect(heard.messages).toEqual([]);
      expect(peer.ended).toEqual({ code: 3000, reason: "bye" });
    });

    /** Sends until the network takes no more, so that the next frames stay in the link's own queue. */
    async function fill({ link, peer, until }: Awaited<ReturnType<typeof open>>): Promise<number> {
      peer.stopReading();
      let frames = 0;
      while (link.queuedBytes < MAX_QUEUE_BYTES / 4) {
        link.send(frameOf(block("filler", 16)));
        if (++frames % 8 === 0) await until(() => {});
        if (frames > 10_000) throw new Error("the network takes everything");
      }
      return frames;
    }

    it("[LK6] drops the oldest ephemeral frames first when the peer is slow", async () => {
      const pair = await open();
      const { link, peer, heard, until } = pair;
      const fillers = await fill(pair);

      for (let i = 0; i < 8; i++) link.send(frameOf(block(`low ${i}`, 8), "low"));
      for (let i = 0; i < 32; i++) link.send(frameOf(block(`ephemeral ${i}`, 8), "ephemeral"));
      for (let i = 0; i < 16; i++) link.send(frameOf(block(`normal ${i}`, 8), "normal"));
      expect(link.queuedBytes).toBeLessThanOrEqual(MAX_QUEUE_BYTES);
      peer.goOnReading();

      await until(() => expect(label(peer.received.at(-1))).toBe("normal 15"));
      const lost = heard.lost.ephemeral ?? 0;
      expect(lost).toBeGreaterThan(0);
      expect(lost).toBeLessThan(32);
      expect(heard.lost).toEqual({ ephemeral: lost });
      expect(peer.received.slice(fillers).map(label)).toEqual([
        ...Array.from({ length: 8 }, (_, i) => `low ${i}`),
        ...Array.from({ length: 32 - lost }, (_, i) => `ephemeral ${i + lost}`),
        ...Array.from({ length: 16 }, (_, i) => `normal ${i}`),
      ]);
      expect(heard.faults).toEqual([]);
    });

    it("[LK6] drops low frames when no ephemeral one is left", async () => {
      const pair = await open();
      const { link, peer, heard, until } = pair;
      await fill(pair);

      for (let i = 0; i < 4; i++) link.send(frameOf(block(`ephemeral ${i}`, 8), "ephemeral"));
      for (let i = 0; i < 64; i++) link.send(frameOf(block(`low ${i}`, 8), "low"));
      expect(link.queuedBytes).toBeLessThanOrEqual(MAX_QUEUE_BYTES);
      peer.goOnReading();

      await until(() => expect(label(peer.received.at(-1))).toBe("low 63"));
      expect(heard.lost.ephemeral).toBe(4);
      expect(heard.lost.low).toBeGreaterThan(0);
      expect(heard.faults).toEqual([]);
    });

    it("[LK6] calls the peer a slow consumer when nothing droppable is left, and closes", async () => {
      const pair = await open();
      const { link, heard, until } = pair;
      await fill(pair);

      for (let i = 0; i < 128; i++) link.send(frameOf(block(`normal ${i}`, 8), "normal"));
      expect(link.queuedBytes).toBeLessThanOrEqual(MAX_QUEUE_BYTES);

      await until(() => expect(heard.faults).toEqual(["slow_consumer"]));
      pair.peer.goOnReading();
      await until(() => expect(heard.ends).toHaveLength(1));
      expect(heard.calls.filter((call) => call !== "dropped")).toEqual(["fault", "closed"]);
    });

    it("[LK6] lets one frame pass that is larger than the budget, when nothing else waits", async () => {
      const { link, peer, heard, until } = await open();

      link.send(frameOf(block("large", (MAX_QUEUE_BYTES / KIB) * 3)));

      await until(() => expect(peer.received.map(label)).toEqual(["large"]));
      expect(heard.faults).toEqual([]);
    });

    it("[LK10] lets no more droppable frames wait than agreed, and accounts for each of them", async () => {
      const pair = await open();
      const { link, peer, heard, until } = pair;
      await fill(pair);
      const fates: string[] = [];
      let hasReported = false;
      link.account({
        maxFrames: link.waitingFrames + 2,
        ledger: {
          lost: ({ about }, because) => fates.push(`${String(about)} ${because}`),
          before: () => {
            if (hasReported) return undefined;
            hasReported = true;
            return frameOf("report");
          },
          leaves: ({ about }) => fates.push(`${String(about)} left`),
        },
      });
      const passed = link.passedFrames;
      expect(link.waitingFrames).toBeGreaterThan(0);

      for (const name of ["a", "b", "c"]) link.send(frameOf(name, "ephemeral", { about: name }));
      link.send(frameOf("d", "low", { about: "d", replaces: "key" }));
      link.send(frameOf("e", "low", { about: "e", replaces: "key" }));
      link.send(frameOf("f", "ephemeral", { about: "f" }));
      link.send(frameOf("g", "ephemeral", { about: "g" }));
      expect(fates).toEqual(["a full", "b full", "d replaced", "c full", "f full"]);
      peer.goOnReading();

      await until(() => expect(peer.received.slice(-3).map(label)).toEqual(["report", "e", "g"]));
      expect(fates.slice(5)).toEqual(["e left", "g left"]);
      expect(link.waitingFrames).toBe(0);
      expect(link.passedFrames).toBeGreaterThan(passed);
      expect(heard.lost).toEqual({ ephemeral: 4, low: 1 });
    });

    it("[LK11] throws away what waits when it is told to, and closes all the same", async () => {
      const pair = await open();
      const { link, peer, heard, until } = pair;
      await fill(pair);
      link.send(frameOf("never"));

      link.discard();
      expect(link.waitingFrames).toBe(0);
      link.close(3000, "too slow");
      peer.goOnReading();

      await until(() => expect(heard.ends).toHaveLength(1));
      expect(peer.received.map(label)).not.toContain("never");
    });

    it("[LK6] does not count a frame that is larger than the budget against what is said behind it", async () => {
      const { link, peer, heard, until } = await open();
      const largeKib = 32 * KIB;
      peer.stopReading();
      link.send(frameOf(block("large", largeKib)));
      await until(() => expect(link.queuedBytes).toBeGreaterThan(MAX_QUEUE_BYTES));

      for (let said = 0; said < 32; said++) link.send(frameOf(block(`normal ${said}`, 8)));
      expect(link.queuedBytes).toBeLessThanOrEqual(largeKib * KIB + MAX_QUEUE_BYTES);
      peer.goOnReading();

      await until(() => expect(label(peer.received.at(-1))).toBe("normal 31"));
      expect(peer.received.map(label)).toEqual([
        "large",
        ...Array.from({ length: 32 }, (_, i) => `normal ${i}`),
      ]);
      expect(heard.faults).toEqual([]);
    });

    it("[LK6] calls the peer a slow consumer when the budget behind a larger frame is used up as well", async () => {
      const { link, peer, heard, until } = await open();
      const largeKib = 32 * KIB;
      peer.stopReading();
      link.send(frameOf(block("large", largeKib)));
      await until(() => expect(link.queuedBytes).toBeGreaterThan(MAX_QUEUE_BYTES));

      for (let said = 0; said < 72; said++) link.send(frameOf(block(`normal ${said}`, 8)));
      expect(link.queuedBytes).toBeLessThanOrEqual(largeKib * KIB + MAX_QUEUE_BYTES);

      await until(() => expect(heard.faults).toEqual(["slow_consumer"]));
    });

    it("[LK7] hands over no message once the listener closed", async () => {
      const { link, peer, heard, until } = await open();
      heard.onMessage = () => link.close(3000, "heard enough");

      for (let i = 0; i < 10; i++) peer.send(`number ${i}`);

      await until(() => expect(heard.ends).toHaveLength(1));
      expect(heard.calls).toEqual(["message", "closed"]);
    });

    it("[LK8] never calls the listener from inside a call", async () => {
      const pair = await open();
      const { link, heard, until } = pair;
      await fill(pair);
      const before = heard.calls.length;

      for (let i = 0; i < 64; i++) link.send(frameOf(block("ephemeral", 8), "ephemeral"));
      for (let i = 0; i < 128; i++) link.send(frameOf(block("normal", 8), "normal"));
      link.pause();
      link.resume();
      link.close(3000, "bye");
      link.destroy();

      expect(heard.calls).toHaveLength(before);
      await until(() => expect(heard.ends).toHaveLength(1));
    });

    it("[LK9] hands over bytes that later messages do not change", async () => {
      const { peer, heard, until } = await open();
      const sent = Array.from({ length: 100 }, (_, i) => new Uint8Array(50).fill(i));

      for (const data of sent) peer.send(data);

      await until(() => expect(heard.messages).toHaveLength(100));
      expect(heard.messages.map(plain)).toEqual(sent.map(plain));
      for (const data of heard.messages) {
        // A few kept bytes must not keep the buffer of a whole read alive.
        expect((data as Uint8Array).buffer.byteLength).toBeLessThanOrEqual(2 * 50);
      }
    });
  });
}

/** Text of `kib` KiB that begins with a label. */
function block(text: string, kib: number): string {
  return `${text}|`.padEnd(kib * KIB, ".");
}

function label(data: Incoming | undefined): string | undefined {
  return typeof data === "string" ? data.split("|", 1)[0] : undefined;
}

/** Messages as values that compare by content, whatever class their bytes are of. */
function plain(data: Incoming): string | { readonly bytes: string } {
  return typeof data === "string" ? data : { bytes: Buffer.from(data).toString("hex") };
}
