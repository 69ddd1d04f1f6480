interface Timer {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  isCalledOff: boolean;
}

/** Enough turns of the microtask queue for any chain of promises that the code under test builds. */
const SETTLE_TURNS = 12;

/** A clock that stands still until it is told to go on. Fits the client's `Clock`. */
export class ManualClock {
  #now: number;
  #order = 0;
  /** A heap by time, then by order of setting. */
  readonly #timers: Timer[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, act: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, act, isCalledOff: false };
    this.#push(timer);
    return () => {
      timer.isCalledOff = true;
    };
  }

  /** Lets `ms` pass: everything due happens in its order, with the promises between. */
  async forward(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#timers[0]; next && next.at <= until; next = this.#timers[0]) {
      this.#pop();
      if (next.isCalledOff) continue;
      this.#now = next.at;
      next.act();
      await settle();
    }
    this.#now = until;
  }

  /** Lets time pass until `condition` holds. @throws {Error} when it does not within `withinMs`. */
  async until(condition: () => boolean, withinMs: number): Promise<void> {
    const deadline = this.#now + withinMs;
    await settle();
    while (!condition()) {
      const next = this.#timers[0];
      if (!next || next.at > deadline) throw new Error(`it did not come true within ${withinMs} ms`);
      await this.forward(next.at - this.#now);
    }
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#timers;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) await Promise.resolve();
}
