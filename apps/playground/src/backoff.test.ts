import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

describe("backing off", () => {
  it("waits anywhere between almost nothing and a ceiling that doubles", () => {
    const least = [0, 1, 2, 3].map((attempt) => backoffMs(attempt, 0));
    const most = [0, 1, 2, 3].map((attempt) => backoffMs(attempt, 1));

    expect(least).toEqual([100, 100, 100, 100]);
    expect(most).toEqual([800, 1600, 3200, 6400]);
  });

  it("never waits longer than twenty seconds, however often it failed", () => {
    expect(backoffMs(5000, 1)).toBe(20_000);
  });
});
