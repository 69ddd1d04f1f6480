import type { Via } from "./packets.ts";

/** A message that is not known to have arrived. */
export interface Unacknowledged {
  /** Its number: 1, 2, 3 … */
  readonly s: number;
  readonly type: string;
  readonly d: unknown;
  sentAt: number;
  /** By which way it was sent last. */
  via: Via;
}

/** Most messages that wait for an earlier one; more are dropped and come again, because they are not acknowledged. */
const MAX_EARLY = 1_000;

/** What this side has said: numbered, and kept until it is acknowledged. */
export class Sent {
  #last = 0;
  #kept: Unacknowledged[] = [];

  get size(): number {
    return this.#kept.length;
  }

  add(type: string, d: unknown, now: number): Unacknowledged {
    const message: Unacknowledged = { s: ++this.#last, type, d, sentAt: now, via: "session" };
    this.#kept.push(message);
    return message;
  }

  /** The other side has heard everything up to `s`. Whether that is news. */
  acknowledged(s: number): boolean {
    const before = this.#kept.length;
    this.#kept = this.#kept.filter((message) => message.s > s);
    return this.#kept.length < before;
  }

  /** What is not acknowledged, oldest first: all of it, or what went by one way. */
  by(via?: Via): readonly Unacknowledged[] {
    return via === undefined ? this.#kept : this.#kept.filter((message) => message.via === via);
  }

  /** How long the oldest message that went by that way has waited, in ms. */
  waitedMs(via: Via, now: number): number {
    const oldest = this.#kept.find((message) => message.via === via);
    return oldest ? now - oldest.sentAt : 0;
  }

  /** Begins again at 1; answers how much is forgotten. */
  reset(): number {
    const { length } = this.#kept;
    this.#kept = [];
    this.#last = 0;
    return length;
  }
}

/** What the other side has said, put into its order. */
export class InOrder<Message> {
  #last = 0;
  readonly #early = new Map<number, Message>();

  /** The number up to which everything was handed over. */
  get last(): number {
    return this.#last;
  }

  /** Takes message number `s`, and hands over everything whose turn has come. */
  take(s: number, message: Message, hand: (message: Message) => void): void {
    if (s > this.#last && this.#early.size < MAX_EARLY) this.#early.set(s, message);
    for (let next = this.#early.get(this.#last + 1); next; next = this.#early.get(this.#last + 1)) {
      this.#early.delete(++this.#last);
      hand(next);
    }
  }

  reset(): void {
    this.#last = 0;
    this.#early.clear();
  }
}
