import { describe, expect, it } from "vitest";
import { ByteAccount } from "./byte-account.ts";

describe("a byte account", () => {
  it("allows its rate in the long run, whatever the messages are", () => {
    const account = new ByteAccount({ bytesPerSecond: 1_000_000 }, 0);
    let taken = 0;
    for (let now = 0; now <= 10_000; now++) {
      while (account.waitMs(now) === 0) {
        account.take(50_000, now);
        taken += 50_000;
      }
    }
    expect(taken).toBeGreaterThanOrEqual(10_000_000);
    expect(taken).toBeLessThan(10_200_000);
  });

  it("lets one message be larger than the burst, and be paid for afterwards", () => {
    const account = new ByteAccount({ bytesPerSecond: 1000, burstBytes: 100 }, 0);
    account.take(2100, 0);
    expect(account.waitMs(0)).toBe(2001);
    expect(account.waitMs(2000)).toBe(1);
    expect(account.waitMs(2001)).toBe(0);
  });

  it("saves no more than the burst, and earns nothing from a clock that goes backwards", () => {
    const account = new ByteAccount({ bytesPerSecond: 1000, burstBytes: 100 }, 1_000_000);
    account.take(100, 2_000_000);
    expect(account.waitMs(2_000_000)).toBe(1);
    expect(account.waitMs(0)).toBe(1);
    expect(account.waitMs(1)).toBe(0);
  });

  it("never waits without a limit", () => {
    const account = new ByteAccount({ bytesPerSecond: 0 }, 0);
    account.take(1e12, 0);
    expect(account.waitMs(0)).toBe(0);
  });
});
