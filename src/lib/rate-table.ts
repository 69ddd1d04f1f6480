import { TokenBucket, type TokenBucketOptions } from "./token-bucket.ts";

export interface RateTableOptions extends TokenBucketOptions {
  /** Most keys remembered; the one that was heard of least recently is forgotten first. */
  readonly maxKeys: number;
}

/**
 * A rate limit for each of many keys, such as addresses. Knows no clock: the caller says what time it is, in ms.
 *
 * Bounded: a flood of keys makes it forget old ones, who then start with a full burst again.
 */
export class RateTable {
  readonly #options: RateTableOptions;
  /** Least recently used first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: RateTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Ms until `take` can succeed; 0 when it can now. Takes nothing, and remembers no key. */
  waitMs(key: string, now: number): number {
    return this.#buckets.get(key)?.waitMs(now) ?? 0;
  }

  /** Takes one token of `key`. @returns 0, or the ms after which there is one. */
  take(key: string, now: number): number {
    const known = this.#buckets.get(key);
    const bucket = known ?? new TokenBucket(this.#options, now);
    if (known) this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#options.maxKeys && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket.take(now) ? 0 : Math.max(1, bucket.retryAfterMs);
  }
}
