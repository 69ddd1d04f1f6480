import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

export interface Ed25519Pair {
  readonly publicKey: KeyObject;
  /** 64 bytes. */
  sign(bytes: Uint8Array): Buffer;
}

/** DER of a PKCS 8 Ed25519 key up to its 32 bytes. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** @param seed  the 32 bytes of the private key. */
export function ed25519FromSeed(seed: Uint8Array): Ed25519Pair {
  if (seed.byteLength !== 32) throw new Error(`an Ed25519 key has 32 bytes, found ${seed.byteLength}`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  return { publicKey: createPublicKey(key), sign: (bytes) => sign(null, bytes, key) };
}

export function signatureFits(publicKey: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  return signature.byteLength === 64 && verify(null, bytes, publicKey, signature);
}
