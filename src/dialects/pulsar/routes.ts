import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { SessionView } from "../../core/collab-participants.ts";
import { ERRORS, type ErrorCode, Refusal } from "../../core/errors.ts";
import { roomId } from "../../core/ids.ts";
import { jsonPayload } from "../../core/payload.ts";
import { randomHex } from "../../core/random.ts";
import { badTicket, CAPABILITIES, type CollabRole, refuseUntimely, type Ticket } from "../../core/ticket.ts";
import { memberText } from "../../lib/json-text.ts";
import { placeOf } from "../../lib/place.ts";
import { RateTable } from "../../lib/rate-table.ts";
import type { Access } from "../dialect.ts";
import { Health } from "./health.ts";
import { openApi } from "./openapi.ts";
import { textOf } from "./refuse.ts";
import type { PulsarSettings } from "./settings.ts";
import { CLOSE_REQUEST, CREATE_REQUEST, INVITE_REQUEST, JOIN_REQUEST } from "./shapes.ts";

/** Most addresses of which it is remembered how often they called. */
const MAX_PLACES = 10_000;

/** What the published document calls the roles. */
const ROLE_NAMES: Readonly<Record<CollabRole, string>> = {
  host: "Host",
  editor: "Guest",
  observer: "Observer",
};

/** Codes of the original; the others go by our own. */
const CODES: Partial<Record<ErrorCode, string>> = {
  unauthorized: "invalid_token",
  room_not_found: "not_found",
  already_in_room: "join_failed",
  room_full: "join_failed",
  banned: "join_failed",
  too_many_rooms: "session_creation_failed",
  slow_down: "rate_limited",
};

