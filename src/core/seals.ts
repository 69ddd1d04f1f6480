import { RateTable } from "../lib/rate-table.ts";
import { sameText } from "../lib/same-text.ts";
import type { TokenBucketOptions } from "../lib/token-bucket.ts";
import { Refusal } from "./errors.ts";
import type { Peer } from "./peer.ts";
import { type Random, randomHex } from "./random.ts";
import type { Room } from "./room.ts";

/**
 * Makes of a password and a salt what the password is recognised by, and cannot be read from. Given from outside, as
 * chance is. It is asked for every guess, so it must be quick: what slows guessing down is the limit on guesses.
 */
export type Sealing = (password: string, salt: string) => string;

/** What a room remembers of its password. */
export interface Seal {
  readonly salt: string;
  readonly verifier: string;
}

/** Most pairs of a room and a place of which wrong guesses are remembered. */
const MAX_GUESSERS = 10_000;

const SALT_BYTES = 16;

interface SealsOptions {
  readonly sealing: Sealing;
  readonly random: Random;
  /** Wrong guesses of one place at one room. */
  readonly guesses: TokenBucketOptions;
}

/** Passwords of rooms: docs/spec/rooms.md, rules RM60 to RM65. */
export class Seals {
  readonly #sealing: Sealing;
  readonly #random: Random;
  readonly #guesses: RateTable;

  constructor({ sealing, random, guesses }: SealsOptions) {
    this.#sealing = sealing;
    this.#random = random;
    this.#guesses = new RateTable({ ...guesses, maxKeys: MAX_GUESSERS });
  }

  make(password: string): Seal {
    const salt = randomHex(this.#random, SALT_BYTES);
    return { salt, verifier: this.#sealing(password, salt) };
  }

  /**
   * A password that is missing, wrong, or meant for a room that has none is refused alike: nobody is let into an open
   * room that it takes for a sealed one.
   *
   * @throws {Refusal} `password_required`; `slow_down` after too many wrong guesses from one place, right ones included.
   */
  refuse(room: Room, { peer, password, now }: Guess): void {
    const { seal } = room;
    if (!seal && password === undefined) return;
    const refused = new Refusal("password_required", { room: room.id });
    if (!seal || password === undefined) throw refused;
    const guesser = `${room.log.epoch} ${peer.place ?? peer.id}`;
    const retryAfterMs = this.#guesses.waitMs(guesser, now);
    if (retryAfterMs > 0) throw new Refusal("slow_down", { room: room.id, retryAfterMs });

    if (sameText(this.#sealing(password, seal.salt), seal.verifier)) return;
    this.#guesses.take(guesser, now);
    throw refused;
  }
}

interface Guess {
  readonly peer: Peer;
  readonly password: string | undefined;
  /** Ms since the epoch. */
  readonly now: number;
}
