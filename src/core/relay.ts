import { Deadlines } from "./deadlines.ts";
import { type Random, randomHex } from "./random.ts";
import { LineEnded } from "./relay-ends.ts";
import { type Elsewhere, RelayFlow } from "./relay-flow.ts";
import type { RelayFrame } from "./relay-frame.ts";
import { RelayInlet } from "./relay-inlet.ts";
import { type RelayLine, RelaySeat, RelaySession } from "./relay-seat.ts";

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

export interface RelayArrival {
  readonly session: string;
  readonly peer: string;
  /** What `joined` gave the line whose place this one takes. */
  readonly key: string | undefined;
  /** Whether it has shown that the name is its own: then it takes the place of an earlier line without the key. */
  readonly isNamed?: boolean;
  /** Whether it may send, or only be sent to. */
  readonly maySend: boolean;
  readonly line: RelayLine;
}

/**
 * The peers of sessions who have a line here: docs/spec/relay.md, rules QR1 to QR21. Knows no clock and no network: it is
 * told the time, and speaks through lines.
 */
export class Relay {
  /** What passes between those who are here: frames are given to it. */
  readonly flow: RelayFlow;
  readonly #limits: RelayLimits;
  readonly #random: Random;
  readonly #sessions = new Map<string, RelaySession>();
  readonly #idle = new Deadlines<RelaySeat>();
  #seats = 0;

  constructor({
    limits,
    random,
    elsewhere = () => false,
  }: { limits: RelayLimits; random: Random; elsewhere?: Elsewhere }) {
    this.#limits = limits;
    this.#random = random;
    this.flow = new RelayFlow({ maxHeldBytes: limits.maxHeldBytes, elsewhere });
  }

  get counts(): { readonly sessions: number; readonly peers: number; readonly heldBytes: number } {
    return { sessions: this.#sessions.size, peers: this.#seats, heldBytes: this.flow.heldBytes };
  }

  /** The line of a peer, if it has one here. */
  seatOf(session: string, peer: string): RelaySeat | undefined {
    return this.#sessions.get(session)?.seats.get(peer);
  }

  /** Gives a peer its place. @throws {LineEnded} `peer_taken`, `server_full`, `bad_frame` */
  join({ session: id, peer, key, isNamed = false, maySend, line }: RelayArrival, now: number): RelaySeat {
    if (id === "" || peer === "") throw new LineEnded("bad_frame");
    const { maxSessions, maxPeersPerSession, sessionRateBytes, peerRateBytes } = this.#limits;
    const known = this.#sessions.get(id);
    const before = known?.seats.get(peer);
    if (before && before.key !== key && !isNamed) throw new LineEnded("peer_taken");
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
    if (before) this.flow.wake(before, now);
    return seat;
  }

  /** The line of a seat is gone. What it had under way is forgotten. */
  leave(seat: RelaySeat, now: number): void {
    if (seat.isGone) return;
    this.#remove(seat);
    const { session } = seat;

    if (session.seats.size === 0) this.#close(session);
    for (const other of session.seats.values()) other.line.tell({ type: "peer-left", peer: seat.peer });
    this.flow.wake(seat, now);
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
    if (target) this.flow.passTo(target, frame, now);
    return target !== undefined;
  }

  /** Goes on with what waited for time to pass, and ends lines on which nothing happens. */
  tick(now: number): void {
    this.flow.tick(now);
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

  /** Takes a seat out of everything it is in, and forgets what its streams hold. */
  #remove(seat: RelaySeat): void {
    const { session } = seat;
    seat.isGone = true;
    session.seats.delete(seat.peer);
    this.#seats--;
    this.#idle.clear(seat);
    this.flow.forget(seat);
  }

  #close(session: RelaySession): void {
    this.#sessions.delete(session.id);
    this.flow.close(session);
  }
}
