/** What is wrong with bytes that are not MessagePack as it is taken here. */
export class MsgpackError extends Error {
  override readonly name = "MsgpackError";
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Goes through MessagePack from head to head: who reads decides what becomes of the values. Every method reads what comes
 * next, and throws a `MsgpackError` when that is cut off or nothing of its kind.
 */
export class MsgpackCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where it stands, in bytes from the start. */
  get at(): number {
    return this.#at;
  }

  /** What was passed over since `from`: a part of the message, no copy. */
  since(from: number): Uint8Array {
    return this.#bytes.subarray(from, this.#at);
  }

  /** @throws {MsgpackError} unless everything was read. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new MsgpackError("there is something behind the value");
  }

  /** The value behind a head that is none of the sizes below; whole numbers of 64 bits keep all of them. */
  scalar(head: number): number | bigint | boolean | null {
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
        return this.#advance(8).getBigUint64(at);
      case 0xd0:
        return this.#advance(1).getInt8(at);
      case 0xd1:
        return this.#advance(2).getInt16(at);
      case 0xd2:
        return this.#advance(4).getInt32(at);
      case 0xd3:
        return this.#advance(8).getBigInt64(at);
      default:
        throw new MsgpackError(`type 0x${head.toString(16)} is not taken here`);
    }
  }

  /** How many bytes the text has that `head` begins; `undefined` when it begins none. Their count is read. */
  textSize(head: number): number | undefined {
    if (head >= 0xa0 && head < 0xc0) return head & 0x1f;
    return head >= 0xd9 && head <= 0xdb ? this.#size(head - 0xd9) : undefined;
  }

  /** The same of bytes. */
  binarySize(head: number): number | undefined {
    return head >= 0xc4 && head <= 0xc6 ? this.#size(head - 0xc4) : undefined;
  }

  /** The same of an array, in elements. */
  arraySize(head: number): number | undefined {
    if (head >= 0x90 && head < 0xa0) return head & 0x0f;
    return head === 0xdc || head === 0xdd ? this.#count(head - 0xdc + 1, 1) : undefined;
  }

  /** The same of a map, in pairs. */
  mapSize(head: number): number | undefined {
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

  /** The key of a map that comes next. */
  key(): string {
    const size = this.textSize(this.byte());
    if (size === undefined) throw new MsgpackError("keys are texts");
    return this.text(size);
  }

  /** The text of `size` bytes that comes next. */
  text(size: number): string {
    const from = this.#at;
    this.#advance(size);
    // Most texts are short names: cheaper here than through the decoder.
    const short = size < 32 ? this.#ascii(from) : undefined;
    if (short !== undefined) return short;
    try {
      return utf8.decode(this.since(from));
    } catch (cause) {
      throw new MsgpackError("a text is not UTF-8", { cause });
    }
  }

  /** What was passed over since `from`, if it is ASCII. */
  #ascii(from: number): string | undefined {
    let text = "";
    for (let at = from; at < this.#at; at++) {
      const byte = this.#bytes[at] as number;
      if (byte >= 0x80) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Passes over a text, and checks it. */
  checkText(size: number): void {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw new MsgpackError("it ends too early");
    for (let at = this.#at; at < end; at++) {
      if ((this.#bytes[at] ?? 0) >= 0x80) {
        this.text(size);
        return;
      }
    }
    this.#at = end;
  }

  /** The next `size` bytes: a part of the message, no copy. */
  take(size: number): Uint8Array {
    const from = this.#at;
    this.#advance(size);
    return this.#bytes.subarray(from, this.#at);
  }

  /** The head that comes next. */
  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new MsgpackError("it ends too early");
    this.#at++;
    return byte;
  }

  /** Goes on by `size`, and answers the view to read what was passed over. */
  #advance(size: number): DataView {
    if (this.#at + size > this.#bytes.length) throw new MsgpackError("it ends too early");
    this.#at += size;
    return this.#view;
  }
}
