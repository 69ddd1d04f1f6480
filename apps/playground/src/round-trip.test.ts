import { describe, expect, it } from "vitest";
import { RoundTrip } from "./round-trip.ts";

describe("measuring a way", () => {
  it("asks again only when it is time", () => {
    const trip = new RoundTrip({ everyMs: 3000 });

    expect(trip.due(1000)).toMatchObject({ kind: "ping" });
    expect(trip.due(3999)).toBeUndefined();
    expect(trip.due(4000)).toMatchObject({ kind: "ping" });
  });

  it("measures by the pong that answers the last ping, and by no other", () => {
    const trip = new RoundTrip({ everyMs: 3000 });
    const early = trip.due(0)?.id ?? "";
    const last = trip.due(3000)?.id ?? "";

    expect(trip.take(early, 3010)).toBe(false);
    expect(trip.lastMs).toBeUndefined();
    expect(trip.take(last, 3040)).toBe(true);
    expect(trip.lastMs).toBe(40);
    expect(trip.take(last, 3090)).toBe(false);
  });

  it("does not believe a pong that comes after ten seconds", () => {
    const trip = new RoundTrip({ everyMs: 60_000 });

    expect(trip.take(trip.due(0)?.id ?? "", 10_001)).toBe(false);
  });
});
