/** What is wrong with bytes that are not MessagePack as this protocol takes it. */
export class MsgpackError extends Error {
  override readonly name = "MsgpackError";
}

/** Deepest nesting of arrays and maps, in either encoding. */
export const MAX_DEPTH = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true });

export interface MsgpackOptions {
  /** What a key means that stands in a map again: its last value, as in JSON, or nothing good. */
  readonly repeats?: "last" | "refuse";
  /** Deepest nesting. Default: `MAX_DEPTH`. */
  readonly maxDepth?: number;
}

/**
 * Reads MessagePack with maps of text keys and without extension types: what JSON can say, and bytes. Everything else
 * is refused, so what was read once can be handed to any decoder.
 *
 * Whole numbers beyond ±2^53 become the nearest number. Bytes in a value are a piece of their own, not of the message.
 */
export class MsgpackReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #repeats: MsgpackOptions["repeats"];
  readonly #maxDepth: number;
  #at = 0;

  constructor(bytes: Uint8Array, { repeats = "last", maxDepth = MAX_DEPTH }: MsgpackOptions = {}) {
    this.#bytes = bytes;
    this.#repeats = repeats;
    this.#maxDepth = maxDepth;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws {MsgpackError} unless everything was read. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new MsgpackError("there is something behind the value");
  }

  /**
   * Reads the fields of the map that comes next into `fields`; the value of `rawKey` as the bytes that it takes, checked
   * but not decoded.
   *
   * @throws {MsgpackError} when it is no map, or anything in it is wrong; what came before that has been read.
   */
  fields(rawKey: string, fields: Record<string, unknown>): void {
    const head = this.#byte();
    const size = this.#mapSize(head);
    if (size === undefined) throw new MsgpackError("a message is a map");
    for (let count = 0; count < size; count++) {
      const key = this.#key();
      if (key !== rawKey) {
        this.#set(fields, key, this.value(1));
        continue;
      }
      const from = this.#at;
      this.#skip(1);
      fields[key] = this.#bytes.subarray(from, this.#at);
    }
  }

  /** The value that comes next. @throws {MsgpackError} */
  value(depth = 0): unknown {
    if (depth > this.#maxDepth) throw new MsgpackError(`more than ${this.#maxDepth} levels`);
    const head = this.#byte();
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    const text = this.#textSize(head);
    if (text !== undefined) return this.#text(text);
    const array = this.#arraySize(head);
    if (array !== undefined) return Array.from({ length: array }, () => this.value(depth + 1));
    const map = this.#mapSize(head);
    if (map !== undefined) {
      const record: Record<string, unknown> = {};
      for (let count = 0; count < map; count++) this.#set(record, this.#key(), this.value(depth + 1));
      return record;
    }
    const size = this.#binarySize(head);
    if (size !== undefined) return this.#take(size).slice();
    return this.#scalar(head);
  }

  /** Sets an own field whatever its name: `__proto__` is a name like any other. */
  #set(record: Record<string, unknown>, key: string, value: unknown): void {
    if (this.#repeats === "refuse" && Object.hasOwn(record, key))
      throw new MsgpackError("a key stands there twice");
    if (key === "__proto__") {
      Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
    } else record[key] = value;
  }

  /** Passes over one value, and checks it. */
  #skip(depth: number): void {
    if (depth > this.#maxDepth) throw new MsgpackError(`more than ${this.#maxDepth} levels`);
    const head = this.#byte();
    if (head < 0x80 || head >= 0xe0) return;
    const text = this.#textSize(head);
    if (text !== undefined) {
      this.#checkText(text);
      return;
    }
    const array = this.#arraySize(head) ?? 0;
    for (let count = 0; count < array; count++) this.#skip(depth + 1);
    const map = this.#mapSize(head) ?? 0;
    for (let count = 0; count < map; count++) {
      const size = this.#textSize(this.#byte());
      if (size === undefined) throw new MsgpackError("keys are texts");
      this.#checkText(size);
      this.#skip(depth + 1);
    }
    if (isContainer(head)) return;
    const size = this.#binarySize(head);
    if (size !== undefined) this.#take(size);
    else this.#scalar(head);
  }

  #scalar(head: number): unknown {
    const at = this.#at;
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.#advance(4).getFloat32(at);
      case 0xcb:
        return this.#advance(8).getFloat64(at);
      case 0xcc:
        return this.#advance(1).getUint8(at);
      case 0xcd:
        return this.#advance(2).getUint16(at);
      case 0xce:
        return this.#advance(4).getUint32(at);
      case 0xcf:
        return Number(this.#advance(8).getBigUint64(at));
      case 0xd0:
        return this.#advance(1).getInt8(at);
      case 0xd1:
        return this.#advance(2).getInt16(at);
      case 0xd2:
        return this.#advance(4).getInt32(at);
      case 0xd3:
        return Number(this.#advance(8).getBigInt64(at));
      default:
        throw new MsgpackError(`type 0x${head.toString(16)} is not taken here`);
    }
  }

  #textSize(head: number): number | undefined {
    if (head >= 0xa0 && head < 0xc0) return head & 0x1f;
    return head >= 0xd9 && head <= 0xdb ? this.#size(head - 0xd9) : undefined;
  }

  #binarySize(head: number): number | undefined {
    return head >= 0xc4 && head <= 0xc6 ? this.#size(head - 0xc4) : undefined;
  }

  #arraySize(head: number): number | undefined {
    if (head >= 0x90 && head < 0xa0) return head & 0x0f;
    return head === 0xdc || head === 0xdd ? this.#count(head - 0xdc + 1, 1) : undefined;
  }

  #mapSize(head: number): number | undefined {
    if (head >= 0x80 && head < 0x90) return head & 0x0f;
    return head === 0xde || head === 0xdf ? this.#count(head - 0xde + 1, 2) : undefined;
  }

  /** A number of elements, of which each takes at least `bytesEach`: nobody makes us reserve what it did not send. */
  #count(width: number, bytesEach: number): number {
    const count = this.#size(width);
    if (count * bytesEach > this.#bytes.length - this.#at) throw new MsgpackError("it ends too early");
    return count;
  }

  /** A size of 1 (`width` 0), 2 or 4 bytes. */
  #size(width: number): number {
    const at = this.#at;
    if (width === 0) return this.#advance(1).getUint8(at);
    return width === 1 ? this.#advance(2).getUint16(at) : this.#advance(4).getUint32(at);
  }

  #key(): string {
    const size = this.#textSize(this.#byte());
    if (size === undefined) throw new MsgpackError("keys are texts");
    return this.#text(size);
  }

  #text(size: number): string {
    const bytes = this.#take(size);
    // Most texts are short names: cheaper here than through the decoder.
    if (size <= 24 && bytes.every((byte) => byte < 0x80)) return String.fromCharCode(...bytes);
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw new MsgpackError("a text is not UTF-8", { cause });
    }
  }

  #checkText(size: number): void {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw new MsgpackError("it ends too early");
    for (let at = this.#at; at < end; at++) {
      if ((this.#bytes[at] ?? 0) >= 0x80) {
        this.#text(size);
        return;
      }
    }
    this.#at = end;
  }

  #take(size: number): Uint8Array {
    const from = this.#at;
    this.#advance(size);
    return this.#bytes.subarray(from, this.#at);
  }

  #byte(): number {
    return this.#advance(1).getUint8(this.#at - 1);
  }

  /** Goes on by `size`, and answers the view to read what was passed over. */
  #advance(size: number): DataView {
    if (this.#at + size > this.#bytes.length) throw new MsgpackError("it ends too early");
    this.#at += size;
    return this.#view;
  }
}

/** Whether a head begins an array or a map. */
const isContainer = (head: number): boolean => head < 0xa0 || (head >= 0xdc && head <= 0xdf);

/** The one value that `bytes` hold. @throws {MsgpackError} */
export function unpack(bytes: Uint8Array, options: MsgpackOptions = {}): unknown {
  const reader = new MsgpackReader(bytes, options);
  const value = reader.value();
  reader.end();
  return value;
}
