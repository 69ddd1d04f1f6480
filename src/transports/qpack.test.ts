import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFields, encodeFields } from "./qpack.ts";
import { STATIC_FIELDS } from "./qpack-table.ts";

const decode = (hex: string) => decodeFields(Buffer.from(hex.replaceAll(" ", ""), "hex"));

describe("header fields of HTTP/3", () => {
  it("[QW3] reads the example of RFC 9204 that needs no dynamic table", () => {
    expect(decode("0000 510b 2f69 6e64 6578 2e68 746d 6c")).toEqual([[":path", "/index.html"]]);
  });

  it("[QW3] knows the static table", () => {
    expect(STATIC_FIELDS).toHaveLength(99);
    expect(decode("0000 cf d7 c1 ff23")).toEqual([
      [":method", "CONNECT"],
      [":scheme", "https"],
      [":path", "/"],
      ["x-frame-options", "sameorigin"],
    ]);
  });

  it("[QW3] reads names and values in the Huffman code", () => {
    expect(decode("0000 508c f1e3c2e5f23a6ba0ab90f4ff")).toEqual([[":authority", "www.example.com"]]);
    expect(decode("0000 2f01 25a849e95ba97d7f 89 25a849e95bb8e8b4bf")).toEqual([
      ["custom-key", "custom-value"],
    ]);
  });

  it.each([
    ["a field of the dynamic table", "0000 80"],
    ["a name of the dynamic table", "0000 4001 61"],
    ["a field behind the base", "0000 10"],
    ["a name behind the base", "0000 0001 61"],
    ["a required insert count", "0200 cf"],
    ["a field beyond the static table", "0000 ff24"],
    ["text cut short", "0000 510b 2f69"],
    ["a number without end", "0000 ffffffffffff"],
    ["nothing", ""],
  ])("[QW3] refuses %s", (_what, hex) => {
    expect(decode(hex)).toBeUndefined();
  });

  it("[QW3] refuses more than 128 fields", () => {
    expect(decode(`0000${"cf".repeat(128)}`)).toHaveLength(128);
    expect(decode(`0000${"cf".repeat(129)}`)).toBeUndefined();
  });

  it("[QW3] reads what it writes", () => {
    const ascii = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(fc.tuple(ascii, ascii), { maxLength: 20 }), (fields) => {
        expect(decodeFields(encodeFields(fields))).toEqual(fields);
      }),
    );
  });

  it("[QW6] bears any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        decodeFields(Uint8Array.of(0, 0, ...bytes));
        decodeFields(bytes);
      }),
      { numRuns: 5000 },
    );
  });
});
