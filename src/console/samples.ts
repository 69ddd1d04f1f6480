/** What the charts show of one second. */
export interface Sample {
  /** Ms since the epoch. */
  readonly at: number;
  readonly received: number;
  readonly delivered: number;
  readonly peers: number;
  readonly links: number;
  readonly rooms: number;
}

export interface Rates {
  readonly receivedPerSecond: number;
  readonly deliveredPerSecond: number;
}

/** Five minutes, one sample a second. */
const MAX_SAMPLES = 300;
const EVERY_MS = 1_000;

/** The last five minutes, so that a page that was just opened has something to draw. Knows no clock. */
export class Samples {
  #kept: Sample[] = [];

  /** Takes a sample when the last one is a second old. */
  tick(now: number, read: () => Omit<Sample, "at">): void {
    const last = this.#kept.at(-1);
    // A clock that was put back starts a new row: times in it only go up.
    if (last && now < last.at) this.#kept = [];
    else if (last && now - last.at < EVERY_MS) return;
    this.#kept.push({ at: now, ...read() });
    if (this.#kept.length > MAX_SAMPLES) this.#kept.shift();
  }

  /** Samples taken after `at`, oldest first. */
  after(at: number): readonly Sample[] {
    return this.#kept.filter((sample) => sample.at > at);
  }

  /** How fast messages came and went between the last two samples. */
  get rates(): Rates {
    const [before, last] = this.#kept.slice(-2);
    if (!before || !last) return { receivedPerSecond: 0, deliveredPerSecond: 0 };
    const seconds = (last.at - before.at) / 1000;
    return {
      receivedPerSecond: (last.received - before.received) / seconds,
      deliveredPerSecond: (last.delivered - before.delivered) / seconds,
    };
  }
}
