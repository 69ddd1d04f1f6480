import type { Backlog } from "../dialects/dialect.ts";

/** A link as seen by who judges how slow it is. */
export interface Reader {
  /** Frames that wait because the network takes no more; 0 while it does. */
  readonly waitingFrames: number;
  /** Frames that have left the queue so far. */
  readonly passedFrames: number;
  readonly queuedBytes: number;
}

interface Slowness {
  readonly backlog: Backlog;
  /** Frames that had left when it was looked at last. */
  passed: number;
  /** Since when it has no place, and nothing moved. */
  fullAt: number | undefined;
  /** All that waited at `markedAt` is gone when so many have left. */
  mark: number;
  markedAt: number;
}

/** Whether whoever sends more to `reader` should wait. */
export function isFull(reader: Reader, { maxFrames, maxBytes }: Backlog): boolean {
  return reader.waitingFrames >= maxFrames || (reader.waitingFrames > 0 && reader.queuedBytes >= maxBytes);
}

/** Links that take less than they are sent, and for how long they may: one that exceeds it is found within a tick. */
export class SlowReaders<Each extends Reader> {
  readonly #slow = new Map<Each, Slowness>();

  /** Something waits for `reader`. */
  note(reader: Each, backlog: Backlog, now: number): void {
    const known = this.#slow.get(reader);
    if (known) {
      if (known.fullAt === undefined && isFull(reader, backlog)) known.fullAt = now;
      return;
    }
    const { passedFrames: passed, waitingFrames } = reader;
    const fullAt = isFull(reader, backlog) ? now : undefined;
    this.#slow.set(reader, { backlog, passed, fullAt, mark: passed + waitingFrames, markedAt: now });
  }

  forget(reader: Each): void {
    this.#slow.delete(reader);
  }

  /** Those that have been too slow for too long; each is returned once. */
  takeOverdue(now: number): Each[] {
    const overdue: Each[] = [];
    for (const [reader, slowness] of this.#slow) {
      if (reader.waitingFrames === 0) this.#slow.delete(reader);
      else if (isOverdue(reader, slowness, now)) overdue.push(reader);
    }
    for (const reader of overdue) this.#slow.delete(reader);
    return overdue;
  }
}

function isOverdue(reader: Reader, slowness: Slowness, now: number): boolean {
  const { passedFrames: passed, waitingFrames } = reader;
  const { waitMs, maxAgeMs } = slowness.backlog;
  if (!isFull(reader, slowness.backlog)) slowness.fullAt = undefined;
  else if (slowness.fullAt === undefined || slowness.passed !== passed) slowness.fullAt = now;
  slowness.passed = passed;
  if (slowness.mark <= passed) {
    slowness.mark = passed + waitingFrames;
    slowness.markedAt = now;
  }
  const isStuck = slowness.fullAt !== undefined && now - slowness.fullAt >= waitMs;
  return isStuck || now - slowness.markedAt >= maxAgeMs;
}
