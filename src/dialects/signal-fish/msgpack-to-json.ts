/** Deeper nesting is not converted. */
const MAX_DEPTH = 128;

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * One MessagePack value as JSON text, or `undefined` when JSON cannot say it: bytes, extensions, keys that are not text,
 * numbers that are not finite, broken UTF-8, nesting beyond 128 levels, or bytes that are no value or more than one.
 * Whole numbers keep all of their 64 bits.
 */
export function msgpackToJson(bytes: Uint8Array): string | undefined {
  const reader = new Reader(bytes);
  try {
    const text = reader.value(0);
    return reader.isAtEnd ? text : undefined;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @throws {RangeError | TypeError} when there is no such value. */
  value(depth: number): string {
    if (depth > MAX_DEPTH) throw new RangeError("nested too deeply");
    const tag = this.#view.getUint8(this.#at++);
    if (tag < 0x80) return String(tag);
    if (tag < 0x90) return this.#map(tag & 0x0f, depth);
    if (tag < 0xa0) return this.#array(tag & 0x0f, depth);
    if (tag < 0xc0) return this.#text(tag & 0x1f);
    if (tag >= 0xe0) return String(tag - 0x100);
    switch (tag) {
      case 0xc0:
        return "null";
      case 0xc2:
        return "false";
      case 0xc3:
        return "true";
      case 0xca:
        return finite(this.#view.getFloat32(this.#take(4)));
      case 0xcb:
        return finite(this.#view.getFloat64(this.#take(8)));
      case 0xcc:
        return String(this.#view.getUint8(this.#take(1)));
      case 0xcd:
        return String(this.#view.getUint16(this.#take(2)));
      case 0xce:
        return String(this.#view.getUint32(this.#take(4)));
      case 0xcf:
        return String(this.#view.getBigUint64(this.#take(8)));
      case 0xd0:
        return String(this.#view.getInt8(this.#take(1)));
      case 0xd1:
        return String(this.#view.getInt16(this.#take(2)));
      case 0xd2:
        return String(this.#view.getInt32(this.#take(4)));
      case 0xd3:
        return String(this.#view.getBigInt64(this.#take(8)));
      case 0xd9:
        return this.#text(this.#view.getUint8(this.#take(1)));
      case 0xda:
        return this.#text(this.#view.getUint16(this.#take(2)));
      case 0xdb:
        return this.#text(this.#view.getUint32(this.#take(4)));
      case 0xdc:
        return this.#array(this.#view.getUint16(this.#take(2)), depth);
      case 0xdd:
        return this.#array(this.#view.getUint32(this.#take(4)), depth);
      case 0xde:
        return this.#map(this.#view.getUint16(this.#take(2)), depth);
      case 0xdf:
        return this.#map(this.#view.getUint32(this.#take(4)), depth);
      default:
        throw new RangeError("JSON has no word for this");
    }
  }

  /** Where the next `count` bytes begin. */
  #take(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }

  #text(length: number): string {
    if (this.#at + length > this.#bytes.length) throw new RangeError("cut off");
    const at = this.#take(length);
    return JSON.stringify(UTF8.decode(this.#bytes.subarray(at, at + length)));
  }

  #array(length: number, depth: number): string {
    this.#expect(length);
    const items: string[] = [];
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1));
    return `[${items.join(",")}]`;
  }

  #map(length: number, depth: number): string {
    this.#expect(length * 2);
    const members: string[] = [];
    for (let i = 0; i < length; i++) {
      const key = this.value(depth + 1);
      if (!key.startsWith('"')) throw new RangeError("JSON has only text as keys");
      members.push(`${key}:${this.value(depth + 1)}`);
    }
    return `{${members.join(",")}}`;
  }

  /** Every value takes a byte at least: a length that the bytes cannot hold is not worth trying. */
  #expect(values: number): void {
    if (this.#at + values > this.#bytes.length) throw new RangeError("cut off");
  }
}

function finite(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError("JSON has only finite numbers");
  return Object.is(value, -0) ? "-0.0" : String(value);
}
