import { OPCODE } from "./frames.ts";

/** Larger than any honest answer of a server in this bench; anything above means the walker lost its place. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Who is told of the frames that are more than a number. The payloads are copies, to be kept if wanted. */
export interface FrameListener {
  /** A data frame whose length is not `plainBytes`. */
  message(payload: Buffer): void;
  /** A plain frame that was picked as a sample. It is counted all the same. */
  sample(payload: Buffer): void;
  /** A ping, pong or close. */
  control(opcode: number, payload: Buffer): void;
}

/**
 * Counts the frames in a stream of bytes from a server, reading headers only.
 *
 * A generator that parsed every delivery would be slower than the servers it measures. Deliveries of one run all have
 * one length, so frames of that length (`plainBytes`) are stepped over and counted; every other frame is handed over
 * whole, and so is every `sampleEvery`th plain one. Until `plainBytes` is set, all are handed over.
 */
export class FrameWalker {
  /** Payload length of the frames that are only counted; -1 for none. May be changed from inside a listener call. */
  plainBytes = -1;

  readonly #listener: FrameListener;
  readonly #sampleEvery: number;
  #untilSample: number;

  /** A header that a chunk ended in the middle of. */
  readonly #header = Buffer.alloc(10);
  #headerBytes = 0;

  /** The frame whose payload is being walked over: how much is still to come, and its pieces if they are kept. */
  #opcode = 0;
  #payloadBytes = 0;
  #missingBytes = 0;
  #pieces: Buffer[] | undefined;

  constructor(listener: FrameListener, options: { readonly sampleEvery: number }) {
    this.#listener = listener;
    this.#sampleEvery = options.sampleEvery;
    this.#untilSample = options.sampleEvery;
  }

  /**
   * Walks over the next bytes of the stream and returns how many plain frames ended in them.
   *
   * `chunk` is not kept. @throws {Error} when the bytes are not what a server may send here.
   */
  push(chunk: Uint8Array): number {
    const end = chunk.length;
    let at = 0;
    let plain = 0;
    while (at < end) {
      if (this.#missingBytes === 0) {
        at = this.#readHeader(chunk, at);
        if (this.#headerBytes > 0) break;
      }
      const taken = Math.min(this.#missingBytes, end - at);
      if (this.#pieces && taken > 0) this.#pieces.push(Buffer.from(chunk.subarray(at, at + taken)));
      at += taken;
      this.#missingBytes -= taken;
      if (this.#missingBytes === 0) plain += this.#finish();
    }
    return plain;
  }

  /** Returns where the payload starts; leaves `#headerBytes` above 0 when the chunk ended before that. */
  #readHeader(chunk: Uint8Array, from: number): number {
    if (this.#headerBytes === 0 && chunk.length - from >= 10) return from + this.#open(chunk, from);
    let at = from;
    while (at < chunk.length) {
      this.#header[this.#headerBytes++] = chunk[at++]!;
      if (this.#headerBytes >= 2 && this.#headerBytes === headerLength(this.#header[1]!)) {
        this.#open(this.#header, 0);
        this.#headerBytes = 0;
        break;
      }
    }
    return at;
  }

  /** Reads the whole header at `at` and returns its length. */
  #open(bytes: Uint8Array, at: number): number {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    if ((first & 0xf0) !== 0x80)
      throw new Error(`a frame is fragmented or has reserved bits (0x${first.toString(16)})`);
    if (second > 127) throw new Error("a frame of the server is masked");

    let length = second;
    if (second === 126) {
      length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    } else if (second === 127) {
      length = 0;
      for (let i = 2; i < 10; i++) length = length * 256 + bytes[at + i]!;
    }
    if (length > MAX_FRAME_BYTES) throw new Error(`a frame claims ${length} bytes`);

    this.#opcode = first & 0x0f;
    this.#payloadBytes = length;
    this.#missingBytes = length;
    this.#pieces = this.#isPlain() && --this.#untilSample > 0 ? undefined : [];
    return headerLength(second);
  }

  #isPlain(): boolean {
    return this.#payloadBytes === this.plainBytes && this.#opcode <= OPCODE.binary;
  }

  /** Reports the frame that just ended; returns 1 if it counts as plain. */
  #finish(): number {
    if (!this.#pieces) return 1;

    const payload = Buffer.concat(this.#pieces);
    this.#pieces = undefined;
    if (this.#opcode > OPCODE.binary) {
      this.#listener.control(this.#opcode, payload);
      return 0;
    }
    if (!this.#isPlain()) {
      this.#listener.message(payload);
      return 0;
    }
    this.#untilSample = this.#sampleEvery;
    this.#listener.sample(payload);
    return 1;
  }
}

function headerLength(second: number): number {
  const size = second & 0x7f;
  return size === 127 ? 10 : size === 126 ? 4 : 2;
}
