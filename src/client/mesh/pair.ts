import type { Clock } from "../clock.ts";
import { ParlorError } from "../errors.ts";
import type { Packet, Via } from "./packets.ts";

export interface PairOptions {
  readonly clock: Clock;
  /** Names this run of this side, greater than the names of earlier runs. */
  readonly incarnation: string;
  /** Sends by relay: slow, reliable while the session lives, always there. */
  readonly relay: (packet: Packet, options: { readonly isEphemeral: boolean }) => void;
  /** Whether the server has taken everything that was relayed: only then is it worth saying again. */
  readonly isRelayIdle: () => boolean;
  /** Sends by data channel. `false`: it cannot. */
  readonly direct: (packet: Packet) => boolean;
  readonly heard: (message: { readonly type: string; readonly data: unknown; readonly via: Via }) => void;
  readonly pathChanged: (via: Via) => void;
  /** The other side began anew; so many messages to the former one are not known to have arrived. */
  readonly lost: (count: number) => void;
}

interface Unacknowledged {
  readonly s: number;
  readonly type: string;
  readonly d: unknown;
  sentAt: number;
}

/** Most messages that may be unacknowledged. */
const MAX_UNACKNOWLEDGED = 1_000;
/** Most messages that wait for an earlier one; more are dropped and come again, because they are not acknowledged. */
const MAX_EARLY = 1_000;
const ACK_AFTER_MS = 50;
const ACK_EVERY = 16;
/** Without an acknowledgement for so long, a data channel counts as dead until it shows otherwise. */
const DIRECT_PATIENCE_MS = 1_500;
/** By relay, after this everything unacknowledged is sent again; doubled each time. */
const RELAY_PATIENCE_MS = 4_000;
const MAX_PATIENCE_MS = 30_000;
const PING_MS: Readonly<Record<Via, number>> = { direct: 2_000, relay: 10_000 };
const LOOK_MS = 250;

/**
 * The talk with one other peer, over two paths, as if it were one: every message arrives once and in order.
 *
 * Messages are numbered, kept until they are acknowledged, and go by data channel when that lives, else by relay. What
 * a dying channel may have swallowed goes by relay again; what comes twice or too early is sorted out by number.
 */
export class Pair {
  readonly #options: PairOptions;
  #remote = "";
  #lastSent = 0;
  #unacknowledged: Unacknowledged[] = [];
  #lastHeard = 0;
  readonly #early = new Map<number, { readonly type: string; readonly d: unknown; readonly via: Via }>();
  #unconfirmed = 0;
  /** The path by which the other side spoke last: the one on which it hears. */
  #heardVia: Via = "relay";
  #stopAckTimer: (() => void) | undefined;
  #isChannelOpen = false;
  /** Whether the open channel has given no sign of life for too long. */
  #isChannelDoubtful = false;
  #patienceMs = RELAY_PATIENCE_MS;
  #rttMs: number | undefined;
  #pingedAt = 0;
  #stopTimer: () => void = () => {};
  #isClosed = false;

  constructor(options: PairOptions) {
    this.#options = options;
    this.#look();
  }

  get via(): Via {
    return this.#isChannelOpen && !this.#isChannelDoubtful ? "direct" : "relay";
  }

  /** There and back on the present path, in ms; `undefined` until it was measured. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** Messages that are not known to have arrived. */
  get pending(): number {
    return this.#unacknowledged.length;
  }

  /** Whether the other side is known to be there. */
  get isMet(): boolean {
    return this.#remote !== "";
  }

