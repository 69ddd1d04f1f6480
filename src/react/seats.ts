import type { Connection, JoinOptions, JoinTarget, Protocol, Room } from "../client/index.ts";

/** How far somebody has come into a room. */
export type RoomView<R> =
  | { readonly status: "idle" | "joining"; readonly room: undefined; readonly error: undefined }
  | { readonly status: "joined"; readonly room: R; readonly error: undefined }
  | { readonly status: "failed"; readonly room: undefined; readonly error: unknown }
  /** Left, kicked, or closed; `room` is as it was last. */
  | { readonly status: "over"; readonly room: R; readonly error: undefined };

export const IDLE = { status: "idle", room: undefined, error: undefined } as const;
const JOINING = { status: "joining", room: undefined, error: undefined } as const;

export type JoinTerms = JoinOptions<Protocol | undefined>;

/**
 * A room that any number of components use: joined for the first of them, left after the last.
 *
 * Leaving waits for a moment, because React's strict mode takes every effect back once and does it again.
 */
export class Seat {
  view: RoomView<Room> = JOINING;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #released: () => void;
  #users = 0;

  constructor(
    connection: Connection,
    { target, terms, released }: { target: string | JoinTarget; terms: JoinTerms; released: () => void },
  ) {
    this.#released = released;
    connection.join(target, { ...terms, signal: this.#abort.signal }).then(
      (room) => this.#joined(room),
      (error: unknown) => this.#show({ status: "failed", room: undefined, error }),
    );
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    this.#users++;
    return () => {
      this.#listeners.delete(changed);
      this.#users--;
      setTimeout(() => this.#users === 0 && this.#leave(), 0);
    };
  }

  #joined(room: Room): void {
    this.#show({ status: "joined", room, error: undefined });
    room.on("closed", () => this.#show({ status: "over", room, error: undefined }));
  }

  #leave(): void {
    this.#released();
    if (this.view.status === "joining") this.#abort.abort(new Error("nobody uses the room any more"));
    // Whether the server hears of it now or when the seat runs out is all the same to whoever is gone.
    if (this.view.status === "joined") this.view.room.leave().catch(() => {});
  }

  #show(view: RoomView<Room>): void {
    this.view = view;
    for (const changed of [...this.#listeners]) changed();
  }
}

const seats = new WeakMap<Connection, Map<string, Seat>>();

/** The seat for `key` on that connection, taken now if there is none. */
export function seatOf(
  connection: Connection,
  { key, target, terms }: { key: string; target: string | JoinTarget; terms: JoinTerms },
): Seat {
  const taken = seats.get(connection) ?? new Map<string, Seat>();
  seats.set(connection, taken);
  const known = taken.get(key);
  if (known) return known;
  const released = () => {
    if (taken.get(key) === seat) taken.delete(key);
  };
  const seat = new Seat(connection, { target, terms, released });
  taken.set(key, seat);
  return seat;
}
