/** A link as the heartbeat sees it. The fields are the heartbeat's, but for `heard`. */
export interface Beating {
  /** Set by the link whenever there is a sign of life; cleared by the heartbeat when it asks for one. */
  heard: boolean;
  /** When the next thing is due, in ms of the heartbeat's clock. */
  beatAt: number;
  /** Whether a ping is out and `beatAt` is the end of the wait for an answer. */
  awaited: boolean;
  /** Whether the link does not read at present; then silence proves nothing. */
  readonly isPaused: boolean;
  ping(): void;
  /** No sign of life came within `pongWaitMs` after a ping. */
  expire(): void;
}

export interface HeartbeatOptions {
  /** How often each link is pinged, in ms. 0: never. */
  readonly pingIntervalMs: number;
  /** How long after a ping a sign of life may take, in ms. */
  readonly pongWaitMs: number;
}

/** The golden ratio's fraction: its multiples are spread evenly over 0 … 1. */
const SPREAD = 0.618034;

/** Finds links whose peer is gone without a word: by sweeping over all links, without a timer for each. */
export class Heartbeat {
  readonly #pingIntervalMs: number;
  readonly #pongWaitMs: number;
  #begun = 0;

  constructor({ pingIntervalMs, pongWaitMs }: HeartbeatOptions) {
    this.#pingIntervalMs = pingIntervalMs;
    this.#pongWaitMs = pongWaitMs;
  }

  /** How often `sweep` should be called, in ms: deadlines are kept to that precision. 0: never. */
  get sweepMs(): number {
    if (this.#pingIntervalMs === 0) return 0;
    return Math.max(10, Math.min(1000, this.#pingIntervalMs / 4, this.#pongWaitMs / 4));
  }

  /**
   * Prepares a link that opened at `now`. Its first ping comes after half to one whole interval, so that links that
   * opened all at once are not all pinged at once.
   */
  begin(link: Beating, now: number): void {
    const part = 0.5 + 0.5 * ((this.#begun++ * SPREAD) % 1);
    link.awaited = false;
    link.beatAt = Math.ceil(now + this.#pingIntervalMs * part);
  }

  /** Pings and expires what is due at `now`, in ms of any clock that never goes back. */
  sweep(links: Iterable<Beating>, now: number): void {
    for (const link of links) {
      if (now < link.beatAt) continue;
      if (!link.awaited) this.#ask(link, now);
      else if (link.heard) this.#rest(link, now);
      else if (link.isPaused) link.beatAt = Math.ceil(now + this.#pongWaitMs);
      else link.expire();
    }
  }

  #ask(link: Beating, now: number): void {
    link.heard = false;
    link.awaited = true;
    link.beatAt = Math.ceil(now + this.#pongWaitMs);
    link.ping();
  }

  /** Until the next ping; the wait for the last answer counts as part of the interval. */
  #rest(link: Beating, now: number): void {
    if (this.#pingIntervalMs <= this.#pongWaitMs) {
      this.#ask(link, now);
      return;
    }
    link.awaited = false;
    link.beatAt = Math.ceil(now + this.#pingIntervalMs - this.#pongWaitMs);
  }
}
