import type { MemberProfile, SeatKeeping } from "./commands.ts";
import { Deadlines } from "./deadlines.ts";
import { Refusal } from "./errors.ts";
import type { DirectEvent, LeaveReason, RoomEnd, RoomEvent } from "./events.ts";
import { Game } from "./game.ts";
import { departure, GameRooms } from "./game-rooms.ts";
import type { Goodbye } from "./goodbyes.ts";
import type { PeerId, RoomId, SpaceId } from "./ids.ts";
import { InboxDeadlines } from "./inbox-deadlines.ts";
import { type KeptSeat, KeptSeats } from "./kept-seats.ts";
import type { HubLimits } from "./limits.ts";
import { nextLobby } from "./lobby.ts";
import { Matchmaker } from "./matchmaking.ts";
import { metadataSize } from "./metadata.ts";
import type { Outbox } from "./outbox.ts";
import type { Outside } from "./outside.ts";
import { payloadSize } from "./payload.ts";
import type { Peer } from "./peer.ts";
import type { RoomKind, RoomPolicy } from "./policy.ts";
import { type Random, randomHex } from "./random.ts";
import { type Member, memberInfo, Room } from "./room.ts";
import { roomCode } from "./room-code.ts";
import { type Audience, LogBudget, RoomLog } from "./room-log.ts";
import { type Seat, seatKey } from "./seats.ts";
import { Space } from "./space.ts";
import type { RoomWatcher } from "./watcher.ts";

/** Bookkeeping that an entry of a log costs besides its payload. */
const ENTRY_BYTES = 120;

/** A room event before its room gave it an offset. */
export type Untold<Event> = Event extends RoomEvent ? Omit<Event, "offset" | "room"> : never;

export interface SeatOptions {
  readonly role?: "member" | "spectator";
  readonly profile?: MemberProfile;
  readonly keepSeat?: SeatKeeping | undefined;
  /** The seat that is taken back. */
  readonly kept?: KeptSeat;
}

export interface WorldOptions {
  readonly outbox: Outbox;
  readonly random: Random;
  readonly limits: HubLimits;
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
  readonly matchmaker: Matchmaker;
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
  readonly #roomEnds = new Deadlines<Room>();
  readonly #forgets = new Deadlines<Room>();
  readonly #logs: LogBudget;
  readonly #expelled: { readonly peer: Peer; readonly goodbye: Goodbye }[] = [];
  readonly #heldSeats = new Deadlines<{ readonly room: Room; readonly seat: Seat }>();

