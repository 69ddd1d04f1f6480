import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatSize, parseSize, SIZE_PATTERN } from "./size.ts";

describe("a size", () => {
  it.each([
    ["64KiB", 65_536],
    ["1MB", 1_000_000],
    ["1MiB", 1_048_576],
    ["2GiB", 2_147_483_648],
    ["1.5KiB", 1536],
    ["1 kb", 1000],
    ["64kib", 65_536],
    ["512B", 512],
    ["65536", 65_536],
    ["0", 0],
  ])("reads %s as %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    "",
    "KiB",
    "-1",
    "1K",
    "1e6",
    "64 Ki B",
    "0.5B",
    "1TiB",
    "iB",
    "1iB",
    "999999999999999GiB",
    "1MB\n",
  ])("does not understand %j", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it("comes back from the text it was written as", () => {
    const sizes = fc.oneof(
      fc.nat({ max: 2 ** 31 - 1 }),
      fc.nat({ max: 4096 }).map((kib) => kib * 1024),
    );
    fc.assert(
      fc.property(sizes, (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
      }),
    );
  });

  it("never throws, and what it takes the JSON Schema takes too", () => {
    const pieces = fc.constantFrom("1", "999", ".", "5", "K", "M", "i", "B", "kib", " ", "-");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join("")),
        ),
        (text) => {
          const bytes = parseSize(text);

          expect(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)).toBe(true);
          if (bytes !== undefined) expect(text).toMatch(new RegExp(SIZE_PATTERN));
        },
      ),
    );
  });
});
