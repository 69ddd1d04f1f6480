import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prefixed } from "../lib/length-prefix.ts";
import { decodeRelayFrame, encodeRelayFrame, encodeRelayRecord, type RelayFrame } from "./relay-frame.ts";

const name = fc.string({ unit: "grapheme", maxLength: 40 });
const frames: fc.Arbitrary<RelayFrame> = fc.record({
  session: name,
  from: name,
  to: name,
  payload: fc.uint8Array({ maxLength: 500 }),
  seq: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
});
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("the frame of the relay", () => {
  it("[QR2] is protobuf: session 1, from 2, to 3, payload 4, seq 5", () => {
    const frame = { session: "s1", from: "ada", to: "bob", payload: Uint8Array.of(1, 2), seq: 300n };
    expect(hex(encodeRelayFrame(frame))).toBe("0a0273311203616461" + "1a03626f62" + "22020102" + "28ac02");
  });

  it("[QR2] comes back as it was", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const back = decodeRelayFrame(encodeRelayFrame(frame));
        expect(hex(encodeRelayRecord(frame))).toBe(hex(prefixed(encodeRelayFrame(frame))));
        expect({ ...back, payload: hex(back?.payload ?? new Uint8Array(0)) }).toEqual({
          ...frame,
          payload: hex(frame.payload),
        });
      }),
    );
  });

  it("[QR2] passes over fields that nobody knows", () => {
    const known = encodeRelayFrame({ session: "s", from: "a", to: "b", payload: Uint8Array.of(9), seq: 1n });
    const unknown = Buffer.from("30ff01" + "3a03616263" + "450102030449" + "0102030405060708", "hex");
    expect(decodeRelayFrame(Buffer.concat([unknown, known, unknown]))?.to).toBe("b");
  });

  it.each([
    ["a field twice", "0a01610a0162"],
    ["a field of another type", "0801"],
    ["a length beyond the end", "0a05616263"],
    ["a length without end", "0affffffffff"],
    ["a number without end", "28ffffffffffffffffffffff01"],
    ["a number above 2⁶⁴", "28ffffffffffffffffff7f"],
    ["a group", "0b0c"],
    ["an unknown group", "3b3c"],
    ["field number 0", "0001"],
    ["a name that is no UTF-8", "0a02c328"],
    ["an unknown field cut short", "4501"],
    ["a name of 257 bytes", `0a8102${"61".repeat(257)}`],
  ])("[QR2] is none with %s", (_what, bytes) => {
    expect(decodeRelayFrame(Buffer.from(bytes, "hex"))).toBeUndefined();
  });

  it("[QR2] is told from noise without harm", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const frame = decodeRelayFrame(bytes);
        if (frame) expect(frame.payload.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 5000 },
    );
  });
});
