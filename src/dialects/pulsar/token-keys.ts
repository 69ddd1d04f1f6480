import { hkdfSync } from "node:crypto";

export interface TokenKeyOptions {
  /** Signs HS256 tokens, as it is. */
  readonly jwtSecret: string | undefined;
  /** The Ed25519 key: 64 hexadecimal characters, or base64 of 32 bytes. */
  readonly ed25519Key: string | undefined;
  /** The server's own secret, from which keys are derived that are not given. */
  readonly authSecret: string | undefined;
  /** 32 unpredictable bytes for when nothing is given: tokens then end with the process. */
  random(): Uint8Array;
}

export interface TokenKeys {
  readonly secret: Uint8Array;
  readonly seed: Uint8Array;
  /** Whether they are the same after a restart. */
  readonly stable: boolean;
}

/** The keys of join tokens. What is not given is derived from what is, so that one setting is enough. */
export function tokenKeys({ jwtSecret, ed25519Key, authSecret, random }: TokenKeyOptions): TokenKeys {
  const root = jwtSecret ?? ed25519Key ?? authSecret;
  const derived = (purpose: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", root ?? random(), "parlor", `pulsar ${purpose}`, 32));
  return {
    secret: jwtSecret === undefined ? derived("HS256") : new TextEncoder().encode(jwtSecret),
    seed: ed25519Key === undefined ? derived("Ed25519") : ed25519Seed(ed25519Key),
    stable: root !== undefined,
  };
}

/** What `ed25519Seed` takes. */
export const ED25519_KEY_PATTERN = "^(?:[0-9A-Fa-f]{64}|[A-Za-z0-9+/_-]{43}=?)$";

function ed25519Seed(text: string): Uint8Array {
  if (!new RegExp(ED25519_KEY_PATTERN).test(text))
    throw new Error("the Ed25519 key is not 32 bytes in hexadecimal or base64");
  // 64 hexadecimal characters are base64 of 48 bytes too, which no key is.
  return Buffer.from(text, text.length === 64 ? "hex" : "base64");
}
