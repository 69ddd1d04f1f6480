/** Most timers of one room. */
const MAX_TIMERS = 1_000;
/** The longest time that the platform's timers take. */
const MAX_DELAY_MS = 2_147_483_647;

/** Timers that end with their room, and run between its commands. */
export interface RoomClock {
  /** Ms since the epoch. */
  now(): number;
  /** Runs `task` once, in `ms`. Returns the way to call it off. @throws {RangeError} */
  setTimeout(task: () => unknown, ms: number): () => void;
  /** Runs `task` every `ms`. Returns the way to stop it. @throws {RangeError} */
  setInterval(task: () => unknown, ms: number): () => void;
}

export class RoomTimers implements RoomClock {
  readonly #run: (task: () => unknown) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly now: () => number;
  #isStopped = false;

  constructor({ now, run }: { now(): number; run(task: () => unknown): void }) {
    this.now = now;
    this.#run = run;
  }

  setTimeout(task: () => unknown, ms: number): () => void {
    this.#check(ms);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#run(task);
    }, ms);
    return this.#keep(timer);
  }

  setInterval(task: () => unknown, ms: number): () => void {
    this.#check(Math.max(ms, 1));
    let isWaiting = false;
    const timer = setInterval(() => {
      // A slow room skips beats; they do not pile up.
      if (isWaiting) return;
      isWaiting = true;
      this.#run(async () => {
        isWaiting = false;
        await task();
      });
    }, ms);
    return this.#keep(timer);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #check(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0 || ms > MAX_DELAY_MS) {
      throw new RangeError(`ms: found ${ms}, expected a number from 0 to ${MAX_DELAY_MS}`);
    }
    if (this.#timers.size >= MAX_TIMERS) throw new RangeError(`a room has at most ${MAX_TIMERS} timers`);
  }

  #keep(timer: NodeJS.Timeout): () => void {
    if (this.#isStopped) clearTimeout(timer);
    else this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }
}
