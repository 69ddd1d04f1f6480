import { newId, type Talk } from "./talk.ts";

const PONG_WITHIN_MS = 10_000;

/** Measures how long a ping takes to come back by one way. One ping is out at a time. */
export class RoundTrip {
  readonly #everyMs: number;
  #id = "";
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #lastMs: number | undefined;

  constructor(options: { readonly everyMs: number }) {
    this.#everyMs = options.everyMs;
  }

  /** The last measurement in milliseconds. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** A ping, when it is time for one. */
  due(nowMs: number): Talk | undefined {
    if (nowMs - this.#sentAtMs < this.#everyMs) return undefined;
    this.#id = newId();
    this.#sentAtMs = nowMs;
    return { kind: "ping", id: this.#id };
  }

  /** True when the pong answers the ping that is out. */
  take(id: string, nowMs: number): boolean {
    if (id !== this.#id || nowMs - this.#sentAtMs > PONG_WITHIN_MS) return false;
    this.#id = "";
    this.#lastMs = nowMs - this.#sentAtMs;
    return true;
  }

  forget(): void {
    this.#id = "";
    this.#sentAtMs = Number.NEGATIVE_INFINITY;
    this.#lastMs = undefined;
  }
}
