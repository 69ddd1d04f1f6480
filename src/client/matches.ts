import type { Messages } from "../core/protocol.ts";
import type { ServerFrames, SnapshotFrame } from "../dialects/native/wire.ts";
import type { Contract } from "./contract.ts";
import { ParlorError } from "./errors.ts";
import { Room } from "./room.ts";
import type { Member } from "./room-events.ts";
import type { RoomOwner } from "./room-owner.ts";
import type { RoomParts } from "./room-parts.ts";
import { memberOf } from "./room-view.ts";
import type { Rooms } from "./rooms.ts";

/** With whom one wants to be matched. */
export interface MatchTerms {
  /** How many make a match, oneself included. */
  readonly size: number;
  /** What must be equal among all of them. */
  readonly criteria?: Readonly<Record<string, string | number | boolean>>;
  /** Which criteria count no more after so long a wait. */
  readonly widen?: readonly { readonly afterMs: number; readonly drop: readonly string[] }[];
  /** When to give up. The server has a bound of its own. */
  readonly maxWaitMs?: number;
}

/** A match: all of `members` are in `room` now. */
export interface Match<M extends Messages> {
  readonly pool: string;
  readonly members: readonly Member[];
  readonly room: Room<M>;
}

interface Waiting {
  readonly contract: Contract;
  readonly matched: (match: { pool: string; members: readonly Member[]; parts: RoomParts }) => void;
  readonly failed: (reason: unknown) => void;
}

/** Matches that are waited for, one in each pool. */
export class Matches {
  readonly #owner: RoomOwner;
  readonly #rooms: Rooms;
  readonly #waiting = new Map<string, Waiting>();

  constructor(owner: RoomOwner, rooms: Rooms) {
    this.#owner = owner;
    this.#rooms = rooms;
  }

  /** @throws {ParlorError} `match_expired`, or what the server refused with; the signal's reason. */
  async find<M extends Messages>(
    pool: string,
    terms: MatchTerms & { readonly contract: Contract; readonly signal?: AbortSignal | undefined },
  ): Promise<Match<M>> {
    const { contract, signal, ...wanted } = terms;
    signal?.throwIfAborted();
    if (this.#waiting.has(pool)) {
      throw new ParlorError("bad_request", { message: `a match in pool "${pool}" is waited for already` });
    }
    const found = new Promise<Parameters<Waiting["matched"]>[0]>((matched, failed) => {
      this.#waiting.set(pool, { contract, matched, failed });
    });
    // It may fail before anybody gets to wait for it.
    found.catch(() => {});
    const aborted = () => {
      this.#waiting.get(pool)?.failed(signal?.reason);
      this.#cancel(pool);
    };
    signal?.addEventListener("abort", aborted);
    try {
      const asked = this.#owner.request({ t: "match", pool, ...wanted }, { numbered: true });
      asked.catch((error: unknown) => this.#waiting.get(pool)?.failed(error));
      const { members, parts } = await found;
      return { pool, members, room: new Room<M>(parts) };
    } finally {
      signal?.removeEventListener("abort", aborted);
      this.#waiting.delete(pool);
    }
  }

  hear(frame: ServerFrames["matched"] | ServerFrames["match-expired"]): void {
    const waiting = this.#waiting.get(frame.pool);
    if (frame.t === "match-expired") {
      waiting?.failed(new ParlorError("match_expired", { message: "there was no match in time" }));
      return;
    }
    const snapshot = snapshotOf(frame, this.#owner.peer);
    if (!waiting) {
      // Given up in the very moment it came: the others must not wait for us.
      this.#rooms.hear(snapshot);
      return;
    }
    const again = { t: "join", room: frame.room };
    const parts = this.#rooms.open(snapshot, { contract: waiting.contract, again });
    waiting.matched({ pool: frame.pool, members: frame.members.map(memberOf), parts });
  }

  /** Nobody will be told of a match any more. */
  failAll(error: ParlorError): void {
    for (const { failed } of this.#waiting.values()) failed(error);
  }

  #cancel(pool: string): void {
    try {
      this.#owner.post(
        { t: "match-cancel", pool },
        { policy: "queue", about: { room: "", type: "match-cancel" } },
      );
    } catch (error) {
      this.#owner.troubled(error);
    }
  }
}

function snapshotOf({ room, e, o, members }: ServerFrames["matched"], me: string): SnapshotFrame {
  const host = members.find(({ role }) => role === "host")?.peer;
  return {
    t: "snapshot",
    r: room,
    e,
    o,
    you: { role: members.find(({ peer }) => peer === me)?.role ?? "member" },
    ...(host !== undefined && { host }),
    locked: false,
    visibility: "private",
    meta: {},
    members,
    total: members.length,
    kind: "match",
  };
}
