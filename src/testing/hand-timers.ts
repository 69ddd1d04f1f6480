/** Timers of a world whose clock the test moves by hand: nothing happens until `runDue` is asked. */
export class HandTimers {
  readonly #clock: { readonly now: number };
  #waiting: { readonly at: number; readonly then: () => void }[] = [];

  constructor(clock: { readonly now: number }) {
    this.#clock = clock;
  }

  later(ms: number, then: () => void): void {
    this.#waiting.push({ at: this.#clock.now + ms, then });
  }

  /** Lets happen what is due, earliest first; what that sets again waits for its own time. */
  runDue(): void {
    const { now } = this.#clock;
    const due = this.#waiting.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    this.#waiting = this.#waiting.filter(({ at }) => at > now);
    for (const { then } of due) then();
  }
}
