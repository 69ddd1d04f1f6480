import { describe, expect, it } from "vitest";

import { figure, jsonOf, type Result, ratioOf, tableOf } from "./report.ts";

function resultOf(values: Readonly<Record<string, number[]>>, details: Record<string, number> = {}): Result {
  return {
    scenario: "relay",
    variant: "1 in flight",
    unit: "deliveries per server-CPU-second",
    better: "higher",
    series: Object.entries(values).map(([server, taken]) => ({
      server,
      samples: taken.map((value) => ({ value, details })),
    })),
  };
}

describe("the ratio", () => {
  it("is that of the medians, first to last", () => {
    expect(ratioOf(resultOf({ parlor: [300, 100, 1_000], naive: [100, 90, 120] }))).toBe(3);
  });

  it("does not exist for one server alone", () => {
    expect(ratioOf(resultOf({ parlor: [300] }))).toBeUndefined();
  });
});

describe("the table", () => {
  it("has a line per server with median, spread and, once, the ratio", () => {
    const lines = tableOf([resultOf({ parlor: [300_000, 280_000, 310_000], naive: [100_000] })]).split("\n");

    expect(lines[2]).toMatch(/^relay +1 in flight +parlor +300,000 +280,000 – 310,000 .*3\.00 ×$/);
    expect(lines[3]).toMatch(/^relay +1 in flight +naive +100,000 +100,000 – 100,000 +– +–$/);
    expect(lines.at(-1)).toBe("relay: deliveries per server-CPU-second, higher is better");
  });

  it("says so when the generator was the bottleneck", () => {
    const busy = tableOf([resultOf({ parlor: [1], naive: [1] }, { serverBusy: 0.6, generatorBusy: 0.99 })]);
    const calm = tableOf([resultOf({ parlor: [1], naive: [1] }, { serverBusy: 0.99, generatorBusy: 0.6 })]);

    expect(busy).toContain("the generator was the busier side for parlor");
    expect(calm).not.toContain("note:");
  });
});

it("the JSON holds every sample, its summary and the ratio", () => {
  const report = JSON.parse(jsonOf([resultOf({ parlor: [4, 2], naive: [1] })], { cores: 2 }));

  expect(report.cores).toBe(2);
  expect(report.scenarios[0].ratio).toBe(3);
  expect(report.scenarios[0].series[0]).toMatchObject({ server: "parlor", median: 3, min: 2, max: 4 });
  expect(report.scenarios[0].series[0].samples).toHaveLength(2);
});

it.each([
  [1_234_567.8, "1,234,568"],
  [100, "100"],
  [6.617, "6.62"],
  [-0.5, "-0.50"],
])("the figure of %d is %s", (value, text) => {
  expect(figure(value)).toBe(text);
});
