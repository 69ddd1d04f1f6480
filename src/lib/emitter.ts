/** What is called when something happened. */
export type Listener<Event> = (event: Event) => void;

/** A typed emitter. `on` returns the way to stop listening; there is no `off`. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Calls `listener` with every later event of that name, until the returned function is called. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const set = this.#listeners.get(name) ?? new Set<Listener<never>>();
    this.#listeners.set(name, set.add(listener));
    return () => void set.delete(listener);
  }

  /** Tells everyone who listens now; a listener may stop listening while it is being called. */
  protected emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const set = this.#listeners.get(name);
    if (!set) return;
    for (const listener of [...set]) (listener as Listener<Events[Name]>)(event);
  }
}
