import { describe, expect, it } from "vitest";
import { placeOf } from "../lib/place.ts";
import { remoteAddress, type TrustProxy } from "./remote-address.ts";

describe("the peer's address", () => {
  it.each<[trustProxy: TrustProxy, forwardedFor: string | undefined, expected: string]>([
    [false, "203.0.113.9", "10.0.0.1"],
    [0, "203.0.113.9", "10.0.0.1"],
    [1, undefined, "10.0.0.1"],
    [1, "203.0.113.9", "203.0.113.9"],
    [1, "198.51.100.1, 203.0.113.9", "203.0.113.9"],
    [2, "198.51.100.1, 203.0.113.9", "198.51.100.1"],
    [2, "203.0.113.9", "203.0.113.9"],
    [true, "192.0.2.7, 198.51.100.1, 203.0.113.9", "192.0.2.7"],
    [true, "not an address, 203.0.113.9", "203.0.113.9"],
    [1, "<script>", "10.0.0.1"],
    [1, "203.0.113.9:4711", "203.0.113.9"],
    [1, "[2001:DB8::1]:4711", "2001:db8::1"],
    [1, "::ffff:203.0.113.9", "203.0.113.9"],
    [1, "", "10.0.0.1"],
  ])("[WS16] with %s trusted and %s forwarded is %s", (trustProxy, forwardedFor, expected) => {
    expect(remoteAddress({ socketAddress: "::ffff:10.0.0.1", forwardedFor, trustProxy })).toBe(expected);
  });

  it("[WS16] is unknown when the socket is gone", () => {
    expect(remoteAddress({ socketAddress: undefined, forwardedFor: undefined, trustProxy: false })).toBe(
      "unknown",
    );
  });

  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["unknown", "unknown"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2:ffff::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:0db8:0000:0000::2", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ])("[WS14] counts %s as %s", (address, place) => {
    expect(placeOf(address)).toBe(place);
  });
});
