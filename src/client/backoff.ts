export interface BackoffOptions {
  /** The first wait is between 0 and this, in ms. */
  readonly minMs: number;
  /** No wait is longer, in ms, unless the server asks for more. */
  readonly maxMs: number;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
}

/**
 * How long to wait before attempt `attempt` (from 1), in ms: full jitter, so that thousands of clients that lost the
 * same server do not come back at the same moment.
 *
 * @param retryAfterMs  what the server asked for. The wait is never shorter, and jitter goes on top.
 */
export function backoffMs(
  attempt: number,
  retryAfterMs: number,
  { minMs, maxMs, random }: BackoffOptions,
): number {
  // 2 ** 30 already exceeds any sensible maximum; more would overflow to Infinity and then to NaN.
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 30));
  return retryAfterMs + random() * ceiling;
}
