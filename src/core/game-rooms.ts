import { type Game, ofRole, type Part, players, uidOf } from "./game.ts";
import type { PeerId } from "./ids.ts";
import type { KeptSeat } from "./kept-seats.ts";
import { nextLobby } from "./lobby.ts";
import { MissedEvents } from "./missed-events.ts";
import type { Peer } from "./peer.ts";
import { randomUuid } from "./random.ts";
import type { Member, Room } from "./room.ts";
import type { LeaveReason, RoomEnd, RoomEvent } from "./room-events.ts";
import type { SeatOptions } from "./seats.ts";
import type { MemberInfo, Stamp } from "./views.ts";
import type { World } from "./world.ts";

/** Most events remembered for players whose seats are kept, unless the policy says otherwise. */
const MISSED_EVENTS = 100;

/** Where numbers of 32 bits end; an epoch stays there. */
const MAX_EPOCH = 0xffff_ffff;

/** What rooms with a lobby do when somebody takes a seat, leaves it, or comes back to it. */
export class GameRooms {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Makes `authority` the room's authority, or nobody, and tells everybody; the new one is told that it is it. */
  appoint(room: Room, game: Game, authority: PeerId | undefined): void {
    const { outbox } = this.#world;
    game.authority = authority;
    const told = { type: "authority-changed", authority, yours: false } as const;
    const event = this.#world.enter(room, told);
    outbox.deliver(room.members.keys(), event, authority);
    if (authority === undefined) return;
    outbox.deliver([authority], { ...told, yours: true, room: room.id, offset: event.offset });
  }

  /** Tells those who play in a started game by which plan their data goes from now on. */
  plan(room: Room): void {
    const generation = randomUuid(this.#world.random);
    this.#world.outbox.deliver(players(room), { type: "session-planned", room: room.id, generation });
  }

  /** The part of a newcomer, or of somebody who comes back. */
  partOf(peer: Peer, { keepSeat, kept, token }: SeatOptions): Part {
    peer.epoch = Math.min((kept?.epoch ?? peer.epoch ?? 0) + 1, MAX_EPOCH);
    const keeping = kept?.keeping ?? keepSeat;
    return {
      epoch: peer.epoch,
      seq: 0,
      connection: kept?.connection,
      transport: undefined,
      keepSeat: keeping,
      token: keeping && (token ?? randomUuid(this.#world.random)),
    };
  }

  /** The first player of a game is its authority; one that comes back is it again if nobody else is by now. */
  takePart(room: Room, peer: Peer, kept: KeptSeat | undefined): void {
    const { game, policy } = room;
    if (!game) return;
    if (kept) {
      this.unkeep(kept);
      this.#world.kept.delete(kept);
    }
    game.lastActiveAt = this.#world.now;
    const mayBeIt = game.lobby.is === "waiting" || kept?.wasAuthority;
    if (policy.hasAuthority && mayBeIt && game.authority === undefined) game.authority = peer.id;
  }

  /** To be called with every event of the room. */
  happened(game: Game, event: RoomEvent): void {
    game.lastActiveAt = this.#world.now;
    game.missed?.record(event);
  }

  /** To be called when everybody was told that `member` is gone, and its seat is kept if it is to be. */
  leave(room: Room, game: Game, { peer }: Member): void {
    const returns = this.#world.kept.get(peer.id) !== undefined;
    game.lobby = nextLobby(game.lobby, { type: "left", peer: peer.id, returns });
    if (game.authority === peer.id) this.appoint(room, game, undefined);
  }

  /** Whether the seat of a player that goes for that `reason` stays taken. */
  reserves(member: Member, reason: LeaveReason): boolean {
    return member.part?.keepSeat?.meanwhile === "reserved" && this.mayReturn(member, reason);
  }

  /** Remembers what a player that lost its link will find again. */
  keep(room: Room, member: Member, reason: LeaveReason): void {
    const { game } = room;
    const { peer, part, profile, joinedAt } = member;
    if (!game || !part?.keepSeat || part.token === undefined || !this.mayReturn(member, reason)) return;
    game.missed ??= new MissedEvents(room.policy.missedEvents ?? MISSED_EVENTS);
    const kept: KeptSeat = {
      peer: peer.id,
      place: peer.place,
      room,
      token: part.token,
      bond: peer.bond,
      keeping: part.keepSeat,
      until: this.#world.now + part.keepSeat.windowMs,
      profile,
      joinedAt,
      connection: part.connection,
      epoch: part.epoch,
      wasAuthority: game.authority === peer.id,
      position: game.missed.position,
    };
    game.kept.add(kept);
    this.#world.kept.add(kept);
  }

  /** Forgets that a seat is kept; nothing happens to the seat. */
  unkeep(kept: KeptSeat): void {
    const { game } = kept.room;
    if (game?.kept.delete(kept) && game.kept.size === 0) game.missed = undefined;
  }

  /** Lets others have a seat that is kept; it can still be taken back while there is a free one. */
  cede(kept: KeptSeat): void {
    const ceded: KeptSeat = { ...kept, keeping: { ...kept.keeping, meanwhile: "free" } };
    this.#world.kept.delete(kept);
    this.#world.kept.add(ceded);
    kept.room.game?.kept.delete(kept);
    kept.room.game?.kept.add(ceded);
    this.#world.freeKept(ceded);
  }

  tellClosed(room: Room, reason: RoomEnd): void {
    for (const role of ["member", "spectator"] as const) {
      const there = ofRole(room, role).map(({ peer }) => peer);
      const facts = { uid: uidOf(room), address: room.address, role };
      this.#world.outbox.deliver(there, { type: "room-closed", room: room.id, reason, facts });
    }
  }

  /** Nobody comes back to a room that is no more. */
  forget({ game }: Room): void {
    for (const kept of game?.kept ?? []) this.#world.kept.delete(kept);
    game?.kept.clear();
  }

  /** Whether a player that goes for that `reason` can have its seat again. */
  mayReturn({ part }: Member, reason: LeaveReason): boolean {
    const { kept, limits, isDraining } = this.#world;
    if (reason !== "disconnected" || part?.token === undefined) return false;
    return !isDraining && kept.size < limits.maxKeptSeats;
  }
}

/** What is told about a member of a game that goes. */
export function departure(
  room: Room,
  { role, part }: Member,
): {
  readonly last?: { readonly role: Member["role"]; readonly stamp: Stamp };
  readonly spectators?: readonly MemberInfo[];
} {
  if (!room.game) return {};
  const last = { role, stamp: { epoch: part?.epoch ?? 0, seq: part?.seq ?? 0 } };
  return role === "spectator" ? { last, spectators: ofRole(room, "spectator") } : { last };
}
