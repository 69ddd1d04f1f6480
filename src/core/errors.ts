interface ErrorInfo {
  /** The nearest HTTP status. */
  readonly status: number;
  /** Whether the same request may succeed later without anything being changed. */
  readonly retry: boolean;
  readonly text: string;
}

/** Every way the server can refuse a request. Codes are public API: add, never rename. */
export const ERRORS = {
  bad_message: { status: 400, retry: false, text: "message could not be understood" },
  bad_request: { status: 400, retry: false, text: "the request is not possible in this form" },
  gap: { status: 400, retry: false, text: "messages before this one are missing" },
  unknown_command: { status: 400, retry: false, text: "no such command" },
  not_registered: { status: 401, retry: false, text: "say who you are first" },
  unauthorized: { status: 401, retry: false, text: "the credentials were not accepted" },
  forbidden: { status: 403, retry: false, text: "not allowed" },
  not_in_room: { status: 403, retry: false, text: "not a member of that room" },
  not_host: { status: 403, retry: false, text: "only the host of the room may do that" },
  no_shared_room: { status: 403, retry: false, text: "no room is shared with that peer" },
  banned: { status: 403, retry: false, text: "banned from that room" },
  password_required: { status: 403, retry: false, text: "that room is not entered without its password" },
  members_hidden: { status: 403, retry: false, text: "the members of that room are not shown to outsiders" },
  room_not_found: { status: 404, retry: false, text: "no such room" },
  invite_invalid: { status: 404, retry: false, text: "no such invite, or it is used up or over" },
  not_waiting: { status: 404, retry: false, text: "not waiting in that pool" },
  peer_not_found: { status: 404, retry: false, text: "no such peer" },
  room_exists: { status: 409, retry: false, text: "a room of that name exists already" },
  already_in_room: { status: 409, retry: false, text: "already a member of a room" },
  room_full: { status: 409, retry: true, text: "room has no free place" },
  room_locked: { status: 409, retry: true, text: "room takes no new members" },
  name_taken: { status: 409, retry: false, text: "somebody in that room has this name already" },
  wrong_state: { status: 409, retry: false, text: "not possible in the present state of the room" },
  not_ready: { status: 409, retry: true, text: "not everybody is ready" },
  no_authority: { status: 409, retry: false, text: "that room has no authority" },
  authority_held: { status: 409, retry: true, text: "another member is the authority" },
  not_authority: { status: 403, retry: false, text: "only the authority of the room may do that" },
  already_connected: { status: 409, retry: true, text: "that peer is still connected" },
  seat_not_found: { status: 404, retry: false, text: "no seat is kept for that peer" },
  seat_token_wrong: { status: 403, retry: false, text: "not the token of that seat" },
  seat_expired: { status: 410, retry: false, text: "the seat was not kept any longer" },
  too_many_rooms: { status: 429, retry: true, text: "a limit on the number of rooms is reached" },
  too_many_tickets: { status: 429, retry: true, text: "waiting for too many matches at once" },
  too_large: { status: 413, retry: false, text: "message is too large" },
  slow_down: { status: 429, retry: true, text: "too many messages" },
  ask_refused: { status: 409, retry: false, text: "the peer did not answer the question" },
  ask_over: { status: 410, retry: false, text: "nobody waits for that answer any more" },
  peer_gone: { status: 410, retry: false, text: "the peer is gone" },
  timeout: { status: 408, retry: true, text: "no answer in time" },
  server_full: { status: 503, retry: true, text: "server has no free place" },
  draining: { status: 503, retry: true, text: "server is about to stop" },
  internal: { status: 500, retry: true, text: "the server failed" },
} as const satisfies Record<string, ErrorInfo>;

export type ErrorCode = keyof typeof ERRORS;

/** Facts about a refusal that help to mend the request: `path`, `expected`, `room`, `retryAfterMs`. */
export type RefusalDetails = Readonly<Record<string, string | number>>;

/** A "no" that is safe to show to the peer that caused it. The link stays. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly code: ErrorCode,
    readonly details: RefusalDetails = {},
    options?: ErrorOptions,
  ) {
    super(ERRORS[code].text, options);
  }
}
