import type { PeerId } from "./ids.ts";
import type { Peer } from "./peer.ts";

/** Most bans that one room remembers; the oldest is forgotten first. */
const MAX_BANS = 10_000;

interface Ban {
  /** In ms since the epoch. */
  readonly until: number;
  /** Who else is kept out by it. */
  readonly kin: readonly string[];
}

/** Somebody of whom more is known than its id. */
type Somebody = Pick<Peer, "id" | "user" | "place">;

export interface BanTerms {
  /** When it ends, in ms since the epoch; absent: never. */
  readonly until?: number | undefined;
  /** Whether everybody who comes from the same place is kept out too. */
  readonly byPlace?: boolean | undefined;
}

/** Who may not enter a room: peers and, where they are users, those users under whatever peer id. */
export class Bans {
  readonly #bans = new Map<PeerId, Ban>();
  /** The latest ban of each user and place. */
  readonly #byKin = new Map<string, PeerId>();

  get size(): number {
    return this.#bans.size;
  }

  /** Those that were banned themselves, the longest ago first. */
  peers(): Iterable<PeerId> {
    return this.#bans.keys();
  }

  /** Bans a peer; a known one with its user. */
  add(peer: PeerId | Somebody, { until = Number.POSITIVE_INFINITY, byPlace = false }: BanTerms = {}): void {
    const id = idOf(peer);
    const kin = typeof peer === "string" ? [] : kinOf(peer).filter((key) => byPlace || key.startsWith(USER));
    this.lift(id);
    this.#bans.set(id, { until, kin });
    for (const key of kin) this.#byKin.set(key, id);
    for (const oldest of this.#bans.keys()) {
      if (this.#bans.size <= MAX_BANS) break;
      this.lift(oldest);
    }
  }

  /** Takes a ban back, of the peer or of its user, and returns whether there was one. */
  lift(peer: PeerId | Somebody): boolean {
    const ids = new Set([idOf(peer)]);
    for (const key of typeof peer === "string" ? [] : kinOf(peer)) {
      // Who only comes from the same place does not speak for the one who was banned.
      if (!key.startsWith(USER)) continue;
      const banned = this.#byKin.get(key);
      if (banned !== undefined) ids.add(banned);
    }
    let found = false;
    for (const id of ids) {
      for (const key of this.#bans.get(id)?.kin ?? []) {
        if (this.#byKin.get(key) === id) this.#byKin.delete(key);
      }
      found = this.#bans.delete(id) || found;
    }
    return found;
  }

  has(peer: PeerId | Somebody, now: number): boolean {
    if (this.#holds(idOf(peer), now)) return true;
    if (typeof peer === "string" || this.#byKin.size === 0) return false;
    return kinOf(peer).some((key) => this.#holds(this.#byKin.get(key), now));
  }

  /** Whether the ban of that peer is not over; one that is, is forgotten. */
  #holds(id: PeerId | undefined, now: number): boolean {
    const ban = id === undefined ? undefined : this.#bans.get(id);
    if (id === undefined || !ban) return false;
    if (ban.until > now) return true;
    this.lift(id);
    return false;
  }
}

const USER = "user ";

const idOf = (peer: PeerId | Somebody): PeerId => (typeof peer === "string" ? peer : peer.id);

function kinOf({ user, place }: Somebody): readonly string[] {
  return [
    ...(user === undefined ? [] : [`${USER}${user}`]),
    ...(place === undefined ? [] : [`place ${place}`]),
  ];
}
