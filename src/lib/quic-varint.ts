/** A variable-length number of QUIC (RFC 9000 §16), as bytes. `value` is below 2⁵³. */
export function quicVarint(value: number): Uint8Array {
  if (value < 0x40) return Uint8Array.of(value);
  if (value < 0x4000) return Uint8Array.of(0x40 | (value >> 8), value & 0xff);
  const bytes = new Uint8Array(value < 0x40000000 ? 4 : 8);
  let left = value;
  for (let at = bytes.length - 1; at >= 0; at--) {
    bytes[at] = left % 256;
    left = Math.floor(left / 256);
  }
  bytes[0] = (bytes[0] ?? 0) | (bytes.length === 4 ? 0x80 : 0xc0);
  return bytes;
}

/** A number that was read, and where what follows begins. */
export interface ReadVarint {
  readonly value: number;
  readonly end: number;
}

/**
 * Reads the number at `start`; `undefined` when its bytes have not all arrived. A number of 2⁵³ and more loses its last
 * digits, which no length, type or id that we act on can have.
 */
export function readQuicVarint(bytes: Uint8Array, start = 0): ReadVarint | undefined {
  const first = bytes[start];
  if (first === undefined) return undefined;
  const end = start + (1 << (first >> 6));
  if (end > bytes.length) return undefined;
  let value = first & 0x3f;
  for (let at = start + 1; at < end; at++) value = value * 256 + (bytes[at] ?? 0);
  return { value, end };
}
