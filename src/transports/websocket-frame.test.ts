import { describe, expect, it } from "vitest";
import { frameOf } from "../lib/frame.ts";
import { webSocketBytes } from "./websocket-frame.ts";

describe("WebSocket frames", () => {
  it.each<[length: number, header: number[]]>([
    [0, [0x82, 0]],
    [125, [0x82, 125]],
    [126, [0x82, 126, 0, 126]],
    [65_535, [0x82, 126, 0xff, 0xff]],
    [65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])("[WS1] of %i bytes carry their length as short as possible", (length, header) => {
    const bytes = webSocketBytes(frameOf(new Uint8Array(length).fill(7)));

    expect([...bytes.subarray(0, header.length)]).toEqual(header);
    expect(bytes.byteLength).toBe(header.length + length);
    expect(bytes.subarray(header.length).every((byte) => byte === 7)).toBe(true);
  });

  it("[WS1] of text count bytes, not characters", () => {
    expect([...webSocketBytes(frameOf("ü€"))]).toEqual([0x81, 5, 0xc3, 0xbc, 0xe2, 0x82, 0xac]);
  });

  it("[WS1] hold valid UTF-8 even if the text is not valid", () => {
    expect([...webSocketBytes(frameOf("\ud800"))]).toEqual([0x81, 3, 0xef, 0xbf, 0xbd]);
  });

  it("[WS1] are built once", () => {
    const frame = frameOf("to all of you");

    expect(webSocketBytes(frame)).toBe(webSocketBytes(frame));
  });
});
