import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { identityOf } from "../auth/claims.ts";
import type { JwtAuth } from "../auth/jwt.ts";
import { ERRORS, Refusal } from "../core/errors.ts";
import type { Identity } from "../core/identity.ts";
import { placeOf } from "../lib/place.ts";
import { RateTable } from "../lib/rate-table.ts";
import type { Invites } from "./invites.ts";
import { refusalBody } from "./refusal-body.ts";

/** What a token is to say. */
export interface TokenGrant {
  readonly userId: string;
  readonly roomId: string;
  readonly ttlSec?: number | undefined;
  readonly role?: string | undefined;
}

export interface TokenEndpointOptions {
  /** Default `/token`. */
  readonly path?: string | undefined;
  /**
   * Decides who gets which token, from the request and what it asks for. Nothing, or `false`: nobody. An endpoint that
   * believes what it is told would let anybody be anybody, so there is no default.
   */
  authorize(
    request: Request,
    asked: { readonly userId: string; readonly roomId: string },
  ): Promise<TokenGrant | false | undefined> | TokenGrant | false | undefined;
}

export interface EmbedderRoutesOptions {
  readonly tokenEndpoint: TokenEndpointOptions | undefined;
  readonly tokenTtlSec: number;
  /** What signs tokens; without it nobody is given any. */
  readonly signer: JwtAuth | undefined;
  readonly invites: Invites;
  now(): number;
  /** @throws {Refusal} `unauthorized` for credentials that were taken back. */
  refuseRevoked(identity: Identity): void;
  failed(error: unknown, where: string): void;
}

/** Codes that one address may try. A code is 50 bits: at that rate guessing takes longer than any invite lives. */
const GUESSES = { perSecond: 1, burst: 20, maxKeys: 10_000 };

/** `POST /token` and `POST /invites/:code/redeem`: docs/spec/embedding.md, rules EM50 to EM57. */
export function embedderRoutes(options: EmbedderRoutesOptions): Hono {
  const { tokenEndpoint, tokenTtlSec, signer, invites, now, failed, refuseRevoked } = options;
  const app = new Hono();
  const guesses = new RateTable(GUESSES);

  const answer = async (work: () => Promise<object>): Promise<Response> => {
    try {
      return Response.json(await work());
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal("internal");
      if (refusal !== error) failed(error, "http");
      return Response.json(refusalBody(refusal), { status: ERRORS[refusal.code].status });
    }
  };

  if (tokenEndpoint) {
    app.post(tokenEndpoint.path ?? "/token", (c) =>
      answer(async () => {
        const asked = await body(c.req.raw);
        const userId = name(asked.user_id, "user_id");
        const roomId = name(asked.room_id, "room_id");
        const grant = await tokenEndpoint.authorize(c.req.raw, { userId, roomId });
        if (!grant) throw new Refusal("forbidden");
        if (!signer) throw new Error("the token endpoint needs jwtAuth");
        return { token: await signer.signAccess({ ttlSec: tokenTtlSec, ...grant, sessionId: randomUUID() }) };
      }),
    );
  }

  if (signer) {
    app.post("/invites/:code/redeem", (c) =>
      answer(async () => {
        const retryAfterMs = guesses.take(placeOf(addressOf(c.env)), now());
        if (retryAfterMs > 0) throw new Refusal("slow_down", { retryAfterMs });
        const bearer = await bearerOf(signer, c.req.header("authorization"));
        if (bearer) refuseRevoked(bearer);
        const userId = bearer?.user ?? `guest-${randomUUID()}`;
        const { code, roomId, role } = invites.redeem(await invites.codeOf(c.req.param("code")));
        const token = await signer.signAccess({
          userId,
          roomId,
          role,
          ttlSec: tokenTtlSec,
          claims: { invite: code },
        });
        return { token, user_id: userId, room_id: roomId };
      }),
    );
  }
  return app;
}

/** What the HTTP glue tells of the caller; frameworks that call `fetch` tell nothing. */
function addressOf(context: unknown): string {
  const { remoteAddress } = (context ?? {}) as { readonly remoteAddress?: unknown };
  return typeof remoteAddress === "string" ? remoteAddress : "";
}

/** Whose access or refresh token it is; `undefined` for who shows none. @throws {Refusal} `unauthorized` */
async function bearerOf(signer: JwtAuth, authorization: string | undefined): Promise<Identity | undefined> {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return undefined;
  try {
    return identityOf(await signer.verify("refresh", token), { expiry: "ignore" });
  } catch (error) {
    if (!(error instanceof Refusal) || error.details.reason !== "wrong_type") throw error;
    return signer.verifyAccess(token);
  }
}

async function body(request: Request): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = await request.json().catch(() => undefined);
  if (typeof value !== "object" || value === null)
    throw new Refusal("bad_request", { expected: "a JSON object" });
  return value as Readonly<Record<string, unknown>>;
}

function name(value: unknown, path: string): string {
  if (typeof value === "string" && value !== "" && value.length <= 128) return value;
  throw new Refusal("bad_request", { path, expected: "text of 1 to 128 characters" });
}
