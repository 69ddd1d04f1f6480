import { Emitter, type Listener } from "../lib/emitter.ts";

type Troubled = (error: unknown) => void;

/** Calls a listener so that it harms nobody else: what it throws, and what its promise rejects with, is told. */
export function callCarefully<Arguments extends readonly unknown[]>(
  listener: (...given: Arguments) => unknown,
  given: Arguments,
  troubled: Troubled,
): void {
  try {
    const result = listener(...given);
    if (result instanceof Promise) result.catch(troubled);
  } catch (error) {
    troubled(error);
  }
}

/** An emitter whose listeners cannot harm each other: what one throws is told to `troubled`, and the next is called. */
export class CarefulEmitter<Events extends object> extends Emitter<Events> {
  readonly #troubled: Troubled;

  constructor(troubled: Troubled) {
    super();
    this.#troubled = troubled;
  }

  override on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    return super.on(name, (event) => callCarefully(listener, [event], this.#troubled));
  }
}
