import { PREFIX_BYTES } from "../lib/length-prefix.ts";
import { Deadlines } from "./deadlines.ts";
import { type ErrorCode, Refusal } from "./errors.ts";
import { LineEnded } from "./relay-ends.ts";
import { decodeRelayFrame, encodeRelayRecord, type RelayFrame } from "./relay-frame.ts";
import type { RelayInlet, Underway } from "./relay-inlet.ts";
import type { RelaySeat, RelaySession, Throttle } from "./relay-seat.ts";
import { relayCost } from "./relay-words.ts";

/** What went through since the start. */
export interface RelayTally {
  /** Bytes of frames that came, passed on or not. */
  heardBytes: number;
  frames: number;
  bytes: number;
  datagrams: number;
  datagramBytes: number;
  readonly dropped: Map<"bandwidth" | "line" | "refused", number>;
  readonly refusals: Map<ErrorCode, number>;
  /** How often a stream had to wait for an account. */
  throttled: number;
}

/** Somebody who has no line here but is in the session by other means: takes a frame, or says that nobody is there. */
export type Elsewhere = (frame: RelayFrame) => boolean;

/** A frame that came without order or guarantee: read, unless it is none, and as it came. */
export interface Datagram {
  readonly frame: RelayFrame | undefined;
  readonly body: Uint8Array;
}

/** What one look at the first frame of a stream came to. */
type Step = "done" | "waits";

/** When a step is taken, and for which account it waited and is being called. */
interface Turn {
  readonly now: number;
  readonly called?: Throttle;
}

/** How frames get from one seat to another: when they may, and in whose turn. */
export class RelayFlow {
  readonly tally: RelayTally = {
    heardBytes: 0,
    frames: 0,
    bytes: 0,
    datagrams: 0,
    datagramBytes: 0,
    dropped: new Map(),
    refusals: new Map(),
    throttled: 0,
  };

  readonly #maxHeldBytes: number;
  readonly #elsewhere: Elsewhere;
  readonly #waits = new Deadlines<Throttle>();
  #heldBytes = 0;

  constructor({ maxHeldBytes, elsewhere }: { maxHeldBytes: number; elsewhere: Elsewhere }) {
    this.#maxHeldBytes = maxHeldBytes;
    this.#elsewhere = elsewhere;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** When `tick` should be called at the latest; `undefined`: nothing waits for time to pass. */
  get nextAt(): number | undefined {
    return this.#waits.nextAt;
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
    this.tally.heardBytes += record.length;
    const cost = relayCost(record.length);
    const underway: Underway = { frame: decodeRelayFrame(record.subarray(PREFIX_BYTES)), record };
    if (inlet.isEmpty && !this.#queues(inlet) && this.#step(inlet, underway, { now }) === "done") {
      inlet.settle(cost);
      return;
    }

    if (!inlet.hasRoomFor(record) || this.#heldBytes + cost > this.#maxHeldBytes) {
      throw new LineEnded("overrun");
    }
    inlet.hold(underway);
    this.#heldBytes += cost;
  }

  /** Takes one frame that may get lost, and passes it on now or never. */
  takeDatagram(seat: RelaySeat, { frame, body }: Datagram, now: number): void {
    if (seat.isGone) return;
    seat.lastFrameAt = now;
    this.tally.heardBytes += body.length;
    const { session } = seat;
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

  /**
   * Passes on what somebody sends who has no line here.
   *
   * @throws {Refusal} `slow_down` when it cannot go out now: a sender without a line cannot be held back.
   */
  passTo(target: RelaySeat, frame: RelayFrame, now: number): void {
    const { session } = target;
    const retryAfterMs = session.throttle.account.waitMs(now);
    if (target.line.isCongested || retryAfterMs > 0) throw new Refusal("slow_down", { retryAfterMs });
    const record = encodeRelayRecord(frame);
    session.throttle.account.take(relayCost(record.length), now);
    target.lastFrameAt = now;
    target.line.send(record);
    this.tally.frames++;
    this.tally.bytes += record.length;
  }

  /** Goes on with what waited for time to pass. */
  tick(now: number): void {
    for (const throttle of this.#waits.takeDue(now)) this.#release(throttle, now);
  }

  /** The line of a seat is gone, and what its streams hold. */
  forget(seat: RelaySeat): void {
    const { session } = seat;
    this.#waits.clear(seat.throttle);
    for (const inlet of seat.inlets) {
      session.throttle.waiting.delete(inlet);
      for (const other of session.seats.values()) other.waiting.delete(inlet);
      this.#heldBytes -= inlet.heldCost;
    }
    seat.inlets.clear();
  }

  /** Nobody is left in a session. */
  close(session: RelaySession): void {
    this.#waits.clear(session.throttle);
  }

  /** Streams that waited for a line that is gone now go on; their next frame finds the new line, or nobody. */
  wake(seat: RelaySeat, now: number): void {
    for (const inlet of seat.waiting) {
      seat.waiting.delete(inlet);
      this.#run(inlet, now);
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
}
