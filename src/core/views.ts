import type { Role } from "./commands.ts";
import type { PeerId, RoomId } from "./ids.ts";
import type { LobbyState } from "./lobby.ts";
import type { Metadata } from "./metadata.ts";
import type { RoomKind } from "./policy.ts";
import type { LostReason } from "./session.ts";

/** One member as the others see it, at the moment of the event. */
export interface MemberInfo {
  readonly peer: PeerId;
  readonly alias: string;
  /** The user it was shown to be, if it is one in particular. */
  readonly user?: string;
  readonly role: Role;
  /** Ms since the epoch. */
  readonly joinedAt: number;
  readonly app: string | undefined;
  readonly version: string | undefined;
  /** What it told about itself, with what it told about itself in this room over it. */
  readonly metadata: Metadata;
  /** Its link is lost, and its seat is held. */
  readonly away?: true;
  /** In rooms with a lobby. */
  readonly standing?: Standing;
}

/** Everything that one member must know of a room to go on from `offset`. */
export interface RoomView {
  readonly room: RoomId;
  readonly kind: RoomKind;
  /** Of the room's log: another epoch is another room of the same name. */
  readonly epoch: string;
  readonly offset: number;
  readonly role: Role;
  readonly host: PeerId | undefined;
  readonly capacity: number;
  readonly locked: boolean;
  /** Whether newcomers must know a password. */
  readonly sealed: boolean;
  readonly visibility: "public" | "private";
  readonly metadata: Metadata;
  readonly code: string | undefined;
  /** Perhaps not all, but oneself is among them; `total` counts all. */
  readonly members: readonly MemberInfo[];
  readonly total: number;
  /** In rooms with a lobby. */
  readonly facts?: RoomFacts;
}

/** A room as a listing shows it. */
export interface RoomSummary {
  readonly room: RoomId;
  readonly kind: RoomKind;
  /** Seats that are taken. */
  readonly members: number;
  readonly spectators: number;
  readonly capacity: number;
  readonly locked: boolean;
  readonly sealed: boolean;
  readonly metadata: Metadata;
  readonly code: string | undefined;
}

/** What happened to one room of a session while it had no link. */
export type RoomRecovery =
  /** Exactly the missed events follow; `offset` is that of the last one. */
  | { readonly is: "recovered"; readonly room: RoomId; readonly epoch: string; readonly offset: number }
  /** Some of them are gone, or were never asked for. */
  | { readonly is: "anew"; readonly view: RoomView }
  | { readonly is: "lost"; readonly room: RoomId; readonly reason: LostReason };

/** What somebody who arrives is told about its session. */
export interface SessionNews {
  readonly id: string;
  /** By which the session can be gone on with from another link. */
  readonly token: string;
  readonly graceMs: number;
  readonly resumed: boolean;
  /** Highest number of the peer's own messages that was carried out. */
  readonly lastSequence: number;
  /** Number of the last direct event. */
  readonly lastDirect: number;
  /** Direct events that are gone before the client has seen them. */
  readonly lostDirect: number;
  readonly rooms: readonly RoomRecovery[];
}

/** The number of a message of one sender. */
export interface Stamp {
  /** Counts up with each seat that the peer takes, from 1; 0 for those who never took one. */
  readonly epoch: number;
  /** Counts the sender's messages within its epoch, from 1; 0 before the first. */
  readonly seq: number;
}

/** Where a member stands in its room's game. */
export interface Standing {
  readonly ready: boolean;
  readonly authority: boolean;
  /** JSON text of how it is reached. */
  readonly connection: string | undefined;
  /** Of its last message. */
  readonly stamp: Stamp;
}

/** What a room with a lobby is, apart from who is in it. */
export interface RoomFacts {
  /** A UUID of its own: another room of the same id is another one. */
  readonly uid: string;
  /** By what others find it. */
  readonly address: RoomId;
  readonly game: string | undefined;
  readonly capacity: number;
  /** Whether one of the members may be the authority. */
  readonly hasAuthority: boolean;
  readonly authority: PeerId | undefined;
  readonly lobby: LobbyState;
  /** Who is ready, of those who are here. */
  readonly ready: readonly PeerId[];
}
