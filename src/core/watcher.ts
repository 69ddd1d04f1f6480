import type { Member, Room } from "./room.ts";
import type { LeaveReason } from "./room-events.ts";

/**
 * Hears of what happens in rooms while it happens: for those who host rooms with rules of their own. It is called in the
 * middle of a change, so it must not call the hub, only remember; and it must not throw.
 */
export interface RoomWatcher {
  /** A peer is a member now. `seat` tells what its seat was before: of its user's first link it was `free`. */
  seated(room: Room, member: Member, seat: "free" | "shared" | "held"): void;
  /** A peer is a member no more. `seat`: whether its user is gone, here by another link, or expected back. */
  unseated(
    room: Room,
    member: Member,
    gone: { reason: LeaveReason; seat: "freed" | "shared" | "held" },
  ): void;
  /** A member's link is lost, and its session holds the seat; then it is back. */
  away(room: Room, member: Member): void;
  back(room: Room, member: Member): void;
  /** A seat was held long enough. */
  seatExpired(room: Room, key: string): void;
  /** The room is no more: it was closed, or nobody came for long enough. */
  forgotten(room: Room): void;
}
