import type { Lane } from "../../lib/lane.ts";
import type { BanOptions } from "./bans.ts";
import type { HistoryEntry, HistoryQuery } from "./history.ts";
import type { RoomClock } from "./room-clock.ts";

/** JSON facts about a member, chosen by the embedder or the member. */
export type MemberMetadata = Readonly<Record<string, unknown>>;

/** One user in a room, however many links it has. */
export interface RoomMember {
  readonly userId: string;
  readonly role: "player" | "spectator";
  /** Ms since the epoch. */
  readonly joinedAt: number;
  /** `false` while its link is lost and its seat is held. */
  readonly connected: boolean;
  readonly metadata: MemberMetadata;
}

export interface RoomInfo {
  readonly roomId: string;
  /** The name of its definition; empty for the default one. */
  readonly kind: string;
  /** Users with a seat. */
  readonly memberCount: number;
  readonly spectatorCount: number;
  /** `null`: as many as like. */
  readonly maxMembers: number | null;
  readonly isFull: boolean;
  readonly isLocked: boolean;
  /** Users with a seat, in the order in which they came. */
  readonly members: readonly string[];
  /** Ms since the epoch. */
  readonly createdAt: number;
}

export interface BroadcastOptions {
  /** Users who are not told. */
  readonly except?: readonly string[] | undefined;
  /** The application's name of the message, for clients whose language has a place for it. */
  readonly type?: string | undefined;
  /** How urgent it is; `low` and `ephemeral` may be lost when a client is slow. Default `normal`. */
  readonly lane?: Lane | undefined;
  /** `false` keeps it out of the history. */
  readonly history?: boolean | undefined;
}

/** What became of a message. */
export interface Delivery {
  /** Users who were told. */
  readonly delivered: number;
}

/**
 * A room, as its handlers see it. All of it acts at once; promises are there because a room may be on another node.
 *
 * Once a handler has taken too long, or the room is no more, its context does nothing but throw.
 */
export interface RoomContext<State = unknown> {
  readonly roomId: string;
  /** Aborted when the handler has taken too long, or the room is no more. */
  readonly signal: AbortSignal;
  readonly clock: RoomClock;
  /** The room's state; `undefined` when it has none. Change it by `setState` and `updateState`. */
  readonly state: State;

  /** Tells all members, the one at hand included. `data` must be JSON. */
  broadcast(data: unknown, options?: BroadcastOptions): Promise<Delivery>;
  /** Tells the members for whom `fits` answers true. */
  broadcastFiltered(
    data: unknown,
    fits: (userId: string, member: RoomMember) => boolean,
    options?: BroadcastOptions,
  ): Promise<Delivery>;
  /** Tells one member of this room; `delivered` is 0 when it is not here. */
  sendTo(userId: string, data: unknown, options?: BroadcastOptions): Promise<Delivery>;

  /** In the order in which they came. */
  members(): RoomMember[];
  spectators(): RoomMember[];
  member(userId: string): RoomMember | undefined;
  hasMember(userId: string): boolean;
  roomInfo(): RoomInfo;

  /** What was delivered, oldest first. */
  history(query?: HistoryQuery): HistoryEntry[];
  redactHistory(id: string): boolean;
  clearHistory(): void;

  metadata(userId: string): MemberMetadata | undefined;
  /** Replaces a member's metadata and tells the others. @throws {Refusal} `too_large`, `peer_not_found` */
  setUserMetadata(userId: string, metadata: MemberMetadata): void;
  /** The same with the keys of `patch` over what is there. */
  mergeUserMetadata(userId: string, patch: MemberMetadata): void;

  getState(): State | undefined;
  setState(state: State): void;
  /**
   * Changes a copy of the state, or returns a new one; nothing is changed when `change` throws. The state must be plain
   * data. @throws {Error} when there is none.
   */
  updateState(change: (draft: State) => State | undefined): State;
  clearState(): void;

  /** Ends a member's stay. @throws {Refusal} `peer_not_found` */
  kick(userId: string, reason?: string): void;
  /** Ends it and lets the user in no more, for `ms` or for good. */
  ban(userId: string, options?: Omit<BanOptions, "roomId">): void;
  /** Lets nobody new in; users who come back are let in. */
  lock(): void;
  unlock(): void;
  /** Ends the room. */
  close(): void;
}

/** What the opening of a link told. */
export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
}

/** A room as the handler of one member sees it. */
export interface Context<State = unknown> extends RoomContext<State> {
  readonly userId: string;
  /** The embedder's session id, as the token tells it; without one, the link's own. */
  readonly sessionId: string;
  readonly connectionId: string;
  readonly role: "player" | "spectator";
  /** The claims of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly request: RequestInfo;

  /** Tells all but this link; with `exclude: "user"` also none of its user's other links. */
  broadcastToOthers(
    data: unknown,
    options?: BroadcastOptions & { readonly exclude?: "connection" | "user" },
  ): Promise<Delivery>;
  /** Tells this link alone. */
  reply(data: unknown, options?: Omit<BroadcastOptions, "except">): Promise<Delivery>;
  setMetadata(metadata: MemberMetadata): void;
  mergeMetadata(patch: MemberMetadata): void;
}

/** What middleware gets: the room, the member, and what it said. */
export interface MessageContext<State = unknown> extends Context<State> {
  readonly message: MessageEnvelope;
}

/** A message of a member, before it means anything. */
export interface MessageEnvelope<Data = unknown> {
  /** The user it is from: of the token, whatever the client wrote. */
  readonly from: string;
  readonly data: Data;
  /** The application's name of the message, if the client gave one. */
  readonly type: string | undefined;
  /** Ms since the epoch. */
  readonly ts: number;
}
