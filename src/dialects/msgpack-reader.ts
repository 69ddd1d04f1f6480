import { MsgpackCursor, MsgpackError } from "./msgpack-cursor.ts";

/** Deepest nesting of arrays and maps, in either encoding. */
export const MAX_DEPTH = 64;

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
  readonly #cursor: MsgpackCursor;
  readonly #repeats: MsgpackOptions["repeats"];
  readonly #maxDepth: number;

  constructor(bytes: Uint8Array, { repeats = "last", maxDepth = MAX_DEPTH }: MsgpackOptions = {}) {
    this.#cursor = new MsgpackCursor(bytes);
    this.#repeats = repeats;
    this.#maxDepth = maxDepth;
  }

  /** @throws {MsgpackError} unless everything was read. */
  end(): void {
    this.#cursor.end();
  }

  /**
   * Reads the fields of the map that comes next into `fields`; the value of `rawKey` as the bytes that it takes, checked
   * but not decoded.
   *
   * @throws {MsgpackError} when it is no map, or anything in it is wrong; what came before that has been read.
   */
  fields(rawKey: string, fields: Record<string, unknown>): void {
    const head = this.#cursor.byte();
    const size = this.#cursor.mapSize(head);
    if (size === undefined) throw new MsgpackError("a message is a map");
    for (let count = 0; count < size; count++) {
      const key = this.#cursor.key();
      if (key !== rawKey) {
        this.#set(fields, key, this.value(1));
        continue;
      }
      const from = this.#cursor.at;
      this.#skip(1);
      fields[key] = this.#cursor.since(from);
    }
  }

  /** The value that comes next. @throws {MsgpackError} */
  value(depth = 0): unknown {
    if (depth > this.#maxDepth) throw new MsgpackError(`more than ${this.#maxDepth} levels`);
    const head = this.#cursor.byte();
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    const text = this.#cursor.textSize(head);
    if (text !== undefined) return this.#cursor.text(text);
    const array = this.#cursor.arraySize(head);
    if (array !== undefined) {
      const values: unknown[] = [];
      for (let count = 0; count < array; count++) values.push(this.value(depth + 1));
      return values;
    }
    const map = this.#cursor.mapSize(head);
    if (map !== undefined) {
      const record: Record<string, unknown> = {};
      for (let count = 0; count < map; count++) this.#set(record, this.#cursor.key(), this.value(depth + 1));
      return record;
    }
    const size = this.#cursor.binarySize(head);
    if (size !== undefined) return this.#cursor.take(size).slice();
    const scalar = this.#cursor.scalar(head);
    return typeof scalar === "bigint" ? Number(scalar) : scalar;
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
    const head = this.#cursor.byte();
    if (head < 0x80 || head >= 0xe0) return;
    const text = this.#cursor.textSize(head);
    if (text !== undefined) {
      this.#cursor.checkText(text);
      return;
    }
    const array = this.#cursor.arraySize(head) ?? 0;
    for (let count = 0; count < array; count++) this.#skip(depth + 1);
    const map = this.#cursor.mapSize(head) ?? 0;
    for (let count = 0; count < map; count++) {
      const size = this.#cursor.textSize(this.#cursor.byte());
      if (size === undefined) throw new MsgpackError("keys are texts");
      this.#cursor.checkText(size);
      this.#skip(depth + 1);
    }
    if (isContainer(head)) return;
    const size = this.#cursor.binarySize(head);
    if (size !== undefined) this.#cursor.take(size);
    else this.#cursor.scalar(head);
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
