import type { PeerId } from "./ids.ts";
import type { Peer } from "./peer.ts";

/** Most bans that one room remembers; the oldest is forgotten first. */
const MAX_BANS = 10_000;

/** Who may not enter a room: peers and, where they are users, those users under whatever peer id. */
export class Bans {
  /** When each ban ends, in ms since the epoch. */
  readonly #until = new Map<string, number>();

  get size(): number {
    return this.#until.size;
  }

  /** Bans a peer, and its user if it is known; `until` in ms since the epoch. */
  add(peer: PeerId | Peer, until = Number.POSITIVE_INFINITY): void {
    for (const key of keysOf(peer)) {
      this.#until.delete(key);
      this.#until.set(key, until);
    }
    for (const oldest of this.#until.keys()) {
      if (this.#until.size <= MAX_BANS) break;
      this.#until.delete(oldest);
    }
  }

  /** Takes a ban back, and returns whether there was one. */
  lift(peer: PeerId | Peer): boolean {
    let found = false;
    for (const key of keysOf(peer)) found = this.#until.delete(key) || found;
    return found;
  }

  has(peer: PeerId | Peer, now: number): boolean {
    for (const key of keysOf(peer)) {
      const until = this.#until.get(key);
      if (until === undefined) continue;
      if (until > now) return true;
      this.#until.delete(key);
    }
    return false;
  }
}

function keysOf(peer: PeerId | Peer): readonly string[] {
  if (typeof peer === "string") return [`peer ${peer}`];
  const own = `peer ${peer.id}`;
  return peer.user === undefined ? [own] : [own, `user ${peer.user}`];
}
