import type { Replay } from "./answers.ts";
import type { EventType } from "./events.ts";
import type { RoomEvent } from "./room-events.ts";

/** What somebody who comes back is told afterwards. What peers said to each other is not among it. */
const REMEMBERED: ReadonlySet<EventType> = new Set<EventType>([
  "member-joined",
  "member-left",
  "member-returned",
  "lobby-changed",
  "authority-changed",
]);

/** The newest events of one room, at most `capacity` of them. Positions count remembered events from 0. */
export class MissedEvents {
  readonly #events: RoomEvent[] = [];
  #evicted = 0;

  constructor(readonly capacity: number) {}

  /** The position after the newest event. */
  get position(): number {
    return this.#evicted + this.#events.length;
  }

  /** Remembers the event if it is of a kind that is told afterwards. */
  record(event: RoomEvent): void {
    if (!REMEMBERED.has(event.type)) return;
    this.#events.push(event);
    if (this.#events.length <= this.capacity) return;
    this.#events.shift();
    this.#evicted++;
  }

  /** What happened since `position`, oldest first, and whether that is all. */
  since(position: number): { readonly events: readonly RoomEvent[]; readonly replay: Replay } {
    if (this.capacity === 0) return { events: [], replay: "unavailable" };
    return {
      events: this.#events.slice(Math.max(0, position - this.#evicted)),
      replay: position < this.#evicted ? "truncated" : "complete",
    };
  }
}
