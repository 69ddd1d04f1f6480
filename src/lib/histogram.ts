/** How often a number was at most each of a few bounds. */
export class Histogram {
  /** In rising order. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  /** For each bound, how many were at most that. */
  get atMost(): readonly number[] {
    let total = 0;
    return this.#counts.map((count) => (total += count));
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count++;
    const at = this.bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }
}

/** Histograms with the same bounds, by a key of which there are few. */
export class Histograms<Key extends string = string> implements Iterable<readonly [Key, Histogram]> {
  readonly #bounds: readonly number[];
  readonly #by = new Map<Key, Histogram>();

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  observe(key: Key, value: number): void {
    let histogram = this.#by.get(key);
    if (!histogram) {
      histogram = new Histogram(this.#bounds);
      this.#by.set(key, histogram);
    }
    histogram.observe(value);
  }

  [Symbol.iterator](): Iterator<readonly [Key, Histogram]> {
    return this.#by.entries();
  }
}
