import type { Criteria } from "./commands.ts";
import { Deadlines } from "./deadlines.ts";
import type { PeerId, SpaceId } from "./ids.ts";

/** One peer waiting in one pool. */
export interface Ticket {
  readonly space: SpaceId;
  readonly peer: PeerId;
  readonly pool: string;
  readonly size: number;
  readonly criteria: Criteria;
}

/** `space`, `pool`, `size` and `criteria` as one text; two tickets match exactly when theirs are equal. */
export function queueKey({ space, pool, size, criteria }: Omit<Ticket, "peer">): string {
  const sorted = Object.entries(criteria).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([space, pool, size, sorted]);
}

interface Waiting extends Ticket {
  readonly key: string;
}

/**
 * Queues of peers that ask for the same thing, indexed by what they ask for.
 *
 * A peer holds at most one ticket per pool: asking again replaces it (and keeps its place when nothing changed), so
 * nobody is matched twice and no ghost is left behind.
 */
export class Matchmaker {
  readonly #queues = new Map<string, Map<PeerId, Waiting>>();
  readonly #tickets = new Map<PeerId, Map<string, Waiting>>();
  readonly #deadlines = new Deadlines<Waiting>();

  constructor(readonly maxWaitMs: number) {}

  /** Number of tickets waiting. */
  get size(): number {
    return this.#deadlines.size;
  }

  /** Pools that `peer` waits in. */
  poolsOf(peer: PeerId): ReadonlySet<string> {
    return new Set(this.#tickets.get(peer)?.keys());
  }

  /** Adds a ticket. Returns the complete group, longest waiting first and `ticket.peer` last, or `undefined` to wait. */
  ask(ticket: Ticket, now: number): PeerId[] | undefined {
    const key = queueKey(ticket);
    const known = this.#tickets.get(ticket.peer)?.get(ticket.pool);
    if (known?.key === key) return undefined;
    if (known) this.#remove(known);

    const queue = this.#queues.get(key);
    if (queue && queue.size >= ticket.size - 1) {
      const others = [...queue.values()].slice(0, ticket.size - 1);
      for (const other of others) this.#remove(other);
      return [...others.map(({ peer }) => peer), ticket.peer];
    }

    this.#add({ ...ticket, key }, now);
    return undefined;
  }

  /** Takes back the peer's ticket in `pool`, or all of its tickets. Returns whether there was one. */
  cancel(peer: PeerId, pool?: string): boolean {
    const tickets = this.#tickets.get(peer);
    if (!tickets) return false;
    const cancelled = [...tickets.values()].filter((ticket) => pool === undefined || ticket.pool === pool);
    for (const ticket of cancelled) this.#remove(ticket);
    return cancelled.length > 0;
  }

  /** Removes and returns the tickets that have waited for `maxWaitMs`. */
  takeExpired(now: number): Ticket[] {
    const expired = this.#deadlines.takeDue(now);
    for (const ticket of expired) this.#remove(ticket);
    return expired;
  }

  #add(waiting: Waiting, now: number): void {
    const queue = this.#queues.get(waiting.key) ?? new Map<PeerId, Waiting>();
    this.#queues.set(waiting.key, queue.set(waiting.peer, waiting));
    const tickets = this.#tickets.get(waiting.peer) ?? new Map<string, Waiting>();
    this.#tickets.set(waiting.peer, tickets.set(waiting.pool, waiting));
    this.#deadlines.set(waiting, now + this.maxWaitMs);
  }

  #remove(waiting: Waiting): void {
    const queue = this.#queues.get(waiting.key);
    if (queue?.delete(waiting.peer) && queue.size === 0) this.#queues.delete(waiting.key);
    const tickets = this.#tickets.get(waiting.peer);
    if (tickets?.delete(waiting.pool) && tickets.size === 0) this.#tickets.delete(waiting.peer);
    this.#deadlines.clear(waiting);
  }
}
