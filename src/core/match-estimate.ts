/** Most kinds of matches whose waiting times are remembered. */
const MAX_KINDS = 1_000;

/** How much the newest match weighs. */
const WEIGHT = 0.2;

/** How long matches of each kind took lately. */
export class MatchEstimate {
  readonly #averageMs = new Map<string, number>();

  /** A match came about after `waitedMs`, on the average of its group. */
  add(kind: string, waitedMs: number): void {
    const before = this.#averageMs.get(kind) ?? waitedMs;
    this.#averageMs.delete(kind);
    this.#averageMs.set(kind, before + (waitedMs - before) * WEIGHT);
    if (this.#averageMs.size <= MAX_KINDS) return;
    for (const oldest of this.#averageMs.keys()) {
      this.#averageMs.delete(oldest);
      break;
    }
  }

  /** About how long somebody still waits who has waited for `waitedMs`; `undefined` where nothing is known. */
  leftMs(kind: string, waitedMs: number): number | undefined {
    const average = this.#averageMs.get(kind);
    return average === undefined ? undefined : Math.max(0, Math.round(average - waitedMs));
  }
}
