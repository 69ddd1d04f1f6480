import type { Lane } from "./lane.ts";

/** One incoming message: text, or the bytes of a binary message. */
export type Incoming = string | Uint8Array;

/**
 * One outgoing message, encoded. One frame object is shared by all of its recipients.
 *
 * A transport may keep its own ready-made form of the message in `prepared`, so that a broadcast is framed once and
 * not once per peer; nobody else reads that field.
 */
export interface Frame {
  /** Text goes out as a text message, bytes as a binary message. Never changed after the frame was made. */
  readonly data: string | Uint8Array;
  readonly lane: Lane;
  prepared?: Uint8Array;
}

/** A frame of `data` in `lane`. */
export function frameOf(data: string | Uint8Array, lane: Lane = "normal"): Frame {
  return { data, lane };
}
