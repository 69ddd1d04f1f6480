import type { Clock } from "../clock.ts";
import { ParlorError } from "../errors.ts";
import { InOrder, Sent, type Unacknowledged } from "./numbered.ts";
import type { Packet, Via } from "./packets.ts";
import { Rung } from "./rung.ts";

/** A way that comes and goes. */
export type Shaky = Exclude<Via, "session">;

/** What carries packets on one way. */
export interface Way {
  /** Reliable and in order while it lives. `false`: it cannot take this now. */
  send(packet: Packet): boolean;
  /** The same for what may get lost, and is worthless when late. */
  cast(packet: Packet): boolean;
  /** Whether it has yet to pass on what it took: then it is no wonder that no answer comes. */
  readonly isBusy: boolean;
}

/** The messages of the session: slow, reliable while the session lives, always there. */
export interface Floor {
  send(packet: Packet, options: { readonly isEphemeral: boolean }): void;
  /** Whether the server has taken everything that was sent: only then is it worth saying again. */
  readonly isIdle: boolean;
}

/** What the other side said, and by which way. */
export interface Heard {
  readonly type: string;
  readonly data: unknown;
  readonly via: Via;
}

export interface PairOptions {
  readonly clock: Clock;
  /** Names this run of this side, greater than the names of earlier runs. */
  readonly incarnation: string;
  readonly ways: Readonly<Record<Shaky, Way>>;
  readonly floor: Floor;
  readonly heard: (message: Heard) => void;
  readonly pathChanged: (via: Via) => void;
  /** The other side is there, for the first time or anew, under that incarnation. */
  readonly met: (incarnation: string) => void;
  /** The other side began anew; so many messages to the former one are not known to have arrived. */
  readonly lost: (count: number) => void;
}

/** The ways that come and go, the best first. */
const SHAKY: readonly Shaky[] = ["direct", "relay"];
/** Most messages that may be unacknowledged. */
const MAX_UNACKNOWLEDGED = 1_000;
const ACK_AFTER_MS = 50;
const ACK_EVERY = 16;
/** Without an acknowledgement for so long, a way counts as dead until it shows otherwise. */
const PATIENCE_MS: Readonly<Record<Shaky, number>> = { direct: 1_500, relay: 4_000 };
/** The same while it has not yet passed on what it took: bandwidth limits and slow receivers may hold it up. */
const BUSY_PATIENCE_MS: Readonly<Record<Shaky, number>> = { direct: 1_500, relay: 12_000 };
/** By session, after this everything unacknowledged is sent again; doubled each time. */
const FIRST_SESSION_PATIENCE_MS = 4_000;
const MAX_SESSION_PATIENCE_MS = 30_000;
/** How often the present way is asked for a sign of life. One that gives none three times counts as dead. */
const PING_MS: Readonly<Record<Via, number>> = { direct: 2_000, relay: 5_000, session: 10_000 };
const SILENT_PINGS = 3;
const LOOK_MS = 250;
/** A way that is trusted so long is expected to be the other side's, too. */
const SETTLED_MS = 2_000;
/** For so long after the other side spoke on a lesser way it is taken to need one. */
const LESSER_MS = 10_000;

/**
 * The talk with one other peer, over several ways, as if it were one: every message arrives once and in order.
 *
 * Messages are numbered, kept until they are acknowledged, and go by the best way that lives. What a dying way may have
 * swallowed goes by another again; what comes twice or too early is sorted out by number.
 */
export class Pair {
  readonly #options: PairOptions;
  readonly #rungs: Readonly<Record<Shaky, Rung>> = { direct: new Rung(), relay: new Rung() };
  #remote = "";
  readonly #sent = new Sent();
  readonly #heard = new InOrder<Heard>();
  #unconfirmed = 0;
  #lastCast = 0;
  #lastCastHeard = 0;
  /** The way by which the other side spoke last: the one on which it hears. */
  #heardVia: Via = "session";
  #heardLesserAt = Number.NEGATIVE_INFINITY;
  #stopAckTimer: (() => void) | undefined;
  #sessionPatienceMs = FIRST_SESSION_PATIENCE_MS;
  /** When the present way became that. */
  #changedAt = Number.NEGATIVE_INFINITY;
  #rttMs: number | undefined;
  #pingedAt: number | undefined;
  #stopTimer: () => void = () => {};
  #isClosed = false;

  constructor(options: PairOptions) {
    this.#options = options;
    this.#look();
  }

