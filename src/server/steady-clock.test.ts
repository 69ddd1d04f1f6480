import { describe, expect, it } from "vitest";
import { steadyClock } from "./steady-clock.ts";

const HOUR = 3_600_000;

function machine() {
  const time = { wall: 1_700_000_000_000, passing: 5_000 };
  const now = steadyClock({ wall: () => time.wall, passing: () => time.passing });
  const pass = (ms: number) => {
    time.wall += ms;
    time.passing += ms;
    return now();
  };
  return { time, now, pass };
}

describe("a steady clock", () => {
  it("says what the machine's says while nobody sets that", () => {
    const { time, now, pass } = machine();
    expect(now()).toBe(time.wall);
    expect(pass(1_234)).toBe(time.wall);
  });

  it.each([HOUR, -HOUR])("[LB39] does not jump when the machine's is set by %i ms", (step) => {
    const { time, now, pass } = machine();
    const before = now();
    time.wall += step;

    expect(now()).toBe(before);
    expect(pass(1_000)).toBe(before + 1_000 + Math.sign(step) * 10);
  });

  it("is not behind the machine's by the parts of a ms that only one of the two sources tells", () => {
    const time = { wall: 1_700_000_000_000, passing: 5_000 };
    const now = steadyClock({ wall: () => Math.floor(time.wall), passing: () => time.passing });
    for (let i = 0; i < 1_000; i++) {
      time.wall += 0.7;
      time.passing += 0.69;
      expect(now()).toBe(Math.floor(time.wall));
    }
  });

  it("never goes back, and agrees with the machine's in the end", () => {
    const { time, now, pass } = machine();
    time.wall -= 5_000;
    let last = now();
    for (let i = 0; i < 600; i++) {
      const next = pass(1_000);
      expect(next).toBeGreaterThan(last);
      last = next;
    }
    expect(last).toBe(time.wall);
  });
});
