import type { Frame } from "../lib/frame.ts";
import type { Link } from "../transports/link.ts";
import { fits } from "./message-size.ts";
import type { Talk } from "./talk.ts";
import type { Tally } from "./tally.ts";

export interface OutletOptions {
  readonly link: Link;
  readonly talk: Talk;
  readonly tally: Tally;
}

/** What goes out on a link: no message that is larger than its dialect sends. */
export class Outlet {
  readonly #options: OutletOptions;
  #isShut = false;

  constructor(options: OutletOptions) {
    this.#options = options;
  }

  /** What is too large ends the link, and nothing follows it: there must be no gap that nobody sees. */
  send(frame: Frame): void {
    if (this.#isShut) return;
    const { link, talk, tally } = this.#options;
    const max = talk.dialect?.maxOutboundBytes;
    if (max === undefined || fits(frame.data, max)) {
      link.send(frame);
      return;
    }
    this.#isShut = true;
    tally.goodbye("outbound_too_large");
    // Later, because the hub is in the middle of telling others.
    queueMicrotask(() => talk.goodbye({ reason: "outbound_too_large" }));
  }
}
