import { PREFIX_BYTES, prefixed } from "../lib/length-prefix.ts";
import { Deadlines } from "./deadlines.ts";
import { type ErrorCode, Refusal } from "./errors.ts";
import { type Random, randomHex } from "./random.ts";
import { LineEnded } from "./relay-ends.ts";
import { decodeRelayFrame, encodeRelayFrame, type RelayFrame } from "./relay-frame.ts";
import { RelayInlet, type Underway } from "./relay-inlet.ts";
import { type RelayLine, RelaySeat, RelaySession, type Throttle } from "./relay-seat.ts";
import { relayCost } from "./relay-words.ts";

export interface RelayLimits {
  /** Bytes a second of one session, all peers together. 0: no limit. */
  readonly sessionRateBytes: number;
  /** Bytes a second that one peer may send. 0: no limit. */
  readonly peerRateBytes: number;
  /** What a peer may have under way on one stream. */
  readonly windowBytes: number;
  readonly maxFrameBytes: number;
  readonly maxSessions: number;
  readonly maxPeersPerSession: number;
  /** Most streams that one peer sends on at a time. */
  readonly maxStreams: number;
  /** What all peers together may have waiting here. */
  readonly maxHeldBytes: number;
  /** How long a peer may neither send nor be sent a frame, in ms. */
  readonly idleMs: number;
}

/** What went through since the start. */
export interface RelayTally {
  frames: number;
  bytes: number;
  datagrams: number;
  datagramBytes: number;
  readonly dropped: Map<"bandwidth" | "line" | "refused", number>;
  readonly refusals: Map<ErrorCode, number>;
  /** How often a stream had to wait for an account. */
  throttled: number;
}

export interface RelayArrival {
  readonly session: string;
  readonly peer: string;
  /** What `joined` gave the line whose place this one takes. */
  readonly key: string | undefined;
  /** Whether it may send, or only be sent to. */
  readonly maySend: boolean;
  readonly line: RelayLine;
}

/** Somebody who has no line here but is in the session by other means: takes a frame, or says that nobody is there. */
export type Elsewhere = (frame: RelayFrame) => boolean;

/** What one look at the first frame of a stream came to. */
type Step = "done" | "waits";

/** When a step is taken, and for which account it waited and is being called. */
interface Turn {
  readonly now: number;
  readonly called?: Throttle;
}

/**
 * Passes frames between the peers of a session, as they came: docs/spec/relay.md, rules QR1 to QR14. Knows no clock and no
 * network: it is told the time, and speaks through lines.
 */
export class Relay {
  readonly tally: RelayTally = {
    frames: 0,
    bytes: 0,
    datagrams: 0,
    datagramBytes: 0,
    dropped: new Map(),
    refusals: new Map(),
    throttled: 0,
  };

  readonly #limits: RelayLimits;
  readonly #random: Random;
  readonly #elsewhere: Elsewhere;
  readonly #sessions = new Map<string, RelaySession>();
  readonly #waits = new Deadlines<Throttle>();
  readonly #idle = new Deadlines<RelaySeat>();
  #seats = 0;
  #heldBytes = 0;

  constructor({
    limits,
    random,
    elsewhere = () => false,
  }: { limits: RelayLimits; random: Random; elsewhere?: Elsewhere }) {
    this.#limits = limits;
    this.#random = random;
    this.#elsewhere = elsewhere;
  }

