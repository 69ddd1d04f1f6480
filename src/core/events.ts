import type { Lane } from "../lib/lane.ts";
import type { CollabWord } from "./collab-words.ts";
import type { Delivery, Role, TransportReport, Verbatim } from "./commands.ts";
import type { ErrorCode } from "./errors.ts";
import type { PeerId, RoomId } from "./ids.ts";
import type { LobbyState } from "./lobby.ts";
import type { MatchExplanation } from "./matchmaking.ts";
import type { Metadata } from "./metadata.ts";
import type { Payload } from "./payload.ts";
import type { RoomKind } from "./policy.ts";
import type { LostReason } from "./session.ts";
import type { CollabRole } from "./ticket.ts";

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
  readonly game: string | undefined;
  readonly capacity: number;
  /** Whether one of the members may be the authority. */
  readonly hasAuthority: boolean;
  readonly authority: PeerId | undefined;
  readonly lobby: LobbyState;
  /** Who is ready, of those who are here. */
  readonly ready: readonly PeerId[];
}

/** Whether the events that somebody missed are all there. */
export type Replay = "complete" | "truncated" | "unavailable";

/** Why somebody is no longer in a room. */
export type LeaveReason = "left" | "disconnected" | "timeout" | "superseded" | "kicked" | "banned" | "closed";

/** Why a room is no more. */
export type RoomEnd = "host-left" | "expired" | "closed" | "inactive";

/** Every event of a room carries its place in the room's log. */
interface InRoom {
  readonly room: RoomId;
  /** Counts up by 1 within one epoch of the room's log; 0 for a message that takes no place in it. */
  readonly offset: number;
}

/** Told to one peer alone; numbered where the peer has a session, so that it is told exactly once. */
interface ToOne {
  readonly number?: number;
}

