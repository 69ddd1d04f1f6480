import { ERRORS, type ErrorCode, type Refusal } from "../../core/errors.ts";
import type { Goodbye, GoodbyeReason } from "../../core/goodbyes.ts";
import type { TicketFlaw } from "../../core/ticket.ts";
import type { Farewell } from "../dialect.ts";

const FLAWS: Readonly<Record<TicketFlaw, string>> = {
  missing: "there is none, and this session needs one",
  malformed: "it is not one of this server's",
  expired: "it has expired",
  early: "it is not valid yet",
  other_session: "Token session ID does not match",
  other_peer: "it was made for another peer",
  used: "it was used by another peer",
};

/** Refusals whose texts the original has, or that need a plainer one than the table's. */
const TEXTS: Partial<Record<ErrorCode, string>> = {
  room_not_found: "Session not found",
  not_host: "Only the host may kick",
  not_in_room: "Not in this session: join it first",
  not_registered: "Not in a session: join one first",
  banned: "Removed from this session by its host",
  room_full: "Session is full",
  already_in_room: "Peer already in session",
  too_many_rooms: "Too many sessions",
  slow_down: "Too many messages",
  internal: "Internal error",
};

/** A refusal in words for people: the only field of the original's `error`. */
export function textOf({ code, details }: Refusal): string {
  const { reason, path, expected, capability, maxBytes } = details;
  switch (code) {
    case "unauthorized":
      return `Invalid join token: ${FLAWS[reason as TicketFlaw] ?? "it was not accepted"}`;
    case "bad_message":
      return `Invalid message: ${path === undefined ? "" : `${path}: `}expected ${expected ?? "something else"}`;
    case "too_large":
      return path === undefined ? ERRORS[code].text : `${path}: at most ${maxBytes} bytes`;
    case "unknown_command":
      return `Unknown message type${details.type === undefined ? "" : ` "${details.type}"`}`;
    case "peer_not_found":
    case "no_shared_room":
      return details.to === "host" ? "Host not found" : "Peer not found";
    case "forbidden":
      if (reason === "not_yours")
        return "peer_id and session_id must be those this connection has joined with";
      if (reason === "other_session") return FLAWS.other_session;
      return capability === undefined
        ? "Not allowed"
        : `Your role does not allow to ${String(capability).replace("_", " ")}`;
    case "bad_request":
      if (reason === "not_asked") return "Nobody has asked for that";
      if (reason === "no_proxy_data") return "A binary frame must follow a binary_proxy_data message";
      return ERRORS[code].text;
    default:
      return TEXTS[code] ?? ERRORS[code].text;
  }
}

export function errorText(refusal: Refusal): string {
  const { retryAfterMs } = refusal.details;
  return JSON.stringify({
    type: "error",
    message: textOf(refusal),
    code: refusal.code,
    ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
  });
}

const CLOSES: Partial<Record<GoodbyeReason, Farewell>> = {
  server_shutdown: { code: 1001, reason: "server shutting down" },
  slow_consumer: { code: 1013, reason: "messages were not taken fast enough" },
  heartbeat_timeout: { code: 1001, reason: "no sign of life" },
  server_full: { code: 1013, reason: "server full" },
  internal: { code: 1011, reason: "internal error" },
  protocol_error: { code: 1002, reason: "protocol error" },
  room_over: { code: 1000, reason: "session closed" },
  bye: { code: 1000, reason: "" },
};

export function farewell({ reason, text }: Goodbye, maxMessageBytes: number): Farewell {
  if (reason === "message_too_large") {
    const message = JSON.stringify({
      type: "error",
      message: `Message too large: at most ${maxMessageBytes} bytes`,
      code: "too_large",
    });
    return { code: 1009, reason: "message too large", message };
  }
  return CLOSES[reason] ?? { code: 1008, reason: text ?? reason.replaceAll("_", " ") };
}
