import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { TlsPair } from "./tls-files.ts";

/** A certificate for development. */
export interface SelfSigned extends TlsPair {
  /** Ms since the epoch. */
  readonly expiresAt: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Browsers pin a certificate by its hash only when it is valid for less than 14 days. */
const VALID_DAYS = 13;
/** Clocks of two machines differ. */
const BACKDATED_MS = 60 * 60 * 1000;

/** Names under which a development server is reached. */
const LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"];

/**
 * Makes a certificate that signs itself: ECDSA P-256, valid for less than 13 days, for these names and addresses.
 *
 * @param now  Ms since the epoch.
 */
export function selfSigned(now: number, names: readonly string[] = LOCAL_NAMES): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const from = now - BACKDATED_MS;
  const expiresAt = Math.floor((from + VALID_DAYS * DAY_MS) / 1000) * 1000;
  const name = sequence(set(sequence(OID.commonName, string(0x0c, names[0] ?? "localhost"))));
  const toSign = sequence(
    tagged(0, integer(Uint8Array.of(2))),
    integer(positive(randomBytes(16))),
    sequence(OID.ecdsaWithSha256),
    name,
    sequence(time(from), time(expiresAt)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(3, sequence(...extensions(names))),
  );
  const certificate = sequence(
    toSign,
    sequence(OID.ecdsaWithSha256),
    bits(sign("sha256", toSign, privateKey)),
  );
  return {
    cert: pem("CERTIFICATE", certificate),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    expiresAt,
  };
}

/** SHA-256 of the first certificate of a PEM text, as `serverCertificateHashes` of a browser wants it: 32 bytes. */
export function certificateHash(cert: string): Uint8Array {
  return createHash("sha256").update(new X509Certificate(cert).raw).digest();
}

function extensions(names: readonly string[]): Uint8Array[] {
  const alternatives = names.map((name) =>
    isIP(name) === 0 ? string(0x82, name) : der(0x87, addressBytes(name)),
  );
  const extension = (id: Uint8Array, value: Uint8Array, isCritical: "critical" | "plain") =>
    sequence(id, ...(isCritical === "critical" ? [der(0x01, Uint8Array.of(0xff))] : []), der(0x04, value));
  return [
    extension(OID.subjectAltName, sequence(...alternatives), "plain"),
    extension(OID.basicConstraints, sequence(), "critical"),
    // digitalSignature alone: the first bit, the other seven unused.
    extension(OID.keyUsage, der(0x03, Uint8Array.of(7, 0x80)), "critical"),
    extension(OID.extendedKeyUsage, sequence(OID.serverAuth), "plain"),
  ];
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split(".").map(Number));
  const [before = "", after] = address.split("::");
  const groups = (part: string) =>
    part === "" ? [] : part.split(":").map((each) => Number.parseInt(each, 16));
  const [head, rest] = [groups(before), groups(after ?? "")];
  const zeros = after === undefined ? [] : new Array<number>(8 - head.length - rest.length).fill(0);
  return Uint8Array.from([...head, ...zeros, ...rest].flatMap((group) => [group >> 8, group & 0xff]));
}

/** Object identifiers, ready-made: tag 06, length, value. */
const OID = {
  commonName: Uint8Array.of(0x06, 3, 0x55, 4, 3),
  ecdsaWithSha256: Uint8Array.of(0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2),
  subjectAltName: Uint8Array.of(0x06, 3, 0x55, 0x1d, 17),
  basicConstraints: Uint8Array.of(0x06, 3, 0x55, 0x1d, 19),
  keyUsage: Uint8Array.of(0x06, 3, 0x55, 0x1d, 15),
  extendedKeyUsage: Uint8Array.of(0x06, 3, 0x55, 0x1d, 37),
  serverAuth: Uint8Array.of(0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1),
};

/** One value of ASN.1 in DER: tag, length, content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const size = content.length;
  const long = size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...(size < 0x80 ? [size] : long)), content]);
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]) => der(0x31, ...parts);
const tagged = (number: number, part: Uint8Array) => der(0xa0 | number, part);
const integer = (bytes: Uint8Array) => der(0x02, bytes);
const bits = (bytes: Uint8Array) => der(0x03, Uint8Array.of(0), bytes);
const string = (tag: number, text: string) => der(tag, Buffer.from(text));

/** A positive number of full length: the first bit would be a sign, and leading zeros are not allowed. */
function positive(bytes: Uint8Array): Uint8Array {
  const first = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Uint8Array.of(first, ...bytes.subarray(1));
}

/** UTCTime: two digits of the year, which is enough until 2049. */
function time(at: number): Uint8Array {
  const digits = new Date(at).toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return string(0x17, `${digits}Z`);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString("base64")
    .replace(/(.{64})(?=.)/g, "$1\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
