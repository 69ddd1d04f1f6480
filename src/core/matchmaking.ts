import { Deadlines } from "./deadlines.ts";
import type { PeerId } from "./ids.ts";
import { MatchEstimate } from "./match-estimate.ts";
import {
  countingCriteria,
  isSameTicket,
  meets,
  nextWidening,
  queueKey,
  type Ticket,
  type Waiting,
} from "./match-ticket.ts";

export { queueKey, type Ticket } from "./match-ticket.ts";

/** Most tickets that are looked at to find one group, or to explain why there is none. */
const MAX_LOOKED_AT = 500;

/** Most tickets that are looked at again in one turn; the others have to wait for the next, and nobody else for them. */
const MAX_REVISITS = 400;

/** Everybody who waits in one pool for a match of one size, longest waiting first. */
interface Crowd {
  readonly tickets: Map<PeerId, Waiting>;
  /** How many of them loosen their criteria while they wait. */
  widening: number;
}

/** A group that is complete. */
export interface Match {
  readonly pool: string;
  /** Longest waiting first. */
  readonly peers: readonly PeerId[];
}

/** Why somebody still waits. Counts hold oneself. */
export interface MatchExplanation {
  readonly waitedMs: number;
  readonly size: number;
  readonly inPool: number;
  readonly fitting: number;
  readonly etaMs: number | undefined;
  /** How many would fit if one criterion did not count; only those that keep somebody out, the worst first. */
  readonly blockers: readonly { readonly criterion: string; readonly fitting: number }[];
}

const crowdKey = ({ space, pool, size }: Ticket): string => JSON.stringify([space, pool, size]);

/**
 * Queues of peers that ask for the same thing, indexed by what they ask for; who loosens its criteria while it waits is
 * searched for among all of its pool and size.
 *
 * A peer holds at most one ticket per pool: asking again replaces it (and keeps its place when nothing changed), so
 * nobody is matched twice and no ghost is left behind.
 */
export class Matchmaker {
  readonly #queues = new Map<string, Map<PeerId, Waiting>>();
  readonly #crowds = new Map<string, Crowd>();
  readonly #tickets = new Map<PeerId, Map<string, Waiting>>();
  readonly #deadlines = new Deadlines<Waiting>();
  /** Tickets that are to be looked at again: their criteria loosen, or their peer is back. */
  readonly #revisits = new Deadlines<Waiting>();
  readonly #estimate = new MatchEstimate();

  /** @param isHere  Whether a peer can be matched now; one that is away keeps its place. */
  constructor(
    readonly maxWaitMs: number,
    readonly isHere: (peer: PeerId) => boolean = () => true,
  ) {}

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
    const known = this.#tickets.get(ticket.peer)?.get(ticket.pool);
    if (known && isSameTicket(known, ticket)) return undefined;
    if (known) this.#remove(known);

    const asking = { ...ticket, key: queueKey(ticket), since: now };
    const others = this.#equals(asking) ?? this.#fitting(asking, now);
    if (others) return this.#match([...others, asking], now);
    this.#add(asking, now);
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

