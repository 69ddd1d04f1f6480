import type { PeerId, RoomId } from "./ids.ts";
import type { MatchExplanation } from "./matchmaking.ts";
import type { RoomEvent } from "./room-events.ts";
import type { CollabRole } from "./ticket.ts";
import type { MemberInfo, RoomFacts, RoomSummary, RoomView, SessionNews } from "./views.ts";

/** Whether the events that somebody missed are all there. */
export type Replay = "complete" | "truncated" | "unavailable";

/** What a peer is told because it asked, and about its own link. */
export type Answer =
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
      readonly watched?: {
        readonly uid: string;
        readonly address: RoomId;
        readonly spectators: readonly MemberInfo[];
      };
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
  /** What the relay may know of a member: see `outside.ts`. */
  | {
      readonly type: "relay-pass";
      readonly room: RoomId;
      /** What the relay calls the room. */
      readonly session: string;
      readonly peer: PeerId;
      /** Whether it may send there, or only be sent to. */
      readonly maySend: boolean;
      readonly at: number;
    }
  /** By what the room is found from now on. */
  | { readonly type: "code-renewed"; readonly room: RoomId; readonly code: string }
  | { readonly type: "pong" }
  /** The peer's own messages are carried out up to this number. */
  | { readonly type: "processed"; readonly sequence: number }
  /** The peer's credentials end soon. */
  | { readonly type: "expiring"; readonly inMs: number }
  /** Done, and there is nothing to tell. */
  | { readonly type: "done" };
