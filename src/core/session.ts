import { sameText } from "../lib/same-text.ts";
import type { RoomId } from "./ids.ts";
import { Inbox } from "./inbox.ts";
import type { Peer } from "./peer.ts";
import { type Random, randomHex } from "./random.ts";
import type { LeaveReason } from "./room-events.ts";
import type { Retention } from "./room-log.ts";
import { Sequence } from "./sequence.ts";

const TOKEN_BYTES = 24;
const ID_BYTES = 12;

/** Most rooms of which a session remembers why it lost its seat. */
const MAX_LOST = 100;

export type SessionState =
  | { readonly is: "online" }
  /** The link is lost; the seats are given up at `until`, in ms since the epoch. */
  | { readonly is: "away"; readonly until: number };

/** Where a peer has got to in the log of a room. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Who wants to go on with a session, and what it has seen of it. */
export interface Resumption {
  readonly session: string;
  readonly token: string;
  /** Number of the last direct event seen; 0 for none. */
  readonly lastDirect: number;
  readonly rooms: ReadonlyMap<RoomId, Position>;
}

/** What somebody who arrives asks of its session. */
export interface SessionTerms {
  /** How long the seats are held after the link is lost, in ms. */
  readonly graceMs: number;
  readonly resume?: Resumption;
}

/** Why a seat was lost. */
export type LostReason = LeaveReason | "unknown";

/** What survives a lost link: the peer with its seats, what it was told alone, and how far its own messages went. */
export class Session {
  readonly id: string;
  readonly inbox: Inbox;
  readonly sequence = new Sequence();
  state: SessionState = { is: "online" };
  #token: string;
  /** The token before: good until the client shows that it has the new one, for the news of it may have been lost. */
  #tokenBefore: string | undefined;
  readonly #lost = new Map<RoomId, LostReason>();

  constructor(
    readonly peer: Peer,
    { graceMs, inbox, random }: { graceMs: number; inbox: Retention; random: Random },
  ) {
    this.id = randomHex(random, ID_BYTES);
    this.#token = randomHex(random, TOKEN_BYTES);
    this.inbox = new Inbox(inbox);
    this.graceMs = graceMs;
  }

  readonly graceMs: number;

  get token(): string {
    return this.#token;
  }

  /** Whether `token` is the last one told, or the one before while nothing shows that the last one has arrived. */
  accepts(token: string): boolean {
    const isCurrent = sameText(token, this.#token);
    const isBefore = this.#tokenBefore !== undefined && sameText(token, this.#tokenBefore);
    return isCurrent || isBefore;
  }

  /** Makes a new token after `used` was accepted. */
  rotate(used: string, random: Random): void {
    this.#tokenBefore = used;
    this.#token = randomHex(random, TOKEN_BYTES);
  }

  /** Remembers why the seat in a room is lost, until the session comes back and is told. */
  lose(room: RoomId, reason: LostReason): void {
    this.#lost.delete(room);
    this.#lost.set(room, reason);
    if (this.#lost.size <= MAX_LOST) return;
    for (const oldest of this.#lost.keys()) {
      this.#lost.delete(oldest);
      break;
    }
  }

  whyLost(room: RoomId): LostReason {
    return this.#lost.get(room) ?? "unknown";
  }

  /** A seat in `room` is taken anew. */
  found(room: RoomId): void {
    this.#lost.delete(room);
  }
}
