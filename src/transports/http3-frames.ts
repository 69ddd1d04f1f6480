import { quicVarint, readQuicVarint } from "../lib/quic-varint.ts";

/** Types of frames that we write or read (RFC 9114 §7.2). */
export const FRAME = { data: 0x00, headers: 0x01, settings: 0x04 } as const;

/** Types of one-way streams (RFC 9114 §6.2, RFC 9204 §4.2) and WebTransport's two signals (draft-ietf-webtrans-http3). */
export const STREAM = {
  control: 0x00,
  push: 0x01,
  qpackEncoder: 0x02,
  qpackDecoder: 0x03,
  webTransportOneWay: 0x54,
  webTransportBothWays: 0x41,
} as const;

/** The capsule in which a WebTransport session says why it ends. */
export const CLOSE_SESSION_CAPSULE = 0x2843;

export interface Http3Frame {
  readonly type: number;
  readonly payload: Uint8Array;
}

export function http3Frame(type: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([quicVarint(type), quicVarint(payload.length), payload]);
}

/**
 * What a server says first on its control stream: extended CONNECT, datagrams and WebTransport in the numbers of all
 * drafts in use, and that it keeps no dynamic table.
 */
export function settingsFrame({ maxSessions }: { readonly maxSessions: number }): Uint8Array {
  const settings: [id: number, value: number][] = [
    [0x01, 0], // QPACK_MAX_TABLE_CAPACITY
    [0x07, 0], // QPACK_BLOCKED_STREAMS
    [0x08, 1], // ENABLE_CONNECT_PROTOCOL
    [0x33, 1], // H3_DATAGRAM
    [0xffd277, 1], // H3_DATAGRAM, draft 04
    [0x2b603742, 1], // ENABLE_WEBTRANSPORT, draft 02
    [0xc671706a, maxSessions], // WEBTRANSPORT_MAX_SESSIONS, draft 07
    [0x2c7cf000, 1], // WT_ENABLED, draft 15
    [0x14e9cd29, maxSessions], // WT_MAX_SESSIONS, draft 13
  ];
  return http3Frame(FRAME.settings, Buffer.concat(settings.flat().map(quicVarint)));
}

/** A frame that is larger than its reader takes. */
export class FrameTooLarge extends Error {
  override readonly name = "FrameTooLarge";
}

/** Cuts a stream into frames. Frames of types that nobody knows pass by without being kept. */
export class Http3FrameReader {
  readonly #maxBytes: number;
  #kept: Uint8Array = new Uint8Array(0);
  #skipBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frames that `chunk` completes. @throws {FrameTooLarge} */
  push(chunk: Uint8Array): Http3Frame[] {
    const frames: Http3Frame[] = [];
    let bytes = chunk;
    for (;;) {
      if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, bytes.length);
        this.#skipBytes -= skipped;
        bytes = bytes.subarray(skipped);
        if (this.#skipBytes > 0) return frames;
      }
      if (this.#kept.length > 0) bytes = Buffer.concat([this.#kept, bytes]);
      this.#kept = EMPTY;
      const type = readQuicVarint(bytes);
      const size = type && readQuicVarint(bytes, type.end);
      if (!type || !size) break;
      if (!KNOWN.has(type.value)) {
        this.#skipBytes = size.value;
        bytes = bytes.subarray(size.end);
        continue;
      }
      if (size.value > this.#maxBytes) throw new FrameTooLarge(`a frame of ${size.value} bytes`);
      const end = size.end + size.value;
      if (end > bytes.length) break;
      frames.push({ type: type.value, payload: bytes.subarray(size.end, end) });
      bytes = bytes.subarray(end);
    }
    this.#kept = bytes.slice();
    return frames;
  }
}

const EMPTY = new Uint8Array(0);
const KNOWN: ReadonlySet<number> = new Set(Object.values(FRAME));
