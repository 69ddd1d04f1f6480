import type { Lane } from "../lib/lane.ts";
import type { Role, Verbatim } from "./commands.ts";
import type { PeerId, RoomId } from "./ids.ts";
import type { Metadata } from "./metadata.ts";
import type { Payload } from "./payload.ts";
import type { RoomKind } from "./policy.ts";

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
}

/** Why somebody is no longer in a room. */
export type LeaveReason = "left" | "disconnected" | "superseded" | "kicked" | "closed";

/** Why a room is no more. */
export type RoomEnd = "host-left" | "expired" | "closed";

/** Every event of a room carries its place in the room's log. */
interface InRoom {
  readonly room: RoomId;
  /** Counts up by 1 within one epoch of the room's log. */
  readonly offset: number;
}

/** What a peer is told. Times are ms since the epoch, by the server's clock. */
export type Event =
  // Answers: told to the one who asked.
  | { readonly type: "welcome"; readonly peer: PeerId; readonly alias: string }
  /** `members` is at most the asked-for number and holds the newcomer; `total` counts all. */
  | {
      readonly type: "room-joined";
      readonly room: RoomId;
      readonly kind: RoomKind;
      readonly members: readonly MemberInfo[];
      readonly total: number;
      readonly offset: number;
    }
  | {
      readonly type: "room-created";
      readonly room: RoomId;
      readonly capacity: number;
      readonly host: PeerId;
      readonly offset: number;
    }
  | { readonly type: "room-left"; readonly room: RoomId }
  | {
      readonly type: "members";
      readonly room: RoomId;
      readonly members: readonly MemberInfo[];
      readonly total: number;
    }
  | {
      readonly type: "room-info";
      readonly room: RoomId;
      readonly members: number;
      readonly capacity: number;
      readonly host: PeerId | undefined;
    }
  | { readonly type: "match-waiting"; readonly pool: string }
  | { readonly type: "match-cancelled"; readonly pool: string | undefined }
  | { readonly type: "pong" }
  /** Done, and there is nothing to tell. */
  | { readonly type: "done" }
  // Told by a room to its members.
  | (InRoom & { readonly type: "member-joined"; readonly member: MemberInfo })
  | (InRoom & { readonly type: "member-left"; readonly peer: PeerId; readonly reason: LeaveReason })
  | (InRoom & { readonly type: "member-updated"; readonly member: MemberInfo })
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
      readonly lane: Lane;
      readonly verbatim: Verbatim | undefined;
    })
  // Told to one peer.
  | {
      readonly type: "signaled" | "relayed";
      readonly from: PeerId;
      readonly to: PeerId;
      readonly data: Payload | undefined;
      readonly room: RoomId | undefined;
      readonly at: number;
    }
  /** A match is complete; told the same to all of the group. `group` is the room that now joins them. */
  | {
      readonly type: "matched";
      readonly pool: string;
      readonly group: RoomId;
      readonly members: readonly MemberInfo[];
    }
  | { readonly type: "match-expired"; readonly pool: string }
  | { readonly type: "kicked"; readonly room: RoomId; readonly by: PeerId; readonly peer: PeerId }
  | { readonly type: "room-closed"; readonly room: RoomId; readonly reason: RoomEnd };

export type EventType = Event["type"];
export type EventOf<Type extends EventType> = Extract<Event, { readonly type: Type }>;

/** Events that a room tells its members, and keeps in its log. */
export type RoomEvent = Extract<
  Event,
  InRoom & { readonly type: Exclude<EventType, "room-joined" | "room-created"> }
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
    case "host-changed":
    case "signaled":
      return "high";
    default:
      return "critical";
  }
}