  /** A peer that was away is back: its tickets are looked at with the next `takeMatches`. */
  returned(peer: PeerId, now: number): void {
    for (const waiting of this.#tickets.get(peer)?.values() ?? []) this.#revisits.set(waiting, now);
  }

  /** Matches that came about because criteria have loosened, or somebody has come back. */
  takeMatches(now: number): Match[] {
    const matches: Match[] = [];
    for (const waiting of this.#revisits.takeDue(now, MAX_REVISITS)) {
      if (this.#tickets.get(waiting.peer)?.get(waiting.pool) !== waiting) continue;
      const others = this.isHere(waiting.peer) ? this.#fitting(waiting, now) : undefined;
      if (!others) this.#revisit(waiting, now);
      else {
        const group = [...others, waiting].sort((a, b) => a.since - b.since);
        matches.push({ pool: waiting.pool, peers: this.#match(group, now) });
      }
    }
    return matches;
  }

  /** Removes and returns the tickets that have waited long enough. */
  takeExpired(now: number): Ticket[] {
    const expired = this.#deadlines.takeDue(now);
    for (const ticket of expired) this.#remove(ticket);
    return expired;
  }

  /** About how long the peer will wait in `pool`; `undefined` where nothing is known. */
  etaMs(peer: PeerId, pool: string, now: number): number | undefined {
    const waiting = this.#tickets.get(peer)?.get(pool);
    return waiting && this.#estimate.leftMs(crowdKey(waiting), now - waiting.since);
  }

  /** Why the peer still waits in `pool`; `undefined` when it does not. */
  explain(peer: PeerId, pool: string, now: number): MatchExplanation | undefined {
    const waiting = this.#tickets.get(peer)?.get(pool);
    if (!waiting) return undefined;
    const crowd = this.#crowds.get(crowdKey(waiting))?.tickets;
    const others: Waiting[] = [];
    for (const other of crowd?.values() ?? []) {
      if (others.length === MAX_LOOKED_AT) break;
      if (other !== waiting) others.push(other);
    }
    const fittingWithout = (criterion?: string) => {
      const without = (ticket: Waiting) =>
        countingCriteria(ticket, now).filter(([name]) => name !== criterion);
      const mine = without(waiting);
      return others.filter((other) => meets(other, mine) && meets(waiting, without(other))).length;
    };

    const fitting = fittingWithout();
    const blockers = Object.keys(waiting.criteria)
      .map((criterion) => ({ criterion, fitting: 1 + fittingWithout(criterion) }))
      .filter((blocker) => blocker.fitting > 1 + fitting)
      .sort((a, b) => b.fitting - a.fitting);
    return {
      waitedMs: now - waiting.since,
      size: waiting.size,
      inPool: crowd?.size ?? 1,
      fitting: 1 + fitting,
      etaMs: this.etaMs(peer, pool, now),
      blockers,
    };
  }

  /** Enough others who want exactly the same. */
  #equals({ key, size, peer }: Waiting): Waiting[] | undefined {
    const queue = this.#queues.get(key);
    if (!queue || queue.size < size - 1) return undefined;
    const others: Waiting[] = [];
    for (const other of queue.values()) {
      if (others.length === size - 1) break;
      if (other.peer !== peer && this.isHere(other.peer)) others.push(other);
    }
    return others.length === size - 1 ? others : undefined;
  }

  /** Enough others of whom each meets what counts for all the others. The first that fit are taken, not the best. */
  #fitting(seed: Waiting, now: number): Waiting[] | undefined {
    const crowd = this.#crowds.get(crowdKey(seed));
    if (!crowd || crowd.tickets.size < seed.size - 1) return undefined;
    // Where nobody loosens anything, only equal tickets fit.
    if (crowd.widening === 0 && !seed.widen?.length) return this.#equals(seed);
    const group = [seed];
    // What the seed asks for comes first: it keeps out most.
    const fits = (waiting: Waiting) =>
      group.every(
        (one) => meets(waiting, countingCriteria(one, now)) && meets(one, countingCriteria(waiting, now)),
      );
    let looked = 0;
    for (const waiting of crowd.tickets.values()) {
      if (group.length === seed.size || looked++ === MAX_LOOKED_AT) break;
      if (waiting !== seed && this.isHere(waiting.peer) && fits(waiting)) group.push(waiting);
    }
    return group.length === seed.size ? group.slice(1) : undefined;
  }

  #match(group: readonly Waiting[], now: number): PeerId[] {
    const waited = group.reduce((sum, { since }) => sum + (now - since), 0) / group.length;
    const [first] = group;
    if (first) this.#estimate.add(crowdKey(first), waited);
    for (const waiting of group) this.#remove(waiting);
    return group.map(({ peer }) => peer);
  }

  #add(waiting: Waiting, now: number): void {
    const queue = this.#queues.get(waiting.key) ?? new Map<PeerId, Waiting>();
    this.#queues.set(waiting.key, queue.set(waiting.peer, waiting));
    const tickets = this.#tickets.get(waiting.peer) ?? new Map<string, Waiting>();
    this.#tickets.set(waiting.peer, tickets.set(waiting.pool, waiting));
    const crowd = this.#crowds.get(crowdKey(waiting)) ?? { tickets: new Map(), widening: 0 };
    crowd.tickets.set(waiting.peer, waiting);
    if (waiting.widen?.length) crowd.widening++;
    this.#crowds.set(crowdKey(waiting), crowd);
    this.#deadlines.set(waiting, now + Math.min(this.maxWaitMs, waiting.maxWaitMs ?? Infinity));
    this.#revisit(waiting, now);
  }

  #remove(waiting: Waiting): void {
    const queue = this.#queues.get(waiting.key);
    if (queue?.get(waiting.peer) === waiting) {
      queue.delete(waiting.peer);
      if (queue.size === 0) this.#queues.delete(waiting.key);
    }
    const tickets = this.#tickets.get(waiting.peer);
    if (tickets?.get(waiting.pool) === waiting) {
      tickets.delete(waiting.pool);
      if (tickets.size === 0) this.#tickets.delete(waiting.peer);
    }
    const crowd = this.#crowds.get(crowdKey(waiting));
    if (crowd?.tickets.get(waiting.peer) === waiting) {
      crowd.tickets.delete(waiting.peer);
      if (waiting.widen?.length) crowd.widening--;
      if (crowd.tickets.size === 0) this.#crowds.delete(crowdKey(waiting));
    }
    this.#deadlines.clear(waiting);
    this.#revisits.clear(waiting);
  }

  #revisit(waiting: Waiting, now: number): void {
    const at = nextWidening(waiting, now);
    if (at !== undefined) this.#revisits.set(waiting, at);
  }
}
