import { Refusal } from "../core/errors.ts";
import type { Identity } from "../core/identity.ts";
import { roomId, spaceId } from "../core/ids.ts";

/** What a token is good for. A token is never good for anything else than its own type says. */
export type TokenType = "access" | "refresh" | "invite" | "resume";

/** The claims of a token whose signature and times are in order. */
export type Claims = Readonly<Record<string, unknown>>;

/** Bound on each name in a token; what is longer is no name of ours. */
const MAX_NAME_LENGTH = 256;

/** Why a token was not accepted, in `details.reason` of the refusal. */
export type TokenFlaw = "missing" | "malformed" | "expired" | "wrong_type" | "revoked";

/** The refusal of a token. `details.reason` tells its owner what to do: get a new one, or log in again. */
export function badToken(reason: TokenFlaw, cause?: unknown): Refusal {
  return new Refusal("unauthorized", { reason }, cause === undefined ? {} : { cause });
}

/**
 * Whether the claims are of that type. A token without `typ` is an access token when it names a user and a room, as
 * tapaculo's do; it is never anything else.
 */
export function isOfType(claims: Claims, type: TokenType): boolean {
  if (claims.typ !== undefined && claims.typ !== null) return claims.typ === type;
  return type === "access" && typeof claims.sub === "string" && typeof claims.room === "string";
}

/** The user of a token. @throws {Refusal} `unauthorized` when there is none. */
export function userOf(claims: Claims): string {
  const user = name(claims, "sub");
  if (user === undefined) throw badToken("malformed");
  return user;
}

/** Who an access token stands for. `expiresAt` is left out when `expiry` is `ignore`. */
export function identityOf(claims: Claims, { expiry }: { readonly expiry: "close" | "ignore" }): Identity {
  const space = name(claims, "space");
  const room = name(claims, "room");
  return {
    user: userOf(claims),
    space: space === undefined ? undefined : spaceId(space),
    room: room === undefined ? undefined : roomId(room),
    role: name(claims, "role"),
    session: name(claims, "session_id"),
    tokenId: name(claims, "jti"),
    issuedAt: typeof claims.iat === "number" ? claims.iat * 1000 : 0,
    expiresAt: expiry === "close" ? Number(claims.exp) * 1000 : undefined,
    claims,
  };
}

/** A claim that is a name; absent, `null` and empty are no name. @throws {Refusal} for anything else. */
function name(claims: Claims, key: string): string | undefined {
  const value = claims[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string" || value.length > MAX_NAME_LENGTH) throw badToken("malformed");
  return value;
}
