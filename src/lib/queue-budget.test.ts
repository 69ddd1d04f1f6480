import { describe, expect, it } from "vitest";
import { QueueBudget } from "./queue-budget.ts";

describe("the budget of a queue", () => {
  it("[LK6] counts what the network holds", () => {
    const budget = new QueueBudget(100);
    budget.wrote(60);

    expect(budget.room(60)).toBe(40);
    expect(budget.room(0)).toBe(100);
    expect(budget.room(130)).toBe(0);
  });

  it("[LK6] leaves all of it beside a frame that is larger, as long as that is on its way", () => {
    const budget = new QueueBudget(100);
    budget.wrote(1000);

    expect(budget.room(1000)).toBe(100);
    expect(budget.room(1040)).toBe(60);
    expect(budget.room(500)).toBe(100);
    expect(budget.room(0)).toBe(100);
    expect(budget.room(70)).toBe(30);
  });
});
