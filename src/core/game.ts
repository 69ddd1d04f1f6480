import type { SeatKeeping, TransportReport } from "./commands.ts";
import type { PeerId } from "./ids.ts";
import type { KeptSeat } from "./kept-seats.ts";
import { type Lobby, NEW_LOBBY, readyIn } from "./lobby.ts";
import type { MissedEvents } from "./missed-events.ts";
import { uuidOf } from "./random.ts";
import { type Member, memberInfo, type Room } from "./room.ts";
import type { MemberInfo, RoomFacts, Standing } from "./views.ts";

/** What a room with a lobby knows besides its members. */
export class Game {
  lobby: Lobby = NEW_LOBBY;
  /** The one whose word counts; a member. */
  authority: PeerId | undefined;
  /** When something happened last, in ms since the epoch. */
  lastActiveAt = 0;
  /** Seats that can be taken back. */
  readonly kept = new Set<KeptSeat>();
  /** What happens while seats are kept; `undefined` while none is. */
  missed: MissedEvents | undefined;
}

/** A player's part in the game of its room. Spectators have none. */
export interface Part {
  readonly epoch: number;
  /** Messages sent in this epoch. */
  seq: number;
  connection: string | undefined;
  transport: TransportReport | undefined;
  readonly keepSeat: SeatKeeping | undefined;
  /** What takes the seat back; there when it is kept. */
  readonly token: string | undefined;
}

/** The room's own UUID. */
export const uidOf = (room: Room): string => uuidOf(room.log.epoch);

/** Where a member stands in the game of its room; `undefined` where there is none. */
export function standingOf(room: Room, { peer, part }: Member): Standing | undefined {
  const { game } = room;
  if (!game) return undefined;
  return {
    ready: part !== undefined && readyIn(game.lobby).has(peer.id),
    authority: game.authority === peer.id,
    connection: part?.connection,
    stamp: { epoch: part?.epoch ?? 0, seq: part?.seq ?? 0 },
  };
}

/** Who is ready, of those who are here, in the order of joining. */
export function readyHere(room: Room, { lobby }: Game): PeerId[] {
  const ready = readyIn(lobby);
  return [...room.members.keys()].filter((peer) => ready.has(peer));
}

export function factsOf(room: Room): RoomFacts | undefined {
  const { game, policy } = room;
  if (!game) return undefined;
  return {
    uid: uidOf(room),
    address: room.address,
    game: policy.game,
    capacity: policy.capacity,
    hasAuthority: policy.hasAuthority ?? false,
    authority: game.authority,
    lobby: game.lobby.is,
    ready: readyHere(room, game),
  };
}

/** The members of one role, in the order of joining. */
export function ofRole(room: Room, role: Member["role"]): MemberInfo[] {
  const infos: MemberInfo[] = [];
  for (const member of room.members.values()) if (member.role === role) infos.push(memberInfo(room, member));
  return infos;
}

/** Those who play, in the order of joining. */
export function players(room: Room): PeerId[] {
  const ids: PeerId[] = [];
  for (const { peer, role } of room.members.values()) if (role === "member") ids.push(peer.id);
  return ids;
}