/** The HTTP interface: SPEC.md, rules PU40 to PU56. */
export function routes(access: Access, settings: PulsarSettings): Hono {
  const { hub, now } = access;
  const { space, tokens, terms } = settings;
  const callers = new RateTable({ ...settings.requests, maxKeys: MAX_PLACES });
  const app = new Hono();

  app.use(
    "/v1/sessions/*",
    // No cookies are involved, so whatever headers a page wants to send may be sent.
    cors({ origin: "*", allowMethods: ["GET", "HEAD", "POST"], exposeHeaders: ["Retry-After"], maxAge: 600 }),
  );
  app.use("/v1/sessions/*", async (c, next) => {
    const answered = access.answering?.();
    await next();
    const { method, routePath } = c.req;
    // Methods are the caller's to invent, and what is counted must be bounded.
    const known = METHODS.has(method) ? method : "OTHER";
    answered?.({ method: known, route: routeOf(routePath), status: c.res.status });
  });
  app.use("/v1/sessions/*", async (c, next) => {
    const retryAfterMs = callers.take(placeOfCaller(c), now());
    if (retryAfterMs > 0) throw new Refusal("slow_down", { retryAfterMs });
    await next();
  });
  app.onError((error, c) => answerTo(error, c));

  app.post("/v1/sessions", async (c) => {
    const body = await bodyOf(c, createRequest);
    const { host_id: hostName } = body.value;
    // Cut out, not written anew: it may be nested deeper than a writer dares to go.
    const text = "metadata" in body.value ? (memberText(body.text, "metadata") ?? "null") : "{}";
    const { maxMetadataBytes } = hub.world.limits;
    if (Buffer.byteLength(text) > maxMetadataBytes)
      throw new Refusal("too_large", { path: "metadata", maxBytes: maxMetadataBytes });

    const made = { space, hostName, metadata: jsonPayload(text), place: placeOfCaller(c), terms };
    const { id, createdAt, expiresAt } = hub.collabs.create(made, now());

    const grant = { session: id, issuedAt: createdAt, expiresAt };
    return c.json({
      session_id: id,
      join_token: tokens.mint({ ...grant, role: "editor" }),
      host_token: tokens.mint({ ...grant, role: "host" }),
      expires_at: toSeconds(expiresAt),
    });
  });

  app.get("/v1/sessions/:id", (c) => {
    const session = roomId(c.req.param("id"));
    const view = hub.collabs.view(space, session, now());
    const ticket = bearerOf(c);
    if (ticket && ticket.session !== session) throw new Refusal("forbidden", { reason: "other_session" });
    const isMember = ticket !== undefined && hub.collabs.isMember({ space, session, ticket }, now());
    return c.body(sessionText(view, { isMember }), 200, { "content-type": "application/json" });
  });

  app.post("/v1/sessions/:id/join", async (c) => {
    const { join_token: token, peer_id: name } = (await bodyOf(c, joinRequest)).value;
    const session = roomId(c.req.param("id"));
    hub.collabs.view(space, session, now());
    const ticket = tokens.verify(token, now());
    const caller = { space, session, ticket, name, place: placeOfCaller(c) };
    const { role, view } = hub.collabs.announce(caller, now());

    return c.json({
      session_id: session,
      peer_id: name,
      role: ROLE_NAMES[role],
      participant_count: view.participants.length,
      session_key: [...view.key],
      peer_token: tokens.mint({ session, role, peer: name, issuedAt: now(), expiresAt: view.expiresAt }),
    });
  });

  app.post("/v1/sessions/:id/invites", async (c) => {
    const { value } = await bodyOf(c, inviteRequest);
    const session = roomId(c.req.param("id"));
    const view = hub.collabs.view(space, session, now());
    const ticket = bearerOf(c);
    if (!ticket) throw badTicket("missing");
    if (ticket.session !== session) throw new Refusal("forbidden", { reason: "other_session" });
    if (!CAPABILITIES[ticket.role].includes("invite"))
      throw new Refusal("forbidden", { capability: "invite" });

    const { role, peer_id: peer, single_use: once = false, expires_in: seconds } = value;
    const issuedAt = now();
    const asked = seconds === undefined ? Number.POSITIVE_INFINITY : issuedAt + seconds * 1000;
    const expiresAt = Math.min(asked, view.expiresAt);
    const grant = { session, role: role === "Guest" ? "editor" : "observer", issuedAt, expiresAt } as const;
    return c.json({
      join_token: tokens.mint({
        ...grant,
        once,
        ...(once && { id: randomHex(access.random, 16) }),
        ...(peer !== undefined && { peer }),
      }),
      role,
      expires_at: toSeconds(expiresAt),
    });
  });

  app.post("/v1/sessions/:id/close", async (c) => {
    const { host_token: token } = (await bodyOf(c, closeRequest, { empty: {} })).value;
    const ticket = token === undefined ? bearerOf(c) : tokens.verify(token, now());
    hub.closeSession({ space, session: roomId(c.req.param("id")), ticket }, now());
    return c.body(null, 204);
  });

  // What is left: other methods of the paths above, and other paths below them.
  for (const [path, allowed] of ALLOWED) {
    app.all(path, (c) => {
      const message = `${c.req.method} is not for this path: ${allowed}`;
      return c.json({ error: "method_not_allowed", message }, 405, { allow: allowed });
    });
  }
  app.all("/v1/sessions/*", (c) => c.json({ error: "not_found", message: "No such path" }, 404));

  // Served below `/pulsar/`, and where nothing but this language is spoken; elsewhere the server has its own.
  const health = new Health(hub, now);
  app.get("/health", (c) => c.json(health.overall()));
  app.get("/health/liveness", (c) => c.json(health.liveness()));
  app.get("/health/readiness", (c) => {
    const report = health.overall();
    return c.json(report, report.status === "unhealthy" ? 503 : 200);
  });
  app.get("/openapi.json", cors({ origin: "*" }), (c) => c.json(openApi()));

  /** The ticket of the header `Authorization`; `undefined` without one. @throws {Refusal} `unauthorized` */
  function bearerOf(c: Context): Ticket | undefined {
    const token = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (token === undefined) return undefined;
    const ticket = tokens.read(token);
    refuseUntimely(ticket, now());
    return ticket;
  }

  return app;
}

const METHODS = new Set(["GET", "HEAD", "POST", "OPTIONS"]);

