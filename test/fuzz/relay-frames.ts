import { encodeRelayFrame } from "../../src/core/relay-frame.ts";
import { prefixed } from "../../src/lib/length-prefix.ts";
import { FRAME, http3Frame } from "../../src/transports/http3-frames.ts";
import { encodeFields } from "../../src/transports/qpack.ts";

/** Chance that can be repeated. */
export interface Dice {
  /** A whole number from 0 to below `below`. */
  below(below: number): number;
  bytes(count: number): Uint8Array;
  one<Choice>(choices: readonly Choice[]): Choice;
}

export function diceOf(next: () => number): Dice {
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
    one: (choices) => choices[below(choices.length)] as (typeof choices)[number],
  };
}

/** A varint of protobuf with more bytes than any number needs. */
const GIANT = Uint8Array.of(...Array(20).fill(0xff), 0x01);

const join = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

/** One field, written with whatever type and length. */
function field(dice: Dice): Uint8Array {
  const number = dice.one([0, 1, 2, 3, 4, 5, 6, 15, 200, 536_870_911]);
  const key = varint((BigInt(number) << 3n) | BigInt(dice.below(8)));
  return dice.one([
    () => join(key, varint(BigInt(dice.below(300))), dice.bytes(dice.below(40))),
    () => join(key, GIANT),
    () => join(key, varint(2n ** 63n)),
    () => join(key, varint(2n ** 32n - 1n), dice.bytes(3)),
    () => join(key, dice.bytes(dice.below(12))),
    () => key,
  ])();
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(left));
}

/** Something that looks like a frame, of `from` or of somebody it is not. */
export function frameLike(dice: Dice, { session, from, to }: { session: string; from: string; to: string }) {
  const good = encodeRelayFrame({
    session: dice.one([session, session, session, "", "another", "x".repeat(300)]),
    from: dice.one([from, from, from, "", to, "\uFFFD"]),
    to: dice.one([to, to, "nobody", "", from]),
    payload: dice.bytes(dice.below(200)),
    seq: dice.one([0n, 1n, 2n ** 64n - 1n]),
  });
  return dice.one([
    () => good,
    () => good.slice(0, dice.below(good.length + 1)),
    () => join(good, field(dice)),
    () => join(field(dice), good),
    () => join(good, good),
    () => {
      const flipped = good.slice();
      for (let i = 0; i < 3; i++) flipped[dice.below(flipped.length)] = dice.below(256);
      return flipped;
    },
    () => dice.bytes(dice.below(100)),
    () => new Uint8Array(0),
  ])();
}

/** A frame with a length in front, which may be a lie. */
export function recordLike(dice: Dice, body: Uint8Array): Uint8Array {
  const record = prefixed(body);
  // Few of them: after a length that is none nothing on that stream means anything.
  if (dice.below(20) > 0) return record;
  new DataView(record.buffer).setUint32(
    0,
    dice.one([0, 1, body.length + 5, 2 ** 20, 2 ** 20 + 1, 2 ** 32 - 1]),
  );
  return record;
}

/** The same bytes, as they may arrive. */
export function inPieces(dice: Dice, bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + dice.below(dice.one([2, 20, 2000]));
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

/** What a page's connection may begin with, and what it may not. */
export function http3Like(dice: Dice): Uint8Array {
  const fields: [string, string][] = [
    [":method", dice.one(["CONNECT", "GET", ""])],
    [":protocol", dice.one(["webtransport", "websocket"])],
    [":scheme", dice.one(["https", "http"])],
    [":authority", dice.one(["127.0.0.1", "", "\u0000"])],
    [":path", dice.one(["/v1/relay", "/parlor", "/ws?token=x", "/ws", "nowhere", `/${"x".repeat(5000)}`])],
  ];
  const request = http3Frame(dice.one([FRAME.headers, FRAME.data, 0x21]), encodeFields(fields));
  return dice.one([
    () => request,
    () => join(request, dice.bytes(dice.below(100))),
    () => request.slice(0, dice.below(request.length)),
    () => http3Frame(FRAME.headers, dice.bytes(dice.below(200))),
    () => Uint8Array.of(0x40, 0x41, 0, ...dice.bytes(20)),
    () => Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...dice.bytes(20)),
    () => dice.bytes(1 + dice.below(200)),
  ])();
}

/** A UDP datagram to a port where QUIC is, from somebody who does not speak it, or a version that nobody does. */
export function packetLike(dice: Dice): Uint8Array {
  const version = dice.one([0x0000_0000, 0x0000_0001, 0x6b33_43cf, 0x0a0a_0a0a, 0xffff_ffff]);
  const head = Buffer.alloc(5);
  head[0] = dice.one([0xc0, 0xd0, 0xe0, 0xf0, 0x40, 0x00]) | dice.below(16);
  head.writeUInt32BE(version, 1);
  const id = (bytes: number) => join(Uint8Array.of(bytes), dice.bytes(Math.min(bytes, 30)));
  return dice.one([
    () => join(head, id(8), id(8), dice.bytes(dice.one([0, 20, 1200, 1400]))),
    () => join(head, id(255), dice.bytes(1200)),
    () => dice.bytes(dice.one([0, 1, 20, 1200, 1472])),
    () => head,
  ])();
}
