import { ERRORS, type Refusal } from "../../core/errors.ts";
import { GOODBYES, type Goodbye, type GoodbyeReason } from "../../core/goodbyes.ts";
import type { Outgoing } from "./frames.ts";

/** What a refusal was about. */
export interface Blame {
  readonly id?: number | undefined;
  readonly q?: number | undefined;
  /** The link ends with it. */
  readonly fatal?: true;
}

/** A refusal as a frame: an answer where something was asked, else with the sequence number, if there was one. */
export function errorFrame({ code, message, details }: Refusal, { id, q, fatal }: Blame): Outgoing {
  const { retryAfterMs, text, ...facts } = details;
  const hasFacts = Object.keys(facts).length > 0;
  return {
    head: {
      t: "error",
      ...(id !== undefined && { re: id }),
      ...(q !== undefined && { q }),
      code,
      message: typeof text === "string" ? text : message,
      ...(hasFacts && { details: facts }),
      ...(typeof retryAfterMs === "number" ? { retryAfterMs } : defaultRetry(code)),
      ...(fatal && { fatal }),
    },
  };
}

/** Where nothing else is known: when the same is worth another try. */
const RETRY_MS = 1_000;

function defaultRetry(code: Refusal["code"]): { retryAfterMs: number } | undefined {
  return ERRORS[code].retry ? { retryAfterMs: RETRY_MS } : undefined;
}

/** What is said before the link is closed. */
export function goodbyeFrame({ reason, retryAfterMs }: Goodbye): Outgoing {
  const { comeBack } = GOODBYES[reason];
  return { head: { t: "goodbye", reason, comeBack, ...(retryAfterMs !== undefined && { retryAfterMs }) } };
}

/** How the link is closed. Too large a message closes as WebSocket itself would. */
export function closeOf({ reason, text }: Goodbye): { readonly code: number; readonly reason: string } {
  const code = reason === "message_too_large" ? 1009 : GOODBYES[reason].close;
  return { code, reason: text ?? GOODBYES[reason].text };
}

/** With which goodbye a link ends whose first frame was refused with `code`. */
export function goodbyeAfter(code: Refusal["code"]): GoodbyeReason {
  switch (code) {
    case "unauthorized":
    case "forbidden":
      return "unauthorized";
    case "server_full":
    case "too_many_rooms":
      return "server_full";
    case "draining":
      return "server_shutdown";
    case "internal":
      return "internal";
    default:
      return "bad_handshake";
  }
}
