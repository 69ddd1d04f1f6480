import { bytesOf } from "../../lib/bytes-of.ts";

const utf8 = new TextEncoder();

/** Bytes that are MessagePack already, to be put in as they are. */
export class Packed {
  constructor(readonly bytes: Uint8Array) {}
}

/** Most bytes that the writer keeps between messages. */
const KEEP_BYTES = 65_536;

/** What JSON leaves out of objects. */
const isLeftOut = (value: unknown): boolean =>
  value === undefined || typeof value === "function" || typeof value === "symbol";

/** Writes MessagePack: what `JSON.stringify` would say, and bytes. */
class MsgpackWriter {
  #bytes = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** The bytes of `value`, which nobody else holds. */
  pack(value: unknown): Uint8Array<ArrayBuffer> {
    this.#at = 0;
    this.#value(value);
    const packed = this.#bytes.slice(0, this.#at);
    if (this.#bytes.length > KEEP_BYTES) this.#resize(1_024);
    return packed;
  }

  #value(value: unknown): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "boolean") this.#byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "bigint") throw new TypeError("a BigInt has no word in JSON");
    else if (typeof value !== "object" || value === null) this.#byte(0xc0);
    else if (value instanceof Packed) this.#raw(value.bytes);
    else if (Array.isArray(value)) this.#array(value);
    else this.#object(value as Readonly<Record<string, unknown>>);
  }

  #object(value: Readonly<Record<string, unknown>>): void {
    const bytes = bytesOf(value);
    if (bytes) this.#binary(bytes);
    else if (typeof value.toJSON === "function") this.#value(value.toJSON());
    else this.#map(value);
  }

  #number(value: number): void {
    const isWhole = Number.isInteger(value) && !Object.is(value, -0);
    if (isWhole && value >= 0 && value <= 0xffff_ffff) {
      if (value < 0x80) this.#byte(value);
      else this.#sized(value, { small: 0xcc, middle: 0xcd, large: 0xce });
    } else if (isWhole && value < 0 && value >= -0x8000_0000) {
      if (value >= -32) this.#byte(value + 0x100);
      else {
        this.#reserve(5);
        this.#view.setUint8(this.#at, 0xd2);
        this.#view.setInt32(this.#at + 1, value);
        this.#at += 5;
      }
    } else {
      this.#reserve(9);
      this.#view.setUint8(this.#at, 0xcb);
      this.#view.setFloat64(this.#at + 1, value);
      this.#at += 9;
    }
  }

  #text(text: string): void {
    if (text.length < 32 && this.#ascii(text)) return;
    const bytes = utf8.encode(text);
    if (bytes.length < 32) this.#byte(0xa0 | bytes.length);
    else this.#sized(bytes.length, { small: 0xd9, middle: 0xda, large: 0xdb });
    this.#raw(bytes);
  }

  /** Names and other short texts, several times faster than the encoder. `false`: it is not that simple. */
  #ascii(text: string): boolean {
    this.#reserve(1 + text.length);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = 0xa0 | text.length;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #binary(bytes: Uint8Array): void {
    this.#sized(bytes.length, { small: 0xc4, middle: 0xc5, large: 0xc6 });
    this.#raw(bytes);
  }

  #array(values: readonly unknown[]): void {
    if (values.length < 16) this.#byte(0x90 | values.length);
    else this.#sized(values.length, { middle: 0xdc, large: 0xdd });
    for (const value of values) this.#value(value);
  }

  #map(record: Readonly<Record<string, unknown>>): void {
    const keys = Object.keys(record);
    let count = 0;
    for (const key of keys) if (!isLeftOut(record[key])) count++;
    if (count < 16) this.#byte(0x80 | count);
    else this.#sized(count, { middle: 0xde, large: 0xdf });
    for (const key of keys) {
      const value = record[key];
      if (isLeftOut(value)) continue;
      this.#text(key);
      this.#value(value);
    }
  }

  /** A size with the shortest head that there is for it. */
  #sized(size: number, heads: { small?: number; middle: number; large: number }): void {
    this.#reserve(5);
    if (size <= 0xff && heads.small !== undefined) {
      this.#view.setUint8(this.#at, heads.small);
      this.#view.setUint8(this.#at + 1, size);
      this.#at += 2;
    } else if (size <= 0xffff) {
      this.#view.setUint8(this.#at, heads.middle);
      this.#view.setUint16(this.#at + 1, size);
      this.#at += 3;
    } else {
      this.#view.setUint8(this.#at, heads.large);
      this.#view.setUint32(this.#at + 1, size);
      this.#at += 5;
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    this.#resize(Math.max(this.#bytes.length * 2, this.#at + size));
  }

  #resize(size: number): void {
    const grown = new Uint8Array(size);
    if (size > this.#bytes.length) grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

const writer = new MsgpackWriter();

/** `value` as MessagePack: what `JSON.stringify` would say, and bytes. @throws {TypeError} for a BigInt, as that does */
export function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return writer.pack(value);
}
