import type { Frame } from "../lib/frame.ts";
import { isDroppable, type Lane } from "../lib/lane.ts";
import { type DropCounts, LaneQueue } from "../lib/lane-queue.ts";
import type { AccountTerms, Link, LinkEnd, LinkListener } from "./link.ts";

export interface MemoryPairOptions {
  /** Budget of each end for what was sent and has not crossed, in bytes. */
  readonly maxQueueBytes?: number;
  readonly remoteAddress?: string;
}

/** Two ends of one line. What is sent at one end crosses to the other when `flush` is called, and not before. */
export interface MemoryPair {
  readonly near: Link;
  readonly far: Link;
  /** Carries everything over, answers included, until nothing is left. What a listener throws comes out here. */
  flush(): void;
}

/** More rounds than this in one flush can only be two ends that answer each other forever. */
const MAX_ROUNDS = 10_000;

/** A pair of links without a network, for tests that decide when frames cross. */
export function memoryPair(options: MemoryPairOptions = {}): MemoryPair {
  const near = new MemoryLink(options);
  const far = new MemoryLink(options);
  near.other = far;
  far.other = near;
  return {
    near,
    far,
    flush() {
      for (let round = 0; near.carry() || far.carry(); round++) {
        if (round === MAX_ROUNDS) throw new Error(`both ends still answer each other after ${round} rounds`);
      }
    },
  };
}

const DEFAULT_MAX_QUEUE_BYTES = 1024 * 1024;
const BROKEN: LinkEnd = { code: 1006, reason: "", clean: false };

type MemoryState =
  | { readonly is: "open" }
  /** Nothing more is taken; what is queued crosses first, then `end` does. */
  | { readonly is: "closing"; readonly end: LinkEnd }
  | { readonly is: "closed" };

class MemoryLink implements Link {
  readonly kind = "memory";
  readonly remoteAddress: string;
  other: MemoryLink | undefined;

  readonly #maxBytes: number;
  #maxFrames = Number.POSITIVE_INFINITY;
  readonly #queue = new LaneQueue(sizeOf);
  #state: MemoryState = { is: "open" };
  #listener: LinkListener | undefined;
  #isPaused = false;
  #isOverwhelmed = false;
  #dropped: DropCounts = {};

  constructor({ maxQueueBytes = DEFAULT_MAX_QUEUE_BYTES, remoteAddress = "memory" }: MemoryPairOptions) {
    this.#maxBytes = maxQueueBytes;
    this.remoteAddress = remoteAddress;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  get waitingFrames(): number {
    return this.other?.holds ? this.#queue.length : 0;
  }

  get passedFrames(): number {
    return this.#queue.passed;
  }

  account({ maxFrames, ledger }: AccountTerms): void {
    this.#maxFrames = maxFrames;
    this.#queue.account(ledger);
  }

  discard(): void {
    this.#queue.clear();
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
  }

  send(frame: Frame): void {
    if (this.#state.is !== "open" || this.#isOverwhelmed) return;
    if (this.waitingFrames >= this.#maxFrames && isDroppable(frame.lane)) {
      this.#queue.squeeze(frame, this.#dropped);
      return;
    }
    const isAlone = this.#queue.length === 0;
    this.#queue.push(frame);
    // A frame that is larger than the whole budget passes when nothing else waits.
    if (isAlone || this.#queue.bytes <= this.#maxBytes) return;
    if (this.#queue.shed(this.#maxBytes, this.#dropped)) return;
    this.#isOverwhelmed = true;
    this.#queue.clear();
  }

  close(code: number, reason: string): void {
    if (this.#state.is === "open") this.#state = { is: "closing", end: { code, reason, clean: true } };
  }

  destroy(): void {
    this.#queue.clear();
    if (this.#state.is !== "closed") this.#state = { is: "closing", end: BROKEN };
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Carries to the other end what waits here; tells whether there was anything. */
  carry(): boolean {
    const reported = this.#report();
    let carried = false;
    for (let frame = this.#next(); frame; frame = this.#next()) {
      carried = true;
      this.other?.take(frame);
    }
    if (this.#state.is === "closing" && this.#queue.length === 0) {
      this.#end(this.#state.end);
      return true;
    }
    return carried || reported;
  }

  /** Whether what was sent to this end must wait. An end that is closing reads, and hears nothing. */
  get holds(): boolean {
    return this.#isPaused && this.#state.is === "open";
  }

  take({ data }: Frame): void {
    if (this.#state.is === "open") this.#listener?.message(typeof data === "string" ? data : data.slice());
  }

  #next(): Frame | undefined {
    return this.other?.holds ? undefined : this.#queue.shift();
  }

  #report(): boolean {
    const dropped = Object.entries(this.#dropped);
    this.#dropped = {};
    if (this.#state.is !== "open") return false;
    for (const [lane, count] of dropped) this.#listener?.dropped?.(count, lane as Lane);
    if (!this.#isOverwhelmed) return dropped.length > 0;

    this.#isOverwhelmed = false;
    this.#listener?.fault("slow_consumer");
    this.close(1013, "messages were not taken fast enough");
    return true;
  }

  #end(end: LinkEnd): void {
    for (const link of [this, this.other]) {
      if (!link || link.#state.is === "closed") continue;
      link.#state = { is: "closed" };
      link.#queue.clear();
      link.#listener?.closed(end);
    }
  }
}

function sizeOf(frame: Frame): number {
  return typeof frame.data === "string" ? Buffer.byteLength(frame.data) : frame.data.byteLength;
}
