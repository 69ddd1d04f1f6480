import { Deadlines } from "./deadlines.ts";
import type { Inbox } from "./inbox.ts";

/** Makes inboxes forget in time what nobody came for. */
export class InboxDeadlines {
  readonly #due = new Deadlines<Inbox>();

  /** To be called when something was put into `inbox`. */
  watch(inbox: Inbox): void {
    if (inbox.length === 1) this.#schedule(inbox);
  }

  unwatch(inbox: Inbox): void {
    this.#due.clear(inbox);
  }

  tick(now: number): void {
    for (const inbox of this.#due.takeDue(now)) {
      inbox.forget(now);
      this.#schedule(inbox);
    }
  }

  #schedule(inbox: Inbox): void {
    const at = inbox.forgetsAt;
    if (at !== undefined) this.#due.set(inbox, at);
  }
}
