/** A typed emitter. `on` adds a listener for good: everything on this page lives as long as the page. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, ((event: never) => void)[]>();

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  protected emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? [])
      (listener as (event: Events[Name]) => void)(event);
  }
}
