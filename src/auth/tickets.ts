import { createHash, randomBytes } from "node:crypto";
import { Deadlines } from "../core/deadlines.ts";
import { Refusal } from "../core/errors.ts";
import { ANONYMOUS, type Identity } from "../core/identity.ts";

/** Bytes of chance in one ticket. */
const TICKET_BYTES = 24;

const DEFAULT_TTL_MS = 30_000;

export interface TicketsOptions {
  /** Most tickets that wait to be used. */
  readonly maxTickets?: number;
  /** Ms since the epoch. */
  now?(): number;
}

/**
 * Tickets that let somebody in once and soon: an embedder's own web server, which knows who is there, hands one to the
 * page, and the page opens its link with it, so that no token stands in an address.
 *
 * Kept in memory of this process, by their hashes.
 */
export class Tickets {
  readonly #waiting = new Map<string, Identity>();
  readonly #ends = new Deadlines<string>();
  readonly #maxTickets: number;
  readonly #now: () => number;

  constructor({ maxTickets = 100_000, now = Date.now }: TicketsOptions = {}) {
    this.#maxTickets = maxTickets;
    this.#now = now;
  }

  /** Tickets that wait to be used. */
  get size(): number {
    this.#forget();
    return this.#waiting.size;
  }

  /**
   * A ticket for `who`, good once and for `ttlMs`. What `who` does not say is as for nobody in particular.
   *
   * @throws {Refusal} `server_full` when too many wait.
   */
  issue(who: Partial<Identity>, { ttlMs = DEFAULT_TTL_MS }: { readonly ttlMs?: number } = {}): string {
    this.#forget();
    if (this.#waiting.size >= this.#maxTickets) throw new Refusal("server_full", { max: this.#maxTickets });
    const ticket = randomBytes(TICKET_BYTES).toString("base64url");
    this.#waiting.set(hashOf(ticket), { ...ANONYMOUS, issuedAt: this.#now(), ...who });
    this.#ends.set(hashOf(ticket), this.#now() + ttlMs);
    return ticket;
  }

  /** Takes a ticket. @throws {Refusal} `unauthorized` when it is unknown, used or too old. */
  redeem(ticket: string): Identity {
    this.#forget();
    const hash = hashOf(ticket);
    const identity = this.#waiting.get(hash);
    if (!identity) throw new Refusal("unauthorized", { reason: "ticket" });
    this.#waiting.delete(hash);
    this.#ends.clear(hash);
    return identity;
  }

  #forget(): void {
    for (const hash of this.#ends.takeDue(this.#now())) this.#waiting.delete(hash);
  }
}

const hashOf = (ticket: string): string => createHash("sha256").update(ticket).digest("base64");
