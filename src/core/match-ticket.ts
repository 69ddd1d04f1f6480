import type { Criteria } from "./commands.ts";
import type { PeerId, SpaceId } from "./ids.ts";

/** After `afterMs` of waiting the criteria in `drop` count no more for the one who waits. */
export interface Widening {
  readonly afterMs: number;
  readonly drop: readonly string[];
}

/** One peer waiting in one pool. */
export interface Ticket {
  readonly space: SpaceId;
  readonly peer: PeerId;
  readonly pool: string;
  readonly size: number;
  readonly criteria: Criteria;
  readonly widen?: readonly Widening[] | undefined;
  /** When the peer gives up, if that is earlier than it must. */
  readonly maxWaitMs?: number | undefined;
}

/** What one asks of others: criteria and the values they must have. */
export type Counting = readonly (readonly [string, string | number | boolean])[];

/** A ticket since `since`, in ms since the epoch. */
export interface Waiting extends Ticket {
  readonly key: string;
  readonly since: number;
  /** What counted when somebody last looked, and until when it does; tickets are looked at by the thousand. */
  known?: { readonly counting: Counting; readonly until: number };
}

/** `space`, `pool`, `size` and `criteria` as one text; two tickets want the same exactly when theirs are equal. */
export function queueKey({ space, pool, size, criteria }: Omit<Ticket, "peer">): string {
  const sorted = Object.entries(criteria).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([space, pool, size, sorted]);
}

/** Whether two tickets ask for the same in every respect, the patience included. */
export function isSameTicket(one: Ticket, other: Ticket): boolean {
  const patience = ({ widen = [], maxWaitMs }: Ticket) => JSON.stringify([widen, maxWaitMs]);
  return queueKey(one) === queueKey(other) && patience(one) === patience(other);
}

/** Criteria that still count at `now`, which never goes back. */
export function countingCriteria(waiting: Waiting, now: number): Counting {
  if (!waiting.known || waiting.known.until <= now) {
    const until = nextWidening(waiting, now) ?? Infinity;
    waiting.known = { counting: criteriaAt(waiting, now), until };
  }
  return waiting.known.counting;
}

function criteriaAt({ criteria, widen = [], since }: Waiting, now: number): Counting {
  const dropped = new Set(widen.filter(({ afterMs }) => now - since >= afterMs).flatMap(({ drop }) => drop));
  return Object.entries(criteria).filter(([name]) => !dropped.has(name));
}

/** Whether `other` has what `counting` asks for. */
export function meets({ criteria }: Ticket, counting: Counting): boolean {
  return counting.every(([name, value]) => Object.hasOwn(criteria, name) && criteria[name] === value);
}

/** When the next criteria are dropped, in ms since the epoch. */
export function nextWidening({ widen = [], since }: Waiting, now: number): number | undefined {
  const times = widen.map(({ afterMs }) => since + afterMs).filter((at) => at > now);
  return times.length > 0 ? Math.min(...times) : undefined;
}
