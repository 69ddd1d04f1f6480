import type { ErrorCode, Refusal } from "../../core/errors.ts";
import type { Goodbye, GoodbyeReason } from "../../core/goodbyes.ts";
import type { Farewell } from "../dialect.ts";
import { frame } from "./encode.ts";
import { Fault, isForAll, type WireCode } from "./fault.ts";
import type { Moderation } from "./moderating.ts";

/** What a link has asked last. */
export interface Asked {
  readonly type: string;
  /** Of a `RoomOperation`: the answer carries it. */
  readonly operation?: string | undefined;
  /** What is answered when it was done, where the hub's answer does not say it. */
  readonly done?: Moderation["done"];
  /** Whether the client has shown that it knows the codes of later servers. */
  readonly knowsLater?: boolean;
}

interface Words {
  /** `undefined`: no code that this client knows fits. */
  readonly code: WireCode | undefined;
  readonly text: string;
}

/** The refusals of the core in the words of this language. */
const WORDS: Partial<Record<ErrorCode, Words>> = {
  bad_message: { code: "INVALID_INPUT", text: "Invalid client message" },
  bad_request: { code: "INVALID_INPUT", text: "Invalid request" },
  not_in_room: { code: "NOT_IN_ROOM", text: "Not in a room" },
  forbidden: { code: "NOT_IN_ROOM", text: "Not allowed" },
  room_not_found: { code: "ROOM_NOT_FOUND", text: "Room not found" },
  room_full: { code: "ROOM_FULL", text: "Room is full" },
  name_taken: { code: "ROOM_CREATION_FAILED", text: "Player name already exists in this room" },
  already_in_room: { code: "ALREADY_IN_ROOM", text: "Already in a room" },
  too_many_rooms: { code: "MAX_ROOMS_PER_GAME_EXCEEDED", text: "Too many rooms" },
  wrong_state: { code: "INVALID_ROOM_STATE", text: "Not possible in the present state of the room" },
  not_ready: { code: "GAME_START_NOT_READY", text: "Not every player is ready" },
  no_authority: { code: "AUTHORITY_NOT_SUPPORTED", text: "Room does not support authority" },
  authority_held: { code: "AUTHORITY_CONFLICT", text: "Another player already has authority" },
  too_large: { code: "MESSAGE_TOO_LARGE", text: "Message is too large" },
  slow_down: { code: "RATE_LIMIT_EXCEEDED", text: "Too many messages" },
  draining: { code: "SERVER_DRAINING", text: "Server is draining for shutdown" },
  banned: { code: "BANNED", text: "Banned from this room" },
  password_required: { code: "PASSWORD_REQUIRED", text: "The room is entered with its password only" },
  internal: { code: "INTERNAL_ERROR", text: "The server failed" },
};

const MODERATION: Partial<Record<ErrorCode, Words>> = {
  not_authority: { code: "NOT_ROOM_AUTHORITY", text: "Only the authority may moderate" },
  no_authority: { code: "NOT_ROOM_AUTHORITY", text: "Only the authority may moderate" },
  not_host: { code: "NOT_ROOM_AUTHORITY", text: "Only the authority may moderate" },
  peer_not_found: { code: "KICK_TARGET_NOT_FOUND", text: "No such player in this room" },
};

/** Where a refusal of the core means something else because of what was asked. */
const WORDS_BY_REQUEST: Readonly<Record<string, Partial<Record<ErrorCode, Words>>>> = {
  JoinRoom: {
    forbidden: { code: "ROOM_CREATION_FAILED", text: "Not allowed to join" },
    too_large: { code: "ROOM_CREATION_FAILED", text: "Request is too large" },
  },
  JoinAsSpectator: {
    room_full: { code: "TOO_MANY_SPECTATORS", text: "Room takes no more spectators" },
    forbidden: { code: "SPECTATOR_JOIN_FAILED", text: "Room takes no spectators" },
    too_many_rooms: { code: "SPECTATOR_JOIN_FAILED", text: "Cannot watch the room" },
  },
  StartGame: {
    not_authority: { code: "GAME_START_FORBIDDEN", text: "Only the authority may start the game" },
  },
  AuthorityRequest: {
    not_authority: { code: "AUTHORITY_DENIED", text: "You do not have authority to release" },
  },
  Reconnect: {
    already_connected: { code: "PLAYER_ALREADY_CONNECTED", text: "Player is already connected" },
    already_in_room: {
      code: "RECONNECTION_FAILED",
      text: "Reconnect must be attempted from a fresh connection",
    },
    seat_not_found: { code: "RECONNECTION_FAILED", text: "No disconnection record found" },
    seat_token_wrong: { code: "RECONNECTION_TOKEN_INVALID", text: "Invalid reconnection token" },
    seat_expired: { code: "RECONNECTION_EXPIRED", text: "Reconnection window has expired" },
    room_not_found: { code: "ROOM_NOT_FOUND", text: "Room no longer exists" },
  },
  KickPlayer: MODERATION,
  BanPlayer: MODERATION,
  UnbanPlayer: MODERATION,
  SetRoomAccess: MODERATION,
  RegenerateRoomCode: MODERATION,
  TransferAuthority: {
    ...MODERATION,
    peer_not_found: { code: "TRANSFER_TARGET_NOT_FOUND", text: "No such player in this room" },
  },
};

