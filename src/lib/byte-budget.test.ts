import { describe, expect, it } from "vitest";
import { ByteBudget } from "./byte-budget.ts";

describe("a budget of bytes", () => {
  it("lets a burst through, and says how long to wait for what goes beyond", () => {
    const budget = new ByteBudget({ perSecond: 1_000, burst: 500 }, 0);

    expect(budget.spend(500, 0)).toBe(0);
    expect(budget.spend(2_000, 0)).toBe(2_000);
    expect(budget.spend(100, 2_000)).toBe(100);
    expect(budget.spend(400, 3_000)).toBe(0);
  });

  it("passes no more than the rate in the long run to who waits as told", () => {
    const budget = new ByteBudget({ perSecond: 10_000, burst: 1_000 }, 0);
    let passed = 0;
    for (let now = 0; now < 60_000; now += 1 + budget.spend(333, now)) passed += 333;

    expect(passed).toBeGreaterThan(550_000);
    expect(passed).toBeLessThan(602_000);
  });

  it("gives nothing for a clock that goes backwards", () => {
    const budget = new ByteBudget({ perSecond: 1_000, burst: 100 }, 1_000);
    budget.spend(100, 1_000);

    expect(budget.spend(100, 0)).toBe(100);
  });
});
