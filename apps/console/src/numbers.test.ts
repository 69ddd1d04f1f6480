import { describe, expect, it } from "vitest";
import { count, lasting, mebibytes, perSecond } from "./numbers.ts";

describe("numbers for people", () => {
  it("are whole and grouped, and short when they are large", () => {
    expect([0, 1234, 9999, 12_345, 2_500_000].map(count)).toEqual(["0", "1,234", "9,999", "12.3K", "2.5M"]);
  });

  it("do not round a slow rate to nothing", () => {
    expect([0, 0.5, 9.94, 10.4].map(perSecond)).toEqual(["0", "0.5", "9.9", "10"]);
  });

  it("tell sizes in MiB", () => {
    expect(mebibytes(75 * 1_048_576)).toBe("75 MiB");
  });

  it("tell how long something lasts by its two largest units", () => {
    expect([900, 12_000, 60_000, 3_725_000, 2 * 86_400_000 + 5_000].map(lasting)).toEqual([
      "0 s",
      "12 s",
      "1 min",
      "1 h 2 min",
      "2 d",
    ]);
  });
});
