import { createPublicKey, verify } from "node:crypto";

const PREFIX = "parlor:peer-server:prove-key:v1:";

/** What the peer must sign: ECDSA on P-256 with SHA-256 over the UTF-8 bytes of this text. */
export function textToSign(nonce: string): string {
  return PREFIX + nonce;
}

/**
 * Whether `signature` was made over `textToSign(nonce)` with the private key of `publicKey`.
 *
 * @param publicKey  base64 of the raw uncompressed P-256 point (65 bytes), as WebCrypto's `exportKey("raw")` gives it.
 * @param signature  base64 of r ‖ s (64 bytes), as WebCrypto's `sign` gives it.
 */
export function provesKey({
  publicKey,
  nonce,
  signature,
}: {
  publicKey: string;
  nonce: string;
  signature: string;
}): boolean {
  const point = Buffer.from(publicKey, "base64");
  if (point.length !== 65 || point[0] !== 4) return false;
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString("base64url"));
  try {
    const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x: x ?? "", y: y ?? "" }, format: "jwk" });
    const bytes = Buffer.from(signature, "base64");
    return verify("sha256", Buffer.from(textToSign(nonce)), { key, dsaEncoding: "ieee-p1363" }, bytes);
  } catch {
    // A point that is not on the curve.
    return false;
  }
}
