import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes, utf8Text } from "./utf8.ts";

describe("UTF-8", () => {
  it("writes what TextEncoder writes, halves of pairs included", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect([...utf8Bytes(text)]).toEqual([...new TextEncoder().encode(text)]);
      }),
    );
    expect([...utf8Bytes("a\ud800b")]).toEqual([...new TextEncoder().encode("a\ud800b")]);
  });

  it("reads what a strict TextDecoder reads, and nothing else", () => {
    const strict = (bytes: Uint8Array) => {
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        return undefined;
      }
    };
    const nearlyText = fc
      .tuple(fc.string({ unit: "binary" }), fc.nat(255), fc.nat())
      .map(([text, byte, at]) => {
        const bytes = new TextEncoder().encode(text);
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), nearlyText), (bytes) => {
        expect(utf8Text(bytes)).toBe(strict(bytes));
      }),
      { numRuns: 2000 },
    );
    for (const hex of ["eda080", "f4908080", "c080", "e08080", "f0808080", "f8"]) {
      expect(utf8Text(Buffer.from(hex, "hex"))).toBeUndefined();
    }
  });
});
