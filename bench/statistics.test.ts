import { describe, expect, it } from "vitest";

import { median, quantile, summarise } from "./statistics.ts";

describe("the median", () => {
  it.each([
    [[7], 7],
    [[9, 1, 5], 5],
    [[10, 9, 100, 1], 9.5],
  ])("of %j is %d", (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  it("sorts by value, not by text, and leaves its argument alone", () => {
    const values = [100, 20, 3];

    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 20, 3]);
  });

  it("of nothing is an error", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

it("a summary names the middle and both ends", () => {
  expect(summarise([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
});

describe("a quantile", () => {
  it("is the value at its rank", () => {
    const sorted = Array.from({ length: 101 }, (_, i) => i);
    expect([0, 0.5, 0.99, 1].map((part) => quantile(sorted, part))).toEqual([0, 50, 99, 100]);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it("is not that of nothing", () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
});
