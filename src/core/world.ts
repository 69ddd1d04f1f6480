import type { DirectEvent } from "./direct-events.ts";
import { Refusal } from "./errors.ts";
import { Game } from "./game.ts";
import { departure, GameRooms } from "./game-rooms.ts";
import type { Goodbye } from "./goodbyes.ts";
import { HeldSeats } from "./held-seats.ts";
import type { PeerId, RoomId, SpaceId } from "./ids.ts";
import { InboxDeadlines } from "./inbox-deadlines.ts";
import { type KeptSeat, KeptSeats } from "./kept-seats.ts";
import type { HubLimits } from "./limits.ts";
import { nextLobby } from "./lobby.ts";
import { Matchmaker } from "./matchmaking.ts";
import type { Outbox } from "./outbox.ts";
import type { Outside } from "./outside.ts";
import type { Peer } from "./peer.ts";
import type { RoomKind, RoomPolicy } from "./policy.ts";
import { type Random, randomHex } from "./random.ts";
import { type Member, Room } from "./room.ts";
import { RoomEnds } from "./room-ends.ts";
import type { LeaveReason, RoomEnd, RoomEvent } from "./room-events.ts";
import type { Audience } from "./room-log.ts";
import { RoomLogs, type Untold } from "./room-logs.ts";
import { type Sealing, Seals } from "./seals.ts";
import { type Seat, type SeatOptions, seatKey } from "./seats.ts";
import { Space } from "./space.ts";
import type { RoomWatcher } from "./watcher.ts";

export interface WorldOptions {
  readonly outbox: Outbox;
  readonly random: Random;
  readonly limits: HubLimits;
  readonly sealing: Sealing;
}

/**
 * Everything a hub knows, and the few operations that change it. The rules (who may do what, who is told in which
 * order) are in the handlers; here is what must hold always: a membership is known to the room and to the peer, a
 * forgotten room has no members, an event of a room takes the next offset of its log.
 */
export class World {
  readonly outbox: Outbox;
  readonly random: Random;
  readonly limits: HubLimits;
  readonly peers = new Map<PeerId, Peer>();
  readonly spaces = new Map<SpaceId, Space>();
  /** Rooms of all spaces by the epoch of their logs. */
  readonly rooms = new Map<string, Room>();
  readonly matchmaker: Matchmaker;
  /** Passwords of rooms. */
  readonly seals: Seals;
  readonly inboxes = new InboxDeadlines();
  /** Time of the command or tick at hand, in ms since the epoch. */
  now = 0;
  /** Rooms in all spaces. */
  roomCount = 0;
  /** Hears of what happens in rooms; set once, before anything happens. */
  watcher: RoomWatcher | undefined;
  /** Reaches those who are in a session without a link; set once, before anything happens. */
  outside: Outside | undefined;
  /** What rooms with a lobby do besides. */
  readonly games = new GameRooms(this);
  /** Seats of players whose links were lost. */
  readonly kept = new KeptSeats();
  /** The server is about to stop: nothing new is begun. */
  isDraining = false;
  readonly #ends = new RoomEnds();
  readonly #logs: RoomLogs;
  readonly #held = new HeldSeats();
  readonly #expelled: { readonly peer: Peer; readonly goodbye: Goodbye }[] = [];

  constructor({ outbox, random, limits, sealing }: WorldOptions) {
    this.outbox = outbox;
    this.random = random;
    this.limits = limits;
    this.seals = new Seals({ sealing, random, guesses: limits.passwordGuesses });
    this.#logs = new RoomLogs(limits.log, limits.logTotalBytes);
    this.matchmaker = new Matchmaker(
      limits.matchWaitMs,
      (peer) => this.peers.get(peer)?.session?.state.is !== "away",
    );
  }

  /** The space of that id; made when it is first needed, dropped with its last peer and room. */
  space(id: SpaceId): Space {
    const known = this.spaces.get(id);
    if (known) return known;
    const space = new Space(id);
    this.spaces.set(id, space);
    return space;
  }

  /** Forgets a space that nobody and nothing is in. */
  dropIfUnused(space: Space): void {
    if (space.peers.size === 0 && space.rooms.size === 0) this.spaces.delete(space.id);
  }

  /** The room that `peer` means: one that it is in by its id, any other by where others find it. */
  find({ id: peer, space }: Peer, id: RoomId): Room | undefined {
    const room = space.rooms.get(id);
    return room?.address === id || room?.members.has(peer) ? room : space.at(id);
  }

