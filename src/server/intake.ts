import type { Incoming } from "../lib/frame.ts";
import type { Link } from "../transports/link.ts";

/** What is kept of one link while nobody hears it; beyond either the link is paused until it is all heard. */
const MAX_MESSAGES = 64;
const MAX_BYTES = 64 * 1024;

export interface IntakeOptions {
  readonly link: Pick<Link, "pause" | "resume">;
  /** Is given the messages one at a time, in their order. It does not throw. */
  hear(message: Incoming): void;
  /** The link is gone, and everything that came over it was heard. Called at most once. */
  ended(): void;
}

export interface Hold {
  /** What is under way is the peer's last will if its link goes meanwhile: the end waits for it too. */
  readonly delaysEnd?: boolean;
}

/**
 * What comes in on a link, in its order, held back for as long as anybody wants it held: who is done first must not let
 * go what another still holds. Meanwhile a little is kept here, because pausing a link for every message that takes a
 * moment costs more than the message; the rest stays with the sender.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #kept: Incoming[] = [];
  #keptBytes = 0;
  #holders = 0;
  /** Holders that the end waits for. */
  #delays = 0;
  #isPaused = false;
  #isReleasing = false;
  #end: "open" | "waiting" | "told" = "open";

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Nothing further is heard until what this returns is called; calling that twice does no harm. */
  hold({ delaysEnd = false }: Hold = {}): () => void {
    this.#holders++;
    if (delaysEnd) this.#delays++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders--;
      if (delaysEnd) this.#delays--;
      this.#release();
    };
  }

  /** A message has come. */
  take(message: Incoming): void {
    if (this.#holders === 0 && this.#kept.length === 0) {
      this.#options.hear(message);
      return;
    }
    this.#kept.push(message);
    this.#keptBytes += sizeOf(message);
    if (this.#isPaused || (this.#kept.length < MAX_MESSAGES && this.#keptBytes < MAX_BYTES)) return;
    this.#isPaused = true;
    this.#options.link.pause();
  }

  /** The link is gone: what came before is heard first. */
  end(): void {
    if (this.#end === "open") this.#end = "waiting";
    this.#tellEnd();
  }

  /** Nobody will hear any more what is kept. */
  forget(): void {
    this.#kept.length = 0;
    this.#keptBytes = 0;
    this.#delays = 0;
    this.#tellEnd();
  }

  #release(): void {
    if (this.#isReleasing) return;
    this.#isReleasing = true;
    while (this.#holders === 0) {
      const message = this.#kept.shift();
      if (message === undefined) break;
      this.#keptBytes -= sizeOf(message);
      this.#options.hear(message);
    }
    this.#isReleasing = false;
    if (this.#isPaused && this.#kept.length === 0) {
      this.#isPaused = false;
      this.#options.link.resume();
    }
    this.#tellEnd();
  }

  #tellEnd(): void {
    if (this.#end !== "waiting" || this.#kept.length > 0 || this.#delays > 0) return;
    this.#end = "told";
    this.#options.ended();
  }
}

/** Near enough for a budget: characters count one byte each. */
function sizeOf(message: Incoming): number {
  return typeof message === "string" ? message.length : message.byteLength;
}
