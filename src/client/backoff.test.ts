import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

describe("the wait before an attempt", () => {
  it("[CL4] doubles its bound up to a maximum, and is anywhere below it", () => {
    const almostAll = { minMs: 100, maxMs: 1_000, random: () => 0.999_999 };
    const bounds = [1, 2, 3, 4, 5, 50].map((attempt) => Math.round(backoffMs(attempt, 0, almostAll)));

    expect(bounds).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(backoffMs(5, 0, { ...almostAll, random: () => 0 })).toBe(0);
  });

  it("[CL5] is never shorter than the server asks", () => {
    expect(backoffMs(1, 3_000, { minMs: 100, maxMs: 1_000, random: () => 0 })).toBe(3_000);
  });
});
