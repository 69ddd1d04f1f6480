import { Emitter } from "./emitter.ts";
import type { Talk, Way } from "./talk.ts";

/** How far a message of ours has come. */
export interface Delivery {
  readonly id: string;
  readonly to: number;
  readonly arrived: number;
  readonly direct: number;
  readonly relayed: number;
  /** Nobody is waited for any more. */
  readonly settled: boolean;
}

/** How a message went to one peer. */
export interface Sent {
  /** `undefined` when the peer could not be reached yet. */
  readonly way: Way | undefined;
  /** The peer acknowledges; another counts as reached once sent to. */
  readonly answers: boolean;
}

interface OutboxEvents {
  delivery: Delivery;
}

interface Letter {
  readonly talk: Talk;
  readonly to: number;
  readonly ways: Map<string, Way>;
  /** Who has not acknowledged yet, by fingerprint. */
  readonly waiting: Map<string, { tries: number; nextAtMs: number }>;
  arrived: number;
}

const RETRY_AFTER_MS = 3000;
const MAX_TRIES = 5;
const MAX_LETTERS = 50;

/**
 * Our messages that are not yet acknowledged.
 *
 * A data channel can die with messages in it. What is not acknowledged is said again, by whatever way there is then;
 * the receiver shows an id once. So a message arrives even when its first way dies under it.
 */
export class Outbox extends Emitter<OutboxEvents> {
  readonly #letters = new Map<string, Letter>();
  readonly #say: (fingerprint: string, talk: Talk) => Way | undefined;

  /** @param say  Sends to a peer by the best way; `undefined` when there is none at the moment. */
  constructor(say: (fingerprint: string, talk: Talk) => Way | undefined) {
    super();
    this.#say = say;
  }

  /** Starts to watch a message that has just been sent. */
  watch(talk: Talk, sent: ReadonlyMap<string, Sent>, nowMs: number): void {
    const letter: Letter = { talk, to: sent.size, ways: new Map(), waiting: new Map(), arrived: 0 };
    for (const [fingerprint, { way, answers }] of sent) {
      if (way) letter.ways.set(fingerprint, way);
      if (way && !answers) letter.arrived += 1;
      else letter.waiting.set(fingerprint, { tries: way ? 1 : 0, nextAtMs: nowMs + RETRY_AFTER_MS });
    }
    this.#letters.set(talk.id, letter);
    this.#tell(talk.id, letter);

    const [oldest] = this.#letters;
    if (oldest && this.#letters.size > MAX_LETTERS) {
      oldest[1].waiting.clear();
      this.#tell(...oldest);
    }
  }

  /** A peer has acknowledged a message. */
  acknowledge(id: string, fingerprint: string): void {
    const letter = this.#letters.get(id);
    if (!letter?.waiting.delete(fingerprint)) return;
    letter.arrived += 1;
    this.#tell(id, letter);
  }

  /** The data channel to a peer has died: what it may have swallowed is due now. */
  hurry(fingerprint: string): void {
    for (const letter of this.#letters.values()) {
      const waiting = letter.waiting.get(fingerprint);
      if (waiting) waiting.nextAtMs = 0;
    }
  }

  /** A peer is gone: nobody waits for it any more. */
  forget(fingerprint: string): void {
    for (const [id, letter] of this.#letters) {
      if (letter.waiting.delete(fingerprint)) this.#tell(id, letter);
    }
  }

  /** Says again what is due. To be called about once a second. */
  tick(nowMs: number): void {
    for (const [id, letter] of this.#letters) {
      for (const [fingerprint, waiting] of letter.waiting) {
        if (nowMs < waiting.nextAtMs) continue;
        if (waiting.tries >= MAX_TRIES) {
          letter.waiting.delete(fingerprint);
          this.#tell(id, letter);
          continue;
        }
        waiting.nextAtMs = nowMs + RETRY_AFTER_MS;
        const way = this.#say(fingerprint, letter.talk);
        if (!way) continue;
        waiting.tries += 1;
        letter.ways.set(fingerprint, way);
        this.#tell(id, letter);
      }
    }
  }

  #tell(id: string, letter: Letter): void {
    const ways = [...letter.ways.values()];
    const direct = ways.filter((way) => way === "direct").length;
    this.emit("delivery", {
      id,
      to: letter.to,
      arrived: letter.arrived,
      direct,
      relayed: ways.length - direct,
      settled: letter.waiting.size === 0,
    });
    if (letter.waiting.size === 0) this.#letters.delete(id);
  }
}