  /** @throws {Refusal} `room_not_found`, also for a room of another kind than asked for. */
  room(peer: Peer, id: RoomId, kind?: RoomKind): Room {
    const room = this.find(peer, id);
    if (!room || (kind !== undefined && room.policy.kind !== kind))
      throw new Refusal("room_not_found", { room: id });
    return room;
  }

  /** @throws {Refusal} `too_many_rooms` when no further room may be opened. */
  refuseOpening(): void {
    if (this.roomCount >= this.limits.maxRooms)
      throw new Refusal("too_many_rooms", { max: this.limits.maxRooms });
  }

  /** Opens an empty room. The caller has made sure that none is found at that address. */
  open(space: Space, address: RoomId, policy: RoomPolicy): Room {
    this.refuseOpening();
    const { game, lobby } = policy;
    if (game !== undefined && (space.games.get(game) ?? 0) >= this.limits.maxRoomsPerGame)
      throw new Refusal("too_many_rooms", { max: this.limits.maxRoomsPerGame, game });

    const id = space.idFor(address, this.random);
    const room = new Room(id, space, policy, this.#logs.open(randomHex(this.random, 16)), address);
    if (lobby) room.game = new Game();
    space.add(room, this.random);
    this.rooms.set(room.log.epoch, room);
    this.roomCount++;
    this.#ends.opened(room, this.now);
    return room;
  }

  /** Seats `peer`, who is not a member yet; the first member of a hosted room becomes its host. */
  seat(room: Room, peer: Peer, options: SeatOptions = {}): Member {
    const { role = "member", profile = {}, kept } = options;
    const part = room.game && role === "member" ? this.games.partOf(peer, options) : undefined;
    const member: Member = {
      peer,
      role,
      profile,
      joinedAt: kept?.joinedAt ?? this.now,
      since: room.log.lastOffset,
      isAgain: false,
      part,
    };
    room.members.set(peer.id, member);
    if (peer.session) room.sessions++;
    peer.rooms.add(room);
    peer.session?.found(room.id);
    const { was } = room.seatsFor(role).take(seatKey(peer));
    member.isAgain = was === "shared";
    if (role === "member" && room.policy.hosted && room.host === undefined) room.host = peer.id;
    if (part) this.games.takePart(room, peer, kept);
    if (!room.game || part) this.#ends.occupied(room, this.now);
    this.watcher?.seated(room, member, was);
    return member;
  }

  /** Takes `peer` out of the room, tells those who stay, hands on the host's part, and forgets the room if it is over. */
  unseat(room: Room, peer: Peer, reason: LeaveReason): void {
    const member = room.members.get(peer.id);
    if (!member) return;
    room.members.delete(peer.id);
    if (peer.session) room.sessions--;
    peer.rooms.delete(room);
    peer.session?.lose(room.id, reason);
    const isReserved = this.games.reserves(member, reason);
    const seat = this.#held.leave(room, member, { reason, isReserved, now: this.now });
    const { user } = peer;
    if (room.game) this.games.keep(room, member, reason);
    this.tell(room, {
      type: "member-left",
      peer: peer.id,
      reason,
      ...(user !== undefined && { user, stays: seat === "shared" }),
      ...departure(room, member),
    });
    if (room.game) this.games.leave(room, room.game, member);
    room.collab?.left(reason);
    this.watcher?.unseated(room, member, { reason, seat });

    if (room.host === peer.id) this.#replaceHost(room);
    this.#emptied(room);
  }

  /** Ends a room: its members are told and are members no more. */
  close(room: Room, reason: RoomEnd): void {
    if (room.game) this.games.tellClosed(room, reason);
    else if (room.policy.presence === "told") {
      this.outbox.deliver(room.members.keys(), { type: "room-closed", room: room.id, reason });
    }
    const members = [...room.members.values()];
    for (const { peer } of members) {
      peer.rooms.delete(room);
      peer.session?.lose(room.id, "closed");
    }
    room.members.clear();
    for (const member of members) {
      const seat = room.seatsFor(member.role).leave(seatKey(member.peer), { hold: false });
      this.watcher?.unseated(room, member, { reason: "closed", seat });
    }
    for (const { key } of room.seats.clear()) this.watcher?.seatExpired(room, key);
    if (room.collab) for (const { peer } of members) this.expel(peer, { reason: "room_over" });
    this.#forget(room, reason);
  }

  /** Ends the link of a peer, and the peer with it, when the command or tick at hand is done. */
  expel(peer: Peer, goodbye: Goodbye): void {
    this.#expelled.push({ peer, goodbye });
  }

  takeExpelled(): readonly { readonly peer: Peer; readonly goodbye: Goodbye }[] {
    return this.#expelled.length === 0 ? [] : this.#expelled.splice(0);
  }

  /** Frees a seat that is held for nobody any more. Does nothing when its user is back. */
  dropSeat(room: Room, seat: Seat): void {
    if (!room.seats.free(seat)) return;
    this.watcher?.seatExpired(room, seat.key);
    this.#emptied(room);
  }

  /** Gives an event the next offset of its room, keeps it, and tells it to the members except `except`. */
  tell(room: Room, untold: Untold<RoomEvent>, except?: PeerId | ReadonlySet<PeerId>): void {
    if (room.policy.presence === "silent" && untold.type !== "message") return;
    this.outbox.deliver(room.members.keys(), this.enter(room, untold, except), except);
  }

  /** The same, but only `only` are told. */
  tellOnly(room: Room, untold: Untold<RoomEvent>, only: ReadonlySet<PeerId>): void {
    this.outbox.deliver(only, this.#keep(room, untold, { only, except: undefined, at: this.now }));
  }

  /** Ends the wait for the player of a kept seat. */
  release(kept: KeptSeat): void {
    this.games.unkeep(kept);
    this.freeKept(kept);
  }

  /** Frees a seat that was reserved for its player. */
  freeKept({ room, peer }: KeptSeat): void {
    const seat = room.seats.held(seatKey({ user: undefined, id: peer }));
    if (seat) this.dropSeat(room, seat);
    else this.#emptied(room);
  }

  /** Gives an event the next offset of its room, and keeps it. */
  enter(room: Room, untold: Untold<RoomEvent>, except?: PeerId | ReadonlySet<PeerId>): RoomEvent {
    return this.#keep(room, untold, { except, at: this.now });
  }

  #keep(room: Room, untold: Untold<RoomEvent>, audience: Audience & { readonly at: number }): RoomEvent {
    const event = this.#logs.enter(room, untold, audience);
    if (room.game) this.games.happened(room.game, event);
    return event;
  }

  /** Tells one peer alone; its session, if it has one, keeps the event until it is seen. */
  tellOne(peer: Peer, event: DirectEvent): void {
    const { session } = peer;
    const told = session ? session.inbox.keep(event, this.now) : event;
    if (session) this.inboxes.watch(session.inbox);
    this.outbox.deliver([peer.id], told);
  }

  /** Tells the same to each of `peers` alone. */
  tellEach(peers: readonly Peer[], event: DirectEvent): void {
    const others = peers.flatMap(({ id, session }) => (session ? [] : [id]));
    if (others.length > 0) this.outbox.deliver(others, event);
    for (const peer of peers) if (peer.session) this.tellOne(peer, event);
  }

  /** What happens because time has passed. */
  tick(): void {
    for (const room of this.#ends.takeDue(this.now)) {
      const reason = this.#ends.verdict(room, this.now);
      if (reason) this.close(room, reason);
    }
    for (const kept of this.kept.takeEnded(this.now)) this.release(kept);
    for (const { room, seat } of this.#held.takeEnded(this.now)) this.dropSeat(room, seat);
    this.#logs.tick(this.now);
    this.inboxes.tick(this.now);
  }

  #replaceHost(room: Room): void {
    let heir: PeerId | undefined;
    for (const member of room.members.values()) {
      if (member.role === "spectator") continue;
      heir = member.peer.id;
      break;
    }
    room.host = heir;
    if (room.policy.whenHostLeaves === "close" && room.members.size > 0) this.close(room, "host-left");
    else if (heir !== undefined) this.tell(room, { type: "host-changed", host: heir });
  }

  /** To be called whenever the room may be empty; a held seat keeps it, and spectators do not keep a game. */
  #emptied(room: Room): void {
    const isOccupied = room.game ? room.game.kept.size > 0 : room.members.size > 0;
    if (isOccupied || room.seats.size > 0) return;
    if (room.space.rooms.get(room.id) !== room) return;
    if (room.game) room.game.lobby = nextLobby(room.game.lobby, { type: "emptied" });
    if (room.policy.emptyMs === 0 && room.members.size > 0) this.close(room, "expired");
    else if (room.policy.emptyMs === 0) this.#forget(room);
    else this.#ends.emptied(room, this.now);
  }

  #forget(room: Room, reason: RoomEnd = "expired"): void {
    if (!room.space.remove(room)) return;
    room.collab?.over(reason);
    this.rooms.delete(room.log.epoch);
    this.roomCount--;
    this.games.forget(room);
    this.#ends.forget(room);
    this.#logs.end(room);
    this.watcher?.forgotten(room);
    this.dropIfUnused(room.space);
  }
}
