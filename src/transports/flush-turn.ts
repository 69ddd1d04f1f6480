/** Something with output that waits for the end of the event-loop turn. */
export interface Flushable {
  /** Must not throw. */
  flush(): void;
}

/**
 * Everything that has output to write when the current turn of the event loop ends.
 *
 * `setImmediate` runs after all sockets that were ready have been read, so that the answers to a whole turn's messages
 * go out in one write per socket; `nextTick` would be too early.
 */
export class FlushTurn {
  #dirty: Flushable[] = [];

  /** Has `each.flush()` called at the end of this turn, as often as it was added: the caller keeps count. */
  add(each: Flushable): void {
    if (this.#dirty.length === 0) setImmediate(this.#run);
    this.#dirty.push(each);
  }

  readonly #run = () => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const each of dirty) each.flush();
  };
}
