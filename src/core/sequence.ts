import { Refusal } from "./errors.ts";
import type { RoomId } from "./ids.ts";

/** Most outcomes that one session remembers. */
const MAX_KEPT = 64;

/** How a command went that may be asked about again: refused, or it led into a room. */
export type Outcome = Refusal | RoomId;

/**
 * What a session has sent, over all its links: numbered 1, 2, 3 …, each carried out once and in order, however often
 * it is sent.
 */
export class Sequence {
  readonly #outcomes = new Map<number, Outcome>();
  #last = 0;
  #told = 0;

  /** The highest number that was carried out. */
  get last(): number {
    return this.#last;
  }

  /** How many were carried out since the client was last told how far. */
  get untold(): number {
    return this.#last - this.#told;
  }

  /**
   * Whether a message of that number is the next one; `again` when it was carried out before.
   *
   * @throws {Refusal} `gap` when others are missing before it.
   */
  take(number: number): "next" | "again" {
    const turn = this.turnOf(number);
    if (turn === "again") return turn;
    if (turn === "gap") throw new Refusal("gap", { expected: this.#last + 1, sequence: number });
    this.#last = number;
    return "next";
  }

  /** What `take` would say of that number. */
  turnOf(number: number): "next" | "again" | "gap" {
    if (number <= this.#last) return "again";
    return number === this.#last + 1 ? "next" : "gap";
  }

  /** Remembers how a message went; the oldest is forgotten when there are too many. */
  keep(number: number, outcome: Outcome): void {
    this.#outcomes.set(number, outcome);
    if (this.#outcomes.size <= MAX_KEPT) return;
    for (const oldest of this.#outcomes.keys()) {
      this.#outcomes.delete(oldest);
      break;
    }
  }

  outcome(number: number): Outcome | undefined {
    return this.#outcomes.get(number);
  }

  /** The client is told now how far its messages were carried out. */
  tell(): number {
    this.#told = this.#last;
    return this.#last;
  }
}