  get counts(): { readonly sessions: number; readonly peers: number; readonly heldBytes: number } {
    return { sessions: this.#sessions.size, peers: this.#seats, heldBytes: this.#heldBytes };
  }

  /** When `tick` should be called at the latest; `undefined`: nothing waits for time to pass. */
  get nextAt(): number | undefined {
    return this.#waits.nextAt;
  }

  /** The line of a peer, if it has one here. */
  seatOf(session: string, peer: string): RelaySeat | undefined {
    return this.#sessions.get(session)?.seats.get(peer);
  }

  /** Gives a peer its place. @throws {LineEnded} `peer_taken`, `server_full`, `bad_frame` */
  join({ session: id, peer, key, maySend, line }: RelayArrival, now: number): RelaySeat {
    if (id === "" || peer === "") throw new LineEnded("bad_frame");
    const { maxSessions, maxPeersPerSession, sessionRateBytes, peerRateBytes } = this.#limits;
    const known = this.#sessions.get(id);
    const before = known?.seats.get(peer);
    if (before && before.key !== key) throw new LineEnded("peer_taken");
    if (!known && this.#sessions.size >= maxSessions) throw new LineEnded("server_full");
    if (known && !before && known.seats.size >= maxPeersPerSession) throw new LineEnded("server_full");

    const session = known ?? new RelaySession(id, { bytesPerSecond: sessionRateBytes }, now);
    this.#sessions.set(id, session);
    if (before) this.#remove(before);
    const seat = new RelaySeat(peer, {
      session,
      key: before?.key ?? randomHex(this.#random, 16),
      maySend,
      line,
      limit: { bytesPerSecond: peerRateBytes },
      now,
    });
    session.seats.set(peer, seat);
    this.#seats++;
    this.#idle.set(seat, now + this.#limits.idleMs);

    before?.line.end("replaced");
    const others = [...session.seats.values()].filter((each) => each !== seat);
    if (!before) for (const other of others) other.line.tell({ type: "peer-joined", peer });
    line.tell({
      type: "joined",
      key: seat.key,
      peers: others.map((each) => each.peer),
      windowBytes: this.#limits.windowBytes,
      maxFrameBytes: this.#limits.maxFrameBytes,
    });
    if (before) this.#wake(before, now);
    return seat;
  }

  /** The line of a seat is gone. What it had under way is forgotten. */
  leave(seat: RelaySeat, now: number): void {
    if (seat.isGone) return;
    this.#remove(seat);
    const { session } = seat;

    if (session.seats.size === 0) this.#close(session);
    for (const other of session.seats.values()) other.line.tell({ type: "peer-left", peer: seat.peer });
    this.#wake(seat, now);
  }

  /** A new stream on which `seat` sends. `grant` tells the sender about credit. @throws {LineEnded} `overrun` */
  open(seat: RelaySeat, grant: (bytes: number) => void): RelayInlet {
    if (seat.inlets.size >= this.#limits.maxStreams) throw new LineEnded("overrun");
    const inlet = new RelayInlet(seat, { windowBytes: this.#limits.windowBytes, grant });
    seat.inlets.add(inlet);
    return inlet;
  }

  /** The stream ended. What it had under way still goes out, as long as the peer is there. */
  shut(inlet: RelayInlet): void {
    if (inlet.isEmpty) inlet.seat.inlets.delete(inlet);
    else inlet.isShut = true;
  }

  /**
   * Takes one frame with its length in front, and passes it on as soon as accounts and receiver allow.
   *
   * @throws {LineEnded} `overrun` when more comes than there was credit for.
   */
  take(inlet: RelayInlet, record: Uint8Array, now: number): void {
    const { seat } = inlet;
    if (seat.isGone) return;
    seat.lastFrameAt = now;
    const cost = relayCost(record.length);
    const underway: Underway = { frame: decodeRelayFrame(record.subarray(PREFIX_BYTES)), record };
    if (inlet.isEmpty && !this.#queues(inlet) && this.#step(inlet, underway, { now }) === "done") {
      inlet.settle(cost);
      return;
    }

    if (!inlet.hasRoomFor(record) || this.#heldBytes + cost > this.#limits.maxHeldBytes) {
      throw new LineEnded("overrun");
    }
    inlet.hold(underway);
    this.#heldBytes += cost;
  }

  /** Takes one frame that may get lost, and passes it on now or never. */
  takeDatagram(seat: RelaySeat, body: Uint8Array, now: number): void {
    if (seat.isGone) return;
    seat.lastFrameAt = now;
    const { session } = seat;
    const frame = decodeRelayFrame(body);
    const code = this.#flawIn(frame, seat);
    if (code !== undefined || frame === undefined) {
      this.#refuse(seat, { frame, code: code ?? "bad_message" });
      return;
    }
    if (seat.throttle.account.waitMs(now) > 0 || session.throttle.account.waitMs(now) > 0) {
      this.#drop("bandwidth");
      return;
    }

    const target = session.seats.get(frame.to);
    const cost = relayCost(body.length);
    seat.throttle.account.take(cost, now);
    session.throttle.account.take(cost, now);
    if (!target) {
      if (!this.#elsewhere(frame)) this.#refuse(seat, { frame, code: "peer_not_found" });
      return;
    }
    target.lastFrameAt = now;
    if (!target.line.sendDatagram(body)) {
      this.#drop("line");
      return;
    }
    this.tally.datagrams++;
    this.tally.datagramBytes += body.length;
  }

  /** The line of `seat` takes frames again. */
  drained(seat: RelaySeat, now: number): void {
    while (!seat.isGone && !seat.line.isCongested) {
      const [inlet] = seat.waiting;
      if (!inlet) return;
      seat.waiting.delete(inlet);
      if (!this.#advance(inlet, { now })) continue;
      // One frame of each stream in turn; a stream that goes on to somebody else does not stay in line here.
      if (inlet.first?.frame?.to === seat.peer) seat.waiting.add(inlet);
      else this.#run(inlet, now);
    }
  }

  /** All places that are taken. */
  *seats(): Iterable<RelaySeat> {
    for (const { seats } of this.#sessions.values()) yield* seats.values();
  }

  /**
   * Passes on what somebody sends who has no line here; `false` when the receiver has none either.
   *
   * @throws {Refusal} `slow_down` when it cannot go out now: a sender without a line cannot be held back.
   */
  passFromElsewhere(frame: RelayFrame, now: number): boolean {
    const target = this.seatOf(frame.session, frame.to);
    if (!target) return false;
    const { session } = target;
    const retryAfterMs = session.throttle.account.waitMs(now);
    if (target.line.isCongested || retryAfterMs > 0) throw new Refusal("slow_down", { retryAfterMs });
    const record = prefixed(encodeRelayFrame(frame));
    session.throttle.account.take(relayCost(record.length), now);
    target.lastFrameAt = now;
    target.line.send(record);
    this.tally.frames++;
    this.tally.bytes += record.length;
    return true;
  }

  /** Goes on with what waited for time to pass, and ends lines on which nothing happens. */
  tick(now: number): void {
    for (const throttle of this.#waits.takeDue(now)) this.#release(throttle, now);
    for (const seat of this.#idle.takeDue(now)) {
      const idleAt = seat.lastFrameAt + this.#limits.idleMs;
      if (idleAt > now) this.#idle.set(seat, idleAt);
      else seat.line.end("idle");
    }
  }

  /** Ends all lines. */
  drain(): void {
    for (const session of this.#sessions.values()) {
      for (const seat of session.seats.values()) seat.line.end("draining");
    }
  }

  /** Passes on what a stream holds until something must be waited for. */
  #run(inlet: RelayInlet, now: number): void {
    while (this.#advance(inlet, { now }));
  }

  /** Passes on the first frame that a stream holds, if it can go. */
  #advance(inlet: RelayInlet, turn: Turn): boolean {
    const first = inlet.first;
    if (!first || inlet.seat.isGone || this.#step(inlet, first, turn) === "waits") return false;
    const cost = inlet.shift();
    this.#heldBytes -= cost;
    if (inlet.isEmpty && inlet.isShut) inlet.seat.inlets.delete(inlet);
    inlet.settle(cost);
    return true;
  }

  /** Passes one frame on, refuses it, or has its stream wait for what is missing. */
  #step(inlet: RelayInlet, { frame, record }: Underway, turn: Turn): Step {
    const { seat } = inlet;
    const { session } = seat;
    const { now } = turn;
    if (this.#mustWait(seat.throttle, inlet, turn) || this.#mustWait(session.throttle, inlet, turn)) {
      return "waits";
    }
    const code = this.#flawIn(frame, seat);
    const target = frame && code === undefined ? session.seats.get(frame.to) : undefined;
    if (target?.line.isCongested) {
      target.waiting.add(inlet);
      return "waits";
    }

    const cost = relayCost(record.length);
    seat.throttle.account.take(cost, now);
    session.throttle.account.take(cost, now);
    if (!frame || code !== undefined) this.#refuse(seat, { frame, code: code ?? "bad_message" });
    else if (target) {
      target.lastFrameAt = now;
      target.line.send(record);
      this.tally.frames++;
      this.tally.bytes += record.length;
    } else if (!this.#elsewhere(this.#whole(frame, record))) {
      this.#refuse(seat, { frame, code: "peer_not_found" });
    }
    return "done";
  }

  /** A held frame has lost its payload to its record. */
  #whole(frame: RelayFrame, record: Uint8Array): RelayFrame {
    return decodeRelayFrame(record.subarray(PREFIX_BYTES)) ?? frame;
  }

  /** A stream that has only now something to send goes to the end of the queue for an account, if there is one. */
  #queues(inlet: RelayInlet): boolean {
    const { throttle, session } = inlet.seat;
    const busy = [throttle, session.throttle].find((each) => each.waiting.size > 0);
    busy?.waiting.add(inlet);
    return busy !== undefined;
  }

  /** Whether the account is overdrawn; if so the stream is put in its queue. */
  #mustWait(throttle: Throttle, inlet: RelayInlet, { now, called }: Turn): boolean {
    if (throttle === called) return false;
    const waitMs = throttle.account.waitMs(now);
    if (waitMs === 0) return false;
    this.tally.throttled++;
    throttle.waiting.add(inlet);
    this.#waits.set(throttle, now + waitMs);
    return true;
  }

  /**
   * Lets the streams that waited for an account go on, one frame each in turn, until it is overdrawn again. The first
   * goes whatever the balance: datagrams, which never wait, would otherwise be able to starve all streams.
   */
  #release(throttle: Throttle, now: number): void {
    for (let released = 0; throttle.waiting.size > 0; released++) {
      const waitMs = throttle.account.waitMs(now);
      if (waitMs > 0 && released > 0) {
        this.#waits.set(throttle, now + waitMs);
        return;
      }
      const [inlet] = throttle.waiting;
      if (!inlet) return;
      throttle.waiting.delete(inlet);
      if (this.#advance(inlet, { now, called: throttle }) && !inlet.isEmpty) throttle.waiting.add(inlet);
    }
  }

  #flawIn(frame: RelayFrame | undefined, seat: RelaySeat): ErrorCode | undefined {
    if (!frame || frame.to === "") return "bad_message";
    const isItself = frame.session === seat.session.id && frame.from === seat.peer;
    return isItself && seat.maySend ? undefined : "forbidden";
  }

  /** Says no, when the line has room for it: a peer that does not listen is not waited for. */
  #refuse(seat: RelaySeat, { frame, code }: { frame: RelayFrame | undefined; code: ErrorCode }): void {
    this.tally.refusals.set(code, (this.tally.refusals.get(code) ?? 0) + 1);
    this.#drop("refused");
    if (seat.line.isCongested) return;
    seat.line.tell({ type: "refused", code, to: frame?.to ?? "", seq: String(frame?.seq ?? 0n) });
  }

  #drop(why: "bandwidth" | "line" | "refused"): void {
    this.tally.dropped.set(why, (this.tally.dropped.get(why) ?? 0) + 1);
  }

  /** Takes a seat out of everything it is in, and forgets what its streams hold. */
  #remove(seat: RelaySeat): void {
    const { session } = seat;
    seat.isGone = true;
    session.seats.delete(seat.peer);
    this.#seats--;
    this.#idle.clear(seat);
    this.#waits.clear(seat.throttle);
    for (const inlet of seat.inlets) {
      session.throttle.waiting.delete(inlet);
      for (const other of session.seats.values()) other.waiting.delete(inlet);
      this.#heldBytes -= inlet.heldCost;
    }
    seat.inlets.clear();
  }

  #close(session: RelaySession): void {
    this.#sessions.delete(session.id);
    this.#waits.clear(session.throttle);
  }

  /** Streams that waited for a line that is gone now go on; their next frame finds the new line, or nobody. */
  #wake(seat: RelaySeat, now: number): void {
    for (const inlet of seat.waiting) {
      seat.waiting.delete(inlet);
      this.#run(inlet, now);
    }
  }
}
