import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DURATION_PATTERN, formatDuration, parseDuration } from "./duration.ts";

describe("a length of time", () => {
  it.each([
    ["10s", 10_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["250ms", 250],
    ["1m30s", 90_000],
    ["1h0m0s", 3_600_000],
    ["1.5s", 1500],
    ["0.1h", 360_000],
    ["2000us", 2],
    ["5000µs", 5],
    ["1000000ns", 1],
    ["5000", 5000],
    ["0", 0],
    ["0s", 0],
  ])("reads %s as %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    "",
    " ",
    "s",
    "10 s",
    "10sec",
    "-5s",
    "+5s",
    "1e3",
    "1.s",
    ".5s",
    "1.5",
    "10S",
    "1d",
    "∞",
    "١s",
    "10s\n",
  ])("does not understand %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it("refuses what is not a whole number of milliseconds, rather than rounding it to nothing", () => {
    expect(parseDuration("100us")).toBeUndefined();
    expect(parseDuration("1.0005s")).toBeUndefined();
  });

  it("refuses what no number can hold exactly, and texts without end", () => {
    expect(parseDuration("999999999999999h")).toBeUndefined();
    expect(parseDuration("1s".repeat(50_000))).toBeUndefined();
  });

  it("comes back from the text it was written as", () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  it("never throws, and gives a safe whole number or nothing", () => {
    const pieces = fc.constantFrom("1", "99999", ".", "5", "ms", "s", "m", "h", "us", "-", " ");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join("")),
        ),
        (text) => {
          const ms = parseDuration(text);

          expect(ms === undefined || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
          if (ms !== undefined) expect(text).toMatch(new RegExp(DURATION_PATTERN));
        },
      ),
    );
  });
});
