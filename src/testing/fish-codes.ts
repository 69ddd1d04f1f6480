/** The codes that every client of Signal Fish knows, of version 2 as of version 3: to the strictest the set is closed. */
export const KNOWN_CODES: ReadonlySet<string> = new Set(
  (
    "UNAUTHORIZED INVALID_APP_ID MISSING_APP_ID AUTHENTICATION_TIMEOUT SDK_VERSION_UNSUPPORTED " +
    "UNSUPPORTED_GAME_DATA_FORMAT INVALID_INPUT INVALID_GAME_NAME INVALID_ROOM_CODE INVALID_PLAYER_NAME " +
    "INVALID_MAX_PLAYERS MESSAGE_TOO_LARGE ROOM_NOT_FOUND ROOM_FULL ALREADY_IN_ROOM NOT_IN_ROOM " +
    "ROOM_CREATION_FAILED MAX_ROOMS_PER_GAME_EXCEEDED INVALID_ROOM_STATE GAME_START_NOT_READY " +
    "GAME_START_FORBIDDEN AUTHORITY_NOT_SUPPORTED AUTHORITY_CONFLICT AUTHORITY_DENIED RATE_LIMIT_EXCEEDED " +
    "TOO_MANY_CONNECTIONS RECONNECTION_FAILED RECONNECTION_TOKEN_INVALID RECONNECTION_EXPIRED " +
    "PLAYER_ALREADY_CONNECTED SPECTATOR_NOT_ALLOWED TOO_MANY_SPECTATORS NOT_A_SPECTATOR SPECTATOR_JOIN_FAILED " +
    "INTERNAL_ERROR STORAGE_ERROR SLOW_CONSUMER ACTIVITY_TIMEOUT CONNECTION_IDLE_TIMEOUT SERVER_DRAINING " +
    "UNSUPPORTED_PROTOCOL_VERSION UNSUPPORTED_TRANSPORT INVALID_DELIVERY_CLASS CROSS_ROOM_SIGNAL " +
    "SIGNAL_TARGET_NOT_FOUND SIGNAL_RATE_LIMITED SIGNAL_TOO_LARGE"
  ).split(" "),
);

/** Codes of later servers: only for a client that has asked for something that older ones cannot ask. */
export const LATER_CODES: ReadonlySet<string> = new Set(
  (
    "CONNECT_TOKEN_INVALID CONNECT_TOKEN_REQUIRED ROOM_SESSION_INCOMPATIBLE NOT_ROOM_AUTHORITY " +
    "KICK_TARGET_NOT_FOUND KICKED PASSWORD_REQUIRED BANNED TRANSFER_TARGET_NOT_FOUND"
  ).split(" "),
);

/** Codes that are reserved and never told anybody. */
export const RESERVED_CODES: ReadonlySet<string> = new Set(
  "INVALID_TOKEN AUTHENTICATION_REQUIRED APP_ID_EXPIRED APP_ID_REVOKED APP_ID_SUSPENDED SERVICE_UNAVAILABLE".split(
    " ",
  ),
);

const LATER_OPERATIONS = new Set([
  "KickPlayer",
  "BanPlayer",
  "UnbanPlayer",
  "RegenerateRoomCode",
  "SetRoomAccess",
  "TransferAuthority",
]);

/** Whether only clients that know the later codes ask this. */
export function isLaterRequest(type: string, data: Readonly<Record<string, unknown>>): boolean {
  const operation = data.operation as { type: string; data?: Record<string, unknown> } | undefined;
  if (type === "RoomOperation" && operation) {
    return LATER_OPERATIONS.has(operation.type) || isLaterRequest(operation.type, operation.data ?? {});
  }
  return ["password", "join_only", "connect_token"].some((name) => data[name] !== undefined);
}