  constructor({ outbox, random, limits }: WorldOptions) {
    this.outbox = outbox;
    this.random = random;
    this.limits = limits;
    this.#logs = new LogBudget(limits.logTotalBytes);
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

  /** @throws {Refusal} `room_not_found`, also for a room of another kind than asked for. */
  room(peer: Peer, id: RoomId, kind?: RoomKind): Room {
    const room = peer.space.rooms.get(id);
    if (!room || (kind !== undefined && room.policy.kind !== kind))
      throw new Refusal("room_not_found", { room: id });
    return room;
  }

  /** @throws {Refusal} `too_many_rooms` when no further room may be opened. */
  refuseOpening(): void {
    if (this.roomCount >= this.limits.maxRooms)
      throw new Refusal("too_many_rooms", { max: this.limits.maxRooms });
  }

  /** Opens an empty room. The caller has made sure that there is none of that id. */
  open(space: Space, id: RoomId, policy: RoomPolicy): Room {
    this.refuseOpening();
    const { game, lobby } = policy;
    if (game !== undefined && (space.games.get(game) ?? 0) >= this.limits.maxRoomsPerGame)
      throw new Refusal("too_many_rooms", { max: this.limits.maxRoomsPerGame, game });

    const room = new Room(
      id,
      space,
      policy,
      new RoomLog(randomHex(this.random, 16), this.limits.log, this.#logs),
    );
    if (lobby) room.game = new Game();
    if (game !== undefined) space.count(game, 1);
    space.rooms.set(id, room);
    this.roomCount++;
    if (policy.coded) this.#encode(room);
    if (policy.visibility) this.publish(room, policy.visibility);
    if (policy.maxAgeMs !== undefined) {
      room.endsAt = this.now + policy.maxAgeMs;
      this.#roomEnds.set(room, room.endsAt);
    }
    return room;
  }

  /** Puts a room into the directory of its space, or takes it out; outsiders may see who is in a public room. */
  publish(room: Room, visibility: "public" | "private"): void {
    const isPublic = visibility === "public";
    room.policy = { ...room.policy, visibility, listing: isPublic ? "open" : "hidden" };
    if (isPublic) room.space.directory.add(room);
    else room.space.directory.remove(room);
  }

  /** Gives a room a code that no other room of its space has. */
  #encode(room: Room): void {
    const { codes } = room.space;
    // Longer where the short ones get scarce: 32⁶ of them are a billion, so one more character is hardly ever needed.
    for (let length = 6; room.code === undefined; length++) {
      const code = roomCode(this.random, { length });
      if (!codes.has(code)) room.code = code;
    }
    codes.set(room.code, room);
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
    peer.rooms.add(room);
    peer.session?.found(room.id);
    const { was } = seatsFor(room, member).take(seatKey(peer));
    member.isAgain = was === "shared";
    if (role === "member" && room.policy.hosted && room.host === undefined) room.host = peer.id;
    if (part) this.games.takePart(room, peer, kept);
    if (!room.game || part) this.#postponeEnd(room);
    this.watcher?.seated(room, member, was);
    return member;
  }

  /** Takes `peer` out of the room, tells those who stay, hands on the host's part, and forgets the room if it is over. */
  unseat(room: Room, peer: Peer, reason: LeaveReason): void {
    const member = room.members.get(peer.id);
    if (!member) return;
    room.members.delete(peer.id);
    peer.rooms.delete(room);
    peer.session?.lose(room.id, reason);
    const seat = this.#freeSeat(room, member, reason);
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
      const seat = seatsFor(room, member).leave(seatKey(member.peer), { hold: false });
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
    this.outbox.deliver(only, this.#keep(room, untold, { only, except: undefined }));
  }

  /** Ends the wait for the player of a kept seat. */
  release(kept: KeptSeat): void {
    const { room } = kept;
    this.games.unkeep(kept);
    const seat = room.seats.held(seatKey({ user: undefined, id: kept.peer }));
    if (seat) this.dropSeat(room, seat);
    else this.#emptied(room);
  }

  /** Gives an event the next offset of its room, and keeps it. */
  enter(room: Room, untold: Untold<RoomEvent>, except?: PeerId | ReadonlySet<PeerId>): RoomEvent {
    return this.#keep(room, untold, { except });
  }

  #keep(room: Room, untold: Untold<RoomEvent>, audience: Audience): RoomEvent {
    const event = { ...untold, room: room.id, offset: room.log.nextOffset } as RoomEvent;
    const wasEmpty = room.log.length === 0;
    const { only, except } = audience;
    room.log.append({ event, only, except, at: this.now, bytes: ENTRY_BYTES + contentSize(room, event) });
    if (wasEmpty) this.#scheduleForgetting(room);
    if (room.game) {
      room.game.lastActiveAt = this.now;
      room.game.missed?.record(event);
    }
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
    const others = peers.filter(({ session }) => session === undefined);
    if (others.length > 0)
      this.outbox.deliver(
        others.map(({ id }) => id),
        event,
      );
    for (const peer of peers) if (peer.session) this.tellOne(peer, event);
  }

  /** Tells the others in one room how a member presents itself now. */
  tellMember(room: Room, member: Member): void {
    this.tell(room, { type: "member-updated", member: memberInfo(room, member) }, member.peer.id);
  }

  /** Tells every room of `peer` how the peer presents itself now. */
  tellUpdated(peer: Peer): void {
    for (const room of peer.rooms) {
      const member = room.members.get(peer.id);
      if (member) this.tellMember(room, member);
    }
  }

  /** What happens because time has passed. */
  tick(): void {
    for (const room of this.#roomEnds.takeDue(this.now)) this.#end(room);
    for (const kept of this.kept.takeEnded(this.now)) this.release(kept);
    for (const { room, seat } of this.#heldSeats.takeDue(this.now)) {
      if ((seat.heldUntil ?? Infinity) <= this.now) this.dropSeat(room, seat);
    }
    for (const room of this.#forgets.takeDue(this.now)) {
      room.log.forget(this.now);
      this.#scheduleForgetting(room);
    }
    this.inboxes.tick(this.now);
    for (const { peer: id, pool } of this.matchmaker.takeExpired(this.now)) {
      const peer = this.peers.get(id);
      if (peer) this.tellOne(peer, { type: "match-expired", pool });
    }
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

  /** A user who only lost its link finds its seat again. */
  #freeSeat(room: Room, member: Member, reason: LeaveReason): "freed" | "shared" | "held" {
    const { seatGraceMs = 0 } = room.policy;
    const key = seatKey(member.peer);
    const isReserved = this.games.reserves(member, reason);
    const isAwaited =
      seatGraceMs > 0 &&
      reason === "disconnected" &&
      member.role === "member" &&
      member.peer.user !== undefined;
    const seat = seatsFor(room, member).leave(key, { hold: isAwaited || isReserved });
    if (isReserved) return seat;
    if (seat !== "held") return seat;
    const held = room.seats.held(key);
    if (!held) return "freed";
    held.heldUntil = this.now + seatGraceMs;
    this.#heldSeats.set({ room, seat: held }, held.heldUntil);
    return seat;
  }

  /** An occupied room lives on for as long as something happens in it. */
  #postponeEnd(room: Room): void {
    const { inactiveMs } = room.policy;
    if (room.endsAt !== undefined) this.#roomEnds.set(room, room.endsAt);
    else if (room.game && inactiveMs !== undefined) this.#roomEnds.set(room, this.now + inactiveMs);
    else this.#roomEnds.clear(room);
  }

  #end(room: Room): void {
    const { maxAgeMs, inactiveMs } = room.policy;
    if (!room.game || maxAgeMs !== undefined || inactiveMs === undefined || room.seats.size === 0) {
      this.close(room, "expired");
      return;
    }
    const endsAt = room.game.lastActiveAt + inactiveMs;
    if (endsAt > this.now) this.#roomEnds.set(room, endsAt);
    else this.close(room, "inactive");
  }

