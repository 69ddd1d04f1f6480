import type { Frame } from "../lib/frame.ts";
import { isDroppable, type Lane } from "../lib/lane.ts";
import { type DropCounts, LaneQueue } from "../lib/lane-queue.ts";
import { QueueBudget } from "../lib/queue-budget.ts";
import type { AccountTerms, Link, LinkEnd, LinkListener } from "./link.ts";

export interface MemoryPairOptions {
  /** Budget of each end for what was sent and has not crossed, in bytes, besides one frame that is larger than all of it. */
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

  readonly #budget: QueueBudget;
  #maxFrames = Number.POSITIVE_INFINITY;
  readonly #queue = new LaneQueue(sizeOf);
  /** A frame larger than the whole budget, which the line holds as a network would. */
  #large: Frame[] = [];
  #largeBytes = 0;
  #state: MemoryState = { is: "open" };
  #listener: LinkListener | undefined;
  #isPaused = false;
  #isOverwhelmed = false;
  #dropped: DropCounts = {};

  constructor({ maxQueueBytes = DEFAULT_MAX_QUEUE_BYTES, remoteAddress = "memory" }: MemoryPairOptions) {
    this.#budget = new QueueBudget(maxQueueBytes);
    this.remoteAddress = remoteAddress;
  }

  get queuedBytes(): number {
    return this.#queue.bytes + this.#largeBytes;
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
    const isAlone = this.#isEmpty;
    this.#queue.push(frame);
    if (isAlone && this.#queue.bytes > this.#budget.maxBytes) this.#hand();
    const room = this.#budget.room(this.#largeBytes);
    if (this.#queue.bytes <= room || this.#queue.shed(room, this.#dropped)) return;
    this.#isOverwhelmed = true;
    this.#queue.clear();
  }

  close(code: number, reason: string): void {
    if (this.#state.is === "open") this.#state = { is: "closing", end: { code, reason, clean: true } };
  }

  destroy(): void {
    this.#forget();
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
    if (this.#state.is === "closing" && this.#isEmpty) {
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
    if (this.other?.holds) return undefined;
    const large = this.#large.shift();
    if (this.#large.length === 0) this.#largeBytes = 0;
    return large ?? this.#queue.shift();
  }

  get #isEmpty(): boolean {
    return this.#large.length === 0 && this.#queue.length === 0;
  }

  /** Hands what is queued to the line. */
  #hand(): void {
    this.#largeBytes = this.#queue.bytes;
    this.#budget.wrote(this.#largeBytes);
    for (let frame = this.#queue.shift(); frame; frame = this.#queue.shift()) this.#large.push(frame);
  }

  #forget(): void {
    this.#large = [];
    this.#largeBytes = 0;
    this.#queue.clear();
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
      link.#forget();
      link.#listener?.closed(end);
    }
  }
}

function sizeOf(frame: Frame): number {
  return typeof frame.data === "string" ? Buffer.byteLength(frame.data) : frame.data.byteLength;
}
