import type { MemberProfile, SeatKeeping } from "./commands.ts";
import type { KeptSeat } from "./kept-seats.ts";
import type { Peer } from "./peer.ts";

/** How somebody takes a seat. */
export interface SeatOptions {
  readonly role?: "member" | "spectator";
  readonly profile?: MemberProfile;
  readonly keepSeat?: SeatKeeping | undefined;
  /** The seat that is taken back. */
  readonly kept?: KeptSeat;
  /** By which the seat can be taken back; drawn by chance where none is given. */
  readonly token?: string | undefined;
}

/** One user's place in one room. */
export interface Seat {
  readonly key: string;
  /** Links of that user that sit on it; 0 while it is held for one that lost its link. */
  links: number;
  /** Until when it is held, in ms since the epoch. */
  heldUntil: number | undefined;
}

/**
 * Who takes a place in a room. A user has one seat however many links it has, and may keep it for a while without any.
 * A peer that is no user in particular has a seat of its own.
 */
export class Seats {
  readonly #taken = new Map<string, Seat>();

  /** Seats that are taken or held. */
  get size(): number {
    return this.#taken.size;
  }

  has(key: string): boolean {
    return this.#taken.has(key);
  }

  /** One more link for that seat: it was free, or shared, or held and is `returned` to its user. */
  take(key: string): { readonly seat: Seat; readonly was: "free" | "shared" | "held" } {
    const known = this.#taken.get(key);
    if (known) {
      const was = known.links === 0 ? "held" : "shared";
      known.links++;
      known.heldUntil = undefined;
      return { seat: known, was };
    }
    const seat: Seat = { key, links: 1, heldUntil: undefined };
    this.#taken.set(key, seat);
    return { seat, was: "free" };
  }

  /** One link less. With `hold`, the last one leaves the seat held until `free` is called. */
  leave(key: string, { hold }: { readonly hold: boolean }): "freed" | "shared" | "held" {
    const seat = this.#taken.get(key);
    if (!seat) return "freed";
    seat.links--;
    if (seat.links > 0) return "shared";
    if (hold) return "held";
    this.#taken.delete(key);
    return "freed";
  }

  /** The seat that is held, for whoever wants to free it later. */
  held(key: string): Seat | undefined {
    const seat = this.#taken.get(key);
    return seat?.links === 0 ? seat : undefined;
  }

  /** Frees a held seat; `false` when it is in use again, or not the same one any more. */
  free(seat: Seat): boolean {
    if (seat.links > 0 || this.#taken.get(seat.key) !== seat) return false;
    return this.#taken.delete(seat.key);
  }

  /** Frees all seats, and returns them. */
  clear(): Seat[] {
    const seats = [...this.#taken.values()];
    this.#taken.clear();
    return seats;
  }
}

/** Whose seat a peer sits on. */
export function seatKey({ user, id }: Pick<Peer, "user" | "id">): string {
  return user === undefined ? `peer ${id}` : userSeat(user);
}

export const userSeat = (user: string): string => `user ${user}`;
