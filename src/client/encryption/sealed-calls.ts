import type { Cover } from "../calls.ts";
import { ParlorError } from "../errors.ts";
import { isSealedForOne, type Pairwise } from "./pairwise.ts";

/** Most peers whose last question is remembered. */
const MAX_ASKERS = 1_000;

/** Questions and answers that only the two members can read whom they concern. */
export class SealedCalls implements Cover {
  readonly #pairwise: Pairwise;
  /** Counter of the last question of each peer: what is not above it was asked before. */
  readonly #lastAsked = new Map<string, number>();
  /** Settles when all questions that came until now are opened. */
  #opened: Promise<unknown> = Promise.resolve();

  constructor(pairwise: Pairwise) {
    this.#pairwise = pairwise;
  }

  async question(to: string, type: string, d: unknown) {
    const sealed = await this.#pairwise.seal(to, { d }, `ask ${type}`);
    return {
      d: sealed,
      answered: async (answer: unknown) => {
        const { d, error } = await this.#pairwise.open(to, answer, `answer ${sealed.c}`);
        if (typeof error === "string") throw new ParlorError("ask_refused", { message: error });
        return d;
      },
    };
  }

  async asked(from: string, type: string, d: unknown) {
    const opening = this.#pairwise.open(from, d, `ask ${type}`);
    // A long question may take longer to open than the next one: counters are compared in the order in which they came.
    const before = this.#opened;
    this.#opened = Promise.allSettled([before, opening]).then(() => {});
    await before;
    const question = await opening;
    const c = isSealedForOne(d) ? d.c : 0;
    if (c <= (this.#lastAsked.get(from) ?? 0))
      throw new ParlorError("encryption", { message: "a repeated question" });
    this.#lastAsked.delete(from);
    this.#lastAsked.set(from, c);
    const [oldest] = this.#lastAsked.keys();
    if (this.#lastAsked.size > MAX_ASKERS && oldest !== undefined) this.#lastAsked.delete(oldest);
    return {
      d: question.d,
      answer: (answer: { readonly d: unknown } | { readonly error: string }) =>
        this.#pairwise.seal(from, answer, `answer ${c}`),
    };
  }
}
