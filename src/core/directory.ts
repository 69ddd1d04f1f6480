import type { Criteria } from "./commands.ts";
import type { Room } from "./room.ts";

/** Most rooms that one question looks at: a filter that fits nothing must not walk through all of them. */
const MAX_LOOKED_AT = 2_000;

export interface DirectoryQuestion {
  readonly kind?: string | undefined;
  /** Facts that the room's metadata must hold. */
  readonly filter?: Criteria | undefined;
  /** Most rooms in the answer. */
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: number | undefined;
}

export interface DirectoryPage {
  readonly rooms: readonly Room[];
  /** Where the next page begins; `undefined` on the last. */
  readonly next: number | undefined;
}

interface Listed {
  readonly number: number;
  /** `undefined` once it was taken out; the gap is closed later. */
  room: Room | undefined;
}

/** The public rooms of a space, oldest listing first. */
export class Directory {
  #listed: Listed[] = [];
  readonly #places = new Map<Room, Listed>();
  #last = 0;

  get size(): number {
    return this.#places.size;
  }

  has(room: Room): boolean {
    return this.#places.has(room);
  }

  add(room: Room): void {
    if (this.#places.has(room)) return;
    const listed = { number: ++this.#last, room };
    this.#listed.push(listed);
    this.#places.set(room, listed);
  }

  remove(room: Room): void {
    const listed = this.#places.get(room);
    if (!listed) return;
    listed.room = undefined;
    this.#places.delete(room);
    if (this.#listed.length > 64 && this.#listed.length > this.#places.size * 2) {
      this.#listed = this.#listed.filter((each) => each.room !== undefined);
    }
  }

  /** One page. It may be short, or empty, and not be the last: a page looks at a bounded number of rooms. */
  page({ kind, filter = {}, limit, after = 0 }: DirectoryQuestion): DirectoryPage {
    const wanted = Object.entries(filter);
    const fits = (room: Room) =>
      (kind === undefined || room.policy.kind === kind) &&
      wanted.every(([key, value]) => Object.hasOwn(room.metadata, key) && room.metadata[key] === value);

    const rooms: Room[] = [];
    const from = this.#firstAfter(after);
    let last = after;
    for (let at = from; at < this.#listed.length; at++) {
      if (rooms.length >= limit || at - from >= MAX_LOOKED_AT) return { rooms, next: last };
      const { room, number } = this.#listed[at] as Listed;
      last = number;
      if (room && fits(room)) rooms.push(room);
    }
    return { rooms, next: undefined };
  }

  /** Index of the first listing with a number above `number`. */
  #firstAfter(number: number): number {
    let [low, high] = [0, this.#listed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#listed[middle] as Listed).number > number) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
