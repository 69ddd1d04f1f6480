interface GoodbyeInfo {
  /** Close code of the native dialect: 3000–3499 come back, 3500–3999 do not. */
  readonly close: number;
  readonly comeBack: boolean;
  readonly text: string;
}

/** Every reason for which the server ends a link. Reasons are public API: add, never rename. */
export const GOODBYES = {
  server_shutdown: { close: 3001, comeBack: true, text: "the server is stopping" },
  slow_consumer: { close: 3002, comeBack: true, text: "messages were not taken fast enough" },
  heartbeat_timeout: { close: 3003, comeBack: true, text: "no sign of life" },
  activity_timeout: { close: 3007, comeBack: true, text: "no message for too long" },
  idle_timeout: { close: 3008, comeBack: true, text: "nothing was heard for too long" },
  flooding: { close: 3009, comeBack: true, text: "too many messages" },
  outbound_too_large: { close: 3010, comeBack: true, text: "a message for you was larger than may be sent" },
  registration_timeout: { close: 3004, comeBack: true, text: "nobody said who is there" },
  server_full: { close: 3005, comeBack: true, text: "server has no free place" },
  internal: { close: 3006, comeBack: true, text: "the server failed" },
  superseded: { close: 3500, comeBack: false, text: "another link took over" },
  bad_handshake: { close: 3501, comeBack: false, text: "the first message was not understood" },
  unauthorized: { close: 3502, comeBack: false, text: "the credentials were not accepted" },
  message_too_large: { close: 3503, comeBack: false, text: "a message was larger than this server takes" },
  protocol_error: { close: 3504, comeBack: false, text: "the transport's protocol was broken" },
  too_many_links: { close: 3505, comeBack: false, text: "too many links from one address" },
  kicked: { close: 3506, comeBack: false, text: "removed by the host" },
  banned: { close: 3507, comeBack: false, text: "banned" },
  room_inactive: { close: 3511, comeBack: false, text: "nothing happened in the room for too long" },
  room_closed: { close: 3512, comeBack: false, text: "the room is closed" },
  token_expired: { close: 3508, comeBack: false, text: "the token has expired" },
  bye: { close: 3510, comeBack: false, text: "you said goodbye" },
  room_over: { close: 3511, comeBack: false, text: "the room is over" },
  token_revoked: { close: 3509, comeBack: false, text: "the token was revoked" },
} as const satisfies Record<string, GoodbyeInfo>;

export type GoodbyeReason = keyof typeof GOODBYES;

/** Why a link ends: one of `GOODBYES`, with an optional text for people instead of the table's. */
export interface Goodbye {
  readonly reason: GoodbyeReason;
  readonly text?: string;
  /** When the link ends, in ms since the epoch, where that is known. */
  readonly at?: number;
  /** Not before this long is it worth coming back. */
  readonly retryAfterMs?: number;
}
