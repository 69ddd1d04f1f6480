import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePunch, encodePunch, type PunchEncoding, type PunchMessage } from "./punch-message.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const ENCODINGS: readonly PunchEncoding[] = ["bincode1", "bincode2"];

const text = fc.string({ unit: "grapheme", maxLength: 300 });
const number = fc.nat(0xffffffff);
const anyMessage: fc.Arbitrary<PunchMessage> = fc.oneof(
  fc.record({
    type: fc.constant("request" as const),
    token: fc.string({ minLength: 1, maxLength: 300 }),
    session: text,
  }),
  fc.record({
    type: fc.constantFrom("ack" as const, "success" as const, "fallback" as const),
    session: text,
  }),
  fc.record({ type: fc.constant("keep-alive" as const) }),
  fc.record({ type: fc.constant("probe" as const), sequence: number }),
  fc.record({ type: fc.constant("observed" as const), sequence: number, endpoint: text }),
  fc.record({
    type: fc.constant("introduce" as const),
    token: text,
    nat: text,
    endpoints: fc.array(fc.string({ maxLength: 30 }), { maxLength: 16 }),
  }),
);

describe("datagrams of peers", () => {
  it.each<[string, PunchMessage, PunchEncoding, Uint8Array]>([
    ["keep-alive, old", { type: "keep-alive" }, "bincode1", bytes(3, 0, 0, 0)],
    ["probe, new", { type: "probe", sequence: 7 }, "bincode2", bytes(4, 7)],
    ["ack, new", { type: "ack", session: "s1" }, "bincode2", bytes(1, 2, 0x73, 0x31)],
    ["probe, old", { type: "probe", sequence: 258 }, "bincode1", bytes(4, 0, 0, 0, 2, 1, 0, 0)],
    ["large, new", { type: "probe", sequence: 65_536 }, "bincode2", bytes(4, 252, 0, 0, 1, 0)],
    [
      "ack, old",
      { type: "ack", session: "é" },
      "bincode1",
      bytes(1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xa9),
    ],
  ])("[NAT10] are written as the original does: %s", (_what, message, encoding, expected) => {
    expect(encodePunch(message, encoding)).toEqual(expected);
    expect(decodePunch(expected)).toEqual({ message, encoding });
  });

  it("[NAT10] are read as they were written", () => {
    fc.assert(
      fc.property(anyMessage, fc.constantFrom(...ENCODINGS), (message, encoding) => {
        const written = encodePunch(message, encoding);
        fc.pre(written.length <= 1_400);
        expect(decodePunch(written)).toEqual({ message, encoding });
      }),
    );
  });

  it("[NAT10] are read with padding", () => {
    const padded = bytes(4, 7, ...Array<number>(62).fill(0xff));

    expect(decodePunch(padded)?.message).toEqual({ type: "probe", sequence: 7 });
  });

  it.each([
    ["nothing", bytes()],
    ["an unknown kind", bytes(9)],
    ["text that is cut off", bytes(1, 5, 0x73)],
    ["text that is no UTF-8", bytes(1, 1, 0xff)],
    ["a length beyond all memory", bytes(1, 253, 255, 255, 255, 255, 255, 255, 255, 127)],
    ["too many endpoints", bytes(6, 0, 0, 200)],
    ["too much", new Uint8Array(1_401).fill(3)],
  ])("[NAT10] are nothing else: %s", (_what, datagram) => {
    expect(decodePunch(datagram)).toBeUndefined();
  });

  it("[NAT10] never break their reader", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_500 }), (datagram) => {
        expect(() => decodePunch(datagram)).not.toThrow();
      }),
    );
  });
});
