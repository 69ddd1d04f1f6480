import type { Clock } from "./clock.ts";

export interface PulseOptions {
  readonly clock: Clock;
  /** Silence after which the other side is asked for a sign of life. */
  readonly quietMs: number;
  /** Silence after that, after which it is taken for dead. */
  readonly answerMs: number;
  /** Asks for a sign of life. */
  readonly ask: () => void;
  readonly dead: () => void;
}

/** Notices a line that is open and dead: browsers do not show the server's WebSocket pings. */
export class Pulse {
  readonly #options: PulseOptions;
  #heardAt: number;
  #askedAt: number | undefined;
  #stopTimer: () => void = () => {};
  #isStopped = false;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#heardAt = options.clock.now();
    this.#wait(options.quietMs);
  }

  /** Something arrived. Cheap: no timer is touched. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#askedAt = undefined;
  }

  /** Asks at once: there is reason to doubt the line. */
  probe(): void {
    if (this.#isStopped || this.#askedAt !== undefined) return;
    this.#ask();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopTimer();
  }

  #ask(): void {
    this.#askedAt = this.#options.clock.now();
    this.#wait(this.#options.answerMs);
    this.#options.ask();
  }

  #wait(ms: number): void {
    this.#stopTimer();
    this.#stopTimer = this.#options.clock.after(ms, () => this.#look());
  }

  #look(): void {
    if (this.#isStopped) return;
    const { clock, quietMs, dead } = this.#options;
    const now = clock.now();
    if (this.#askedAt !== undefined) {
      this.stop();
      dead();
      return;
    }
    const quietFor = now - this.#heardAt;
    if (quietFor >= quietMs) this.#ask();
    else this.#wait(quietMs - quietFor);
  }
}
