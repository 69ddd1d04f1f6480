export interface ByteBudgetOptions {
  readonly perSecond: number;
  /** Most bytes saved up. */
  readonly burst: number;
}

/**
 * A bound on bytes per second that refuses nothing: what is spent beyond it must be waited for. Knows no clock: the
 * caller says what time it is, in ms.
 */
export class ByteBudget {
  readonly #options: ByteBudgetOptions;
  #saved: number;
  #at: number;

  constructor(options: ByteBudgetOptions, now: number) {
    this.#options = options;
    this.#saved = options.burst;
    this.#at = now;
  }

  /** @returns for how many ms whoever spent it should spend nothing further. */
  spend(bytes: number, now: number): number {
    const { perSecond, burst } = this.#options;
    if (now > this.#at) this.#saved = Math.min(burst, this.#saved + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    this.#saved -= bytes;
    return this.#saved >= 0 ? 0 : Math.ceil((-this.#saved / perSecond) * 1000);
  }
}