  get via(): Via {
    return SHAKY.find((way) => this.#rungs[way].isTrusted) ?? "session";
  }

  /** There and back on the present way, in ms; `undefined` until it was measured. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** Messages that are not known to have arrived. */
  get pending(): number {
    return this.#sent.size;
  }

  /** Whether the other side is known to be there. */
  get isMet(): boolean {
    return this.#remote !== "";
  }

  /** The other side's incarnation; empty until it is known. */
  get remote(): string {
    return this.#remote;
  }

  /** Whether one of the two speaks on a lesser way than data channels. */
  get needsRelay(): boolean {
    const isOtherBelow = this.#options.clock.now() - this.#heardLesserAt < LESSER_MS;
    return this.isMet && (this.via !== "direct" || isOtherBelow);
  }

  /** @throws {ParlorError} `queue_full` */
  send(type: string, d: unknown): void {
    const { size } = this.#sent;
    if (size >= MAX_UNACKNOWLEDGED) throw new ParlorError("queue_full", { details: { waiting: size } });
    const message = this.#sent.add(type, d, this.#options.clock.now());
    // Whoever is not there yet is sent everything when it says so.
    if (this.isMet) this.#transmit(message);
  }

  /** Says something now or never: it may get lost, and is never told after what was said later. */
  cast(type: string, d: unknown): void {
    if (!this.isMet) return;
    const s = ++this.#lastCast;
    this.#murmur({ k: "e", i: this.#options.incarnation, ri: this.#remote, s, type, d });
  }

  /** Says that this side is there. */
  greet(): void {
    this.#say({ k: "hi", i: this.#options.incarnation, again: true }, "session");
  }

  hear(packet: Packet, via: Via): void {
    // Incarnations are in the order of their time: what an earlier one said comes too late.
    if (this.#isClosed || packet.i < this.#remote) return;
    if (packet.i !== this.#remote) this.#meet(packet.i);
    this.#sign(via);
    const { incarnation } = this.#options;
    // Meant for a former self.
    if ("ri" in packet && packet.ri !== incarnation) return;
    switch (packet.k) {
      case "hi":
        if (packet.again) this.#say({ k: "hi", i: incarnation }, "session");
        break;
      case "m":
        this.#acknowledged(packet.a);
        this.#message(packet.s, { type: packet.type, data: packet.d, via });
        break;
      case "a":
        this.#acknowledged(packet.a);
        break;
      case "e":
        if (packet.s <= this.#lastCastHeard) break;
        this.#lastCastHeard = packet.s;
        this.#options.heard({ type: packet.type, data: packet.d, via });
        break;
      case "p":
        this.#probe({ k: "q", i: incarnation, ts: packet.ts }, via);
        break;
      case "q":
        if (via === this.via) this.#rttMs = Math.max(0, this.#options.clock.now() - packet.ts);
        break;
    }
  }

  opened(way: Shaky): void {
    const { clock } = this.#options;
    this.#rungs[way].opened(clock.now());
    if (this.#rungs[way].mustAsk(clock.now())) this.#ping(way);
  }

  /** What it may have swallowed goes by another way. */
  closed(way: Shaky): void {
    if (!this.#rungs[way].isOpen) return;
    this.#change(() => this.#rungs[way].closed(this.#options.clock.now()));
    this.#retransmit(way);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    this.#stopAckTimer?.();
  }

  #meet(incarnation: string): void {
    const isAnother = this.isMet;
    this.#remote = incarnation;
    this.#lastCastHeard = 0;
    this.#heard.reset();
    if (isAnother) {
      // The former one may have heard some of it; the new one is told none of it.
      const count = this.#sent.reset();
      if (count > 0) this.#options.lost(count);
    }
    this.#options.met(incarnation);
    this.#retransmit();
  }

  #message(s: number, message: Heard): void {
    this.#heard.take(s, message, this.#options.heard);
    this.#heardVia = message.via;
    if (++this.#unconfirmed >= ACK_EVERY) this.#acknowledge();
    else this.#stopAckTimer ??= this.#options.clock.after(ACK_AFTER_MS, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#stopAckTimer?.();
    this.#stopAckTimer = undefined;
    if (this.#unconfirmed === 0 || this.#isClosed) return;
    this.#unconfirmed = 0;
    this.#say(
      { k: "a", i: this.#options.incarnation, ri: this.#remote, a: this.#heard.last },
      this.#heardVia,
    );
  }

  #acknowledged(a: number): void {
    if (this.#sent.acknowledged(a)) this.#sessionPatienceMs = FIRST_SESSION_PATIENCE_MS;
  }

  #transmit(message: Unacknowledged): void {
    const { s, type, d } = message;
    message.sentAt = this.#options.clock.now();
    this.#unconfirmed = 0;
    message.via = this.#say(
      { k: "m", i: this.#options.incarnation, ri: this.#remote, s, a: this.#heard.last, type, d },
      this.via,
    );
  }

  /** Sends again what is not acknowledged: all of it, or what went by one way. */
  #retransmit(via?: Via): void {
    if (!this.isMet) return;
    for (const message of this.#sent.by(via)) this.#transmit(message);
  }

  /** Sends by that way, or by the next lesser one that takes it; answers which it was. */
  #say(packet: Packet, via: Via): Via {
    for (const way of this.#from(via)) if (this.#options.ways[way].send(packet)) return way;
    this.#options.floor.send(packet, { isEphemeral: false });
    return "session";
  }

  #murmur(packet: Packet): void {
    for (const way of this.#from(this.via)) if (this.#options.ways[way].cast(packet)) return;
    this.#options.floor.send(packet, { isEphemeral: true });
  }

  /** Sends by that way alone: a sign of life on another way proves nothing. */
  #probe(packet: Packet, via: Via): void {
    if (via === "session") this.#options.floor.send(packet, { isEphemeral: true });
    else this.#options.ways[via].send(packet);
  }

  #ping(via: Via): void {
    this.#probe({ k: "p", i: this.#options.incarnation, ts: this.#options.clock.now() }, via);
  }

  /** That way, and the lesser ones that live. */
  #from(via: Via): readonly Shaky[] {
    if (via === "session") return [];
    return SHAKY.slice(SHAKY.indexOf(via)).filter((way) => way === via || this.#rungs[way].isTrusted);
  }

  /** Something was heard on that way. */
  #sign(via: Via): void {
    const now = this.#options.clock.now();
    const { trustedAt } = this.#rungs.direct;
    if (via !== "direct" && trustedAt !== undefined && now - trustedAt > SETTLED_MS)
      this.#heardLesserAt = now;
    if (via !== "session") this.#change(() => this.#rungs[via].heard(now));
  }

  #change(act: () => void): void {
    const before = this.via;
    act();
    const { via } = this;
    if (via === before) return;
    this.#rttMs = undefined;
    this.#pingedAt = undefined;
    this.#changedAt = this.#options.clock.now();
    this.#options.pathChanged(via);
  }

  /** Looks after what time brings: signs of life, and acknowledgements that do not come. */
  #look(): void {
    if (this.#isClosed) return;
    const { clock, floor } = this.#options;
    const now = clock.now();
    for (const way of SHAKY) {
      if (!this.#rungs[way].isTrusted || !this.#isDead(way, now)) continue;
      this.#change(() => this.#rungs[way].doubted(now));
      this.#retransmit(way);
    }
    if (this.#waitedMs("session", now) >= this.#sessionPatienceMs && floor.isIdle) {
      this.#sessionPatienceMs = Math.min(this.#sessionPatienceMs * 2, MAX_SESSION_PATIENCE_MS);
      this.#retransmit("session");
    }
    if (this.isMet && (this.#pingedAt === undefined || now - this.#pingedAt >= PING_MS[this.via])) {
      this.#pingedAt = now;
      this.#ping(this.via);
    }
    for (const way of SHAKY) if (this.#rungs[way].mustAsk(now)) this.#ping(way);
    this.#stopTimer = clock.after(LOOK_MS, () => this.#look());
  }

  #isDead(way: Shaky, now: number): boolean {
    const patienceMs = (this.#options.ways[way].isBusy ? BUSY_PATIENCE_MS : PATIENCE_MS)[way];
    // Only the present way is asked for signs of life.
    const silentMs = way === this.via ? now - Math.max(this.#rungs[way].heardAt, this.#changedAt) : 0;
    return this.#waitedMs(way, now) >= patienceMs || silentMs >= SILENT_PINGS * PING_MS[way];
  }

  /** How long the oldest message that went by that way has waited for its acknowledgement. */
  #waitedMs(via: Via, now: number): number {
    return this.isMet ? this.#sent.waitedMs(via, now) : 0;
  }
}
