interface Due<Key> {
  readonly key: Key;
  readonly at: number;
}

/**
 * Things that must happen later, without timers: ask what is due, be told the time.
 *
 * A binary heap with lazy deletion: `set` and `clear` are cheap, a replaced or cleared entry is skipped when it comes
 * to the top, and the heap is rebuilt when stale entries outnumber live ones.
 */
export class Deadlines<Key> {
  readonly #dueAt = new Map<Key, Due<Key>>();
  #heap: Due<Key>[] = [];

  get size(): number {
    return this.#dueAt.size;
  }

  /** When the next key is due; `undefined` when there is none. */
  get nextAt(): number | undefined {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      if (this.#dueAt.get(top.key) === top) return top.at;
      this.#pop();
    }
    return undefined;
  }

  /** Sets or moves the deadline of `key`, in ms since the epoch. */
  set(key: Key, at: number): void {
    const due = { key, at };
    this.#dueAt.set(key, due);
    if (this.#heap.length > 64 && this.#heap.length > this.#dueAt.size * 2) this.#rebuild();
    else this.#push(due);
  }

  clear(key: Key): void {
    this.#dueAt.delete(key);
  }

  /** Removes and returns the keys due at or before `now`, earliest first, at most `limit` of them. */
  takeDue(now: number, limit = Infinity): Key[] {
    const taken: Key[] = [];
    for (let top = this.#heap[0]; top && top.at <= now && taken.length < limit; top = this.#heap[0]) {
      this.#pop();
      if (this.#dueAt.get(top.key) !== top) continue;
      this.#dueAt.delete(top.key);
      taken.push(top.key);
    }
    return taken;
  }

  #rebuild(): void {
    this.#heap = [...this.#dueAt.values()].sort((a, b) => a.at - b.at);
  }

  #push(due: Due<Key>): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Due<Key>;
      if (above.at <= due.at) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Due<Key>).at < (heap[child] as Due<Key>).at) child++;
      const below = heap[child] as Due<Key>;
      if (below.at >= last.at) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}
