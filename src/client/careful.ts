import { Emitter, type Listener } from "../lib/emitter.ts";

/** An emitter whose listeners cannot harm each other: what one throws is told to `troubled`, and the next is called. */
export class CarefulEmitter<Events extends object> extends Emitter<Events> {
  readonly #troubled: (error: unknown) => void;

  constructor(troubled: (error: unknown) => void) {
    super();
    this.#troubled = troubled;
  }

  override on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    return super.on(name, (event) => {
      try {
        listener(event);
      } catch (error) {
        this.#troubled(error);
      }
    });
  }
}
