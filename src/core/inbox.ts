import type { DirectEvent } from "./direct-events.ts";
import { payloadSize } from "./payload.ts";
import type { Retention } from "./room-log.ts";

/** Bookkeeping that a kept event costs besides its payload. */
const EVENT_BYTES = 200;

interface Kept {
  readonly event: DirectEvent;
  readonly at: number;
  readonly bytes: number;
}

/** What an inbox still holds of what somebody has not seen. */
export interface Unseen {
  readonly events: readonly DirectEvent[];
  /** How many are no longer held. */
  readonly lost: number;
}

/**
 * What one session was told alone, numbered 1, 2, 3 …, bounded by bytes and age, and by what the client has seen.
 */
export class Inbox {
  #kept: Kept[] = [];
  #bytes = 0;
  #last = 0;

  constructor(readonly retention: Retention) {}

  /** Number of the newest event; 0 when there was none. */
  get last(): number {
    return this.#last;
  }

  get length(): number {
    return this.#kept.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Gives `event` the next number, and keeps it. */
  keep(event: DirectEvent, now: number): DirectEvent {
    const numbered = { ...event, number: ++this.#last };
    const bytes = EVENT_BYTES + sizeOf(event);
    this.#kept.push({ event: numbered, at: now, bytes });
    this.#bytes += bytes;
    this.forget(now);
    return numbered;
  }

  /** The client has seen everything up to `number`. */
  seen(number: number): void {
    this.#drop((kept) => (kept.event.number ?? 0) <= number);
  }

  /** Forgets what is beyond the retention. */
  forget(now: number): void {
    const oldest = now - this.retention.maxAgeMs;
    this.#drop(({ at }) => at < oldest || this.#bytes > this.retention.maxBytes);
  }

  /** When the oldest event will be too old, in ms since the epoch; `undefined` when none is kept. */
  get forgetsAt(): number | undefined {
    const oldest = this.#kept[0];
    return oldest && oldest.at + this.retention.maxAgeMs + 1;
  }

  /** What came after `number`; one that was never reached counts as the newest. */
  after(number: number): Unseen {
    const events = this.#kept.map(({ event }) => event).filter((event) => (event.number ?? 0) > number);
    return { events, lost: Math.max(0, this.#last - number) - events.length };
  }

  /** Drops the oldest for as long as `isOver`; what was dropped no longer counts in `bytes`. */
  #drop(isOver: (kept: Kept) => boolean): void {
    let count = 0;
    for (let oldest = this.#kept[0]; oldest && isOver(oldest); oldest = this.#kept[++count]) {
      this.#bytes -= oldest.bytes;
    }
    if (count > 0) this.#kept.splice(0, count);
  }
}

function sizeOf(event: DirectEvent): number {
  if ("data" in event && event.data !== undefined) return payloadSize(event.data);
  return "members" in event ? event.members.length * EVENT_BYTES : 0;
}
