import type { Peer } from "../../core/peer.ts";
import type { Random } from "../../core/random.ts";
import type { Member, Room } from "../../core/room.ts";
import { Fault } from "./fault.ts";
import type { Version } from "./objects.ts";
import type { App, SignalFishSettings } from "./settings.ts";
import type { Window } from "./window.ts";

/** Where the peer of a link is: it is in one room at a time. */
export interface Place {
  readonly room: Room;
  readonly role: Member["role"];
}

/** What a request is read against. */
export interface Talk {
  readonly settings: SignalFishSettings;
  readonly version: Version;
  readonly app: App | undefined;
  readonly random: Random;
  readonly peer: Peer;
  readonly place: Place | undefined;
  /** What this link did lately. */
  readonly window: Window;
  /** Ms since the epoch. */
  readonly now: number;
}

/** The room that a peer is in, if it is one that this language has words for. */
export function placeIn({ id, rooms }: Peer): Place | undefined {
  for (const room of rooms) {
    const member = room.game && room.members.get(id);
    if (member) return { room, role: member.role };
  }
  return undefined;
}

/** The room of a player. @throws {Fault} `NOT_IN_ROOM`, also for spectators. */
export function seated(place: Place | undefined): Place {
  if (place?.role !== "member") throw new Fault("NOT_IN_ROOM", "Not in a room");
  return place;
}
