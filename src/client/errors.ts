import type { ErrorCode } from "../core/errors.ts";

/** Failures that the client itself finds, beside the server's own codes. */
export const CLIENT_ERRORS = {
  closed: "the connection is closed",
  timeout: "no answer in time",
  offline: "there is no connection, and the message was not to be queued",
  queue_full: "too many messages wait to be sent",
  expired: "the message waited too long for a connection",
  session_lost: "the session was lost before the server confirmed this",
  room_left: "the room was left",
  invalid_message: "the message does not fit the protocol",
  answer_failed: "the other peer could not answer",
  no_web_socket: "this platform has no WebSocket; pass one as options.WebSocket",
  no_carrier: "nothing that could carry this works here: no WebTransport, QUIC or WebSocket",
  bad_frame: "the server sent something that is not understood",
  encryption: "the message could not be encrypted or decrypted",
} as const;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

/** A newer server may know codes that this client does not. */
export type AnyErrorCode = ErrorCode | ClientErrorCode | (string & {});

interface ParlorErrorFacts {
  readonly message?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** When the same request may succeed, in ms from when the error came. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Everything that the SDK throws or rejects with, but for the reason of an aborted signal, which is passed on as is. */
export class ParlorError extends Error {
  override readonly name = "ParlorError";
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: AnyErrorCode,
    { message, details, retryAfterMs, cause }: ParlorErrorFacts = {},
  ) {
    const text =
      message ?? (Object.hasOwn(CLIENT_ERRORS, code) ? CLIENT_ERRORS[code as ClientErrorCode] : code);
    super(text, cause === undefined ? undefined : { cause });
    this.details = details ?? {};
    this.retryAfterMs = retryAfterMs;
  }
}
