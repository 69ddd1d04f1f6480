import { describe, expect, it } from "vitest";

import { clientFrame, jsonFrame, OPCODE, payloadOf } from "./frames.ts";

describe("client frames", () => {
  it.each([
    [0, [0x81, 0x80, 0, 0, 0, 0]],
    [125, [0x81, 0xfd, 0, 0, 0, 0]],
    [126, [0x81, 0xfe, 0, 126, 0, 0, 0, 0]],
    [65_535, [0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0]],
    [65_536, [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]],
  ])("writes the header of %i bytes with the mask bit and a zero key", (length, header) => {
    const frame = clientFrame(OPCODE.text, Buffer.alloc(length, 0x61));

    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame.length).toBe(header.length + length);
  });

  it("carries a message as JSON text", () => {
    expect(jsonFrame({ type: "ping" }).subarray(6).toString()).toBe('{"type":"ping"}');
  });
});

describe("payloads", () => {
  it.each([11, 12, 100, 4_096])("are exactly %i bytes of JSON", (bytes) => {
    expect(Buffer.byteLength(JSON.stringify(payloadOf(bytes)))).toBe(bytes);
  });

  it("cannot be smaller than their own braces", () => {
    expect(() => payloadOf(10)).toThrow(RangeError);
  });
});
