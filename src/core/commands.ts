import type { Lane } from "../lib/lane.ts";
import type { CollabWord } from "./collab-words.ts";
import type { CollabTerms } from "./collabs.ts";
import type { PeerId, RoomId } from "./ids.ts";
import type { Widening } from "./match-ticket.ts";
import type { Metadata } from "./metadata.ts";
import type { Payload } from "./payload.ts";
import type { RoomKind, RoomPolicy } from "./policy.ts";
import type { Ticket } from "./ticket.ts";

/** What a member may do in a room. The host is a member too; spectators take no seat and only watch. */
export type Role = "host" | "member" | "spectator";

/** What a member tells about itself when it joins one room. */
export interface MemberProfile {
  /** What it is called in this room; its alias unless said otherwise. */
  readonly name?: string;
  /** What kind of program it is ("fps-game"). */
  readonly app?: string;
  readonly version?: string;
  readonly metadata?: Metadata;
}

/**
 * The form in which a dialect received a message, for its own speakers only: they get exactly `text` back, all others
 * get `data`. The dialect vouches that `text` is valid JSON and holds nothing that only the server may say.
 */
export interface Verbatim {
  readonly dialect: string;
  readonly text: string;
}

/** Criteria of a match: all of them must be equal. */
export type Criteria = Readonly<Record<string, string | number | boolean>>;

/** What becomes of a member's seat when its link is lost without a word. */
export interface SeatKeeping {
  /** How long the seat may be taken back, in ms. */
  readonly windowMs: number;
  /** `reserved`: until then it counts as taken, and so does the name. `free`: others may have it. */
  readonly meanwhile: "reserved" | "free";
  /** When its token is shown while the old link still stands: that link must give a sign of life, or give way. */
  readonly whenShown?: { readonly is: "probe"; readonly withinMs: number } | { readonly is: "takeover" };
}

/** How a sender wants a message delivered; what it said, without meaning to the core. */
export interface Delivery {
  readonly class: "reliable" | "latest" | "volatile";
  readonly key?: number;
}

