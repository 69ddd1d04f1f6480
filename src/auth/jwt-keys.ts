import {
  createLocalJWKSet,
  createRemoteJWKSet,
  importPKCS8,
  importSPKI,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from "jose";

/** What tokens are checked with: exactly one of `secret`, `publicKey` and `jwks`. */
export interface JwtKeyOptions {
  /** A secret shared with whoever signs; text counts as its UTF-8 bytes. */
  readonly secret?: string | Uint8Array | undefined;
  /** PEM (SPKI). */
  readonly publicKey?: string | undefined;
  /** PEM (PKCS 8), to sign with. Goes with `publicKey` or `jwks`. */
  readonly privateKey?: string | undefined;
  /** A key set, or the https address of one; fetched when needed, kept for ten minutes. */
  readonly jwks?: JSONWebKeySet | string | URL | undefined;
  /** Signature algorithms that are accepted; the first is the one to sign with. */
  readonly algorithms?: readonly string[] | undefined;
}

export interface JwtKeys {
  readonly algorithms: string[];
  readonly verifyWith: JWTVerifyGetKey;
  /** @throws {Error} when there is nothing to sign with. */
  signWith(): Promise<Uint8Array | CryptoKeyLike>;
}

type CryptoKeyLike = Awaited<ReturnType<typeof importPKCS8>>;

const FETCH_TIMEOUT_MS = 5_000;
const KEYS_KEPT_MS = 10 * 60_000;

/** Signatures that need a shared secret. */
const SYMMETRIC = /^HS(256|384|512)$/;

/**
 * Keys and the algorithms that go with them. A public key is never taken for a secret: symmetric and asymmetric
 * algorithms cannot be mixed.
 *
 * @throws {Error} when the options do not say with what to check a token.
 */
export function jwtKeys({ secret, publicKey, privateKey, jwks, algorithms }: JwtKeyOptions): JwtKeys {
  const given = [secret, publicKey, jwks].filter((key) => key !== undefined);
  if (given.length !== 1) throw new Error("jwtAuth needs exactly one of secret, publicKey and jwks");

  if (secret !== undefined) {
    const key = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
    if (key.byteLength === 0) throw new Error("jwtAuth: the secret is empty");
    const accepted = only(algorithms ?? ["HS256"], (name) => SYMMETRIC.test(name), "a secret");
    return { algorithms: accepted, verifyWith: async () => key, signWith: async () => key };
  }

  const accepted = only(algorithms ?? ["ES256"], (name) => !SYMMETRIC.test(name), "a public key");
  const [algorithm = ""] = accepted;
  let signing: Promise<CryptoKeyLike> | undefined;
  return {
    algorithms: accepted,
    verifyWith: publicKey === undefined ? keySet(jwks) : pem(publicKey),
    async signWith() {
      if (privateKey === undefined) throw new Error("jwtAuth has no privateKey to sign with");
      signing ??= importPKCS8(privateKey, algorithm);
      return signing;
    },
  };
}

function only(algorithms: readonly string[], fits: (name: string) => boolean, key: string): string[] {
  const misfit = algorithms.find((name) => !fits(name) || name === "none");
  if (misfit !== undefined) throw new Error(`jwtAuth: algorithm ${misfit} does not go with ${key}`);
  if (algorithms.length === 0) throw new Error("jwtAuth: algorithms is empty");
  return [...algorithms];
}

/** One import for each algorithm in use; the caller has limited which those can be. */
function pem(publicKey: string): JWTVerifyGetKey {
  const imported = new Map<string, Promise<CryptoKeyLike>>();
  return ({ alg }) => {
    const known = imported.get(alg);
    if (known) return known;
    const key = importSPKI(publicKey, alg);
    imported.set(alg, key);
    return key;
  };
}

function keySet(jwks: JwtKeyOptions["jwks"]): JWTVerifyGetKey {
  if (typeof jwks !== "string" && !(jwks instanceof URL)) return createLocalJWKSet(jwks as JSONWebKeySet);
  return createRemoteJWKSet(new URL(jwks), { timeoutDuration: FETCH_TIMEOUT_MS, cacheMaxAge: KEYS_KEPT_MS });
}
