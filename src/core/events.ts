import type { Lane } from "../lib/lane.ts";
import type { Answer } from "./answers.ts";
import type { CollabWord } from "./collab-words.ts";
import type { TransportReport } from "./commands.ts";
import type { DirectEvent } from "./direct-events.ts";
import type { PeerId, RoomId } from "./ids.ts";
import type { Payload } from "./payload.ts";
import type { RoomEnd, RoomEvent } from "./room-events.ts";

/** What a peer is told. Times are ms since the epoch, by the server's clock. */
export type Event = Answer | RoomEvent | DirectEvent | Notice;

/** What members of a room are told that takes no place in its log. */
type Notice =
  /** What a member of a session said to others; not kept in the log. */
  | {
      readonly type: "session-told";
      readonly room: RoomId;
      readonly from: PeerId;
      readonly word: CollabWord;
      readonly data: Payload;
      readonly at: number;
    }
  /** `facts` in rooms with a lobby: which one it was, and what the recipient was there. */
  | {
      readonly type: "room-closed";
      readonly room: RoomId;
      readonly reason: RoomEnd;
      readonly facts?: {
        readonly uid: string;
        readonly address: RoomId;
        readonly role: "member" | "spectator";
      };
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
