import type { Frame } from "./frame.ts";
import { DROPPABLE_LANES, type Lane } from "./lane.ts";

/** How many frames of each lane were thrown away. */
export type DropCounts = Partial<Record<Lane, number>>;

/** Why a frame was thrown away: another of its key took its place, or there was no place. */
export type Loss = "replaced" | "full";

/**
 * Keeps account of what a queue throws away, and has the last word on what must go out before a frame. Called from inside
 * of the queue: it must not call back.
 */
export interface Ledger {
  lost(frame: Frame, because: Loss): void;
  /** `frame` is next: what must go out before it. Asked until there is nothing more. */
  before(frame: Frame): Frame | undefined;
  /** `frame` leaves the queue to be sent. */
  leaves(frame: Frame): void;
}

/** Positions of the frames of one lane, oldest first; those before `next` were dealt with. */
interface Positions {
  readonly at: number[];
  next: number;
}

interface Droppable {
  readonly lanes: Map<Lane, Positions>;
  /** Where the last frame of a key is, or was. */
  readonly keys: Map<string, number>;
}

/** Below this many slots, closing the gaps is not worth the trouble. */
const COMPACT_FROM = 64;

/**
 * What one link has still to send: first in, first out, with lanes that may lose frames.
 *
 * The queue knows its size and enforces nothing by itself: while its owner sees no congestion it is a plain array. Only
 * `shed` and `squeeze` look at lanes, and remember where the droppable frames are, so that a peer that stays slow costs
 * constant time per frame and not a walk through the queue.
 */
export class LaneQueue {
  readonly #sizeOf: (frame: Frame) => number;
  /** A dropped frame leaves a gap, so that positions stay true until the next compaction. */
  #slots: (Frame | undefined)[] = [];
  #head = 0;
  #length = 0;
  #bytes = 0;
  #passed = 0;
  /** Goes out before everything else. */
  #first: Frame | undefined;
  #ledger: Ledger | undefined;
  /** Where the droppable frames are, by lane and by key; unknown until `shed` or `squeeze` needs it. */
  #droppable: Droppable | undefined;

  /** @param sizeOf  Bytes that a frame takes; answers the same for as long as the frame stays. */
  constructor(sizeOf: (frame: Frame) => number) {
    this.#sizeOf = sizeOf;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many frames have left the queue so far, sent or thrown away. */
  get passed(): number {
    return this.#passed;
  }

  /** From now on `ledger` keeps account. */
  account(ledger: Ledger): void {
    this.#ledger = ledger;
  }

  push(frame: Frame): void {
    if (this.#slots.length >= COMPACT_FROM && this.#slots.length > this.#length * 2) this.#compact();
    if (this.#droppable) this.#note(this.#droppable, frame, this.#slots.length);
    this.#slots.push(frame);
    this.#length++;
    this.#bytes += this.#sizeOf(frame);
  }

  /**
   * Takes a droppable frame although there is no place for one more: an earlier one of its key goes, else the oldest of
   * the lane that goes first, else the frame itself. Adds what went to `counts`.
   */
  squeeze(frame: Frame, counts: DropCounts): void {
    this.#droppable ??= this.#findDroppable();
    const { lanes, keys } = this.#droppable;
    const before = frame.replaces === undefined ? undefined : keys.get(frame.replaces);
    const [first] = lanes.values();
    if (before !== undefined && this.#slots[before]?.replaces === frame.replaces) {
      this.#drop(before, { because: "replaced", counts });
    } else if (!first || !this.#dropOldest(first, counts)) {
      this.#lose(frame, { because: "full", counts });
      return;
    }
    this.push(frame);
  }

  /** The next frame to go out, which stays. */
  peek(): Frame | undefined {
    if (this.#first) return this.#first;
    for (; this.#head < this.#slots.length; this.#head++) {
      const frame = this.#slots[this.#head];
      if (!frame) continue;
      if (this.#ledger && this.#hasNotes(frame)) this.#first = this.#ledger.before(frame);
      if (this.#first) {
        this.#length++;
        this.#bytes += this.#sizeOf(this.#first);
        return this.#first;
      }
      if (!frame.isMark) return frame;
      this.#slots[this.#head] = undefined;
      this.#gone(frame);
    }
    return undefined;
  }

  /** Removes and returns the next frame to go out. */
  shift(): Frame | undefined {
    const frame = this.peek();
    if (!frame) {
      if (this.#length === 0) this.#reset();
      return undefined;
    }
    if (frame === this.#first) this.#first = undefined;
    else {
      this.#slots[this.#head++] = undefined;
      if (frame.about !== undefined) this.#ledger?.leaves(frame);
    }
    this.#gone(frame);
    if (this.#length === 0) this.#reset();
    return frame;
  }

  /**
   * Drops droppable frames until `bytes` is at most `targetBytes`: all of the lane that goes first before any of the
   * next, oldest first. Adds what it dropped to `counts`.
   *
   * @returns whether the target was reached; if not, nothing droppable is left.
   */
  shed(targetBytes: number, counts: DropCounts): boolean {
    this.#droppable ??= this.#findDroppable();
    for (const positions of this.#droppable.lanes.values()) {
      while (this.#bytes > targetBytes && this.#dropOldest(positions, counts));
    }
    return this.#bytes <= targetBytes;
  }

  clear(): void {
    this.#passed += this.#length;
    this.#reset();
  }

  #reset(): void {
    // A long array is given back to the collector; a short one is worth keeping warm.
    if (this.#slots.length > COMPACT_FROM) this.#slots = [];
    else this.#slots.length = 0;
    this.#head = 0;
    this.#length = 0;
    this.#bytes = 0;
    this.#first = undefined;
    this.#droppable = undefined;
  }

  #hasNotes({ about, isMark }: Frame): boolean {
    return about !== undefined || isMark === true;
  }

  #gone(frame: Frame): void {
    this.#length--;
    this.#passed++;
    this.#bytes -= this.#sizeOf(frame);
  }

  /** Drops the oldest frame of a lane; `false` when there is none. */
  #dropOldest(positions: Positions, counts: DropCounts): boolean {
    while (positions.next < positions.at.length) {
      const position = positions.at[positions.next++] ?? 0;
      if (!this.#slots[position]) continue;
      this.#drop(position, { because: "full", counts });
      return true;
    }
    return false;
  }

  #drop(position: number, how: { readonly because: Loss; readonly counts: DropCounts }): void {
    const frame = this.#slots[position];
    if (!frame) return;
    this.#slots[position] = undefined;
    this.#gone(frame);
    this.#lose(frame, how);
  }

  #lose(frame: Frame, { because, counts }: { readonly because: Loss; readonly counts: DropCounts }): void {
    counts[frame.lane] = (counts[frame.lane] ?? 0) + 1;
    if (frame.about !== undefined) this.#ledger?.lost(frame, because);
  }

  #findDroppable(): Droppable {
    const lanes = new Map<Lane, Positions>(DROPPABLE_LANES.map((lane) => [lane, { at: [], next: 0 }]));
    const found = { lanes, keys: new Map<string, number>() };
    for (let at = this.#head; at < this.#slots.length; at++) {
      const frame = this.#slots[at];
      if (frame) this.#note(found, frame, at);
    }
    return found;
  }

  #note({ lanes, keys }: Droppable, frame: Frame, position: number): void {
    lanes.get(frame.lane)?.at.push(position);
    if (frame.replaces !== undefined) keys.set(frame.replaces, position);
  }

  #compact(): void {
    this.#slots = this.#slots.slice(this.#head).filter((frame) => frame !== undefined);
    this.#head = 0;
    this.#droppable = undefined;
  }
}
