export interface ByteAccountOptions {
  /** Bytes a second in the long run. 0: no limit. */
  readonly bytesPerSecond: number;
  /** Most bytes at once after a pause. Default: a tenth of a second's worth, at least 64 KiB. */
  readonly burstBytes?: number;
}

const MIN_BURST_BYTES = 64 * 1024;

/**
 * A limit on bytes per second that may be overdrawn by one message, so that a message larger than the burst is not stuck
 * forever: it is paid for afterwards. Knows no clock: the caller says what time it is, in ms.
 */
export class ByteAccount {
  readonly #perMs: number;
  readonly #burst: number;
  #balance: number;
  #at: number;

  constructor(
    { bytesPerSecond, burstBytes = Math.max(MIN_BURST_BYTES, bytesPerSecond / 10) }: ByteAccountOptions,
    now: number,
  ) {
    this.#perMs = bytesPerSecond / 1000;
    this.#burst = burstBytes;
    this.#balance = burstBytes;
    this.#at = now;
  }

  /** Ms until something may be taken; 0 when it may be now. */
  waitMs(now: number): number {
    if (this.#perMs === 0) return 0;
    this.#earn(now);
    return this.#balance > 0 ? 0 : Math.floor(-this.#balance / this.#perMs) + 1;
  }

  /** Takes `bytes`, overdrawing the account if need be. */
  take(bytes: number, now: number): void {
    if (this.#perMs === 0) return;
    this.#earn(now);
    this.#balance -= bytes;
  }

  /** A clock that goes backwards earns nothing. */
  #earn(now: number): void {
    if (now > this.#at) this.#balance = Math.min(this.#burst, this.#balance + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
