import type { MemberProfile, SeatKeeping } from "./commands.ts";
import { Deadlines } from "./deadlines.ts";
import type { PeerId } from "./ids.ts";
import type { Room } from "./room.ts";

/** The place of a player whose link was lost, as it will be when it comes back. */
export interface KeptSeat {
  readonly peer: PeerId;
  /** Where its link came from. */
  readonly place: string | undefined;
  readonly room: Room;
  readonly token: string;
  /** What a link must prove to take it back; `undefined`: nothing. */
  readonly bond: string | undefined;
  readonly keeping: SeatKeeping;
  /** The last moment in which it can be taken back, in ms since the epoch. */
  readonly until: number;
  readonly profile: MemberProfile;
  readonly joinedAt: number;
  readonly connection: string | undefined;
  readonly epoch: number;
  readonly wasAuthority: boolean;
  /** Place in the room's missed events at which it was lost. */
  readonly position: number;
}

/**
 * Seats by the peer they wait for. One that was not taken back in time is remembered for as long again, so that whoever
 * comes too late is told that, and not that nobody knows it.
 */
export class KeptSeats {
  readonly #byPeer = new Map<PeerId, KeptSeat>();
  readonly #ends = new Deadlines<KeptSeat>();
  readonly #forgets = new Deadlines<KeptSeat>();

  get size(): number {
    return this.#byPeer.size;
  }

  get(peer: PeerId): KeptSeat | undefined {
    return this.#byPeer.get(peer);
  }

  add(kept: KeptSeat): void {
    this.#byPeer.set(kept.peer, kept);
    this.#ends.set(kept, kept.until + 1);
    this.#forgets.set(kept, kept.until + kept.keeping.windowMs + 1);
  }

  delete(kept: KeptSeat): void {
    if (this.#byPeer.get(kept.peer) === kept) this.#byPeer.delete(kept.peer);
    this.#ends.clear(kept);
    this.#forgets.clear(kept);
  }

  /** Seats that nobody can take back any more; each is returned once. */
  takeEnded(now: number): KeptSeat[] {
    for (const kept of this.#forgets.takeDue(now)) {
      if (this.#byPeer.get(kept.peer) === kept) this.#byPeer.delete(kept.peer);
    }
    return this.#ends.takeDue(now);
  }
}
