/** Bytes of the prefix: the length of the body as an unsigned 32-bit number, most significant byte first. */
export const PREFIX_BYTES = 4;

/** How much larger than what has arrived the buffer may be: large records are not copied again and again. */
const GROWTH = 4;

/** The announced length is more than the reader takes. The stream cannot be read any further. */
export class TooLong extends Error {
  override readonly name = "TooLong";

  constructor(
    readonly bytes: number,
    readonly maxBytes: number,
  ) {
    super(`a frame of ${bytes} bytes is announced, and at most ${maxBytes} are taken`);
  }
}

/** `body` with its length in front. */
export function prefixed(body: Uint8Array): Uint8Array {
  const record = new Uint8Array(PREFIX_BYTES + body.length);
  new DataView(record.buffer).setUint32(0, body.length);
  record.set(body, PREFIX_BYTES);
  return record;
}

/**
 * Cuts a byte stream into records, prefix included, so that a record can be passed on as it came.
 *
 * A record that lies within one chunk is a view of it, without a copy; one that spans chunks is copied into a buffer that
 * grows with what arrived, to at most four times as much, and not with what was announced.
 */
export class RecordSplitter {
  #maxBytes: number;
  /** The beginning of a record that has not fully arrived. */
  #partial = new Uint8Array(0);
  #used = 0;

  /** @param maxBytes  Longest body. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes bodies of up to `maxBytes` from now on. */
  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of an unfinished record that are kept. */
  get heldBytes(): number {
    return this.#used;
  }

  /** The records that `chunk` completes, in order. @throws {TooLong} */
  push(chunk: Uint8Array): Uint8Array[] {
    const records: Uint8Array[] = [];
    let at = 0;
    if (this.#used > 0) {
      at = this.#complete(chunk, records);
      if (this.#used > 0) return records;
    }
    let size = 0;
    for (;;) {
      const left = chunk.length - at;
      size = left < PREFIX_BYTES ? PREFIX_BYTES : PREFIX_BYTES + this.#bodyBytes(chunk, at);
      if (left < size) break;
      records.push(chunk.subarray(at, at + size));
      at += size;
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at), size);
    return records;
  }

  /** Goes on with the unfinished record; returns how much of `chunk` belongs to it. */
  #complete(chunk: Uint8Array, records: Uint8Array[]): number {
    let at = 0;
    if (this.#used < PREFIX_BYTES) {
      at = Math.min(chunk.length, PREFIX_BYTES - this.#used);
      this.#keep(chunk.subarray(0, at), PREFIX_BYTES);
      if (this.#used < PREFIX_BYTES) return at;
    }
    const size = PREFIX_BYTES + this.#bodyBytes(this.#partial, 0);
    const end = Math.min(chunk.length, at + size - this.#used);
    this.#keep(chunk.subarray(at, end), size);
    if (this.#used < size) return end;
    records.push(this.#partial.subarray(0, size));
    this.#partial = new Uint8Array(0);
    this.#used = 0;
    return end;
  }

  #bodyBytes(bytes: Uint8Array, at: number): number {
    const size = new DataView(bytes.buffer, bytes.byteOffset + at, PREFIX_BYTES).getUint32(0);
    if (size > this.#maxBytes) throw new TooLong(size, this.#maxBytes);
    return size;
  }

  /** @param size  Of the whole, as far as it is known. */
  #keep(bytes: Uint8Array, size: number): void {
    const needed = this.#used + bytes.length;
    if (needed > this.#partial.length) {
      const grown = new Uint8Array(Math.min(GROWTH * needed, size));
      grown.set(this.#partial.subarray(0, this.#used));
      this.#partial = grown;
    }
    this.#partial.set(bytes, this.#used);
    this.#used = needed;
  }
}
