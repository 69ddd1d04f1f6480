import type { Lane } from "../lib/lane.ts";
import type { Delivery, Verbatim } from "./commands.ts";
import type { PeerId, RoomId } from "./ids.ts";
import type { LobbyState } from "./lobby.ts";
import type { Metadata } from "./metadata.ts";
import type { Payload } from "./payload.ts";
import type { MemberInfo, Stamp } from "./views.ts";

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

/** Events that a room tells its members, and keeps in its log. */
export type RoomEvent =
  /**
   * `again`: its user was here already by another link. `spectators`: all who watch now, when it is about one of them
   * in a room with a lobby.
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
      readonly sealed?: boolean;
      /** Another code than before. */
      readonly code?: string;
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
      readonly directed?: true | undefined;
      readonly lane: Lane;
      readonly verbatim: Verbatim | undefined;
      readonly delivery?: Delivery | undefined;
      /** In rooms with a lobby. */
      readonly stamp?: Stamp | undefined;
    });
