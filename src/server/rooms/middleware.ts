import type { MessageContext } from "./context.ts";

/**
 * Stands around the handling of every message: what it does before `next()` comes before, and what it does after
 * `await next()` comes after. Without `next()` the message ends here; what it throws is the answer.
 */
export type Middleware<State = unknown> = (ctx: MessageContext<State>, next: () => Promise<void>) => unknown;

/**
 * Runs `last` inside of all of them, the first outermost. Done when everything is, whether or not everybody waited for
 * what came after it.
 */
export async function through(
  middleware: readonly Middleware[],
  ctx: MessageContext,
  last: () => unknown,
): Promise<void> {
  const [first, ...others] = middleware;
  if (!first) {
    await last();
    return;
  }
  let rest: Rest | undefined;
  try {
    await first(ctx, () => {
      if (rest) throw new Error("next() may be called once");
      rest = new Rest(through(others, ctx, last));
      return rest;
    });
  } finally {
    await rest?.over();
  }
  await rest?.unheard();
}

/** How the rest of the way goes. It knows whether somebody waits for it: what nobody hears of must not be lost. */
class Rest implements Promise<void> {
  readonly [Symbol.toStringTag] = "Promise";
  readonly #promise: Promise<void>;
  #isHeard = false;

  constructor(promise: Promise<void>) {
    this.#promise = promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then: Promise<void>["then"] = (done, failed) => {
    this.#isHeard = true;
    return this.#promise.then(done, failed);
  };

  catch: Promise<void>["catch"] = (failed) => this.then(undefined, failed);

  finally: Promise<void>["finally"] = (then) => {
    this.#isHeard = true;
    return this.#promise.finally(then);
  };

  /** Resolves when there is an outcome. */
  over(): Promise<void> {
    return this.#promise.catch(() => {});
  }

  /** Rejects when nobody else was told of a failure. */
  async unheard(): Promise<void> {
    if (!this.#isHeard) await this.#promise;
  }
}