/** What fails without a better word. */
const LAST_WORDS: Readonly<Record<string, WireCode>> = {
  JoinRoom: "ROOM_CREATION_FAILED",
  JoinAsSpectator: "SPECTATOR_JOIN_FAILED",
  Reconnect: "RECONNECTION_FAILED",
};

/** How many seconds a client waits, where the core knows. */
function waiting({ details }: Refusal): string {
  const ms = details.retryAfterMs;
  return typeof ms === "number" ? ` Try again in ${Math.max(1, Math.ceil(ms / 1000))} seconds.` : "";
}

export function wordsFor(refusal: Refusal, asked: Asked): Words {
  if (refusal instanceof Fault) return { code: refusal.wireCode, text: refusal.text };
  const words = WORDS_BY_REQUEST[asked.type]?.[refusal.code] ?? WORDS[refusal.code];
  if (words) return { ...words, text: words.text + waiting(refusal) };
  return { code: LAST_WORDS[asked.type] ?? "INTERNAL_ERROR", text: refusal.message };
}

/** The message that says no. */
export function refusalText(refusal: Refusal, asked: Asked): string {
  const { code: known, text } = wordsFor(refusal, asked);
  const code = known && (asked.knowsLater || isForAll(known)) ? known : undefined;
  const error = { message: text, ...(code && { error_code: code }) };
  // What makes no sense is no request; but whoever waits for the answer to an operation gets one.
  if (asked.operation === undefined && refusal.code === "bad_message") return frame("Error", error);

  const failed = { reason: text, ...(code && { error_code: code }) };
  switch (asked.type) {
    case "Authenticate":
      return frame("AuthenticationError", { error: text, error_code: code ?? "INTERNAL_ERROR" });
    case "JoinRoom":
      return result(asked, "RoomJoinFailed", failed);
    case "JoinAsSpectator":
      return result(asked, "SpectatorJoinFailed", failed);
    case "Reconnect":
      return result(asked, "ReconnectionFailed", { reason: text, error_code: code ?? "RECONNECTION_FAILED" });
    case "AuthorityRequest":
      return frame("AuthorityResponse", { granted: false, ...failed });
    default:
      return asked.operation === undefined ? frame("Error", error) : result(asked, "OperationFailed", failed);
  }
}

/** An answer, wrapped in the operation that it belongs to if there is one. */
export function result({ operation }: Asked, type: string, data?: object): string {
  return operation === undefined ? frame(type, data) : wrapped(operation, frame(type, data));
}

export const wrapped = (operation: string, text: string): string =>
  `{"type":"RoomOperationResult","data":{"operation_id":"${operation}","result":${text}}}`;

const last = (code: WireCode, text: string): string => frame("Error", { message: text, error_code: code });

const removed = (code?: WireCode): string =>
  frame("Error", { message: "Removed from the room", ...(code && { error_code: code }) });

/** How each goodbye closes the socket. */
const FAREWELLS: Partial<Record<GoodbyeReason, Farewell>> = {
  server_shutdown: { code: 4000, reason: "server_shutdown" },
  registration_timeout: {
    code: 4001,
    reason: "auth_timeout",
    message: last("AUTHENTICATION_TIMEOUT", "Authentication took too long"),
  },
  slow_consumer: {
    code: 4002,
    reason: "slow_consumer",
    message: last("SLOW_CONSUMER", "Messages were not taken fast enough"),
  },
  heartbeat_timeout: {
    code: 4003,
    reason: "activity_timeout",
    message: last("ACTIVITY_TIMEOUT", "No sign of life"),
  },
  activity_timeout: {
    code: 4003,
    reason: "activity_timeout",
    message: last("ACTIVITY_TIMEOUT", "No sign of life"),
  },
  idle_timeout: {
    code: 4004,
    reason: "idle_timeout",
    message: last("CONNECTION_IDLE_TIMEOUT", "Nothing was heard for too long"),
  },
  room_inactive: {
    code: 4005,
    reason: "room_inactive",
    message: last("ROOM_NOT_FOUND", "The room was closed because nothing happened in it"),
  },
  flooding: {
    code: 4006,
    reason: "inbound_rate_limited",
    message: last("RATE_LIMIT_EXCEEDED", "Too many messages"),
  },
  kicked: { code: 4007, reason: "kicked", message: removed() },
  banned: { code: 4007, reason: "kicked", message: removed() },
  message_too_large: {
    code: 1009,
    reason: "message_too_large",
    message: last("MESSAGE_TOO_LARGE", "Message is too large"),
  },
  outbound_too_large: { code: 1009, reason: "outbound_message_too_large" },
  too_many_links: {
    code: 1008,
    reason: "too_many_connections",
    message: last("TOO_MANY_CONNECTIONS", "Too many connections from your IP"),
  },
  server_full: {
    code: 1013,
    reason: "server_full",
    message: last("TOO_MANY_CONNECTIONS", "The server has no free place"),
  },
  superseded: { code: 1000, reason: "unregistered" },
  bye: { code: 1000, reason: "unregistered" },
  internal: { code: 1011, reason: "internal_error", message: last("INTERNAL_ERROR", "The server failed") },
  protocol_error: { code: 1002, reason: "protocol_error" },
};

export function farewell({ reason }: Goodbye, { knowsLater }: Pick<Asked, "knowsLater"> = {}): Farewell {
  const said = FAREWELLS[reason] ?? { code: 1008, reason };
  // Clients that do not know the code could not read the message.
  return said.code === 4007 && knowsLater ? { ...said, message: removed("KICKED") } : said;
}
