import { describe, expect, it } from "vitest";
import { OriginGate, type OriginPolicy } from "./origin.ts";

const CLOSED: OriginPolicy = { allowed: [], sameHost: false, localhost: false };

/** Whether a page may connect. */
function passes(
  policy: Partial<OriginPolicy>,
  origin: string | undefined,
  host = "parlor.example.com",
): boolean {
  return new OriginGate({ ...CLOSED, ...policy }).refusal(origin, host) === undefined;
}

describe("origins", () => {
  it("[WS15] asks nobody who sends no Origin", () => {
    expect(passes({}, undefined)).toBe(true);
  });

  it.each<[allowed: string, origin: string, expected: boolean]>([
    ["https://play.example.com", "https://play.example.com", true],
    ["https://play.example.com/", "https://play.example.com", true],
    ["https://Play.Example.com", "https://play.example.com", true],
    ["https://play.example.com", "https://play.example.com:443", true],
    ["https://play.example.com", "http://play.example.com", false],
    ["https://play.example.com", "https://play.example.com:8443", false],
    ["https://play.example.com", "https://play.example.com.evil.net", false],
    ["https://play.example.com", "https://evil.net/https://play.example.com", false],
    ["https://play.example.com", "https://play.example.com@evil.net", false],
    ["https://*.example.com", "https://play.example.com", true],
    ["https://*.example.com", "https://a.b.example.com", true],
    ["https://*.example.com", "https://example.com", false],
    ["https://*.example.com", "https://evilexample.com", false],
    ["https://*.example.com", "http://play.example.com", false],
    ["https://*.example.com", "https://play.example.com:8443", false],
    ["https://*.example.com:8443", "https://play.example.com:8443", true],
    ["capacitor://localhost", "capacitor://localhost", true],
    ["null", "null", true],
    ["https://play.example.com", "null", false],
    ["*", "null", true],
    ["*", "https://evil.net", true],
    ["https://play.example.com", "", false],
    ["https://play.example.com", "nonsense", false],
  ])("[WS15] with %s allowed, %s: %s", (allowed, origin, expected) => {
    expect(passes({ allowed: [allowed] }, origin)).toBe(expected);
  });

  it.each<[origin: string, host: string, expected: boolean]>([
    ["https://parlor.example.com", "parlor.example.com", true],
    ["http://parlor.example.com:8080", "parlor.example.com:8080", true],
    ["https://parlor.example.com", "parlor.example.com:443", true],
    ["https://PARLOR.example.com", "parlor.Example.com", true],
    ["https://parlor.example.com:8443", "parlor.example.com", false],
    ["https://evil.net", "parlor.example.com", false],
    ["null", "null", false],
    ["http://[::1]:8080", "[::1]:8080", true],
  ])("[WS15] with its own pages allowed, %s to %s: %s", (origin, host, expected) => {
    expect(passes({ sameHost: true }, origin, host)).toBe(expected);
  });

  it.each<[origin: string, expected: boolean]>([
    ["http://localhost:5173", true],
    ["https://localhost", true],
    ["http://game.localhost:3000", true],
    ["http://127.0.0.1:8000", true],
    ["http://[::1]:8000", true],
    ["http://localhost.evil.net", false],
    ["http://127.0.0.1.evil.net", false],
    ["http://notlocalhost", false],
  ])("[WS15] with pages of this machine allowed, %s: %s", (origin, expected) => {
    expect(passes({ localhost: true }, origin)).toBe(expected);
  });

  it("[WS15] names the setting to change when it refuses", () => {
    const text = new OriginGate(CLOSED).refusal("https://evil.net", "parlor.example.com");

    expect(text).toContain('"https://evil.net"');
    expect(text).toContain("allowedOrigins (PARLOR_ALLOWED_ORIGINS)");
  });

  it("[WS15] reports all entries that are no origins at once", () => {
    const allowed = [
      "https://fine.example.com",
      "example.com",
      "https://*.*.com",
      "https://a.com/path",
      "*.com",
    ];

    expect(() => new OriginGate({ ...CLOSED, allowed })).toThrow(
      /"example.com", "https:\/\/\*\.\*\.com", "https:\/\/a\.com\/path", "\*\.com"/,
    );
  });
});
