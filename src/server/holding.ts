import type { Link } from "../transports/link.ts";

/**
 * The reading of a link, held back for as long as anybody wants it held: who is done first must not let go what another
 * still holds.
 */
export class Holding {
  readonly #link: Link;
  #holders = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Nothing further is heard until what this returns is called; calling that twice does no harm. */
  hold(): () => void {
    if (this.#holders++ === 0) this.#link.pause();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#holders === 0) this.#link.resume();
    };
  }
}