/** What a peer is told. Times are ms since the epoch, by the server's clock. */
export type Event =
  // Answers: told to the one who asked.
  | {
      readonly type: "welcome";
      readonly peer: PeerId;
      readonly alias: string;
      /** Where the peer has a session. */
      readonly session?: SessionNews | undefined;
    }
  /** A lost seat is taken again. `missed` is what happened meanwhile, oldest first, without messages. */
  | {
      readonly type: "reclaimed";
      readonly room: RoomId;
      readonly peer: PeerId;
      readonly members: readonly MemberInfo[];
      readonly facts: RoomFacts;
      readonly missed: readonly RoomEvent[];
      readonly replay: Replay;
      readonly token: string;
      readonly offset: number;
    }
  /** `token` takes the seat back after a lost link, where it is kept. */
  | (RoomView & { readonly type: "room-joined"; readonly token?: string })
  | {
      readonly type: "room-created";
      readonly room: RoomId;
      readonly capacity: number;
      readonly host: PeerId;
      readonly offset: number;
    }
  /** `watched` for a spectator: what it watched, and who still does. */
  | {
      readonly type: "room-left";
      readonly room: RoomId;
      readonly watched?: { readonly uid: string; readonly spectators: readonly MemberInfo[] };
    }
  | {
      readonly type: "members";
      readonly room: RoomId;
      readonly members: readonly MemberInfo[];
      readonly total: number;
      /** Whether there are further pages. */
      readonly more?: boolean;
    }
  | {
      readonly type: "room-info";
      readonly room: RoomId;
      readonly members: number;
      readonly capacity: number;
      readonly host: PeerId | undefined;
      readonly summary?: RoomSummary;
    }
  | { readonly type: "room-list"; readonly rooms: readonly RoomSummary[]; readonly next: number | undefined }
  | {
      readonly type: "history";
      readonly room: RoomId;
      readonly events: readonly RoomEvent[];
      readonly more: boolean;
    }
  | {
      readonly type: "match-waiting";
      readonly pool: string;
      /** About how long it will take. */
      readonly etaMs?: number | undefined;
    }
  | ({ readonly type: "match-explained"; readonly pool: string } & MatchExplanation)
  | { readonly type: "match-cancelled"; readonly pool: string | undefined }
  /** One is a member of a session now. `members` are all, the host first, then in the order of joining. */
  | {
      readonly type: "session-entered";
      readonly room: RoomId;
      readonly peer: PeerId;
      readonly role: CollabRole;
      /** Whether it came without a ticket, and so made up the session. */
      readonly isFounder: boolean;
      readonly members: readonly MemberInfo[];
      readonly key: Uint8Array;
      readonly at: number;
      readonly expiresAt: number;
    }
  | { readonly type: "pong" }
  /** The peer's own messages are carried out up to this number. */
  | { readonly type: "processed"; readonly sequence: number }
  /** The peer's credentials end soon. */
  | { readonly type: "expiring"; readonly inMs: number }
  /** Done, and there is nothing to tell. */
  | { readonly type: "done" }
  // Told by a room to its members.
  /**
   * `again`: its user was here already by another link. `spectators`: all who watch now, when it is about one of them in a room with
   * a lobby.
   */
  | (InRoom & {
      readonly type: "member-joined";
      readonly member: MemberInfo;
      readonly again?: boolean;
      readonly spectators?: readonly MemberInfo[];
    })
  | (InRoom & {
      readonly type: "member-left";
      readonly peer: PeerId;
      readonly user?: string | undefined;
      readonly reason: LeaveReason;
      /** Its user is still here by another link. */
      readonly stays?: boolean;
      /** In rooms with a lobby: what it was, and the stamp of its last message. */
      readonly last?: { readonly role: "member" | "spectator"; readonly stamp: Stamp };
      readonly spectators?: readonly MemberInfo[];
    })
  /** Follows the `member-joined` of somebody who took its lost seat again. */
  | (InRoom & { readonly type: "member-returned"; readonly peer: PeerId; readonly epoch: number })
  | (InRoom & {
      readonly type: "lobby-changed";
      readonly lobby: LobbyState;
      readonly ready: readonly PeerId[];
      readonly allReady: boolean;
    })
  /** The game begins: everybody who plays, and how each is reached. */
  | (InRoom & {
      readonly type: "game-starting";
      readonly by: PeerId;
      readonly members: readonly MemberInfo[];
    })
  /** `yours` is true for the recipient that is the authority now. */
  | (InRoom & {
      readonly type: "authority-changed";
      readonly authority: PeerId | undefined;
      readonly yours: boolean;
    })
  | (InRoom & { readonly type: "member-updated"; readonly member: MemberInfo })
  /** Its link is lost; its seat is held until `until`. */
  | (InRoom & { readonly type: "member-away"; readonly peer: PeerId; readonly until: number })
  | (InRoom & { readonly type: "member-back"; readonly peer: PeerId })
  /** What was changed about the room. */
  | (InRoom & {
      readonly type: "room-updated";
      readonly locked?: boolean;
      readonly visibility?: "public" | "private";
      readonly capacity?: number;
      /** All that is known about the room now. */
      readonly metadata?: Metadata;
    })
  | (InRoom & { readonly type: "host-changed"; readonly host: PeerId })
  | (InRoom & {
      readonly type: "message";
      readonly from: PeerId;
      /** The user who sent it, if it is one in particular. */
      readonly user?: string | undefined;
      /** The application's own name of this kind of message. */
      readonly name?: string | undefined;
      readonly data: Payload;
      readonly at: number;
      /** Not everybody in the room is told. */
      readonly directed?: true;
      readonly lane: Lane;
      readonly verbatim: Verbatim | undefined;
      readonly delivery?: Delivery | undefined;
      /** In rooms with a lobby. */
      readonly stamp?: Stamp;
    })
  /** What a member of a session said to others; not kept in the log. */
  | {
      readonly type: "session-told";
      readonly room: RoomId;
      readonly from: PeerId;
      readonly word: CollabWord;
      readonly data: Payload;
      readonly at: number;
    }
  // Told to one peer.
  | (ToOne & {
      readonly type: "signaled" | "relayed";
      readonly from: PeerId;
      readonly to: PeerId;
      readonly data: Payload | undefined;
      readonly room: RoomId | undefined;
      readonly at: number;
    })
  /** A match is complete; told the same to all of the group. `group` is the room that now joins them. */
  | (ToOne & {
      readonly type: "matched";
      readonly pool: string;
      readonly group: RoomId;
      /** Where the group's log begins. */
      readonly epoch: string;
      readonly offset: number;
      readonly members: readonly MemberInfo[];
    })
  | (ToOne & { readonly type: "match-expired"; readonly pool: string })
  | (ToOne & {
      readonly type: "kicked";
      readonly room: RoomId;
      readonly by: PeerId;
      readonly peer: PeerId;
      readonly reason?: string;
    })
  /** Somebody asks this peer something. */
  | (ToOne & {
      readonly type: "asked";
      readonly question: number;
      readonly from: PeerId;
      readonly room: RoomId;
      readonly data: Payload;
      readonly name: string | undefined;
    })
  /** The answer to the peer's own question. */
  | (ToOne & {
      readonly type: "answered";
      readonly request: number;
      readonly from: PeerId;
      readonly data: Payload;
    })
  | (ToOne & {
      readonly type: "ask-failed";
      readonly request: number;
      readonly from: PeerId;
      readonly code: ErrorCode;
      readonly text: string | undefined;
    })
  /** `facts` in rooms with a lobby: which one it was, and what the recipient was there. */
  | {
      readonly type: "room-closed";
      readonly room: RoomId;
      readonly reason: RoomEnd;
      readonly facts?: { readonly uid: string; readonly role: "member" | "spectator" };
    }
  /** Told to those who play in a started game: from now on data goes by the plan of this generation (a UUID). */
  | { readonly type: "session-planned"; readonly room: RoomId; readonly generation: string }
  | ({
      readonly type: "transport-reported";
      readonly room: RoomId;
      readonly peer: PeerId;
    } & TransportReport);

export type EventType = Event["type"];
export type EventOf<Type extends EventType> = Extract<Event, { readonly type: Type }>;

/** Events that a room tells its members, and keeps in its log. */
export type RoomEvent = Extract<
  Event,
  InRoom & { readonly type: Exclude<EventType, "room-joined" | "room-created" | "reclaimed"> }
>;

/** Events that one peer alone is told, and that its session keeps until they are seen. */
export type DirectEvent = Extract<
  Event,
  {
    readonly type:
      | "signaled"
      | "relayed"
      | "matched"
      | "match-expired"
      | "kicked"
      | "asked"
      | "answered"
      | "ask-failed";
  }
>;

/** How urgent an event is. */
export function laneOf(event: Event): Lane {
  switch (event.type) {
    case "message":
      return event.lane;
    case "relayed":
      return "normal";
    case "member-joined":
    case "member-left":
    case "member-updated":
    case "room-updated":
    case "member-away":
    case "member-back":
    case "member-returned":
    case "host-changed":
    case "lobby-changed":
    case "game-starting":
    case "authority-changed":
    case "signaled":
      return "high";
    default:
      return "critical";
  }
}
