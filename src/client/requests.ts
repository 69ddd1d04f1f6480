import type { Clock } from "./clock.ts";
import type { AnyFrame } from "./codec.ts";
import { ParlorError } from "./errors.ts";
import type { Outgoing } from "./outbox.ts";

/** How long a caller waits, and what makes it stop. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the call on, over lost and new links. Default: 15 s. */
  readonly timeoutMs?: number | undefined;
}

interface Waiting {
  readonly item: Outgoing;
  /** The number under which it was sent. */
  q: number | undefined;
  wasSent: boolean;
  readonly resolve: (answer: AnyFrame) => void;
  readonly reject: (reason: unknown) => void;
}

export interface Question {
  readonly id: number;
  readonly item: Outgoing;
  /** Called with the answer before anything else that arrived is looked at; the promise is slower than that. */
  readonly received?: ((answer: AnyFrame) => void) | undefined;
  /** Called when nobody waits any more, with whether the question had been sent. */
  readonly abandoned?: ((wasSent: boolean) => void) | undefined;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/** Questions that wait for an answer, by their id. Ids are never used twice in the life of a connection. */
export class Requests {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(id: number): boolean {
    return this.#waiting.has(id);
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /**
   * Waits for the answer to a question that was handed to the outbox.
   *
   * @throws {ParlorError} `timeout`, or what the server refused with; the signal's reason when that aborts.
   */
  wait(
    { id, item, received, abandoned }: Question,
    { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: CallOptions,
  ): Promise<AnyFrame> {
    return new Promise((resolve, reject) => {
      const done = () => {
        stopTimer();
        signal?.removeEventListener("abort", aborted);
        this.#waiting.delete(id);
      };
      const waiting: Waiting = {
        item,
        q: undefined,
        wasSent: false,
        resolve: (answer) => {
          done();
          received?.(answer);
          resolve(answer);
        },
        reject: (reason) => {
          done();
          reject(reason);
        },
      };
      const abandon = (reason: unknown) => {
        waiting.reject(reason);
        abandoned?.(waiting.wasSent);
      };
      const aborted = () => abandon(signal?.reason);
      const stopTimer = this.#clock.after(timeoutMs, () =>
        abandon(new ParlorError("timeout", { details: { timeoutMs } })),
      );
      signal?.addEventListener("abort", aborted);
      this.#waiting.set(id, waiting);
    });
  }

  sent(id: number, q: number | undefined): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    waiting.wasSent = true;
    waiting.q = q ?? waiting.q;
  }

  /** An answer came. Answers the number under which the question had been sent. */
  answered(id: number, answer: AnyFrame): number | undefined {
    const waiting = this.#waiting.get(id);
    waiting?.resolve(answer);
    return waiting?.q;
  }

  refused(id: number, error: ParlorError): void {
    this.#waiting.get(id)?.reject(error);
  }

  /** Questions that were sent and are to be asked again on a new line, oldest first; all but those in flight. */
  unanswered(processedQ: number): readonly { readonly item: Outgoing; readonly q: number | undefined }[] {
    return [...this.#waiting.values()].filter(
      ({ wasSent, q }) => wasSent && (q === undefined || q <= processedQ),
    );
  }

  /** Gives up on all that were sent under a number: a new session does not know them. */
  sessionLost(): void {
    for (const { q, reject } of [...this.#waiting.values()]) {
      if (q !== undefined) reject(new ParlorError("session_lost"));
    }
  }

  failAll(error: ParlorError): void {
    for (const { reject } of [...this.#waiting.values()]) reject(error);
  }
}
