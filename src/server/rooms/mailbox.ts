/** What runs in a mailbox: `signal` is aborted when it has taken too long, or the room is no more. */
export type Task<Result> = (signal: AbortSignal) => Result | Promise<Result>;

interface Waiting {
  run(): Promise<void>;
}

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
  readonly #waiting: Waiting[] = [];
  #current: AbortController | undefined;
  #isRunning = false;

  /** @param idle  called whenever nothing waits and nothing runs any more. */
  constructor({ timeoutMs, idle = () => {} }: { readonly timeoutMs: number; readonly idle?: () => void }) {
    this.#timeoutMs = timeoutMs;
    this.#idle = idle;
  }

  /** Tasks that wait or run. */
  get size(): number {
    return this.#waiting.length + (this.#isRunning ? 1 : 0);
  }

  /** Resolves or rejects as the task does. @throws {TaskTimeout} */
  run<Result>(task: Task<Result>): Promise<Result> {
    const result = new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ run: () => this.#perform(task).then(resolve, reject) });
    });
    if (!this.#isRunning) void this.#work();
    return result;
  }

  /** Aborts the signal of what runs now. */
  abort(): void {
    this.#current?.abort();
  }

  async #work(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await next.run();
    this.#isRunning = false;
    this.#idle();
  }

  async #perform<Result>(task: Task<Result>): Promise<Result> {
    const controller = new AbortController();
    this.#current = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const result = task(controller.signal);
      if (!(result instanceof Promise)) return result;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          const timeout = new TaskTimeout(this.#timeoutMs);
          controller.abort(timeout);
          reject(timeout);
        }, this.#timeoutMs);
      });
      return await Promise.race([result, late]);
    } finally {
      clearTimeout(timer);
      this.#current = undefined;
    }
  }
}
