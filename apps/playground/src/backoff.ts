/**
 * How long to wait before the next try: anything between nothing and a ceiling that doubles with every failure.
 *
 * Full jitter, because a thousand tabs that lost the same server must not come back in the same instant.
 *
 * @param attempt  0 for the first retry.
 * @param random   0 ≤ x < 1.
 */
export function backoffMs(attempt: number, random: number): number {
  const ceilingMs = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempt, 30));
  return Math.round(LEAST_MS + random * (ceilingMs - LEAST_MS));
}

const FIRST_MS = 800;
const MAX_MS = 20_000;
/** Never at once: a server that refuses immediately would otherwise be asked in a tight loop. */
const LEAST_MS = 100;
