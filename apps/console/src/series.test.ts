import { describe, expect, it } from "vitest";
import { ceiling, joined, level, rate } from "./series.ts";

const sample = (at: number, received = 0) => ({ at, received, delivered: 0, peers: at, links: 0, rooms: 0 });

describe("samples", () => {
  it("go on where they ended, and reach five minutes back", () => {
    const known = [sample(1_000), sample(200_000)];

    expect(joined(known, [sample(301_000)]).map(({ at }) => at)).toEqual([200_000, 301_000]);
    expect(joined(known, [])).toBe(known);
  });

  it("start anew when the server did", () => {
    expect(joined([sample(1_000, 50)], [sample(2_000, 3)]).map(({ at }) => at)).toEqual([2_000]);
    expect(joined([sample(5_000)], [sample(2_000)]).map(({ at }) => at)).toEqual([2_000]);
  });

  it("give rates between each two of them", () => {
    expect(rate([sample(1_000, 10), sample(3_000, 30)], "received")).toEqual([{ at: 3_000, value: 10 }]);
    expect(level([sample(7)], "peers")).toEqual([{ at: 7, value: 7 }]);
  });
});

describe("the top of a scale", () => {
  it.each([
    [0, 4],
    [4, 4],
    [4.5, 5],
    [11, 20],
    [99, 100],
    [100, 100],
    [2_100, 4_000],
  ])("for %d is %d", (value, top) => {
    expect(ceiling(value)).toBe(top);
  });
});
