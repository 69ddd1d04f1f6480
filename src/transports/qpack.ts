import { unpackHuffman } from "./huffman.ts";
import { STATIC_FIELDS } from "./qpack-table.ts";

/** Header fields in the order they came; names are lower case as HTTP/3 demands. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** More fields than this are an attack. */
const MAX_FIELDS = 128;

/**
 * Reads a block of header fields (RFC 9204) that uses no dynamic table: we announce a capacity of 0, so a peer may not.
 *
 * @returns `undefined` when the bytes are no such block.
 */
export function decodeFields(block: Uint8Array): Fields | undefined {
  const reader = new Reader(block);
  // Required Insert Count and Base: both 0 without a dynamic table.
  if (reader.integer(8) !== 0 || reader.integer(7) === undefined) return undefined;

  const fields: [string, string][] = [];
  while (!reader.isAtEnd) {
    const field = readField(reader);
    if (!field || fields.length === MAX_FIELDS) return undefined;
    fields.push(field);
  }
  return fields;
}

function readField(reader: Reader): [string, string] | undefined {
  const first = reader.peek;
  if (first & 0x80) {
    // 1T: a whole field of a table. T: the static one.
    const field = first & 0x40 ? STATIC_FIELDS[reader.integer(6) ?? -1] : undefined;
    return field && [field[0], field[1]];
  }
  if (first & 0x40) {
    // 01NT: the name from a table, the value as text.
    const known = first & 0x10 ? STATIC_FIELDS[reader.integer(4) ?? -1] : undefined;
    const value = known && reader.text(7);
    return known && value !== undefined ? [known[0], value] : undefined;
  }
  // 001NH: both as text. 0001 and 0000 point into the dynamic table.
  if (!(first & 0x20)) return undefined;
  const name = reader.text(3);
  const value = reader.text(7);
  return name === undefined || value === undefined ? undefined : [name, value];
}

/** A block of header fields, every one written out. The names are those of the static table, or short ones of ours. */
export function encodeFields(fields: Fields): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0, 0)];
  for (const [name, value] of fields) {
    const [nameBytes, valueBytes] = [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")];
    parts.push(prefixInteger(nameBytes.length, { bits: 3, flags: 0x20 }), nameBytes);
    parts.push(prefixInteger(valueBytes.length, { bits: 7, flags: 0 }), valueBytes);
  }
  return Buffer.concat(parts);
}

function prefixInteger(value: number, { bits, flags }: { bits: number; flags: number }): Uint8Array {
  const most = 2 ** bits - 1;
  if (value < most) return Uint8Array.of(flags | value);
  const bytes = [flags | most];
  let left = value - most;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  return Uint8Array.from([...bytes, left]);
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  get peek(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  /** A number whose first byte has `bits` bits for it (RFC 7541 §5.1). */
  integer(bits: number): number | undefined {
    const most = 2 ** bits - 1;
    const first = this.#bytes[this.#at++];
    if (first === undefined) return undefined;
    let value = first & most;
    if (value < most) return value;
    for (let scale = 1; scale < 2 ** 28; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return undefined;
  }

  /** Text with its length, of which the first byte holds `bits` bits after the one that says "Huffman". */
  text(bits: number): string | undefined {
    const isPacked = (this.peek >> bits) & 1;
    const size = this.integer(bits);
    if (size === undefined || this.#at + size > this.#bytes.length) return undefined;
    const bytes = this.#bytes.subarray(this.#at, this.#at + size);
    this.#at += size;
    return isPacked ? unpackHuffman(bytes) : Buffer.from(bytes).toString("latin1");
  }
}
