import { describe, expect, it } from "vitest";

import { perCpuSecond, type Traffic } from "./measure.ts";

const target = { pid: process.pid, port: 0 };
const timing = { warmUpMs: 0, measureMs: 0, drainMs: 0 };

function traffic(facts: { readonly done: number; readonly inFlight: number }): Traffic {
  return { start: () => {}, stop: () => {}, ...facts };
}

describe("a measurement", () => {
  it("fails when something that was sent for never arrived", async () => {
    const measured = perCpuSecond(target, timing, () => traffic({ done: 10, inFlight: 3 }));

    await expect(measured).rejects.toThrow("3 of what was sent for never arrived");
  });

  it("fails when nothing happened", async () => {
    const measured = perCpuSecond(target, timing, () => traffic({ done: 0, inFlight: 0 }));

    await expect(measured).rejects.toThrow("too short");
  });

  it("fails as soon as its traffic gives up, with its reason", async () => {
    const long = { ...timing, measureMs: 3_600_000 };
    const measured = perCpuSecond(target, long, (fail) => {
      fail(new Error("ada heard the wrong thing"));
      return traffic({ done: 0, inFlight: 0 });
    });

    await expect(measured).rejects.toThrow("ada heard the wrong thing");
  });
});
