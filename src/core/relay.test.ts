import { describe, expect, it } from "vitest";
import { PREFIX_BYTES, prefixed } from "../lib/length-prefix.ts";
import { Relay, type RelayLimits } from "./relay.ts";
import type { RelayEnd } from "./relay-ends.ts";
import { RELAY_ENDS } from "./relay-ends.ts";
import { decodeRelayFrame, encodeRelayFrame } from "./relay-frame.ts";
import type { RelayInlet } from "./relay-inlet.ts";
import type { RelayLine, RelaySeat } from "./relay-seat.ts";
import { type RelayWord, relayCost } from "./relay-words.ts";

const LIMITS: RelayLimits = {
  sessionRateBytes: 0,
  peerRateBytes: 0,
  windowBytes: 10_000,
  maxFrameBytes: 5000,
  maxSessions: 3,
  maxPeersPerSession: 3,
  maxStreams: 2,
  maxHeldBytes: 30_000,
  idleMs: 60_000,
};

/** A line that keeps what it is given. */
class TestLine implements RelayLine {
  isCongested = false;
  readonly sent: Uint8Array[] = [];
  readonly datagrams: Uint8Array[] = [];
  readonly words: RelayWord[] = [];
  readonly ends: RelayEnd[] = [];
  /** After so many frames it takes no more. */
  congestAfter = Number.POSITIVE_INFINITY;

  send(record: Uint8Array): void {
    this.sent.push(record.slice());
    if (this.sent.length >= this.congestAfter) this.isCongested = true;
  }

  sendDatagram(frame: Uint8Array): boolean {
    if (this.isCongested) return false;
    this.datagrams.push(frame);
    return true;
  }

  tell(word: RelayWord): void {
    this.words.push(word);
  }

  end(end: RelayEnd): void {
    this.ends.push(end);
  }

  /** What came, as "sender:seq". */
  get heard(): string[] {
    return this.sent.map((record) => {
      const frame = decodeRelayFrame(record.subarray(PREFIX_BYTES));
      return `${frame?.from}:${frame?.seq}`;
    });
  }
}

interface Party {
  readonly seat: RelaySeat;
  readonly line: TestLine;
  readonly inlet: RelayInlet;
  readonly granted: number[];
}

function relayOf(limits: Partial<RelayLimits> = {}) {
  let chance = 0;
  const relay = new Relay({
    limits: { ...LIMITS, ...limits },
    random: { bytes: (count) => new Uint8Array(count).fill(chance++) },
  });
  const enter = (
    peer: string,
    { session = "s", key = undefined as string | undefined, now = 0, maySend = true } = {},
  ): Party => {
    const line = new TestLine();
    const seat = relay.join({ session, peer, key, maySend, line }, now);
    const granted: number[] = [];
    return { seat, line, granted, inlet: relay.open(seat, (bytes) => granted.push(bytes)) };
  };
  /** Sends a frame of `bytes` payload. */
  const send = (
    from: Party,
    to: string,
    { seq = 0, now = 0, bytes = 0, as = {} as { from?: string; session?: string }, inlet = from.inlet } = {},
  ) => relay.flow.take(inlet, recordOf(from, to, { seq, bytes, as }), now);
  return { relay, enter, send };
}

function recordOf(
  { seat }: Party,
  to: string,
  {
    seq = 0,
    bytes = 0,
    as = {},
  }: { seq?: number; bytes?: number; as?: { from?: string; session?: string } } = {},
): Uint8Array {
  const payload = new Uint8Array(bytes);
  const frame = { session: seat.session.id, from: seat.peer, to, payload, seq: BigInt(seq), ...as };
  return prefixed(encodeRelayFrame(frame));
}

const datagramOf = (body: Uint8Array) => ({ frame: decodeRelayFrame(body), body });

const refusals = ({ line }: Party) => line.words.filter((word) => word.type === "refused");