/** What a peer asks. `to` and `except` take a peer id or an alias. */
export type Command =
  /** Enter a room; with `create`, open it when there is none. With `kind`, a room of another kind is not found. */
  | {
      readonly type: "join";
      readonly room: RoomId;
      readonly create?: RoomPolicy;
      readonly kind?: RoomKind;
      /** To take a seat, or only to watch. */
      readonly as?: "member" | "spectator";
      readonly profile?: MemberProfile;
      /** Seals the room if it is opened; otherwise what it must be sealed with. */
      readonly password?: string;
      /** Where `room` is not known: the code of the room, in any case. See `Hub.resolve`. */
      readonly code?: string;
      /** Absent: a lost link is a lost seat. */
      readonly keepSeat?: SeatKeeping;
    }
  /** Open a room that does not exist yet, and enter it as its host. */
  | {
      readonly type: "create-room";
      readonly room: RoomId;
      readonly policy: RoomPolicy;
      readonly profile?: MemberProfile;
    }
  | { readonly type: "leave"; readonly room: RoomId }
  /** Who is in a room; a room that nobody is in has no members. `limit` 1 or more. */
  | { readonly type: "discover"; readonly room: RoomId; readonly limit: number }
  | { readonly type: "room-info"; readonly room: RoomId; readonly kind?: RoomKind }
  /** WebRTC signaling and relaying to one peer with whom a room is shared; `room` names which one, if both are in it. */
  | {
      readonly type: "signal";
      readonly to: string;
      readonly data: Payload | undefined;
      readonly room?: RoomId;
    }
  | {
      readonly type: "relay";
      readonly to: string;
      readonly data: Payload | undefined;
      readonly room?: RoomId;
    }
  /** What a member needs to take part in the relay of its room. */
  | { readonly type: "relay-pass"; readonly room: RoomId }
  /** Say something to all other members of a room. */
  | {
      readonly type: "broadcast";
      readonly room: RoomId;
      readonly data: Payload;
      /** The application's own name of this kind of message. */
      readonly name?: string | undefined;
      readonly except?: readonly string[];
      /** Only these hear it. */
      readonly only?: readonly string[];
      /** Only members of that role hear it. */
      readonly role?: Role;
      readonly lane?: Lane;
      /** It is worthless when late: it takes no place in the room's log, and whoever misses it misses nothing. */
      readonly ephemeral?: true;
      readonly verbatim?: Verbatim;
      readonly delivery?: Delivery;
    }
  /** With `room` for that room only. Keys of value `null` are taken away where `nulls` says so, else they are values. */
  | {
      readonly type: "set-metadata";
      readonly metadata: Metadata;
      readonly room?: RoomId;
      readonly nulls?: "remove";
    }
  /** Ask one member of a room something; `request` comes back with the answer. */
  | {
      readonly type: "ask";
      readonly room: RoomId;
      readonly to: string;
      readonly data: Payload;
      readonly name?: string | undefined;
      readonly request: number;
      readonly waitMs?: number | undefined;
    }
  /** Answer a question, or say why not. */
  | {
      readonly type: "reply";
      readonly question: number;
      readonly data: Payload | undefined;
      readonly error?: string | undefined;
    }
  /** Change a room; for its host or authority. */
  | {
      readonly type: "set-room";
      readonly room: RoomId;
      readonly locked?: boolean | undefined;
      readonly visibility?: "public" | "private" | undefined;
      readonly capacity?: number | undefined;
      /** Keys over those that are known; `null` takes one away. */
      readonly metadata?: Metadata | undefined;
      /** What newcomers must know from now on; `null`: nothing. */
      readonly password?: string | null | undefined;
    }
  /**
   * Have others find the room by another code, and no longer by the old one; for its host or authority. A room that is
   * found by its name is given `address`, a name that no room is found by.
   */
  | { readonly type: "renew-code"; readonly room: RoomId; readonly address?: RoomId }
  | { readonly type: "transfer-host"; readonly room: RoomId; readonly peer: PeerId }
  /** Take somebody out, and keep it and its user out: for as long as the room lives, or for `forMs`. */
  | {
      readonly type: "ban";
      readonly room: RoomId;
      readonly peer: PeerId;
      readonly forMs?: number | undefined;
      readonly reason?: string | undefined;
      readonly among?: "players";
    }
  | {
      readonly type: "unban";
      readonly room: RoomId;
      readonly peer: PeerId;
      /** What a ban that there is not leads to. Default: a refusal. */
      readonly ifNone?: "done";
    }
  /** The public rooms of the space, oldest first. */
  | {
      readonly type: "list-rooms";
      readonly kind?: string | undefined;
      readonly filter?: Criteria | undefined;
      readonly limit: number;
      readonly after?: number | undefined;
    }
  /** Who is in a room, page by page: for its members, and for everybody if it is public. */
  | {
      readonly type: "list-members";
      readonly room: RoomId;
      readonly limit: number;
      readonly after?: PeerId | undefined;
    }
  /** What the room's log holds of what this member was told, and said itself. */
  | {
      readonly type: "history";
      readonly room: RoomId;
      readonly before?: number | undefined;
      readonly limit: number;
    }
  /** Wait for `size` peers (2 or more) who ask for the same pool, size and criteria. One ticket per peer and pool. */
  | {
      readonly type: "match";
      readonly pool: string;
      readonly size: number;
      readonly criteria: Criteria;
      readonly widen?: readonly Widening[] | undefined;
      readonly maxWaitMs?: number | undefined;
    }
  /** Why there is no match yet. */
  | { readonly type: "explain-match"; readonly pool: string }
  /** Give up waiting in one pool, or in all. */
  | { readonly type: "cancel-match"; readonly pool?: string }
  | {
      readonly type: "kick";
      readonly room: RoomId;
      readonly peer: PeerId;
      readonly kind?: RoomKind;
      readonly reason?: string | undefined;
      /** Only those are found who play, or whose seats are kept. */
      readonly among?: "players";
    }
  /**
   * Take part in a collaboration session, or go on taking part by this link. `name` is the peer's own in the session;
   * `place` is where it comes from. Without a ticket only a session that is not there yet: it is opened on these terms.
   */
  | {
      readonly type: "enter-session";
      readonly room: RoomId;
      readonly name: string;
      readonly ticket: Ticket | undefined;
      readonly place: string;
      readonly profile: MemberProfile;
      readonly terms: CollabTerms;
    }
  /** Say something to members of a session. `to` is one of them, by its name there or its id. */
  | {
      readonly type: "tell-session";
      readonly room: RoomId;
      readonly word: CollabWord;
      /** One JSON object, or bytes where the word is about bytes. */
      readonly data: Payload;
      readonly to?: string | undefined;
      /** What is asked for, or answered. */
      readonly paths?: readonly string[];
      /** `false`: more of this answer follows. */
      readonly last?: boolean;
    }
  /** What the peer has seen, so that it need not be kept for it. */
  | { readonly type: "seen"; readonly lastDirect: number }
  /** Leave everything at once, and hold no seat. */
  | { readonly type: "bye" }
  /** Be ready for the game, or not; without `ready` the opposite of what was. */
  | { readonly type: "ready"; readonly room: RoomId; readonly ready?: boolean }
  | { readonly type: "start"; readonly room: RoomId }
  /** Be the one member whose word counts in the game. */
  | { readonly type: "claim-authority"; readonly room: RoomId }
  | { readonly type: "release-authority"; readonly room: RoomId }
  | { readonly type: "transfer-authority"; readonly room: RoomId; readonly to: PeerId }
  /** How others reach this member, as JSON text; told to all when the game starts. The last word counts. */
  | { readonly type: "provide-connection"; readonly room: RoomId; readonly info: string }
  /** Which way this member's data takes at present; told to the other players when it is news. */
  | { readonly type: "report-transport"; readonly room: RoomId; readonly report: TransportReport }
  | { readonly type: "ping" };

export interface TransportReport {
  readonly transport: "relay" | "direct" | "webrtc";
  readonly connected: boolean;
}

export type CommandType = Command["type"];
export type CommandOf<Type extends CommandType> = Extract<Command, { readonly type: Type }>;
