/** Who waits for something to come true. */
export class Waiters {
  readonly #looks = new Set<() => void>();
  readonly #failure: () => unknown;

  /** @param failure  Why nothing will come true any more; `undefined` as long as it may. */
  constructor(failure: () => unknown) {
    this.#failure = failure;
  }

  /** Resolves once `condition` holds; rejects with the failure, or with the signal's reason. */
  until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#looks.delete(look);
        signal?.removeEventListener("abort", look);
      };
      const look = () => {
        const failure = this.#failure();
        if (signal?.aborted) reject(signal.reason);
        else if (failure !== undefined) reject(failure);
        else if (condition()) resolve();
        else return;
        stop();
      };
      this.#looks.add(look);
      signal?.addEventListener("abort", look);
      look();
    });
  }

  /** Something has changed. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }
}