describe("the relay", () => {
  it("[QR1] passes a frame on as it came, fields that nobody knows included", () => {
    const { relay, enter } = relayOf();
    const [ada, bob] = [enter("ada"), enter("bob")];
    const body = Buffer.concat([
      Buffer.from("30ff01", "hex"),
      recordOf(ada, "bob", { bytes: 9, seq: 7 }).subarray(4),
    ]);

    relay.flow.take(ada.inlet, prefixed(body), 0);
    relay.flow.takeDatagram(ada.seat, datagramOf(body), 0);

    expect(bob.line.sent.map((record) => Buffer.from(record).toString("hex"))).toEqual([
      Buffer.from(prefixed(body)).toString("hex"),
    ]);
    expect(bob.line.datagrams).toEqual([body]);
  });

  it("[QR4] tells a newcomer who is there, and the others of it, and when it leaves", () => {
    const { relay, enter } = relayOf();
    const ada = enter("ada");
    const bob = enter("bob");

    relay.leave(bob.seat, 0);
    relay.leave(bob.seat, 0);

    expect(bob.line.words).toEqual([
      { type: "joined", key: expect.any(String), peers: ["ada"], windowBytes: 10_000, maxFrameBytes: 5000 },
    ]);
    expect(ada.line.words.slice(1)).toEqual([
      { type: "peer-joined", peer: "bob" },
      { type: "peer-left", peer: "bob" },
    ]);
    expect(relay.counts).toMatchObject({ sessions: 1, peers: 1 });
  });

  it("[QR5] gives a taken name only to who has its key, and what waits for it with it", () => {
    const { relay, enter, send } = relayOf();
    const [ada, bob] = [enter("ada"), enter("bob")];
    bob.line.isCongested = true;
    send(ada, "bob", { seq: 1 });

    expect(() => enter("bob")).toThrow(expect.objectContaining({ end: "peer_taken" }));
    expect(() => enter("bob", { key: "guessed" })).toThrow(expect.objectContaining({ end: "peer_taken" }));
    const again = enter("bob", { key: bob.seat.key });

    expect(bob.line.ends).toEqual(["replaced"]);
    expect(again.line.heard).toEqual(["ada:1"]);
    expect(ada.line.words.filter(({ type }) => type !== "joined")).toEqual([
      { type: "peer-joined", peer: "bob" },
    ]);
    relay.leave(bob.seat, 0);
    expect(relay.seatOf("s", "bob")).toBe(again.seat);
  });

  it("[QR6] refuses a frame in somebody else's name, of another session, or of an observer", () => {
    const { relay, enter, send } = relayOf();
    const [ada, bob, eve] = [enter("ada"), enter("bob"), enter("eve", { maySend: false })];

    send(ada, "bob", { as: { from: "eve" }, seq: 1 });
    send(ada, "bob", { as: { session: "other" }, seq: 2 });
    send(eve, "bob", { seq: 3 });
    relay.flow.takeDatagram(
      ada.seat,
      datagramOf(recordOf(ada, "bob", { as: { from: "eve" }, seq: 4 }).subarray(4)),
      0,
    );

    expect(bob.line.sent).toEqual([]);
    expect(bob.line.datagrams).toEqual([]);
    expect(refusals(ada)).toEqual(
      ["1", "2", "4"].map((seq) => ({ type: "refused", code: "forbidden", to: "bob", seq })),
    );
    expect(refusals(eve)).toEqual([{ type: "refused", code: "forbidden", to: "bob", seq: "3" }]);
  });

  it("[QR2] refuses bytes that are no frame, and frames to nobody, and goes on", () => {
    const { relay, enter, send } = relayOf();
    const [ada, bob] = [enter("ada"), enter("bob")];

    relay.flow.take(ada.inlet, prefixed(Uint8Array.of(255)), 0);
    send(ada, "", { seq: 1 });
    send(ada, "bob", { seq: 2 });

    expect(refusals(ada).map(({ code }) => code)).toEqual(["bad_message", "bad_message"]);
    expect(bob.line.heard).toEqual(["ada:2"]);
  });

  it("[QR7] refuses a frame to who is not there, also in another session", () => {
    const { enter, send } = relayOf();
    const ada = enter("ada");
    enter("bob", { session: "other" });

    send(ada, "bob", { seq: 5 });

    expect(refusals(ada)).toEqual([{ type: "refused", code: "peer_not_found", to: "bob", seq: "5" }]);
  });

  it("[QR7] does not pile up refusals for a peer that does not listen", () => {
    const { enter, send, relay } = relayOf();
    const ada = enter("ada");
    ada.line.isCongested = true;

    for (let i = 0; i < 100; i++) send(ada, "nobody");

    expect(refusals(ada)).toEqual([]);
    expect(relay.flow.tally.refusals.get("peer_not_found")).toBe(100);
  });

  it("[QR9] gives credit back in eighths of the window, and in all exactly what was sent", () => {
    const { enter, send } = relayOf();
    const [ada] = [enter("ada"), enter("bob")];
    const cost = relayCost(recordOf(ada, "bob", { bytes: 500 }).length);

    for (let i = 0; i < 100; i++) send(ada, "bob", { bytes: 500 });

    const given = ada.granted.reduce((sum, each) => sum + each, 0);
    expect(ada.granted.every((each) => each >= 1250 && each < 1250 + cost)).toBe(true);
    expect(100 * cost - given).toBeLessThan(1250);
    expect((100 * cost - given) % cost).toBe(0);
  });

  it("[QR9] ends a line that sends more than it has credit for", () => {
    const { enter, send } = relayOf();
    const [ada, bob] = [enter("ada"), enter("bob")];
    bob.line.isCongested = true;
    const cost = relayCost(recordOf(ada, "bob", { bytes: 500 }).length);

    for (let i = 0; i < Math.floor(10_000 / cost); i++) send(ada, "bob", { bytes: 500 });

    expect(() => send(ada, "bob", { bytes: 500 })).toThrow(expect.objectContaining({ end: "overrun" }));
  });

  it("[QR9] takes no more streams than are allowed, and takes them again when they ended", () => {
    const { relay, enter } = relayOf();
    const ada = enter("ada");
    const second = relay.open(ada.seat, () => {});
    expect(() => relay.open(ada.seat, () => {})).toThrow(expect.objectContaining({ end: "overrun" }));
    relay.shut(second);
    relay.open(ada.seat, () => {});
  });

  it("[QR10] holds up streams to a slow receiver and no others, in turn and in order", () => {
    const { relay, enter, send } = relayOf();
    const [ada, bob, eve] = [enter("ada"), enter("bob"), enter("eve")];
    const toEve = relay.open(ada.seat, () => {});
    bob.line.isCongested = true;

    for (let seq = 1; seq <= 3; seq++) send(ada, "bob", { seq });
    for (let seq = 11; seq <= 13; seq++) send(eve, "bob", { seq });
    send(ada, "eve", { seq: 4, inlet: toEve });
    expect(bob.line.heard).toEqual([]);
    expect(eve.line.heard).toEqual(["ada:4"]);
    bob.line.isCongested = false;
    bob.line.congestAfter = 4;
    relay.flow.drained(bob.seat, 0);

    expect(bob.line.heard).toEqual(["ada:1", "eve:11", "ada:2", "eve:12"]);
    bob.line.isCongested = false;
    bob.line.congestAfter = Number.POSITIVE_INFINITY;
    relay.flow.drained(bob.seat, 0);
    expect(bob.line.heard.slice(4).sort()).toEqual(["ada:3", "eve:13"]);
    expect(relay.counts.heldBytes).toBe(0);
  });

  it("[QR10] a held stream goes on to other receivers once its first frame is through", () => {
    const { relay, enter, send } = relayOf();
    const [ada, bob, eve] = [enter("ada"), enter("bob"), enter("eve")];
    bob.line.isCongested = true;
    send(ada, "bob", { seq: 1 });
    send(ada, "eve", { seq: 2 });
    send(ada, "bob", { seq: 3 });
    expect(eve.line.heard).toEqual([]);

    bob.line.isCongested = false;
    bob.line.congestAfter = 1;
    relay.flow.drained(bob.seat, 0);

    expect(bob.line.heard).toEqual(["ada:1"]);
    expect(eve.line.heard).toEqual(["ada:2"]);
  });

  it("[QR10] has at most maxHeldBytes waiting in all", () => {
    const { relay, enter, send } = relayOf({ maxHeldBytes: 5000 });
    const [ada, bob, eve] = [enter("ada"), enter("bob"), enter("eve")];
    bob.line.isCongested = true;

    for (let i = 0; i < 4; i++) send(ada, "bob", { bytes: 1000 });

    expect(() => send(eve, "bob", { bytes: 1000 })).toThrow(expect.objectContaining({ end: "overrun" }));
    expect(relay.counts.heldBytes).toBeLessThanOrEqual(5000);
  });

  it("[QR11] holds a session to its rate within a tenth, and its neighbour not at all", () => {
    const { relay, enter, send } = relayOf({ sessionRateBytes: 1_000_000, maxSessions: 9 });
    const [ada] = [enter("ada"), enter("bob")];
    const next = enter("ada", { session: "next" });
    const nextBob = enter("bob", { session: "next" });
    const bob = relay.seatOf("s", "bob")?.line as TestLine;

    for (let now = 0; now < 10_000; now++) {
      while (ada.inlet.hasRoomFor(recordOf(ada, "bob", { bytes: 1000 }))) {
        send(ada, "bob", { bytes: 1000, now });
        if (!ada.inlet.isEmpty && ada.inlet.heldCost > 5000) break;
      }
      if (now % 100 === 0) send(next, "bob", { bytes: 1000, now });
      relay.tick(now);
    }

    const bytes = bob.sent.length * relayCost(recordOf(ada, "bob", { bytes: 1000 }).length);
    expect(bytes).toBeGreaterThan(9_000_000);
    expect(bytes).toBeLessThan(11_000_000);
    expect(nextBob.line.sent).toHaveLength(100);
    expect(relay.flow.tally.throttled).toBeGreaterThan(0);
  });

  it("[QR11] says when to go on, and lets streams that wait take turns", () => {
    const { relay, enter, send } = relayOf({ sessionRateBytes: 1000 });
    const [ada, bob, eve] = [enter("ada"), enter("bob"), enter("eve")];
    relay.seatOf("s", "ada")?.session.throttle.account.take(65_536, 0);
    for (let seq = 1; seq <= 3; seq++) send(ada, "bob", { seq });
    for (let seq = 11; seq <= 13; seq++) send(eve, "bob", { seq });
    expect(bob.line.heard).toEqual([]);

    for (let at = relay.flow.nextAt; at !== undefined; at = relay.flow.nextAt) relay.tick(at);

    expect(bob.line.heard).toEqual(["ada:1", "eve:11", "ada:2", "eve:12", "ada:3", "eve:13"]);
    expect(relay.flow.nextAt).toBeUndefined();
  });

  it("[QR11] holds one peer to its rate, and not the others", () => {
    const { relay, enter, send } = relayOf({ peerRateBytes: 1000 });
    const [ada, bob, eve] = [enter("ada"), enter("bob"), enter("eve")];
    ada.seat.throttle.account.take(65_536, 0);

    send(ada, "bob", { seq: 1 });
    send(eve, "bob", { seq: 2 });

    expect(bob.line.heard).toEqual(["eve:2"]);
    relay.tick(relay.flow.nextAt ?? 0);
    expect(bob.line.heard).toEqual(["eve:2", "ada:1"]);
  });

  it("[QR12] drops datagrams for want of bandwidth or line, and lets streams through nevertheless", () => {
    const { relay, enter, send } = relayOf({ sessionRateBytes: 1000 });
    const [ada, bob, eve] = [enter("ada"), enter("bob"), enter("eve")];
    ada.seat.session.throttle.account.take(65_536, 0);
    send(ada, "bob", { seq: 1 });
    const datagram = recordOf(eve, "bob").subarray(4);

    // Datagrams take every byte that comes free before the stream's time has come.
    for (let now = 0; now < 5000; now++) {
      for (let i = 0; i < 10; i++) relay.flow.takeDatagram(eve.seat, datagramOf(datagram), now);
      relay.tick(now);
    }

    expect(bob.line.heard).toEqual(["ada:1"]);
    expect(bob.line.datagrams.length).toBeGreaterThan(10);
    expect(relay.flow.tally.dropped.get("bandwidth")).toBeGreaterThan(10_000);
    bob.line.isCongested = true;
    relay.flow.takeDatagram(eve.seat, datagramOf(datagram), 1e9);
    expect(relay.flow.tally.dropped.get("line")).toBe(1);
  });

  it("[QR17] passes on what comes from elsewhere, or says that it cannot now", () => {
    const { relay, enter } = relayOf({ sessionRateBytes: 1000 });
    const bob = enter("bob");
    const frame = { session: "s", from: "ada", to: "bob", payload: Uint8Array.of(1), seq: 9n };

    expect(relay.passFromElsewhere({ ...frame, to: "nobody" }, 0)).toBe(false);
    expect(relay.passFromElsewhere(frame, 0)).toBe(true);
    expect(bob.line.heard).toEqual(["ada:9"]);
    bob.line.isCongested = true;
    expect(() => relay.passFromElsewhere(frame, 0)).toThrow(expect.objectContaining({ code: "slow_down" }));
    bob.line.isCongested = false;
    bob.seat.session.throttle.account.take(70_000, 0);
    expect(() => relay.passFromElsewhere(frame, 0)).toThrow(expect.objectContaining({ code: "slow_down" }));
  });

  it("[QR13] ends a line on which nothing happens, sending or sent to, and no other", () => {
    const { relay, enter, send } = relayOf();
    const [ada, bob, eve] = [enter("ada"), enter("bob"), enter("eve")];
    send(ada, "bob", { now: 30_000 });

    relay.tick(59_999);
    expect(eve.line.ends).toEqual([]);
    relay.tick(60_000);

    expect([ada.line.ends, bob.line.ends, eve.line.ends]).toEqual([[], [], ["idle"]]);
    relay.tick(90_000);
    expect([ada.line.ends, bob.line.ends]).toEqual([["idle"], ["idle"]]);
  });

  it("[QR13] ends all lines when the server stops", () => {
    const { relay, enter } = relayOf();
    const [ada, bob] = [enter("ada"), enter("bob", { session: "other" })];
    relay.drain();
    expect([ada.line.ends, bob.line.ends]).toEqual([["draining"], ["draining"]]);
  });

  it("[QR14] forgets what a leaver had under way, and refuses what waited for it", () => {
    const { relay, enter, send } = relayOf();
    const [ada, bob, eve] = [enter("ada"), enter("bob"), enter("eve")];
    bob.line.isCongested = true;
    send(ada, "bob", { seq: 1 });
    send(ada, "eve", { seq: 2 });
    send(eve, "bob", { seq: 3 });
    relay.leave(eve.seat, 0);
    expect(relay.counts.heldBytes).toBeGreaterThan(0);

    relay.leave(bob.seat, 0);

    expect(refusals(ada).map(({ seq, code }) => `${seq} ${code}`)).toEqual([
      "1 peer_not_found",
      "2 peer_not_found",
    ]);
    expect(relay.counts.heldBytes).toBe(0);
    relay.leave(ada.seat, 0);
    expect(relay.counts).toEqual({ sessions: 0, peers: 0, heldBytes: 0 });
  });

  it("[QR15] ends lines with the codes of the table", () => {
    const codes = Object.entries(RELAY_ENDS).map(
      ([name, { code, comeBack }]) => `${name} ${code} ${comeBack}`,
    );
    expect(codes).toEqual([
      "left 0 false",
      "draining 1 true",
      "idle 2 true",
      "admission_timeout 3 true",
      "server_full 4 true",
      "unauthorized 16 false",
      "forbidden 17 false",
      "peer_taken 18 false",
      "replaced 19 false",
      "bad_frame 20 false",
      "overrun 21 true",
      "internal 32 true",
    ]);
  });

  it("[QR3] takes no more sessions and peers than are allowed, and none without a name", () => {
    const { enter } = relayOf();
    for (const session of ["a", "b", "c"]) enter("ada", { session });
    expect(() => enter("ada", { session: "d" })).toThrow(expect.objectContaining({ end: "server_full" }));
    for (const peer of ["bob", "eve"]) enter(peer, { session: "a" });
    expect(() => enter("mal", { session: "a" })).toThrow(expect.objectContaining({ end: "server_full" }));
    expect(() => enter("")).toThrow(expect.objectContaining({ end: "bad_frame" }));
  });

  it("[QR16] counts what went through", () => {
    const { relay, enter, send } = relayOf();
    const [ada] = [enter("ada"), enter("bob")];
    const record = recordOf(ada, "bob", { bytes: 10 });

    send(ada, "bob", { bytes: 10 });
    relay.flow.takeDatagram(ada.seat, datagramOf(record.subarray(4)), 0);

    expect(relay.flow.tally).toMatchObject({
      frames: 1,
      bytes: record.length,
      datagrams: 1,
      datagramBytes: record.length - 4,
    });
  });
});
