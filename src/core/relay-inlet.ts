import type { RelayFrame } from "./relay-frame.ts";
import type { RelaySeat } from "./relay-seat.ts";
import { relayCost } from "./relay-words.ts";

/** One frame on its way: read, and as it came. */
export interface Underway {
  readonly frame: RelayFrame | undefined;
  /** With its length in front. */
  readonly record: Uint8Array;
}

/** One stream on which a peer sends: what came and could not be passed on yet, in order, within its window. */
export class RelayInlet {
  readonly seat: RelaySeat;
  /** Nothing more will come. */
  isShut = false;
  readonly #windowBytes: number;
  readonly #grant: (bytes: number) => void;
  #held: Underway[] = [];
  #head = 0;
  #heldCost = 0;
  /** Passed on, and not yet given back as credit. */
  #owed = 0;

  constructor(
    seat: RelaySeat,
    { windowBytes, grant }: { windowBytes: number; grant: (bytes: number) => void },
  ) {
    this.seat = seat;
    this.#windowBytes = windowBytes;
    this.#grant = grant;
  }

  get isEmpty(): boolean {
    return this.#head === this.#held.length;
  }

  /** What is held, by `relayCost`. */
  get heldCost(): number {
    return this.#heldCost;
  }

  get first(): Underway | undefined {
    return this.#held[this.#head];
  }

  /** Whether `record` may still be held. Credit that was not yet given counts as used: the sender cannot know of it. */
  hasRoomFor(record: Uint8Array): boolean {
    return this.#heldCost + this.#owed + relayCost(record.length) <= this.#windowBytes;
  }

  /** Holds a frame back; of a record that is a small part of a larger buffer a copy, so that the rest can go. */
  hold({ frame, record }: Underway): void {
    this.#heldCost += relayCost(record.length);
    if (record.length * 2 >= record.buffer.byteLength) this.#held.push({ frame, record });
    // Of a held frame only the envelope is looked at again: its payload is in the copy.
    else this.#held.push({ frame: frame && { ...frame, payload: EMPTY }, record: record.slice() });
  }

  /** Removes the first frame; returns its cost. */
  shift(): number {
    const first = this.first;
    if (!first) return 0;
    this.#held[this.#head++] = GONE;
    if (this.isEmpty) {
      this.#held = [];
      this.#head = 0;
    }
    const cost = relayCost(first.record.length);
    this.#heldCost -= cost;
    return cost;
  }

  /** A frame is dealt with: its sender may send as much again. Credit is given in eighths of the window. */
  settle(cost: number): void {
    this.#owed += cost;
    if (this.#owed * 8 < this.#windowBytes) return;
    const bytes = this.#owed;
    this.#owed = 0;
    this.#grant(bytes);
  }
}

const EMPTY = new Uint8Array(0);
const GONE: Underway = { frame: undefined, record: EMPTY };