/** The methods of each path, as the header `Allow` has them. */
const ALLOWED = [
  ["/v1/sessions", "POST, OPTIONS"],
  ["/v1/sessions/:id", "GET, HEAD, OPTIONS"],
  ["/v1/sessions/:id/:call{join|invites|close}", "POST, OPTIONS"],
] as const;

/** The pattern of a path, without where it is mounted. */
const routeOf = (pattern: string): string => pattern.replace(/^\/pulsar(?=\/)/, "");

const createRequest = Compile(CREATE_REQUEST);
const joinRequest = Compile(JOIN_REQUEST);
const inviteRequest = Compile(INVITE_REQUEST);
const closeRequest = Compile(CLOSE_REQUEST);

/** A body that is not what it should be, with the status that says in which way. */
class BadBody extends Error {
  constructor(
    readonly status: 400 | 415 | 422,
    message: string,
  ) {
    super(message);
  }
}

/** Bytes that are no text are no JSON: they must not come back as another text than was sent. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

interface Validator<Shape extends TSchema> {
  Check(value: unknown): boolean;
  Errors(value: unknown): Iterable<{ readonly instancePath: string; readonly message: string }>;
  Type(): Shape;
}

/** @param empty  what an empty body stands for. @throws {BadBody} */
async function bodyOf<Shape extends TSchema>(
  c: Context,
  shape: Validator<Shape>,
  { empty }: { readonly empty?: Static<Shape> } = {},
): Promise<{ readonly value: Static<Shape>; readonly text: string }> {
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength === 0 && empty !== undefined) return { value: empty, text: "" };
  const type = c.req.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!/^application\/(?:[a-z0-9.-]+\+)?json$/.test(type))
    throw new BadBody(415, "Expected request with `Content-Type: application/json`");
  const encoding = c.req.header("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") throw new BadBody(415, "Expected a request body that is not compressed");
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new BadBody(400, "Failed to parse the request body as JSON");
  }
  // The one cast: the shape was checked just now.
  if (shape.Check(value)) return { value: value as Static<Shape>, text };
  const [flaw] = shape.Errors(value);
  throw new BadBody(422, `${flaw?.instancePath || "body"} ${flaw?.message ?? "is not what it should be"}`);
}

function answerTo(error: Error, c: Context): Response {
  if (error instanceof BadBody)
    return c.json({ error: "invalid_request", message: error.message }, error.status);
  // Our own fault: told and logged by whoever mounts these routes.
  if (!(error instanceof Refusal)) throw error;
  const { code, details } = error;
  const isMismatch = details.reason === "other_session";
  const { retryAfterMs } = details;
  if (retryAfterMs !== undefined) c.header("retry-after", String(Math.ceil(Number(retryAfterMs) / 1000)));
  if (code === "unauthorized") c.header("www-authenticate", "Bearer");
  const message = code === "slow_down" ? "Too many requests" : textOf(error);
  return c.json(
    { error: isMismatch ? "session_mismatch" : (CODES[code] ?? code), message },
    (isMismatch ? 403 : ERRORS[code].status) as ContentfulStatusCode,
  );
}

function placeOfCaller(c: Context): string {
  const { remoteAddress = "" } = (c.env ?? {}) as { readonly remoteAddress?: string };
  return placeOf(remoteAddress);
}

const toSeconds = (ms: number): number => Math.floor(ms / 1000);

function sessionText(view: SessionView, { isMember }: { readonly isMember: boolean }): string {
  const body = {
    id: view.id,
    host_id: view.hostName,
    participants: view.participants.map(({ name, role, joinedAt, lastSeen }) => ({
      peer_id: name,
      role: ROLE_NAMES[role],
      joined_at: toSeconds(joinedAt),
      last_seen: toSeconds(lastSeen),
    })),
    created_at: toSeconds(view.createdAt),
    expires_at: toSeconds(view.expiresAt),
    ...(isMember && { session_key: [...view.key] }),
  };
  const metadata = view.metadata.form === "json" ? view.metadata.text : "null";
  return `${JSON.stringify(body).slice(0, -1)},"metadata":${metadata}}`;
}
