import { type Awaitable, isPromise } from "../../lib/awaitable.ts";
import { Turn } from "./turn.ts";

/** What runs in a mailbox, while its turn lasts. */
export type Task<Result> = (turn: Turn) => Awaitable<Result>;

/** The task took longer than it may. Its result, if one comes, is lost. */
export class TaskTimeout extends Error {
  override readonly name = "TaskTimeout";

  constructor(readonly timeoutMs: number) {
    super(`a handler took longer than ${timeoutMs} ms`);
  }
}

/**
 * Runs tasks one after another, in the order in which they came. A task that throws or hangs is that task's problem:
 * the next one runs all the same.
 */
export class Mailbox {
  readonly #timeoutMs: number;
  readonly #idle: () => void;
  /** Each answers a promise when the task is not done at once, and never throws. */
  readonly #waiting: (() => Promise<unknown> | undefined)[] = [];
  #current: Turn | undefined;
  #isBusy = false;

  /** @param idle  called whenever nothing waits and nothing runs any more. */
  constructor({ timeoutMs, idle = () => {} }: { readonly timeoutMs: number; readonly idle?: () => void }) {
    this.#timeoutMs = timeoutMs;
    this.#idle = idle;
  }

  /** Tasks that wait or run. */
  get size(): number {
    return this.#waiting.length + (this.#current ? 1 : 0);
  }

  /**
   * Runs a task when its turn comes: at once when nothing waits or runs, and then what is done at once is answered as
   * it is, without a promise.
   *
   * @throws {unknown} what the task throws; or the promise rejects with it, or with {TaskTimeout}.
   */
  run<Result>(task: Task<Result>): Awaitable<Result> {
    if (this.#isBusy) return this.#queue(task);
    this.#isBusy = true;
    let result: Awaitable<Result>;
    try {
      result = this.#perform(task);
    } catch (error) {
      this.#goOn();
      throw error;
    }
    if (result instanceof Promise) result.then(this.#goOn, this.#goOn);
    else this.#goOn();
    return result;
  }

  /** The same, but never before the caller is done: for what is told in the middle of a change. */
  post<Result>(task: Task<Result>): Promise<Result> {
    const result = this.#queue(task);
    if (!this.#isBusy) {
      this.#isBusy = true;
      queueMicrotask(this.#goOn);
    }
    return result;
  }

  /** Ends the turn of what runs now. */
  abort(): void {
    this.#current?.end();
  }

  #queue<Result>(task: Task<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          const result = this.#perform(task);
          resolve(result);
          return result instanceof Promise ? result : undefined;
        } catch (error) {
          reject(error);
          return undefined;
        }
      });
    });
  }

  /** Runs what waits, until something takes its time. */
  readonly #goOn = (): void => {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const underWay = next();
      if (!underWay) continue;
      underWay.then(this.#goOn, this.#goOn);
      return;
    }
    this.#isBusy = false;
    this.#idle();
  };

  #perform<Result>(task: Task<Result>): Awaitable<Result> {
    const turn = new Turn();
    this.#current = turn;
    let isUnderWay = false;
    try {
      const result = task(turn);
      if (!isPromise(result)) return result;
      isUnderWay = true;
      return this.#inTime(result, turn);
    } finally {
      if (!isUnderWay) this.#current = undefined;
    }
  }

  #inTime<Result>(result: PromiseLike<Result>, turn: Turn): Promise<Result> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        if (this.#current === turn) this.#current = undefined;
      };
      const timer = setTimeout(() => {
        const timeout = new TaskTimeout(this.#timeoutMs);
        done();
        turn.end(timeout);
        reject(timeout);
      }, this.#timeoutMs);
      result.then(
        (value) => {
          done();
          resolve(value);
        },
        (error: unknown) => {
          done();
          reject(error);
        },
      );
    });
  }
}
