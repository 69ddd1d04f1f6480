import { describe, expect, it } from "vitest";

import { median, summarise } from "./statistics.ts";

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
