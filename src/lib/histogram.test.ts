import { expect, it } from "vitest";
import { Histogram, Histograms } from "./histogram.ts";

it("counts how many were at most each bound", () => {
  const histogram = new Histogram([0.1, 1, 5]);
  for (const value of [0.05, 0.1, 0.5, 4, 9]) histogram.observe(value);
  expect(histogram.atMost).toEqual([2, 3, 4]);
  expect(histogram.count).toBe(5);
  expect(histogram.sum).toBeCloseTo(13.65);
});

it("keeps kinds apart", () => {
  const kinds = new Histograms<"cone" | "symmetric">([1]);
  kinds.observe("cone", 0.5);
  kinds.observe("symmetric", 2);
  kinds.observe("cone", 3);
  expect([...kinds].map(([kind, { atMost, count }]) => [kind, atMost, count])).toEqual([
    ["cone", [1], 2],
    ["symmetric", [0], 1],
  ]);
});
