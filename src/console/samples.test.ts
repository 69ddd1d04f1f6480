import { describe, expect, it } from "vitest";
import { Samples } from "./samples.ts";

const reading = (received: number) => () => ({
  received,
  delivered: received * 2,
  peers: 1,
  links: 1,
  rooms: 0,
});

describe("samples", () => {
  it("[CN7] are taken once a second and reach five minutes back", () => {
    const samples = new Samples();

    for (let at = 0; at <= 400_000; at += 250) samples.tick(at, reading(at));

    const all = samples.after(-1);
    expect(all).toHaveLength(300);
    expect(all.at(0)?.at).toBe(101_000);
    expect(samples.after(399_000).map(({ at }) => at)).toEqual([400_000]);
  });

  it("[CN7] tell how many messages there are per second", () => {
    const samples = new Samples();
    expect(samples.rates).toEqual({ receivedPerSecond: 0, deliveredPerSecond: 0 });

    samples.tick(0, reading(10));
    samples.tick(2_000, reading(30));

    expect(samples.rates).toEqual({ receivedPerSecond: 10, deliveredPerSecond: 20 });
  });

  it("start anew when the clock is put back", () => {
    const samples = new Samples();
    samples.tick(10_000, reading(1));
    samples.tick(5_000, reading(2));

    expect(samples.after(0).map(({ at }) => at)).toEqual([5_000]);
  });
});