  /** @throws {ParlorError} `queue_full` */
  send(type: string, d: unknown): void {
    if (this.#unacknowledged.length >= MAX_UNACKNOWLEDGED) {
      throw new ParlorError("queue_full", { details: { waiting: this.#unacknowledged.length } });
    }
    const message = { s: ++this.#lastSent, type, d, sentAt: this.#options.clock.now() };
    this.#unacknowledged.push(message);
    // Whoever is not there yet is sent everything when it says so.
    if (this.isMet) this.#transmit(message);
  }

  /** Says that this side is there. */
  greet(): void {
    this.#say({ k: "hi", i: this.#options.incarnation, again: true }, "relay");
  }

  hear(packet: Packet, via: Via): void {
    // Incarnations are in the order of their time: what an earlier one said comes too late.
    if (this.#isClosed || packet.i < this.#remote) return;
    if (packet.i !== this.#remote) this.#meet(packet.i);
    if (via === "direct") this.#channelLives();
    switch (packet.k) {
      case "hi":
        if (packet.again) this.#say({ k: "hi", i: this.#options.incarnation }, "relay");
        break;
      case "m":
        if (packet.ri !== this.#options.incarnation) break;
        this.#acknowledged(packet.a);
        this.#message(packet.s, { type: packet.type, d: packet.d, via });
        break;
      case "a":
        if (packet.ri === this.#options.incarnation) this.#acknowledged(packet.a);
        break;
      case "p":
        this.#say({ k: "q", i: this.#options.incarnation, ts: packet.ts }, via);
        break;
      case "q":
        if (via === this.via) this.#rttMs = Math.max(0, this.#options.clock.now() - packet.ts);
        break;
    }
  }

  channelOpened(): void {
    this.#switch(() => {
      this.#isChannelOpen = true;
      // Until something is heard on it: an open channel is a claim of the platform.
      this.#isChannelDoubtful = true;
    });
    this.#say({ k: "p", i: this.#options.incarnation, ts: this.#options.clock.now() }, "direct");
  }

  /** What it may have swallowed goes by relay. */
  channelClosed(): void {
    if (!this.#isChannelOpen) return;
    this.#switch(() => {
      this.#isChannelOpen = false;
    });
    this.#retransmit();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    this.#stopAckTimer?.();
  }

  #meet(incarnation: string): void {
    const isAnother = this.isMet;
    this.#remote = incarnation;
    this.#lastHeard = 0;
    this.#early.clear();
    if (isAnother) {
      // The former one may have heard some of it; the new one is told none of it.
      const { length } = this.#unacknowledged;
      this.#unacknowledged = [];
      this.#lastSent = 0;
      if (length > 0) this.#options.lost(length);
    }
    this.#retransmit();
  }

  #message(s: number, message: { readonly type: string; readonly d: unknown; readonly via: Via }): void {
    if (s > this.#lastHeard && this.#early.size < MAX_EARLY) this.#early.set(s, message);
    for (let next = this.#early.get(this.#lastHeard + 1); next; next = this.#early.get(this.#lastHeard + 1)) {
      this.#early.delete(++this.#lastHeard);
      this.#options.heard({ type: next.type, data: next.d, via: next.via });
    }
    this.#heardVia = message.via;
    if (++this.#unconfirmed >= ACK_EVERY) this.#acknowledge();
    else this.#stopAckTimer ??= this.#options.clock.after(ACK_AFTER_MS, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#stopAckTimer?.();
    this.#stopAckTimer = undefined;
    if (this.#unconfirmed === 0 || this.#isClosed) return;
    this.#unconfirmed = 0;
    this.#say({ k: "a", i: this.#options.incarnation, ri: this.#remote, a: this.#lastHeard }, this.#heardVia);
  }

  #acknowledged(a: number): void {
    const before = this.#unacknowledged.length;
    this.#unacknowledged = this.#unacknowledged.filter(({ s }) => s > a);
    if (this.#unacknowledged.length < before) this.#patienceMs = RELAY_PATIENCE_MS;
  }

  #transmit(message: Unacknowledged): void {
    const { s, type, d } = message;
    message.sentAt = this.#options.clock.now();
    this.#unconfirmed = 0;
    this.#say(
      { k: "m", i: this.#options.incarnation, ri: this.#remote, s, a: this.#lastHeard, type, d },
      this.via,
    );
  }

  #retransmit(): void {
    if (!this.isMet) return;
    for (const message of this.#unacknowledged) this.#transmit(message);
  }

  #say(packet: Packet, via: Via): void {
    if (via === "direct" && this.#options.direct(packet)) return;
    // Signs of life are worthless when late, and acknowledgements come again.
    this.#options.relay(packet, { isEphemeral: packet.k === "p" || packet.k === "q" });
  }

  #channelLives(): void {
    if (!this.#isChannelOpen || !this.#isChannelDoubtful) return;
    this.#switch(() => {
      this.#isChannelDoubtful = false;
    });
  }

  #switch(change: () => void): void {
    const before = this.via;
    change();
    if (this.via === before) return;
    this.#rttMs = undefined;
    this.#pingedAt = 0;
    this.#options.pathChanged(this.via);
  }

  /** Looks after what time brings: signs of life, and acknowledgements that do not come. */
  #look(): void {
    if (this.#isClosed) return;
    const { clock, incarnation } = this.#options;
    const now = clock.now();
    const oldest = this.#unacknowledged[0];
    const waitedMs = oldest && this.isMet ? now - oldest.sentAt : 0;
    if (this.via === "direct" && waitedMs >= DIRECT_PATIENCE_MS) {
      this.#switch(() => {
        this.#isChannelDoubtful = true;
      });
      this.#retransmit();
    } else if (waitedMs >= this.#patienceMs && this.#options.isRelayIdle()) {
      this.#patienceMs = Math.min(this.#patienceMs * 2, MAX_PATIENCE_MS);
      this.#retransmit();
    }
    if (this.isMet && (this.#pingedAt === 0 || now - this.#pingedAt >= PING_MS[this.via])) {
      this.#pingedAt = now;
      this.#say({ k: "p", i: incarnation, ts: now }, this.via);
    }
    // A channel that is doubted is asked, so that it can show that it lives.
    if (this.#isChannelOpen && this.#isChannelDoubtful) {
      this.#options.direct({ k: "p", i: incarnation, ts: now });
    }
    this.#stopTimer = clock.after(LOOK_MS, () => this.#look());
  }
}
