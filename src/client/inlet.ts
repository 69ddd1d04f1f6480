import type { Clock } from "./clock.ts";

/** Most things that wait to be handled. More means that the application is stuck: then nothing is held back. */
const MAX_HELD = 10_000;

/**
 * Things that arrive, handled one after another in their order, however long one of them takes.
 *
 * At first it holds everything back until a turn of the event loop has passed, so that whoever is given the room has
 * the time to listen before anything is told.
 */
export class Inlet<Thing> {
  readonly #handle: (thing: Thing) => void | Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #waiting: Thing[] = [];
  #isHeld = true;
  #isBusy = false;

  constructor(
    clock: Clock,
    { handle, failed }: { handle: (thing: Thing) => void | Promise<void>; failed: (error: unknown) => void },
  ) {
    this.#handle = handle;
    this.#failed = failed;
    clock.after(0, () => this.#release());
  }

  push(thing: Thing): void {
    this.#waiting.push(thing);
    if (this.#waiting.length > MAX_HELD) this.#isHeld = false;
    this.#run();
  }

  #release(): void {
    this.#isHeld = false;
    this.#run();
  }

  #run(): void {
    while (!this.#isHeld && !this.#isBusy) {
      const thing = this.#waiting.shift();
      if (thing === undefined) return;
      const wait = this.#try(thing);
      if (!wait) continue;
      this.#isBusy = true;
      void wait.catch(this.#failed).then(() => {
        this.#isBusy = false;
        this.#run();
      });
    }
  }

  #try(thing: Thing): void | Promise<void> {
    try {
      return this.#handle(thing);
    } catch (error) {
      this.#failed(error);
    }
  }
}
