export interface TokenBucketOptions {
  /** Tokens that come back per second. */
  readonly perSecond: number;
  /** Most tokens held, and held at the start. */
  readonly burst: number;
}

/** A rate limit that allows bursts. Knows no clock: the caller says what time it is, in ms. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #at: number;

  constructor(options: TokenBucketOptions, now: number) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#at = now;
  }

  /** Takes one token; `false` when there is none. A clock that goes backwards brings no tokens. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes one token on credit: as many fewer come back before `take` succeeds again. */
  owe(): void {
    this.#tokens--;
  }

  /** Ms after `now` until `take` can succeed; 0 when it can. */
  waitMs(now: number): number {
    this.#refill(now);
    return this.retryAfterMs;
  }

  /** Ms until `take` can succeed. */
  get retryAfterMs(): number {
    return Math.max(0, Math.ceil(((1 - this.#tokens) / this.#options.perSecond) * 1000));
  }

  #refill(now: number): void {
    if (now > this.#at) {
      const { perSecond, burst } = this.#options;
      this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * perSecond);
    }
    this.#at = now;
  }
}
