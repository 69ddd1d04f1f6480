import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quicVarint, readQuicVarint } from "./quic-varint.ts";

describe("variable-length numbers of QUIC", () => {
  it("are those of RFC 9000", () => {
    expect(readQuicVarint(Buffer.from("c2197c5eff14e88c", "hex"))?.end).toBe(8);
    expect(readQuicVarint(Buffer.from("9d7f3e7d", "hex"))).toEqual({ value: 494_878_333, end: 4 });
    expect(readQuicVarint(Buffer.from("7bbd", "hex"))).toEqual({ value: 15_293, end: 2 });
    expect(readQuicVarint(Buffer.from("4025", "hex"))).toEqual({ value: 37, end: 2 });
    expect(Buffer.from(quicVarint(494_878_333)).toString("hex")).toBe("9d7f3e7d");
  });

  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (value) => {
        const bytes = quicVarint(value);
        expect(readQuicVarint(bytes)).toEqual({ value, end: bytes.length });
        expect(readQuicVarint(bytes.subarray(0, -1))).toBeUndefined();
      }),
    );
  });
});
