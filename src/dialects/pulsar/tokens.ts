import { createHmac, timingSafeEqual } from "node:crypto";
import { roomId } from "../../core/ids.ts";
import { badTicket, type CollabRole, refuseUntimely, type Ticket } from "../../core/ticket.ts";
import { type Ed25519Pair, ed25519FromSeed, signatureFits } from "./ed25519.ts";

/** How join tokens are written: a JSON Web Token, or one of the original's own two forms. All are read. */
export type TokenForm = "HS256" | "EdDSA" | "compact" | "hex";

export interface JoinTokenOptions {
  /** Signs and checks HS256. */
  readonly secret: Uint8Array;
  /** 32 bytes from which the Ed25519 key comes. */
  readonly seed: Uint8Array;
  readonly form: TokenForm;
}

/** What a new token is to say. Times are ms since the epoch, and are kept to the second. */
export type Grant = Pick<Ticket, "session" | "role" | "issuedAt" | "expiresAt"> &
  Partial<Pick<Ticket, "peer" | "id" | "once">>;

/** Writes and reads join tokens: SPEC.md, rules PT1 to PT9. */
export interface JoinTokens {
  mint(grant: Grant): string;
  /** The ticket of a token whose signature is good; its times are the reader's to check. @throws {Refusal} */
  read(token: string): Ticket;
  /** The ticket of a token that is good at `now` (ms since the epoch). @throws {Refusal} `unauthorized` */
  verify(token: string, now: number): Ticket;
}

/** Longest token that is looked at, in characters. */
const MAX_TOKEN_LENGTH = 4_096;
const SIGNATURE_BYTES = 64;
const MAX_NAME_LENGTH = 128;
/** Seconds from which on a date is none of ours: the year 33658. */
const MAX_TIME_SEC = 1e12;

export function joinTokens({ secret, seed, form }: JoinTokenOptions): JoinTokens {
  if (secret.byteLength === 0) throw new Error("join tokens: the secret is empty");
  const pair = ed25519FromSeed(seed);
  const read = (token: string): Ticket => readToken(token, { secret, pair });
  return {
    mint: (grant) => mint(grant, { secret, pair, form }),
    read,
    verify(token, now) {
      const ticket = read(token);
      refuseUntimely(ticket, now);
      return ticket;
    },
  };
}

interface Keys {
  readonly secret: Uint8Array;
  readonly pair: Ed25519Pair;
}

function mint(grant: Grant, { secret, pair, form }: Keys & { readonly form: TokenForm }): string {
  const { session, role, peer, id, once } = grant;
  const [iat, exp] = [Math.floor(grant.issuedAt / 1000), Math.floor(grant.expiresAt / 1000)];
  // The two old forms have no room for more than four facts: what needs more is written as a JWT.
  if ((form === "compact" || form === "hex") && peer === undefined && !once) {
    const [text, encoding] =
      form === "compact"
        ? ([JSON.stringify({ s: session, r: role, e: exp, i: iat }), "base64url"] as const)
        : ([JSON.stringify({ session_id: session, role, exp, iat }), "hex"] as const);
    const bytes = Buffer.from(text);
    const signature = pair.sign(bytes);
    return encoding === "hex"
      ? Buffer.concat([bytes, signature]).toString("hex")
      : `${bytes.toString("base64url")}.${signature.toString("base64url")}`;
  }
  const alg = form === "HS256" ? "HS256" : "EdDSA";
  const claims = {
    typ: "join",
    session_id: session,
    role,
    ...(peer !== undefined && { sub: peer }),
    ...(id !== undefined && { jti: id }),
    ...(once && { once: true }),
    iat,
    exp,
  };
  const signed = `${base64url({ alg, typ: "JWT" })}.${base64url(claims)}`;
  const signature = alg === "HS256" ? hmac(secret, signed) : pair.sign(Buffer.from(signed));
  return `${signed}.${signature.toString("base64url")}`;
}

