import type { RoomId } from "../../core/ids.ts";
import type { Room } from "../../core/room.ts";
import type { HostedRoom } from "./hosted-room.ts";
import { Mailbox } from "./mailbox.ts";

/** The name of a room under a definition: its queue, and the room while there is one. */
export interface Place {
  readonly mailbox: Mailbox;
  hosted: HostedRoom | undefined;
}

/** All of them. A place lasts as long as there is a room or something waits for one. */
export class Places {
  readonly #places = new Map<RoomId, Place>();

  get size(): number {
    return this.#places.size;
  }

  /** Rooms that are open now. */
  get rooms(): HostedRoom[] {
    return [...this.#places.values()].flatMap(({ hosted }) => hosted ?? []);
  }

  get(id: RoomId): Place | undefined {
    return this.#places.get(id);
  }

  /** The room of that name, as it is hosted now. */
  named(id: string): HostedRoom | undefined {
    return this.#places.get(id as RoomId)?.hosted;
  }

  /** What is hosted of that very room: a room of the same name may have taken its place. */
  of(room: Room): HostedRoom | undefined {
    const hosted = this.named(room.id);
    return hosted?.room === room ? hosted : undefined;
  }

  /** The place of that name; made when it is first needed. */
  take(id: RoomId, { timeoutMs }: { readonly timeoutMs: number }): Place {
    const known = this.#places.get(id);
    if (known) return known;
    const idle = (): void => {
      if (!place.hosted && this.#places.get(id) === place) this.#places.delete(id);
    };
    const place: Place = { mailbox: new Mailbox({ timeoutMs, idle }), hosted: undefined };
    this.#places.set(id, place);
    return place;
  }
}
