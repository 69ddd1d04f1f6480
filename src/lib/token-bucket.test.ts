import { describe, expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

describe("a token bucket", () => {
  it("allows a burst, then as many as come back", () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
    const takes = (now: number, count: number) => Array.from({ length: count }, () => bucket.take(now));

    expect(takes(0, 4)).toEqual([true, true, true, false]);
    expect(bucket.retryAfterMs).toBe(100);
    expect(takes(100, 2)).toEqual([true, false]);
    expect(takes(60_000, 4)).toEqual([true, true, true, false]);
  });

  it("gives nothing until what was owed has come back", () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 1 }, 0);
    bucket.take(0);
    bucket.owe();

    expect(bucket.retryAfterMs).toBe(200);
    expect([bucket.take(199), bucket.take(200), bucket.take(201)]).toEqual([false, true, false]);
  });

  it("is given nothing by a clock that goes backwards, and goes on from there", () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 1 }, 1_000);
    bucket.take(1_000);

    expect(bucket.take(0)).toBe(false);
    expect(bucket.take(100)).toBe(true);
  });
});
