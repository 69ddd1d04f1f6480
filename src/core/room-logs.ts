import { Deadlines } from "./deadlines.ts";
import type { RoomId } from "./ids.ts";
import { metadataSize } from "./metadata.ts";
import { payloadSize } from "./payload.ts";
import type { Room } from "./room.ts";
import type { RoomEvent } from "./room-events.ts";
import { type Audience, LogBudget, type Retention, RoomLog } from "./room-log.ts";

/** Bookkeeping that an entry of a log costs besides its payload. */
const ENTRY_BYTES = 120;

/** A room event before its room gave it an offset. */
export type Untold<Event> = Event extends RoomEvent ? Omit<Event, "offset" | "room"> : never;

/** The logs of all rooms: they share one budget, and forget in time what has become too old. */
export class RoomLogs {
  readonly #retention: Retention;
  readonly #budget: LogBudget;
  readonly #forgets = new Deadlines<Room>();

  constructor(retention: Retention, maxTotalBytes: number) {
    this.#retention = retention;
    this.#budget = new LogBudget(maxTotalBytes);
  }

  /** The log of a room to be opened. */
  open(epoch: string): RoomLog {
    return new RoomLog(epoch, this.#retention, this.#budget);
  }

  /**
   * Gives an event the next offset of its room, and keeps it as told to that audience. The event itself is completed, not
   * a copy of it, unless it was entered into another log before: every message passes here, and a copy costs as much as
   * all the rest of its way through the core.
   */
  enter(
    room: Room,
    untold: Untold<RoomEvent>,
    { only, except, at }: Audience & { readonly at: number },
  ): RoomEvent {
    let placed = untold as { room?: RoomId; offset?: number };
    if (placed.offset) placed = { ...placed };
    placed.room = room.id;
    placed.offset = room.log.nextOffset;
    const event = placed as RoomEvent;
    if (room.sessions === 0) {
      room.log.pass();
      return event;
    }
    const wasEmpty = room.log.length === 0;
    room.log.append({ event, only, except, at, bytes: ENTRY_BYTES + contentSize(room, event) });
    if (wasEmpty) this.#schedule(room);
    return event;
  }

  /** The room is no more. */
  end(room: Room): void {
    this.#forgets.clear(room);
    room.log.end();
  }

  tick(now: number): void {
    for (const room of this.#forgets.takeDue(now)) {
      room.log.forget(now);
      this.#schedule(room);
    }
  }

  #schedule(room: Room): void {
    const at = room.log.forgetsAt;
    if (at !== undefined) this.#forgets.set(room, at);
  }
}

/** About how many bytes of memory an event keeps alive in its room's log, besides the bookkeeping. */
function contentSize(room: Room, event: RoomEvent): number {
  switch (event.type) {
    case "message":
      return event.verbatim ? event.verbatim.text.length : payloadSize(event.data);
    case "member-joined":
    case "member-updated": {
      const member = room.members.get(event.member.peer);
      const listed = event.type === "member-joined" ? (event.spectators?.length ?? 0) * ENTRY_BYTES : 0;
      return listed + metadataSize(member?.peer.metadata) + metadataSize(member?.profile.metadata);
    }
    case "game-starting":
      return event.members.length * ENTRY_BYTES;
    default:
      return "spectators" in event ? (event.spectators?.length ?? 0) * ENTRY_BYTES : 0;
  }
}