function readToken(token: string, keys: Keys): Ticket {
  if (token.length > MAX_TOKEN_LENGTH) throw badTicket("malformed");
  const parts = token.split(".");
  if (parts.length === 3) return readJwt(parts as [string, string, string], keys);
  if (parts.length === 2) return readCompact(parts as [string, string], keys);
  if (parts.length === 1) return readHex(token, keys);
  throw badTicket("malformed");
}

function readJwt([head, body, mark]: [string, string, string], { secret, pair }: Keys): Ticket {
  const header = record(bytesOf(head, "base64url"));
  const signature = bytesOf(mark, "base64url");
  const signed = `${head}.${body}`;
  // The header chooses between two keys that cannot be mistaken for each other; anything else is no token.
  if (header.crit !== undefined) throw badTicket("malformed");
  const isGood =
    header.alg === "HS256"
      ? equal(hmac(secret, signed), signature)
      : header.alg === "EdDSA" && signatureFits(pair.publicKey, Buffer.from(signed), signature);
  if (!isGood) throw badTicket("malformed");

  const claims = record(bytesOf(body, "base64url"));
  if (claims.typ !== undefined && claims.typ !== "join") throw badTicket("malformed");
  const { session_id: session, role, exp, iat = exp, nbf = 0, sub, jti, once } = claims;
  return ticketOf({ session, role, exp, iat, nbf, sub, jti, once });
}

function readCompact([body, mark]: [string, string], { pair }: Keys): Ticket {
  const bytes = bytesOf(body, "base64url");
  if (!signatureFits(pair.publicKey, bytes, bytesOf(mark, "base64url"))) throw badTicket("malformed");
  const { s: session, r: role, e: exp, i: iat } = record(bytes);
  return ticketOf({ session, role, exp, iat, nbf: 0 });
}

function readHex(token: string, { pair }: Keys): Ticket {
  const bytes = bytesOf(token, "hex");
  const end = bytes.length - SIGNATURE_BYTES;
  if (end <= 0 || !signatureFits(pair.publicKey, bytes.subarray(0, end), bytes.subarray(end)))
    throw badTicket("malformed");
  const { session_id: session, role, exp, iat } = record(bytes.subarray(0, end));
  return ticketOf({ session, role, exp, iat, nbf: 0 });
}

const ROLES: Readonly<Record<string, CollabRole>> = {
  host: "host",
  editor: "editor",
  observer: "observer",
  // What the published document calls an editor.
  guest: "editor",
};

function ticketOf(facts: Readonly<Record<string, unknown>>): Ticket {
  const { session, role, exp, iat, nbf, sub, jti, once } = facts;
  const known = typeof role === "string" && Object.hasOwn(ROLES, role.toLowerCase());
  if (!known || !isName(session)) throw badTicket("malformed");
  if (sub !== undefined && !isName(sub)) throw badTicket("malformed");
  if (jti !== undefined && !isName(jti)) throw badTicket("malformed");
  if (once === true && jti === undefined) throw badTicket("malformed");
  return {
    session: roomId(session),
    role: ROLES[role.toLowerCase()] ?? "observer",
    peer: sub,
    id: jti,
    once: once === true,
    issuedAt: ms(iat),
    notBefore: ms(nbf),
    // Good until the end of the second that it names.
    expiresAt: ms(exp) + 999,
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_NAME_LENGTH;
}

function ms(seconds: unknown): number {
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds < MAX_TIME_SEC)) throw badTicket("malformed");
  return Math.floor(seconds) * 1000;
}

/** Bytes of exactly this text: what a lenient reader would skip makes it another text. */
function bytesOf(text: string, encoding: "base64url" | "hex"): Buffer {
  const bytes = Buffer.from(text, encoding);
  if (bytes.length === 0 || bytes.toString(encoding) !== (encoding === "hex" ? text.toLowerCase() : text))
    throw badTicket("malformed");
  return bytes;
}

function record(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badTicket("malformed");
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const hmac = (secret: Uint8Array, text: string): Buffer => createHmac("sha256", secret).update(text).digest();

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
