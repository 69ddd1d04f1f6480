/**
 * What is said over UDP to get through NATs. The first five are Pulsar's; the others are our own, and are sent only to
 * who has sent one of the padded requests that our own clients send.
 */
export type PunchMessage =
  /** To the server: introduce me. To a peer: I am the one you were introduced to. */
  | { readonly type: "request"; readonly token: string; readonly session: string }
  | { readonly type: "ack"; readonly session: string }
  /** To the server: we hear each other. */
  | { readonly type: "success"; readonly session: string }
  | { readonly type: "keep-alive" }
  | { readonly type: "probe"; readonly sequence: number }
  /** From the server: how you look from here. `sequence` is that of the probe, or 0. */
  | { readonly type: "observed"; readonly sequence: number; readonly endpoint: string }
  /** From the server: send to all of these at once, with this token. */
  | {
      readonly type: "introduce";
      readonly token: string;
      readonly nat: string;
      readonly endpoints: readonly string[];
    }
  /** From the server: do not wait any more, use the relay. */
  | { readonly type: "fallback"; readonly session: string };

/** The two ways in which they are written. */
export type PunchEncoding = "bincode1" | "bincode2";

const TYPES = [
  "request",
  "ack",
  "success",
  "keep-alive",
  "probe",
  "observed",
  "introduce",
  "fallback",
] as const;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Larger datagrams are none of these. */
export const MAX_PUNCH_BYTES = 1_400;
const MAX_ENDPOINTS = 16;

/** The bytes of a message. */
export function encodePunch(message: PunchMessage, encoding: PunchEncoding): Uint8Array {
  const writer = new Writer(encoding);
  writer.whole(TYPES.indexOf(message.type));
  switch (message.type) {
    case "request":
      writer.text(message.token);
      writer.text(message.session);
      break;
    case "ack":
    case "success":
    case "fallback":
      writer.text(message.session);
      break;
    case "keep-alive":
      break;
    case "probe":
      writer.whole(message.sequence);
      break;
    case "observed":
      writer.whole(message.sequence);
      writer.text(message.endpoint);
      break;
    case "introduce":
      writer.text(message.token);
      writer.text(message.nat);
      writer.length(message.endpoints.length);
      for (const endpoint of message.endpoints) writer.text(endpoint);
      break;
  }
  return writer.bytes();
}

/**
 * Reads a message in either encoding; `undefined` when it is none. What follows a message is passed over: senders pad
 * their requests, because no answer is longer than what it answers.
 */
export function decodePunch(
  bytes: Uint8Array,
): { readonly message: PunchMessage; readonly encoding: PunchEncoding } | undefined {
  if (bytes.length === 0 || bytes.length > MAX_PUNCH_BYTES) return undefined;
  // The old encoding has three zeros behind the number of the type; in the new one that would be a request with an
  // empty token, which is none, or text that begins with two zeros, which is none either.
  const isOld = bytes.length >= 4 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0;
  for (const encoding of isOld ? (["bincode1", "bincode2"] as const) : (["bincode2"] as const)) {
    const message = read(new Reader(bytes, encoding));
    if (message) return { message, encoding };
  }
  return undefined;
}

function read(reader: Reader): PunchMessage | undefined {
  const message = messageOf(TYPES[reader.whole()], reader);
  return reader.isBroken ? undefined : message;
}

function messageOf(type: (typeof TYPES)[number] | undefined, reader: Reader): PunchMessage | undefined {
  switch (type) {
    case undefined:
      return undefined;
    case "request":
      return { type, token: reader.text(), session: reader.text() };
    case "ack":
    case "success":
    case "fallback":
      return { type, session: reader.text() };
    case "keep-alive":
      return { type };
    case "probe":
      return { type, sequence: reader.whole() };
    case "observed":
      return { type, sequence: reader.whole(), endpoint: reader.text() };
    case "introduce": {
      const [token, nat] = [reader.text(), reader.text()];
      const count = reader.length();
      if (count > MAX_ENDPOINTS) return undefined;
      return { type, token, nat, endpoints: Array.from({ length: count }, () => reader.text()) };
    }
  }
}

class Writer {
  readonly #encoding: PunchEncoding;
  readonly #bytes: number[] = [];

  constructor(encoding: PunchEncoding) {
    this.#encoding = encoding;
  }

  /** 0 to 2³² − 1. */
  whole(value: number): void {
    if (this.#encoding === "bincode1") this.#little(value, 4);
    else this.#varint(value);
  }

  /** A length: 64 bits in the old encoding. */
  length(value: number): void {
    if (this.#encoding === "bincode1") this.#little(value, 8);
    else this.#varint(value);
  }

  text(text: string): void {
    const bytes = Buffer.from(text);
    this.length(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #varint(value: number): void {
    if (value < 251) this.#bytes.push(value);
    else if (value < 0x10000) {
      this.#bytes.push(251);
      this.#little(value, 2);
    } else {
      this.#bytes.push(252);
      this.#little(value, 4);
    }
  }

  #little(value: number, size: number): void {
    for (let at = 0; at < size; at++) this.#bytes.push(at < 4 ? (value >>> (at * 8)) & 255 : 0);
  }
}

/** Reads to the end, and then says whether all of it was there. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #encoding: PunchEncoding;
  #at = 0;
  isBroken = false;

  constructor(bytes: Uint8Array, encoding: PunchEncoding) {
    this.#bytes = bytes;
    this.#encoding = encoding;
  }

  whole(): number {
    return this.#encoding === "bincode1" ? this.#little(4) : this.#varint();
  }

  length(): number {
    return this.#encoding === "bincode1" ? this.#little(8) : this.#varint();
  }

  text(): string {
    const size = this.length();
    if (this.isBroken || this.#at + size > this.#bytes.length) return this.#broken("");
    const start = this.#at;
    this.#at += size;
    try {
      return utf8.decode(this.#bytes.subarray(start, this.#at));
    } catch {
      return this.#broken("");
    }
  }

  #varint(): number {
    const first = this.#little(1);
    if (first < 251) return first;
    return first > 253 ? this.#broken(0) : this.#little(first === 251 ? 2 : first === 252 ? 4 : 8);
  }

  #little(size: number): number {
    if (this.#at + size > this.#bytes.length) return this.#broken(0);
    let value = 0;
    for (let at = 0; at < size; at++) value += (this.#bytes[this.#at + at] ?? 0) * 256 ** at;
    this.#at += size;
    return value < 2 ** 32 ? value : this.#broken(0);
  }

  #broken<Value>(value: Value): Value {
    this.isBroken = true;
    return value;
  }
}
