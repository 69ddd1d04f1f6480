import type { Lane } from "./lane.ts";

/** One incoming message: text, or the bytes of a binary message. */
export type Incoming = string | Uint8Array;

/** What is known of a frame besides its lane, where an account is kept of what is lost. */
export interface FrameNotes {
  /** What the frame tells, for whoever keeps the account. */
  readonly about?: unknown;
  /** Where there is no place for both, the frame takes the place of an earlier one of the same key. */
  readonly replaces?: string | undefined;
}

/**
 * One outgoing message, encoded. One frame object is shared by all of its recipients.
 *
 * A transport may keep its own ready-made form of the message in `prepared`, so that a broadcast is framed once and
 * not once per peer; nobody else reads that field.
 */
export interface Frame extends FrameNotes {
  /** Text goes out as a text message, bytes as a binary message. Never changed after the frame was made. */
  readonly data: string | Uint8Array;
  readonly lane: Lane;
  /** Nothing is sent: it only keeps a place, at which whoever keeps the account may have something to say. */
  readonly isMark?: true | undefined;
  prepared?: Uint8Array | undefined;
}

/** A frame of `data` in `lane`. */
export function frameOf(data: string | Uint8Array, lane: Lane = "normal", notes?: FrameNotes): Frame {
  // All of one shape: every link reads them all the time.
  return {
    data,
    lane,
    about: notes?.about,
    replaces: notes?.replaces,
    isMark: undefined,
    prepared: undefined,
  };
}

/** A place in the order of frames at which nothing is sent. */
export const markOf = (about?: unknown): Frame => ({
  data: "",
  lane: "critical",
  about,
  replaces: undefined,
  isMark: true,
  prepared: undefined,
});
