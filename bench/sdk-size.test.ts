import { describe, expect, it } from "vitest";
import { sdkSize } from "./sdk-size.ts";

describe("the SDK", () => {
  it("is at most 25 KB of gzip, without what is loaded on demand", async () => {
    const { coreBytes, onDemandBytes } = await sdkSize();

    expect(coreBytes).toBeGreaterThan(5_000);
    expect(coreBytes).toBeLessThanOrEqual(25 * 1024);
    expect(Object.keys(onDemandBytes)).toContain("codec-msgpack");
  });
});
