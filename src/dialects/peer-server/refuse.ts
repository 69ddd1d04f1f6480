import { ERRORS, type ErrorCode, type Refusal } from "../../core/errors.ts";
import type { Goodbye, GoodbyeReason } from "../../core/goodbyes.ts";
import type { Farewell, Refused } from "../dialect.ts";
import type { PeerServerSettings } from "./settings.ts";

interface WireError {
  readonly code: number;
  readonly message: string;
}

/** Each refusal in the words of the original. */
const WIRE_ERRORS: Partial<Record<ErrorCode, WireError>> = {
  bad_message: { code: 400, message: "invalid message" },
  unknown_command: { code: 400, message: "unknown message type" },
  unauthorized: { code: 403, message: "key proof failed" },
  not_in_room: { code: 403, message: "not in namespace" },
  not_host: { code: 403, message: "only room owner can kick" },
  no_shared_room: { code: 403, message: "no shared namespace" },
  banned: { code: 403, message: "banned from room" },
  members_hidden: { code: 403, message: "cannot discover room peers" },
  room_not_found: { code: 404, message: "room not found" },
  peer_not_found: { code: 404, message: "peer not found" },
  room_exists: { code: 409, message: "room already exists" },
  room_full: { code: 429, message: "room full" },
  too_many_rooms: { code: 429, message: "too many namespaces" },
  too_many_tickets: { code: 429, message: "too many matches" },
  slow_down: { code: 429, message: "rate limited" },
  too_large: { code: 400, message: "payload too large" },
  server_full: { code: 503, message: "server full" },
  internal: { code: 500, message: "internal error" },
  draining: { code: 503, message: "server is shutting down" },
};

export const errorText = ({ code, message }: WireError): string =>
  JSON.stringify({ type: "error", payload: { code, message } });

/**
 * The answer to a refused message of a registered peer; `undefined` where the original says nothing: leaving what one
 * is not in, broadcasting to a namespace that does not exist, and (when so configured) unknown targets.
 */
export function refuse({ refusal, command }: Refused, settings: PeerServerSettings): string | undefined {
  const { code } = refusal;
  const toOne = command?.type === "signal" || command?.type === "relay";
  if (command?.type === "leave" && (code === "room_not_found" || code === "not_in_room")) return undefined;
  if (command?.type === "broadcast" && code === "room_not_found") return undefined;
  if (toOne && code === "peer_not_found" && settings.unknownTarget === "silent") return undefined;
  return errorText(wireError(refusal));
}

function wireError({ code, details }: Refusal): WireError {
  const known = WIRE_ERRORS[code] ?? { code: ERRORS[code].status, message: ERRORS[code].text };
  if (code === "bad_message" && typeof details.text === "string") return { ...known, message: details.text };
  if (code === "bad_request" && typeof details.path === "string") {
    return { ...known, message: `${details.path}: expected ${details.expected}` };
  }
  if (code === "room_full" && details.kind === "namespace") return { ...known, message: "namespace full" };
  return known;
}

/** How each goodbye closes the socket. */
const FAREWELLS: Partial<Record<GoodbyeReason, Farewell>> = {
  server_shutdown: { code: 1001, reason: "server shutting down" },
  slow_consumer: { code: 1008, reason: "slow consumer" },
  heartbeat_timeout: { code: 1001, reason: "heartbeat timeout" },
  registration_timeout: { code: 1008, reason: "registration timeout" },
  server_full: {
    code: 1013,
    reason: "server full",
    message: errorText({ code: 503, message: "server full" }),
  },
  superseded: { code: 1008, reason: "replaced by a new connection" },
  internal: { code: 1011, reason: "internal error" },
  protocol_error: { code: 1002, reason: "protocol error" },
  too_many_links: { code: 1013, reason: "too many connections" },
};

export function farewell({ reason, text }: Goodbye, settings: PeerServerSettings): Farewell {
  if (reason === "message_too_large") {
    return { code: 1009, reason: `read limited at ${settings.maxMessageBytes + 1} bytes` };
  }
  return FAREWELLS[reason] ?? { code: 1008, reason: text ?? reason.replaceAll("_", " ") };
}
