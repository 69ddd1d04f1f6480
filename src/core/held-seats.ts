import { Deadlines } from "./deadlines.ts";
import type { Member, Room } from "./room.ts";
import type { LeaveReason } from "./room-events.ts";
import { type Seat, seatKey } from "./seats.ts";

/** A seat without a link. */
export interface HeldSeat {
  readonly room: Room;
  readonly seat: Seat;
}

/** Seats of users whose links were lost, each held for as long as its room's policy says. */
export class HeldSeats {
  readonly #ends = new Deadlines<HeldSeat>();

  /**
   * Takes a member off its seat; a user who only lost its link finds it again. A reserved seat is held as well, and
   * freed by whoever isReserved it.
   */
  leave(
    room: Room,
    member: Member,
    {
      reason,
      isReserved,
      now,
    }: { readonly reason: LeaveReason; readonly isReserved: boolean; readonly now: number },
  ): "freed" | "shared" | "held" {
    const { seatGraceMs = 0 } = room.policy;
    const key = seatKey(member.peer);
    const isAwaited =
      seatGraceMs > 0 &&
      reason === "disconnected" &&
      member.role === "member" &&
      member.peer.user !== undefined;
    const was = room.seatsFor(member.role).leave(key, { hold: isAwaited || isReserved });
    if (isReserved || was !== "held") return was;
    const seat = room.seats.held(key);
    if (!seat) return "freed";
    seat.heldUntil = now + seatGraceMs;
    this.#ends.set({ room, seat }, seat.heldUntil);
    return was;
  }

  /** Seats that were held long enough and are still; each is returned once. */
  takeEnded(now: number): HeldSeat[] {
    return this.#ends.takeDue(now).filter(({ seat }) => (seat.heldUntil ?? Number.POSITIVE_INFINITY) <= now);
  }
}
