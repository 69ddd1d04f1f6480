/** How fast a total has grown over the last seconds. Knows no clock: it is told the total and the time, in ms. */
export class RateMeter {
  readonly #windowMs: number;
  readonly #everyMs: number;
  #samples: { readonly at: number; readonly total: number }[] = [];

  /** @param everyMs  How often a sample is kept, at most. */
  constructor({ windowMs, everyMs }: { readonly windowMs: number; readonly everyMs: number }) {
    this.#windowMs = windowMs;
    this.#everyMs = everyMs;
  }

  /** Growth per second between the first and the last sample that are kept. */
  get perSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at <= first.at) return 0;
    return ((last.total - first.total) * 1000) / (last.at - first.at);
  }

  sample(total: number, now: number): void {
    const last = this.#samples.at(-1);
    // A clock that was put back begins anew.
    if (last && now < last.at) this.#samples = [];
    else if (last && now - last.at < this.#everyMs) return;
    this.#samples.push({ at: now, total });
    while (now - (this.#samples[0]?.at ?? now) > this.#windowMs) this.#samples.shift();
  }
}
