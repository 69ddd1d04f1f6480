import type { Event } from "../core/events.ts";
import { type Frame, frameOf, markOf } from "../lib/frame.ts";
import type { Link } from "../transports/link.ts";
import { fits } from "./message-size.ts";
import { isFull, type Reader } from "./slow-readers.ts";
import type { Surround } from "./surround.ts";
import type { Talk } from "./talk.ts";

export interface OutletOptions {
  readonly link: Link;
  readonly talk: Talk;
  readonly surround: Surround;
}

/**
 * What goes out on a link: no message that is larger than its dialect sends, no more than its peer takes, and news of what
 * was lost on the way.
 */
export class Outlet implements Reader {
  readonly #options: OutletOptions;
  #isShut = false;

  constructor(options: OutletOptions) {
    this.#options = options;
  }

  get waitingFrames(): number {
    return this.#options.link.waitingFrames;
  }

  get passedFrames(): number {
    return this.#options.link.passedFrames;
  }

  get queuedBytes(): number {
    return this.#options.link.queuedBytes;
  }

  /** How long its peer may take to make place before whoever sends more goes on; `undefined` where there is place. */
  get fullForMs(): number | undefined {
    const backlog = this.#options.talk.dialect?.backlog;
    return backlog && isFull(this, backlog) ? backlog.waitMs : undefined;
  }

  /** To be called when it is known what is spoken. */
  begin(): void {
    const { link, talk, surround } = this.#options;
    const { conversation, dialect } = talk;
    const { maxFrames } = dialect?.backlog ?? {};
    if (!conversation || maxFrames === undefined) return;
    // The conversation itself: what it was told of is accounted for until the link is gone.
    link.account({
      maxFrames,
      ledger: {
        lost: (frame, because) => {
          const { account } = conversation;
          account?.lost(frame.about as Event, because);
          surround.owing(this);
          // Later, because the link is in the middle of its queue.
          if (account?.isBeyondTelling) queueMicrotask(() => this.giveUp());
        },
        before: (frame) => {
          const wire = conversation.account?.before(frame.about as Event | undefined);
          return wire === undefined ? undefined : frameOf(wire, "critical");
        },
        leaves: (frame) => conversation.account?.leaves(frame.about as Event),
      },
    });
  }

  /** What is too large ends the link, and nothing follows it: there must be no gap that nobody sees. */
  send(frame: Frame): void {
    if (this.#isShut) return;
    const { link, talk, surround } = this.#options;
    const { maxOutboundBytes: max, backlog } = talk.dialect ?? {};
    if (max === undefined || fits(frame.data, max)) {
      link.send(frame);
      if (backlog && link.waitingFrames > 0) surround.slowed(this, backlog);
      return;
    }
    this.#isShut = true;
    // Later, because the hub is in the middle of telling others.
    queueMicrotask(() => talk.goodbye({ reason: "outbound_too_large" }));
  }

  /** Something was not told at all: that may be told in its place, and will be later at the latest. */
  missed(): void {
    this.#options.link.send(markOf());
    this.#options.surround.owing(this);
  }

  /** Tells what is due of what was lost. `false`: nothing of that kind is left. */
  settle(now: number): boolean {
    const { link, talk } = this.#options;
    const account = talk.conversation?.account;
    if (!account) return false;
    if (link.waitingFrames === 0 && account.isDue(now)) link.send(markOf());
    return account.isOwing;
  }

  /** Ends a link whose peer does not take what it is told; what waits for it is thrown away. */
  giveUp(): void {
    const { link, talk } = this.#options;
    if (talk.state.is === "closed") return;
    link.discard();
    talk.goodbye({ reason: "slow_consumer" });
  }
}
