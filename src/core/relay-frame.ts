import { PREFIX_BYTES } from "../lib/length-prefix.ts";
import { utf8Bytes, utf8Text } from "../lib/utf8.ts";

/**
 * The frame that peers relay to each other: a protobuf message { 1 session_id, 2 from_peer_id, 3 to_peer_id, 4
 * encrypted_payload, 5 seq }. The server reads the first three and passes the bytes on as they came.
 */
export interface RelayFrame {
  readonly session: string;
  /** Empty when the server speaks. */
  readonly from: string;
  /** Empty when the server is spoken to. */
  readonly to: string;
  readonly payload: Uint8Array;
  /** The sender's own number, carried untouched: 0 to 2⁶⁴ − 1. */
  readonly seq: bigint;
}

/** Longest of each of the three names, in bytes. */
export const MAX_RELAY_NAME_BYTES = 256;

/** Most bytes that a frame adds to its payload. */
export const RELAY_OVERHEAD_BYTES = 3 * (MAX_RELAY_NAME_BYTES + 3) + 6 + 11;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The bytes of a frame. Names and payload that are empty, and a `seq` of 0, are left out, as protobuf does. */
export function encodeRelayFrame(frame: RelayFrame): Uint8Array {
  return encodeBehind(0, frame);
}

/** The bytes of a frame with its length in front, as they go over a stream. */
export function encodeRelayRecord(frame: RelayFrame): Uint8Array {
  const record = encodeBehind(PREFIX_BYTES, frame);
  new DataView(record.buffer).setUint32(0, record.length - PREFIX_BYTES);
  return record;
}

/** A frame behind `start` bytes that somebody else writes. */
function encodeBehind(start: number, { session, from, to, payload, seq }: RelayFrame): Uint8Array {
  const names = [session, from, to].map(utf8Bytes);
  const parts = [...names, payload];
  let size = seq === 0n ? 0 : 1 + varintBytes(seq);
  for (const part of parts) if (part.length > 0) size += 1 + varintBytes(BigInt(part.length)) + part.length;

  const bytes = new Uint8Array(start + size);
  let at = start;
  parts.forEach((part, index) => {
    if (part.length === 0) return;
    bytes[at++] = ((index + 1) << 3) | BYTES;
    at = putVarint(bytes, at, BigInt(part.length));
    bytes.set(part, at);
    at += part.length;
  });
  if (seq !== 0n) {
    bytes[at++] = (5 << 3) | VARINT;
    putVarint(bytes, at, seq);
  }
  return bytes;
}

/**
 * Reads a frame; `undefined` when it is none: bytes that are no protobuf, a name that is too long or no UTF-8, one of
 * the five fields twice. (Readers differ in which of two they believe, and the server's must not be the only one that
 * believes the first.) Fields of other numbers are passed over.
 */
export function decodeRelayFrame(bytes: Uint8Array): RelayFrame | undefined {
  const reader: Reader = { bytes, at: 0 };
  const names: [string, string, string] = ["", "", ""];
  let payload = bytes.subarray(0, 0);
  let seq = 0n;
  let seen = 0;
  while (reader.at < bytes.length) {
    const key = smallVarint(reader);
    if (key === undefined || key < 8) return undefined;
    const [number, type] = [key >>> 3, key & 7];
    if (number > 5) {
      if (!skip(reader, type)) return undefined;
      continue;
    }
    if (type !== (number === 5 ? VARINT : BYTES) || seen & (1 << number)) return undefined;
    seen |= 1 << number;
    if (number === 5) {
      const value = varint(reader);
      if (value === undefined) return undefined;
      seq = value;
      continue;
    }
    const size = smallVarint(reader);
    if (size === undefined || size > bytes.length - reader.at) return undefined;
    const start = reader.at;
    reader.at += size;
    if (number === 4) {
      payload = bytes.subarray(start, reader.at);
      continue;
    }
    const name = size > MAX_RELAY_NAME_BYTES ? undefined : utf8Text(bytes, start, reader.at);
    if (name === undefined) return undefined;
    names[number - 1] = name;
  }
  const [session, from, to] = names;
  return { session, from, to, payload, seq };
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** A number below 2³² that took at most five bytes. */
function smallVarint(reader: Reader): number | undefined {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value < 2 ** 32 ? value : undefined;
  }
  return undefined;
}

/** A number below 2⁶⁴. */
function varint(reader: Reader): bigint | undefined {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value < 1n << 64n ? value : undefined;
  }
  return undefined;
}

function skip(reader: Reader, type: number): boolean {
  switch (type) {
    case VARINT:
      return varint(reader) !== undefined;
    case FIXED64:
      reader.at += 8;
      break;
    case BYTES: {
      // Read before it is added: reading moves on, too.
      const size = smallVarint(reader);
      if (size === undefined) return false;
      reader.at += size;
      break;
    }
    case FIXED32:
      reader.at += 4;
      break;
    default:
      return false;
  }
  return reader.at <= reader.bytes.length;
}

function varintBytes(value: bigint): number {
  let size = 1;
  for (let left = value >> 7n; left > 0n; left >>= 7n) size++;
  return size;
}

function putVarint(bytes: Uint8Array, start: number, value: bigint): number {
  let at = start;
  let left = value;
  for (; left > 0x7fn; left >>= 7n) bytes[at++] = Number(left & 0x7fn) | 0x80;
  bytes[at++] = Number(left);
  return at;
}
