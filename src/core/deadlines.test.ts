import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Deadlines } from "./deadlines.ts";

describe("deadlines", () => {
  it("are taken once, earliest first, when they are due", () => {
    const deadlines = new Deadlines<string>();
    deadlines.set("late", 30);
    deadlines.set("early", 10);
    deadlines.set("middle", 20);

    expect(deadlines.takeDue(9)).toEqual([]);
    expect(deadlines.takeDue(20)).toEqual(["early", "middle"]);
    expect(deadlines.takeDue(20)).toEqual([]);
    expect(deadlines.size).toBe(1);
  });

  it("are taken as many as are wanted, and the others later", () => {
    const deadlines = new Deadlines<number>();
    for (let at = 1; at <= 5; at++) deadlines.set(at, at);

    expect(deadlines.takeDue(4, 3)).toEqual([1, 2, 3]);
    expect(deadlines.takeDue(4, 3)).toEqual([4]);
    expect(deadlines.size).toBe(1);
  });

  it("behave like a sorted map, whatever is set, moved, cleared and taken", () => {
    const step = fc.oneof(
      fc.record({
        does: fc.constant("set"),
        key: fc.integer({ min: 0, max: 20 }),
        at: fc.integer({ min: 0, max: 99 }),
      }),
      fc.record({ does: fc.constant("clear"), key: fc.integer({ min: 0, max: 20 }), at: fc.constant(0) }),
      fc.record({ does: fc.constant("take"), key: fc.constant(0), at: fc.integer({ min: 0, max: 99 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const deadlines = new Deadlines<number>();
        const model = new Map<number, number>();
        for (const { does, key, at } of steps) {
          if (does === "set") {
            deadlines.set(key, at);
            model.set(key, at);
          } else if (does === "clear") {
            deadlines.clear(key);
            model.delete(key);
          } else {
            const due = [...model].filter(([, dueAt]) => dueAt <= at);
            const taken = deadlines.takeDue(at);
            expect(taken.map((each) => model.get(each))).toEqual(
              due.map(([, dueAt]) => dueAt).sort((a, b) => a - b),
            );
            expect(new Set(taken)).toEqual(new Set(due.map(([each]) => each)));
            for (const each of taken) model.delete(each);
          }
          expect(deadlines.size).toBe(model.size);
        }
      }),
    );
  });
});
