import { describe, expect, it } from "vitest";
import { maskedAddress } from "./masked-address.ts";

describe("a masked address", () => {
  it.each([
    ["203.0.113.7", "203.0.•.•"],
    ["2001:db8:1:2::3", "2001:db8:•"],
    ["::1", "0:0:•"],
    ["unknown", "•"],
  ])("[CN9] of %s is %s", (address, masked) => {
    expect(maskedAddress(address)).toBe(masked);
  });
});
