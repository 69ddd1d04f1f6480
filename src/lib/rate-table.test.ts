import { describe, expect, it } from "vitest";
import { RateTable } from "./rate-table.ts";

describe("a table of rates", () => {
  it("counts each key by itself, and says when to come back", () => {
    const table = new RateTable({ perSecond: 10, burst: 2, maxKeys: 10 });

    expect([table.take("a", 0), table.take("a", 0), table.take("a", 0)]).toEqual([0, 0, 100]);
    expect(table.take("b", 0)).toBe(0);
    expect(table.take("a", 100)).toBe(0);
  });

  it("forgets the key that was heard of least recently when there are too many", () => {
    const table = new RateTable({ perSecond: 1, burst: 1, maxKeys: 2 });
    for (const key of ["a", "b", "a", "c"]) table.take(key, 0);

    expect(table.size).toBe(2);
    expect(table.take("a", 0)).toBeGreaterThan(0);
    expect(table.take("b", 0)).toBe(0);
  });
});
