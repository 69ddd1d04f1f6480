import { expect, it } from "vitest";
import { RateMeter } from "./rate-meter.ts";

it("tells how fast a total grows, over its window", () => {
  const meter = new RateMeter({ windowMs: 5000, everyMs: 1000 });
  expect(meter.perSecond).toBe(0);
  for (let second = 0; second <= 10; second++) meter.sample(second * 100, second * 1000);
  expect(meter.perSecond).toBe(100);
  for (let second = 11; second <= 13; second++) meter.sample(1000, second * 1000);
  expect(meter.perSecond).toBe(40);
  for (let second = 14; second <= 16; second++) meter.sample(1000, second * 1000);
  expect(meter.perSecond).toBe(0);
});

it("takes no sample too soon, and begins anew when the clock is put back", () => {
  const meter = new RateMeter({ windowMs: 5000, everyMs: 1000 });
  meter.sample(0, 1000);
  meter.sample(500, 1500);
  expect(meter.perSecond).toBe(0);
  meter.sample(1000, 2000);
  expect(meter.perSecond).toBe(1000);
  meter.sample(2000, 100);
  expect(meter.perSecond).toBe(0);
});
