import type { Frame } from "./frame.ts";
import { DROPPABLE_LANES, type Lane } from "./lane.ts";

/** How many frames of each lane were thrown away. */
export type DropCounts = Partial<Record<Lane, number>>;

/** Positions of the frames of one lane, oldest first; those before `next` were dealt with. */
interface Positions {
  readonly at: number[];
  next: number;
}

/** Below this many slots, closing the gaps is not worth the trouble. */
const COMPACT_FROM = 64;

/**
 * What one link has still to send: first in, first out, with lanes that may lose frames.
 *
 * The queue knows its size and enforces nothing by itself: while its owner sees no congestion it is a plain array. Only
 * `shed` looks at lanes, and remembers where the droppable frames are, so that a peer that stays slow costs constant
 * time per frame and not a walk through the queue.
 */
export class LaneQueue {
  readonly #sizeOf: (frame: Frame) => number;
  /** A dropped frame leaves a gap, so that positions stay true until the next compaction. */
  #slots: (Frame | undefined)[] = [];
  #head = 0;
  #length = 0;
  #bytes = 0;
  /** Where the droppable frames are; unknown until `shed` needs it. */
  #droppable: Map<Lane, Positions> | undefined;

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

  push(frame: Frame): void {
    if (this.#slots.length >= COMPACT_FROM && this.#slots.length > this.#length * 2) this.#compact();
    this.#droppable?.get(frame.lane)?.at.push(this.#slots.length);
    this.#slots.push(frame);
    this.#length++;
    this.#bytes += this.#sizeOf(frame);
  }

  /** The oldest frame, which stays. */
  peek(): Frame | undefined {
    while (this.#head < this.#slots.length) {
      const frame = this.#slots[this.#head];
      if (frame) return frame;
      this.#head++;
    }
    return undefined;
  }

  /** Removes and returns the oldest frame. */
  shift(): Frame | undefined {
    const frame = this.peek();
    if (!frame) return undefined;
    this.#slots[this.#head++] = undefined;
    this.#length--;
    this.#bytes -= this.#sizeOf(frame);
    if (this.#length === 0) this.clear();
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
    for (const [lane, positions] of this.#droppable) {
      while (this.#bytes > targetBytes && positions.next < positions.at.length) {
        const position = positions.at[positions.next++] ?? 0;
        const frame = this.#slots[position];
        if (!frame) continue;
        this.#slots[position] = undefined;
        this.#length--;
        this.#bytes -= this.#sizeOf(frame);
        counts[lane] = (counts[lane] ?? 0) + 1;
      }
    }
    return this.#bytes <= targetBytes;
  }

  clear(): void {
    // A long array is given back to the collector; a short one is worth keeping warm.
    if (this.#slots.length > COMPACT_FROM) this.#slots = [];
    else this.#slots.length = 0;
    this.#head = 0;
    this.#length = 0;
    this.#bytes = 0;
    this.#droppable = undefined;
  }

  #findDroppable(): Map<Lane, Positions> {
    const found = new Map<Lane, Positions>(DROPPABLE_LANES.map((lane) => [lane, { at: [], next: 0 }]));
    for (let at = this.#head; at < this.#slots.length; at++) {
      const frame = this.#slots[at];
      if (frame) found.get(frame.lane)?.at.push(at);
    }
    return found;
  }

  #compact(): void {
    this.#slots = this.#slots.slice(this.#head).filter((frame) => frame !== undefined);
    this.#head = 0;
    this.#droppable = undefined;
  }
}
