import { fromBase64, toBase64 } from "../base64.ts";
import { ParlorError } from "../errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** This member's own key pair, for as long as it is in the room. The private key cannot be read out. */
export interface OwnKeys {
  readonly privateKey: CryptoKey;
  /** As it is published, in base64. */
  readonly publicKey: string;
}

export async function makeOwnKeys(): Promise<OwnKeys> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  return { privateKey, publicKey: toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", publicKey))) };
}

/** The key that two members share for one direction, by ECDH and HKDF, bound to `context`. */
export async function pairKey(own: OwnKeys, theirs: string, context: string): Promise<CryptoKey> {
  return await derive(await sharedSecret(own, theirs), `pair ${context}`);
}

/** A new room key, as bytes. */
export function makeRoomKey(): Bytes {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}

/** A name that no other key has. */
export function makeEpoch(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(9)));
}

/** The key that two members share, for wrapping one room key: by ECDH and HKDF, bound to `context`. */
async function wrappingKey(own: OwnKeys, theirs: string, context: string): Promise<CryptoKey> {
  return await derive(await sharedSecret(own, theirs), `wrap ${context}`);
}

async function sharedSecret(own: OwnKeys, theirs: string): Promise<Bytes> {
  const publicKey = await crypto.subtle.importKey("raw", fromBase64(theirs), CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: publicKey }, own.privateKey, 256);
  return new Uint8Array(shared);
}

/** Encrypts a room key for one other member. Each wrapping key is used once, so the nonce may be all zeros. */
export async function wrap(
  key: Bytes,
  own: OwnKeys,
  { theirs, context }: { theirs: string; context: string },
): Promise<Bytes> {
  return await encrypt(await wrappingKey(own, theirs, context), key, { counter: 0, context });
}

/** @throws {ParlorError} `encryption` */
export async function unwrap(
  bytes: Bytes,
  own: OwnKeys,
  { theirs, context }: { theirs: string; context: string },
): Promise<Bytes> {
  return await decrypt(await wrappingKey(own, theirs, context), bytes, { counter: 0, context });
}

/**
 * The key with which one member encrypts under a room key. Every member has its own, bound to its public key, so that
 * their counters, which are the nonces, never meet.
 */
export async function speakingKey(roomKey: Bytes, context: string): Promise<CryptoKey> {
  return await derive(roomKey, `speak ${context}`);
}

interface Sealing {
  /** The nonce. Never the same twice under one key. */
  readonly counter: number;
  /** What is authenticated beside the content. */
  readonly context: string;
}

export async function encrypt(key: CryptoKey, content: Bytes, { counter, context }: Sealing): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt(parameters(counter, context), key, content));
}

/** @throws {ParlorError} `encryption` when anything was changed. */
export async function decrypt(key: CryptoKey, content: Bytes, { counter, context }: Sealing): Promise<Bytes> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters(counter, context), key, content));
  } catch (cause) {
    throw new ParlorError("encryption", {
      message: "the message was changed on its way, or is not for us",
      cause,
    });
  }
}

/** A short form of a public key, for people to compare over another channel. */
export async function fingerprintOf(publicKey: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", fromBase64(publicKey)));
  const hex = [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/.{4}(?=.)/g, "$& ");
}

/** Names exactly these members with exactly these keys. */
export async function digestOf(keys: ReadonlyMap<string, string>): Promise<string> {
  const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = new TextEncoder().encode(JSON.stringify(sorted));
  return toBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", text)));
}

async function derive(secret: Bytes, info: string): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const parameters = {
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(0),
    info: new TextEncoder().encode(`parlor.v1 ${info}`),
  };
  const form = { name: "AES-GCM", length: 256 };
  return await crypto.subtle.deriveKey(parameters, base, form, false, ["encrypt", "decrypt"]);
}

function parameters(counter: number, context: string): AesGcmParams {
  const iv = new Uint8Array(NONCE_BYTES);
  // Safe integers have 53 bits: two halves of 32.
  const view = new DataView(iv.buffer);
  view.setUint32(4, Math.floor(counter / 2 ** 32));
  view.setUint32(8, counter >>> 0);
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(context) };
}
