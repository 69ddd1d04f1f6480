import type { Frame } from "../lib/frame.ts";

const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;

/** Payloads up to this many bytes have their length in the second byte of the header (RFC 6455 § 5.2). */
const MAX_SHORT = 125;
const MAX_16_BIT = 0xffff;

/** The most bytes that a server's frame header takes; it is never masked. */
export const MAX_HEADER_BYTES = 10;

/** The message as one unmasked RFC 6455 frame; built on first use and shared by everyone it is sent to. */
export function webSocketBytes(frame: Frame): Uint8Array {
  if (frame.prepared) return frame.prepared;
  const bytes = build(frame.data);
  frame.prepared = bytes;
  return bytes;
}

function build(data: string | Uint8Array): Uint8Array {
  const length = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
  const headerLength = length <= MAX_SHORT ? 2 : length <= MAX_16_BIT ? 4 : MAX_HEADER_BYTES;
  const bytes = Buffer.allocUnsafe(headerLength + length);

  bytes[0] = typeof data === "string" ? FINAL_TEXT : FINAL_BINARY;
  if (headerLength === 2) {
    bytes[1] = length;
  } else if (headerLength === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeUInt16BE(0, 2);
    bytes.writeUIntBE(length, 4, 6);
  }

  if (typeof data !== "string") bytes.set(data, headerLength);
  // As many bytes as characters: ASCII, which is copied faster when it is called so.
  else if (length === data.length) bytes.write(data, headerLength, "latin1");
  // A lone surrogate becomes U+FFFD here, so what goes out is always valid UTF-8.
  else bytes.write(data, headerLength);
  return bytes;
}
