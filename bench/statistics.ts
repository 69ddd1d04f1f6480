/** What several rounds of one measurement come to. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle value, or the mean of the two middle ones. @throws {RangeError} for no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("there is no median of nothing");
  const sorted = [...values].sort((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
}

/** @throws {RangeError} for no values. */
export function summarise(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The value below which `part` (0 to 1) of the values lie, by the nearest rank. @throws {RangeError} for no values. */
export function quantile(sorted: readonly number[], part: number): number {
  if (sorted.length === 0) throw new RangeError("there is no quantile of nothing");
  return sorted[Math.round(part * (sorted.length - 1))]!;
}
