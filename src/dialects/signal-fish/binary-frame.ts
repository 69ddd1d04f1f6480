import type { Stamp } from "../../core/views.ts";

const FROM = head("from_player");
const ENCODING = Buffer.concat([head("encoding"), head("message_pack")]);
const PAYLOAD = head("payload");
const SEQ = head("seq");
const EPOCH = head("epoch");

/** A short text in MessagePack. */
function head(text: string): Buffer {
  return Buffer.concat([Buffer.of(0xa0 | text.length), Buffer.from(text, "latin1")]);
}

/**
 * Game data in bytes: a MessagePack map of exactly three entries, with `stamp` of five, in this order.
 *
 * @param from  a UUID with hyphens.
 */
export function binaryFrame(from: string, payload: Uint8Array, stamp: Stamp | undefined): Uint8Array {
  const parts = [
    Buffer.of(stamp ? 0x85 : 0x83),
    FROM,
    Buffer.of(0xc4, 16),
    Buffer.from(from.replaceAll("-", ""), "hex"),
    ENCODING,
    PAYLOAD,
    binHead(payload.byteLength),
    payload,
  ];
  if (stamp) parts.push(SEQ, whole(stamp.seq), EPOCH, whole(stamp.epoch));
  return Buffer.concat(parts);
}

function binHead(length: number): Buffer {
  if (length < 0x100) return Buffer.of(0xc4, length);
  const bytes = Buffer.alloc(length < 0x10000 ? 3 : 5);
  bytes[0] = length < 0x10000 ? 0xc5 : 0xc6;
  bytes.writeUIntBE(length, 1, bytes.length - 1);
  return bytes;
}

function whole(value: number): Buffer {
  if (value < 0x80) return Buffer.of(value);
  if (value < 0x100) return Buffer.of(0xcc, value);
  if (value > 0xffff_ffff) {
    const bytes = Buffer.alloc(9);
    bytes[0] = 0xcf;
    bytes.writeBigUInt64BE(BigInt(value), 1);
    return bytes;
  }
  const bytes = Buffer.alloc(value < 0x10000 ? 3 : 5);
  bytes[0] = value < 0x10000 ? 0xcd : 0xce;
  bytes.writeUIntBE(value, 1, bytes.length - 1);
  return bytes;
}
