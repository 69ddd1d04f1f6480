import { Deadlines } from "./deadlines.ts";
import type { Room } from "./room.ts";
import type { RoomEnd } from "./room-events.ts";

/** When rooms end by themselves: because they are old, because nothing happens in them, or because they are empty. */
export class RoomEnds {
  readonly #due = new Deadlines<Room>();

  /** To be called once, when the room is opened: some rooms end at a certain time whatever happens. */
  opened(room: Room, now: number): void {
    const { maxAgeMs } = room.policy;
    if (maxAgeMs === undefined) return;
    room.endsAt = now + maxAgeMs;
    this.#due.set(room, room.endsAt);
  }

  /** To be called when somebody came: an occupied room lives on for as long as something happens in it. */
  occupied(room: Room, now: number): void {
    const { inactiveMs } = room.policy;
    if (room.endsAt !== undefined) this.#due.set(room, room.endsAt);
    else if (room.game && inactiveMs !== undefined) this.#due.set(room, now + inactiveMs);
    else this.#due.clear(room);
  }

  /** To be called when nobody is left. Being empty can only bring the end of a room nearer. */
  emptied(room: Room, now: number): void {
    this.#due.set(room, Math.min(now + room.policy.emptyMs, room.endsAt ?? Number.POSITIVE_INFINITY));
  }

  /** The room is no more. */
  forget(room: Room): void {
    this.#due.clear(room);
  }

  /** Rooms to be judged by `verdict`; each is returned once. */
  takeDue(now: number): Room[] {
    return this.#due.takeDue(now);
  }

  /** Why a room that was due must end; `undefined` when something happened in it meanwhile, and it goes on. */
  verdict(room: Room, now: number): RoomEnd | undefined {
    const { maxAgeMs, inactiveMs } = room.policy;
    if (!room.game || maxAgeMs !== undefined || inactiveMs === undefined || room.seats.size === 0)
      return "expired";
    const endsAt = room.game.lastActiveAt + inactiveMs;
    if (endsAt <= now) return "inactive";
    this.#due.set(room, endsAt);
    return undefined;
  }
}
