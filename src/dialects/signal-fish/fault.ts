import { type ErrorCode, Refusal } from "../../core/errors.ts";

/** Every error code that may reach a client. A code that is not here must never be sent: clients know a closed set. */
export type WireCode =
  | "UNAUTHORIZED"
  | "INVALID_APP_ID"
  | "MISSING_APP_ID"
  | "AUTHENTICATION_TIMEOUT"
  | "SDK_VERSION_UNSUPPORTED"
  | "UNSUPPORTED_GAME_DATA_FORMAT"
  | "INVALID_INPUT"
  | "INVALID_GAME_NAME"
  | "INVALID_ROOM_CODE"
  | "INVALID_PLAYER_NAME"
  | "INVALID_MAX_PLAYERS"
  | "MESSAGE_TOO_LARGE"
  | "ROOM_NOT_FOUND"
  | "ROOM_FULL"
  | "ALREADY_IN_ROOM"
  | "NOT_IN_ROOM"
  | "ROOM_CREATION_FAILED"
  | "MAX_ROOMS_PER_GAME_EXCEEDED"
  | "INVALID_ROOM_STATE"
  | "GAME_START_NOT_READY"
  | "GAME_START_FORBIDDEN"
  | "AUTHORITY_NOT_SUPPORTED"
  | "AUTHORITY_CONFLICT"
  | "AUTHORITY_DENIED"
  | "RATE_LIMIT_EXCEEDED"
  | "TOO_MANY_CONNECTIONS"
  | "RECONNECTION_FAILED"
  | "RECONNECTION_TOKEN_INVALID"
  | "RECONNECTION_EXPIRED"
  | "PLAYER_ALREADY_CONNECTED"
  | "SPECTATOR_NOT_ALLOWED"
  | "TOO_MANY_SPECTATORS"
  | "NOT_A_SPECTATOR"
  | "SPECTATOR_JOIN_FAILED"
  | "INTERNAL_ERROR"
  | "SLOW_CONSUMER"
  | "ACTIVITY_TIMEOUT"
  | "CONNECTION_IDLE_TIMEOUT"
  | "SERVER_DRAINING"
  | "UNSUPPORTED_PROTOCOL_VERSION"
  | "UNSUPPORTED_TRANSPORT"
  | "INVALID_DELIVERY_CLASS"
  | "CROSS_ROOM_SIGNAL"
  | "SIGNAL_TARGET_NOT_FOUND"
  | "SIGNAL_RATE_LIMITED"
  | "SIGNAL_TOO_LARGE"
  | LaterCode;

/** Codes that older clients cannot read: only for those that have asked for what older ones cannot ask for. */
export type LaterCode = (typeof LATER_CODES)[number];

export const LATER_CODES = [
  "NOT_ROOM_AUTHORITY",
  "KICK_TARGET_NOT_FOUND",
  "TRANSFER_TARGET_NOT_FOUND",
  "PASSWORD_REQUIRED",
  "BANNED",
  "KICKED",
] as const;

/** Whether a code is told to a client that is not known to be a later one. */
export const isForAll = (code: WireCode): boolean => !LATER_CODES.some((later) => later === code);

/** What the core would call the refusals that only this language knows. */
const CORE_CODES: Partial<Record<WireCode, ErrorCode>> = {
  UNAUTHORIZED: "unauthorized",
  INVALID_APP_ID: "unauthorized",
  MISSING_APP_ID: "not_registered",
  MESSAGE_TOO_LARGE: "too_large",
  SIGNAL_TOO_LARGE: "too_large",
  ALREADY_IN_ROOM: "already_in_room",
  NOT_IN_ROOM: "not_in_room",
  ROOM_NOT_FOUND: "room_not_found",
  MAX_ROOMS_PER_GAME_EXCEEDED: "too_many_rooms",
  RATE_LIMIT_EXCEEDED: "slow_down",
  SIGNAL_RATE_LIMITED: "slow_down",
  SIGNAL_TARGET_NOT_FOUND: "peer_not_found",
  CROSS_ROOM_SIGNAL: "no_shared_room",
};

/** A refusal with the words of this language. */
export class Fault extends Refusal {
  constructor(
    readonly wireCode: WireCode,
    readonly text: string,
    /** Whether the link ends after the answer. */
    readonly then: "stay" | "close" = "stay",
  ) {
    super(CORE_CODES[wireCode] ?? "bad_request", { code: wireCode });
  }
}

/** A message that means nothing; answered by a plain `Error`, whatever it wanted to be. */
export class Gibberish extends Refusal {
  constructor() {
    super("bad_message");
  }
}
