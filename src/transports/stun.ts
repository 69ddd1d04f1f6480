import { isIPv6 } from "node:net";
import { crc32 } from "../lib/crc32.ts";
import { ipv6Groups } from "../lib/place.ts";

/** STUN, RFC 8489, as far as a server needs it that answers binding requests: docs/spec/nat.md, rules NAT1 to NAT7. */

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

const MAPPED_ADDRESS = 0x0001;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;

/** Attributes that a request may carry although they change nothing here: credentials, and priorities of ICE. */
const HARMLESS = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e, 0x0024, 0x0025]);
/** Below this, attributes must be understood. */
const OPTIONAL_FROM = 0x8000;
const UNKNOWN_ATTRIBUTE = 420;
/** Unknown attributes that an error names. */
const MAX_NAMED = 8;

/** Where a datagram came from. */
export interface Source {
  readonly address: string;
  readonly port: number;
}

interface Request {
  /** The 16 bytes behind type and length: of them, 4 are the magic cookie in all but the oldest clients. */
  readonly id: Buffer;
  readonly isClassic: boolean;
  readonly hasFingerprint: boolean;
  readonly unknown: readonly number[];
}

/**
 * The answer to a STUN binding request; `undefined` when the datagram is none, or is damaged.
 *
 * It is at most 24 bytes longer than the shortest request: the standard leaves no choice. The caller limits how often.
 */
export function answerStun(datagram: Uint8Array, source: Source): Buffer | undefined {
  const request = parse(Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength));
  if (!request) return undefined;
  const { id, isClassic, hasFingerprint, unknown } = request;
  const address = addressValue(source, isClassic ? undefined : id);
  const attributes =
    unknown.length > 0
      ? [attribute(ERROR_CODE, errorValue()), attribute(UNKNOWN_ATTRIBUTES, numbers(unknown))]
      : [attribute(isClassic ? MAPPED_ADDRESS : XOR_MAPPED_ADDRESS, address)];
  const type = unknown.length > 0 ? BINDING_ERROR : BINDING_SUCCESS;
  return message(type, { id, attributes, withFingerprint: hasFingerprint });
}

function parse(bytes: Buffer): Request | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt16BE(0) !== BINDING_REQUEST) return undefined;
  if (bytes.readUInt16BE(2) !== bytes.length - HEADER_BYTES || bytes.length % 4 !== 0) return undefined;
  const isClassic = bytes.readUInt32BE(4) !== MAGIC_COOKIE;
  const unknown: number[] = [];
  let hasFingerprint = false;
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    // What follows a fingerprint is not covered by it.
    if (hasFingerprint || at + 4 > bytes.length) return undefined;
    const [type, size] = [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 2)];
    const end = at + 4 + size;
    if (end > bytes.length) return undefined;
    if (type === FINGERPRINT) {
      if (size !== 4 || bytes.readUInt32BE(at + 4) !== fingerprintOf(bytes.subarray(0, at))) return undefined;
      hasFingerprint = true;
    } else if (type < OPTIONAL_FROM && !HARMLESS.has(type) && !isClassic && unknown.length < MAX_NAMED) {
      unknown.push(type);
    }
    at = end + ((4 - (size % 4)) % 4);
  }
  return { id: bytes.subarray(4, HEADER_BYTES), isClassic, hasFingerprint, unknown };
}

interface MessageParts {
  readonly id: Buffer;
  readonly attributes: readonly Buffer[];
  readonly withFingerprint: boolean;
}

function message(type: number, { id, attributes, withFingerprint }: MessageParts): Buffer {
  const body = Buffer.concat(attributes);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  // The fingerprint counts into the length that it covers.
  head.writeUInt16BE(body.length + (withFingerprint ? 8 : 0), 2);
  const covered = Buffer.concat([head, id, body]);
  if (!withFingerprint) return covered;
  const value = Buffer.alloc(4);
  value.writeUInt32BE(fingerprintOf(covered));
  return Buffer.concat([covered, attribute(FINGERPRINT, value)]);
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + value.length + ((4 - (value.length % 4)) % 4));
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

/** @param id  cookie and transaction id, with which the address is mixed so that no router rewrites it. */
function addressValue({ address, port }: Source, id: Buffer | undefined): Buffer {
  const bytes = addressBytes(address);
  const value = Buffer.alloc(4 + bytes.length);
  value[1] = bytes.length === 4 ? 1 : 2;
  value.writeUInt16BE(port, 2);
  bytes.copy(value, 4);
  if (id) {
    for (let at = 0; at < 2; at++) value[2 + at] = (value[2 + at] ?? 0) ^ (id[at] ?? 0);
    for (let at = 0; at < bytes.length; at++) value[4 + at] = (value[4 + at] ?? 0) ^ (id[at] ?? 0);
  }
  return value;
}

function addressBytes(address: string): Buffer {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, "");
  if (!isIPv6(plain)) return Buffer.from(plain.split(".").map(Number));
  const bytes = Buffer.alloc(16);
  ipv6Groups(plain).forEach((group, at) => {
    bytes.writeUInt16BE(group, at * 2);
  });
  return bytes;
}

function errorValue(): Buffer {
  return Buffer.from([0, 0, Math.floor(UNKNOWN_ATTRIBUTE / 100), UNKNOWN_ATTRIBUTE % 100]);
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, at) => {
    bytes.writeUInt16BE(value, at * 2);
  });
  return bytes;
}

/** `covered` ends where the fingerprint begins, and its length field counts the fingerprint. */
const fingerprintOf = (covered: Buffer): number => (crc32(covered) ^ FINGERPRINT_XOR) >>> 0;