  /** To be called whenever the room may be empty; a held seat keeps it, and spectators do not keep a game. */
  #emptied(room: Room): void {
    const isOccupied = room.game ? room.game.kept.size > 0 : room.members.size > 0;
    if (isOccupied || room.seats.size > 0) return;
    if (room.space.rooms.get(room.id) !== room) return;
    if (room.game) room.game.lobby = nextLobby(room.game.lobby, { type: "emptied" });
    if (room.policy.emptyMs === 0 && room.members.size > 0) this.close(room, "expired");
    else if (room.policy.emptyMs === 0) this.#forget(room);
    // Being empty can only bring the end of a room nearer.
    else
      this.#roomEnds.set(
        room,
        Math.min(this.now + room.policy.emptyMs, room.endsAt ?? Number.POSITIVE_INFINITY),
      );
  }

  #forget(room: Room, reason: RoomEnd = "expired"): void {
    if (!room.space.rooms.delete(room.id)) return;
    room.space.directory.remove(room);
    if (room.code !== undefined) room.space.codes.delete(room.code);
    room.collab?.over(reason);
    this.roomCount--;
    if (room.policy.game !== undefined) room.space.count(room.policy.game, -1);
    this.games.forget(room);
    this.#roomEnds.clear(room);
    this.#forgets.clear(room);
    room.log.end();
    this.watcher?.forgotten(room);
    this.dropIfUnused(room.space);
  }

  #scheduleForgetting(room: Room): void {
    const at = room.log.forgetsAt;
    if (at !== undefined) this.#forgets.set(room, at);
  }
}

/** Where a member of that role sits. */
function seatsFor(room: Room, { role }: Member): Room["seats"] {
  return role === "spectator" ? room.spectators : room.seats;
}

/** About how many bytes of memory an event keeps alive in its room's log, besides the bookkeeping. */
function contentSize(room: Room, event: RoomEvent): number {
  switch (event.type) {
    case "message":
      return event.verbatim ? event.verbatim.text.length : payloadSize(event.data);
    case "member-joined":
    case "member-updated": {
      const member = room.members.get(event.member.peer);
      const listed = event.type === "member-joined" ? (event.spectators?.length ?? 0) * ENTRY_BYTES : 0;
      return listed + metadataSize(member?.peer.metadata) + metadataSize(member?.profile.metadata);
    }
    case "game-starting":
      return event.members.length * ENTRY_BYTES;
    default:
      return "spectators" in event ? (event.spectators?.length ?? 0) * ENTRY_BYTES : 0;
  }
}
