import type { PeerId } from "./ids.ts";
import type { RoomEvent } from "./room-events.ts";

/** Who was told an entry: everybody in the room at that time, or `only` some of them, but `except`. */
export interface Audience {
  readonly only?: ReadonlySet<PeerId> | undefined;
  readonly except: PeerId | ReadonlySet<PeerId> | undefined;
}

export interface Entry extends Audience {
  readonly event: RoomEvent;
  readonly at: number;
  readonly bytes: number;
}

export interface Retention {
  /** Most bytes of payload and bookkeeping kept. */
  readonly maxBytes: number;
  /** Entries older than this are forgotten, in ms. */
  readonly maxAgeMs: number;
}

/** What the logs of all rooms together may take: many rooms, each within its own bounds, are too much as well. */
export class LogBudget {
  /** Bytes kept by all logs. */
  used = 0;
  /** Logs that keep anything. */
  logs = 0;

  constructor(readonly maxBytes: number) {}

  /** Most bytes of one log: while the budget is used up, its share. */
  limitOf({ maxBytes }: Retention): number {
    return this.used > this.maxBytes ? Math.min(maxBytes, this.maxBytes / this.logs) : maxBytes;
  }
}

/**
 * The events of one room in order, bounded by bytes and age.
 *
 * Offsets count up from 1 without gaps within one epoch. An epoch is the life of one room object: whoever comes back
 * with another epoch must take the whole room anew.
 */
export class RoomLog {
  /** Those before `head` are gone, and so are their slots after the next compaction. */
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #last = 0;

  constructor(
    readonly epoch: string,
    readonly retention: Retention,
    readonly budget: LogBudget = new LogBudget(Number.POSITIVE_INFINITY),
  ) {}

  /** Offset of the newest event; 0 when nothing has happened yet. */
  get lastOffset(): number {
    return this.#last;
  }

  /** Offset of the oldest event that is still kept; `lastOffset + 1` when none is. */
  get firstOffset(): number {
    return this.#last - this.length + 1;
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The offset that the next `append` must carry. */
  get nextOffset(): number {
    return this.#last + 1;
  }

  /** Adds the event that carries `nextOffset`, and forgets what the retention no longer covers. */
  append(entry: Entry): void {
    this.#last = entry.event.offset;
    if (this.length === 0) this.budget.logs++;
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    this.budget.used += entry.bytes;
    this.forget(entry.at);
  }

  /** Counts the event that carries `nextOffset`, of which nobody will ask again, nor of any before it. */
  pass(): void {
    this.#last++;
    if (this.length > 0) this.end();
  }

  /** Forgets entries beyond the retention. */
  forget(now: number): void {
    const oldest = now - this.retention.maxAgeMs;
    for (let entry = this.#entries[this.#head]; entry; entry = this.#entries[this.#head]) {
      if (entry.at >= oldest && this.#bytes <= this.budget.limitOf(this.retention)) break;
      this.#entries[this.#head++] = undefined;
      this.#bytes -= entry.bytes;
      this.budget.used -= entry.bytes;
      if (this.length === 0) this.budget.logs--;
    }
    if (this.length === 0 || (this.#head > 32 && this.#head * 2 > this.#entries.length)) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Forgets everything; the room is no more. */
  end(): void {
    this.forget(Number.POSITIVE_INFINITY);
  }

  /**
   * Entries after offset `since`, oldest first, or `undefined` when some of them are no longer kept or `since` was
   * never reached in this epoch.
   */
  after(since: number): readonly Entry[] | undefined {
    if (since > this.#last || since < this.firstOffset - 1) return undefined;
    return this.#entries.slice(this.#head + (since - this.firstOffset + 1)) as Entry[];
  }

  /** Entries that are kept of offsets below `offset`, newest first. */
  *backwards(offset: number): Generator<Entry> {
    const newest = this.#entries.length - 1 - Math.max(0, this.#last - offset + 1);
    for (let at = newest; at >= this.#head; at--) yield this.#entries[at] as Entry;
  }

  /** When the oldest entry will be too old, in ms since the epoch; `undefined` when nothing is kept. */
  get forgetsAt(): number | undefined {
    const oldest = this.#entries[this.#head];
    return oldest && oldest.at + this.retention.maxAgeMs + 1;
  }
}

/** Whether `peer`, if it was in the room at that time, was told. */
export function wasTold({ only, except }: Audience, peer: PeerId): boolean {
  if (only && !only.has(peer)) return false;
  return typeof except === "object" ? !except.has(peer) : except !== peer;
}
