import { randomUUID } from "node:crypto";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Identity } from "../core/identity.ts";
import type { AuthProvider } from "./auth.ts";
import { badToken, type Claims, identityOf, isOfType, type TokenType, userOf } from "./claims.ts";
import { type JwtKeyOptions, jwtKeys } from "./jwt-keys.ts";

export interface JwtOptions extends JwtKeyOptions {
  /** `iss` that tokens must carry, and that signed ones get. */
  readonly issuer?: string | undefined;
  /** `aud` that tokens must carry, and that signed ones get. */
  readonly audience?: string | undefined;
  /** How far clocks may be apart, in seconds. Default 0. */
  readonly leewaySec?: number | undefined;
  /** Whether a live link ends when its token does. Default `close`. */
  readonly enforceExpiry?: "close" | "ignore" | undefined;
  /** Whether a token was taken back; asked for every token that is good otherwise and has an id. */
  revocation?(tokenId: string, claims: Claims): boolean | Promise<boolean>;
  /** The time in ms since the epoch; `Date.now` unless a test says otherwise. */
  now?(): number;
}

/** What an access token says. */
export interface AccessGrant {
  readonly userId: string;
  /** The one room it opens; without it, any. */
  readonly roomId?: string | undefined;
  /** Default: a new one. */
  readonly sessionId?: string | undefined;
  /** How long it is good for, in seconds. Default 3600. */
  readonly ttlSec?: number | undefined;
  readonly role?: string | undefined;
  readonly space?: string | undefined;
  /** Further claims; they cannot replace those above. */
  readonly claims?: Claims | undefined;
}

export interface RefreshGrant {
  readonly userId: string;
  /** Default 30 days. */
  readonly ttlSec?: number | undefined;
  readonly claims?: Claims | undefined;
}

/** Signs and checks JSON Web Tokens: docs/spec/tokens.md, rules TK1 to TK13. */
export interface JwtAuth extends AuthProvider {
  signAccess(grant: AccessGrant): Promise<string>;
  signRefresh(grant: RefreshGrant): Promise<string>;
  /** An access token for the user of a refresh token. @throws {Refusal} `unauthorized` */
  refreshAccess(refreshToken: string, grant?: Omit<AccessGrant, "userId">): Promise<string>;
  /** @throws {Refusal} `unauthorized` */
  verifyAccess(token: string): Promise<Identity>;
  /** @throws {Refusal} `unauthorized` */
  verifyRefresh(token: string): Promise<{ readonly userId: string; readonly claims: Claims }>;
  /** A token of any type, for what builds on tokens of its own: invites, resumption. */
  sign(type: TokenType, claims: Claims & { readonly sub?: string }, ttlSec: number): Promise<string>;
  /** The claims of a good token of that type. @throws {Refusal} `unauthorized` */
  verify(type: TokenType, token: string): Promise<Claims>;
}

/** Longest token that is looked at, in characters. */
const MAX_TOKEN_LENGTH = 8_192;
const ACCESS_TTL_SEC = 3_600;
const REFRESH_TTL_SEC = 30 * 24 * 3_600;
/** A token that outlives a year is a password nobody can take back. */
const MAX_TTL_SEC = 366 * 24 * 3_600;

/** @throws {Error} when the options do not say with what to check tokens. */
export function jwtAuth(options: JwtOptions): JwtAuth {
  const keys = jwtKeys(options);
  const { issuer, audience, leewaySec = 0, enforceExpiry = "close", now = Date.now } = options;

  async function verify(type: TokenType, token: string): Promise<Claims> {
    if (token.length > MAX_TOKEN_LENGTH) throw badToken("malformed");
    let claims: Claims;
    try {
      const { payload } = await jwtVerify(token, keys.verifyWith, {
        algorithms: keys.algorithms,
        requiredClaims: ["exp"],
        clockTolerance: leewaySec,
        currentDate: new Date(now()),
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      });
      claims = payload;
    } catch (error) {
      throw flawIn(error);
    }
    if (!isOfType(claims, type)) throw badToken("wrong_type");
    const { jti } = claims;
    if (typeof jti === "string" && (await options.revocation?.(jti, claims))) throw badToken("revoked");
    return claims;
  }

  async function sign(type: TokenType, claims: Claims, ttlSec: number): Promise<string> {
    if (!Number.isFinite(ttlSec) || ttlSec < 1 || ttlSec > MAX_TTL_SEC) {
      throw new RangeError(`ttlSec: found ${ttlSec}, expected 1 to ${MAX_TTL_SEC}`);
    }
    const issuedAt = Math.floor(now() / 1000);
    const payload: JWTPayload = {
      ...claims,
      typ: type,
      iat: issuedAt,
      exp: issuedAt + Math.floor(ttlSec),
      jti: randomUUID(),
      ...(issuer !== undefined && { iss: issuer }),
      ...(audience !== undefined && { aud: audience }),
    };
    const [alg = ""] = keys.algorithms;
    return new SignJWT(payload).setProtectedHeader({ alg, typ: "JWT" }).sign(await keys.signWith());
  }

  async function signAccess(grant: AccessGrant): Promise<string> {
    const { userId, roomId, sessionId = randomUUID(), ttlSec = ACCESS_TTL_SEC, role, space, claims } = grant;
    refuseEmpty({ userId, roomId, sessionId, role, space });
    const facts = { sub: userId, session_id: sessionId, room: roomId, role, space };
    return sign("access", { ...claims, ...present(facts) }, ttlSec);
  }

  return {
    sign,
    verify,
    signAccess,

    async signRefresh({ userId, ttlSec = REFRESH_TTL_SEC, claims }) {
      refuseEmpty({ userId });
      return sign("refresh", { ...claims, sub: userId }, ttlSec);
    },

    async refreshAccess(refreshToken, grant = {}) {
      const claims = await verify("refresh", refreshToken);
      return signAccess({ ...grant, userId: userOf(claims) });
    },

    async verifyAccess(token) {
      return identityOf(await verify("access", token), { expiry: enforceExpiry });
    },

    async verifyRefresh(token) {
      const claims = await verify("refresh", token);
      return { userId: userOf(claims), claims };
    },

    async authenticate({ token }) {
      if (!token) throw badToken("missing");
      return identityOf(await verify("access", token), { expiry: enforceExpiry });
    },
  };
}

/** Codes of failures that are not the token's fault: the key set cannot be had. */
const OUR_FAULT = new Set(["ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID", "ERR_JOSE_GENERIC"]);

function flawIn(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return badToken("expired", error);
  const isTokens = error instanceof errors.JOSEError && !OUR_FAULT.has(error.code);
  return isTokens ? badToken("malformed", error) : error;
}

function refuseEmpty(names: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(names)) {
    if (value === "") throw new RangeError(`${name}: found nothing, expected a name`);
  }
}

function present(facts: Readonly<Record<string, string | undefined>>): Claims {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
