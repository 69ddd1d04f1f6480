import { ERRORS, type ErrorCode } from "../../core/errors.ts";
import type { Goodbye, GoodbyeReason } from "../../core/goodbyes.ts";
import { GOODBYES } from "../../core/goodbyes.ts";
import type { Farewell, RefusalReply, Refused } from "../dialect.ts";
import type { Profile } from "./encode.ts";

/** Codes that have another name in this language. */
const NAMES: Partial<Record<ErrorCode, string>> = {
  slow_down: "rate_limited",
  already_in_room: "superseded",
};

/** How a link that was not let in closes, in the `events` profile. */
const ADMISSION_CLOSES: Partial<Record<ErrorCode, number>> = {
  unauthorized: 4001,
  forbidden: 4003,
  banned: 4003,
  room_locked: 4003,
  room_not_found: 4004,
  already_in_room: 4009,
  room_full: 4010,
  slow_down: 4029,
};

const BAD_REQUEST = 4000;
/** A close frame without a code, as the original sends. */
const NO_CODE = 1005;

/**
 * The answer to a refused message. The original knows one: the room is full. Everything else that a client of that
 * profile is refused is passed over in silence.
 */
export function refuse({ refusal, command }: Refused, profile: Profile): RefusalReply {
  const { code, details } = refusal;
  const isAdmission =
    command === undefined ? code === "unauthorized" || code === "server_full" : command.type === "join";
  if (profile === "envelopes") {
    if (!isAdmission) return {};
    const error = code === "room_full" ? `Room is full (max ${details.capacity} players)` : ERRORS[code].text;
    return { farewell: { code: NO_CODE, reason: "", message: JSON.stringify({ error }) } };
  }

  const head = { type: "error", code: NAMES[code] ?? code, message: ERRORS[code].text };
  const message = JSON.stringify({ ...details, ...head });
  if (!isAdmission) return { message };
  return { farewell: { code: ADMISSION_CLOSES[code] ?? BAD_REQUEST, reason: NAMES[code] ?? code, message } };
}

const FAREWELLS: Readonly<Record<GoodbyeReason, number>> = {
  server_shutdown: 4012,
  slow_consumer: 4029,
  heartbeat_timeout: 4008,
  registration_timeout: 4001,
  server_full: 1013,
  internal: 1011,
  superseded: 4009,
  bad_handshake: 4000,
  unauthorized: 4001,
  message_too_large: 1009,
  outbound_too_large: 1009,
  protocol_error: 1002,
  too_many_links: 4029,
  kicked: 4003,
  room_closed: 4004,
  banned: 4003,
  token_expired: 4001,
  token_revoked: 4001,
  bye: 1000,
  activity_timeout: 4008,
  idle_timeout: 4008,
  flooding: 4029,
  room_inactive: 4012,
  room_over: 1000,
};

export function farewell({ reason, text }: Goodbye): Farewell {
  return { code: FAREWELLS[reason], reason: text ?? GOODBYES[reason].text };
}
