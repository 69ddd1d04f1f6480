import { RateTable, type RateTableOptions } from "../lib/rate-table.ts";
import { type Announced, Collab, collabPeer, nameIn } from "./collab.ts";
import type { CollabWord } from "./collab-words.ts";
import type { CommandOf } from "./commands.ts";
import { Refusal } from "./errors.ts";
import { type RoomId, roomId, type SpaceId } from "./ids.ts";
import { jsonPayload, type Payload } from "./payload.ts";
import type { Peer } from "./peer.ts";
import type { RoomPolicy } from "./policy.ts";
import { randomHex } from "./random.ts";
import { type Member, memberInfo, type Room } from "./room.ts";
import type { RoomEnd } from "./room-events.ts";
import { seatKey } from "./seats.ts";
import type { Space } from "./space.ts";
import { badTicket, type CollabRole, refuseUntimely, type Ticket } from "./ticket.ts";
import type { World } from "./world.ts";

/** What a new session is like. */
export interface CollabTerms {
  /** With `maxAgeMs`: how long the session lives. */
  readonly policy: RoomPolicy;
  /** What all members together may say, in bytes per second. */
  readonly bytesPerSecond: number;
}

/** Somebody who takes part in a session. Times are ms since the epoch. */
export interface Participant {
  readonly name: string;
  readonly role: CollabRole;
  readonly joinedAt: number;
  readonly lastSeen: number;
}

export interface SessionView {
  readonly id: RoomId;
  readonly hostName: string;
  /** The host first, then in the order of joining. */
  readonly participants: readonly Participant[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly key: Uint8Array;
  readonly metadata: Payload;
}

export interface NewSession {
  readonly space: SpaceId;
  readonly hostName: string;
  readonly metadata: Payload;
  readonly place: string;
  readonly terms: CollabTerms;
}

/** Somebody outside a session who wants something of it. */
export interface Caller {
  readonly space: SpaceId;
  readonly session: RoomId;
  readonly ticket: Ticket | undefined;
}

/** Who said it would come and did not is no participant any more. */
const ANNOUNCED_MS = 5 * 60_000;
const KEY_BYTES = 32;
/** Most ids of former sessions that are remembered. */
const MAX_ENDED = 10_000;

/** Collaboration sessions: one store for those who call over HTTP and those who have a link. docs/spec/collab.md. */
export class Collabs {
  readonly #world: World;
  readonly #openings: RateTable;
  /** Until when an id that was in use is kept from strangers, and whether a ticket still opens it. */
  readonly #ended = new Map<RoomId, { readonly until: number; readonly byTicket: boolean }>();
  /** Sessions at the moment. */
  active = 0;
  opened = 0;
  /** How often a peer has entered one, again by another link included. */
  entered = 0;
  readonly over = new Map<RoomEnd, number>();
  /** How often each word was said. */
  readonly said = new Map<CollabWord, number>();

  constructor(world: World, openings: RateTableOptions) {
    this.#world = world;
    this.#openings = new RateTable(openings);
  }

  /** Makes a session that nobody is in yet. @throws {Refusal} `too_many_rooms`, `slow_down`, `draining` */
  create({ space: spaceId, hostName, metadata, place, terms }: NewSession, now: number): SessionView {
    this.#world.now = now;
    this.#refuseOpening(place);
    const space = this.#world.space(spaceId);
    try {
      const room = this.#open(space, roomId(uuid(this.#world)), {
        hostName,
        metadata,
        terms,
        isShared: true,
      });
      return this.#view(room, collabOf(room));
    } finally {
      this.#world.dropIfUnused(space);
    }
  }

  /** What there is to know of a session. @throws {Refusal} `room_not_found` */
  view(space: SpaceId, session: RoomId, now: number): SessionView {
    this.#world.now = now;
    const room = this.#find(space, session);
    return this.#view(room, collabOf(room));
  }

  /** Whether the bearer of a ticket may know what only members know. */
  isMember({ space, session, ticket }: Caller, now: number): boolean {
    this.#world.now = now;
    const room = this.#find(space, session);
    if (!ticket || ticket.session !== session) return false;
    return ticket.peer === undefined || !collabOf(room).isBarred(ticket.peer, "");
  }

  /**
   * Keeps a place for somebody who will come with a link.
   *
   * @throws {Refusal} `unauthorized`, `room_not_found`, `already_in_room`, `room_full`, `banned`
   */
  announce(
    { space, session, ticket, name, place }: Caller & { readonly name: string; readonly place: string },
    now: number,
  ): { readonly role: CollabRole; readonly view: SessionView } {
    this.#world.now = now;
    if (!ticket) throw badTicket("missing");
    refuseUntimely(ticket, now);
    if (ticket.session !== session) throw new Refusal("forbidden", { reason: "other_session" });
    const room = this.#find(space, session);
    const collab = collabOf(room);
    this.#refuseTicket(collab, ticket, name);
    if (collab.isBarred(name, place)) throw new Refusal("banned", { room: session });
    const here = this.#participants(room, collab);
    if (here.some((participant) => participant.name === name))
      throw new Refusal("already_in_room", { room: session });
    if (room.isFull || here.length >= room.policy.capacity + (room.policy.spectators ?? 0))
      throw new Refusal("room_full", { room: session });

    collab.spend(ticket, name);
    collab.announced.set(name, { role: ticket.role, place, at: now });

    return { role: ticket.role, view: this.#view(room, collab) };
  }

  /**
   * Ends a session, and its members' links with it. Without a ticket only one that nobody is in. Does nothing when
   * there is none.
   *
   * @throws {Refusal} `unauthorized`, `forbidden`
   */
  close({ space, session, ticket }: Caller, now: number): void {
    this.#world.now = now;
    const room = this.#world.spaces.get(space)?.rooms.get(session);
    if (!room?.collab) return;
    if (ticket) {
      refuseUntimely(ticket, now);
      if (ticket.session !== session || ticket.role !== "host") throw new Refusal("forbidden");
    } else if (room.members.size > 0) throw badTicket("missing");

    this.#world.close(room, "closed");
  }

  /**
   * Nothing changes; throws what `enter` would have to refuse.
   *
   * @throws {Refusal} `unauthorized`, `banned`, `room_full`, `room_not_found`, `too_many_rooms`, `slow_down`
   */
  refuseEntry(spaceId: SpaceId, { room: id, name, ticket, place }: CommandOf<"enter-session">): void {
    if (ticket) {
      refuseUntimely(ticket, this.#world.now);
      if (ticket.session !== id) throw badTicket("other_session");
      if (ticket.peer !== undefined && ticket.peer !== name) throw badTicket("other_peer");
    }
    const room = this.#world.spaces.get(spaceId)?.rooms.get(id);
    if (!room) {
      const ended = this.#ended.get(id);
      if (ended && ended.until >= this.#world.now && !(ticket && ended.byTicket))
        throw new Refusal("room_not_found", { room: id });
      this.#refuseOpening(place);
      return;
    }
    const { collab } = room;
    if (!collab) throw new Refusal("room_not_found", { room: id });
    if (collab.isBarred(name, place)) throw new Refusal("banned", { room: id });
    const member = room.members.get(collabPeer(id, name));
    if (!ticket) throw badTicket("missing");
    this.#refuseTicket(collab, ticket, name);
    if (member) refuseTakeover({ room, collab, member, ticket });
    else refuseFull(room, { name, role: ticket.role });
  }

  /** Takes part. `refuseEntry` has had its say. */
  enter(peer: Peer, { room: id, name, ticket, place, profile, terms }: CommandOf<"enter-session">): void {
    const world = this.#world;
    const room =
      peer.space.rooms.get(id) ??
      this.#open(peer.space, id, { hostName: name, metadata: jsonPayload("{}"), terms, ticket });
    const collab = collabOf(room);
    const role = ticket?.role ?? "host";
    const known = room.members.get(peer.id);
    const member = known ?? world.seat(room, peer, { role: role === "observer" ? "spectator" : "member" });
    member.profile = profile;
    collab.admissions.set(member, { place, ticket });
    collab.announced.delete(name);
    if (ticket) collab.spend(ticket, name);
    this.entered++;

    const isHostHere = room.host !== undefined && collab.hostByTicket === room.host;
    const takesOver = role === "host" && room.host !== peer.id && !isHostHere;
    if (takesOver) room.host = peer.id;
    if (role === "host" && room.host === peer.id) collab.hostByTicket = peer.id;

    world.outbox.answer(peer.id, {
      type: "session-entered",
      room: id,
      peer: peer.id,
      role: roleIn(room, member),
      isFounder: ticket === undefined,
      members: hostFirst(room).map((each) => memberInfo(room, each)),
      key: collab.key,
      at: world.now,
      expiresAt: room.endsAt ?? world.now,
    });
    if (!known) world.tell(room, { type: "member-joined", member: memberInfo(room, member) }, peer.id);
    if (takesOver && room.members.size > 1)
      world.tell(room, { type: "host-changed", host: peer.id }, known ? undefined : peer.id);
  }

  #refuseOpening(place: string): void {
    const { limits, now, isDraining } = this.#world;
    if (isDraining) throw new Refusal("draining");
    if (this.active >= limits.maxSessions) throw new Refusal("too_many_rooms", { max: limits.maxSessions });
    this.#world.refuseOpening();
    const retryAfterMs = this.#openings.take(place, now);
    if (retryAfterMs > 0) throw new Refusal("slow_down", { retryAfterMs });
  }

  #refuseTicket(collab: Collab, ticket: Ticket, name: string): void {
    if (ticket.peer !== undefined && ticket.peer !== name) throw badTicket("other_peer");
    if (collab.isSpent(ticket, name)) throw badTicket("used");
  }

  #open(
    space: Space,
    id: RoomId,
    {
      hostName,
      metadata,
      terms,
      ticket,
      isShared = false,
    }: Pick<NewSession, "hostName" | "metadata" | "terms"> & {
      readonly ticket?: Ticket | undefined;
      /** Whether tickets will be handed out for it before anybody is in. */
      readonly isShared?: boolean;
    },
  ): Room {
    const world = this.#world;
    // A session that is opened again by an old ticket must not outlive it.
    const maxAgeMs = Math.min(
      terms.policy.maxAgeMs ?? Number.POSITIVE_INFINITY,
      ticket ? ticket.expiresAt - world.now : Number.POSITIVE_INFINITY,
    );
    const room = world.open(space, id, { ...terms.policy, maxAgeMs });
    const isTicketed = ticket !== undefined || isShared;
    room.collab = new Collab({
      hostName,
      metadata,
      key: world.random.bytes(KEY_BYTES),
      createdAt: world.now,
      bytesPerSecond: terms.bytesPerSecond,
      onOver: (reason) => {
        this.active--;
        this.over.set(reason, (this.over.get(reason) ?? 0) + 1);
        // Who made up the id may make it up again; an id that tickets name is theirs for as long as they are good.
        if (isTicketed || reason === "closed")
          this.#end(id, { until: room.endsAt ?? world.now, byTicket: reason === "expired" });
      },
    });
    this.active++;
    this.opened++;
    return room;
  }

  #end(id: RoomId, how: { readonly until: number; readonly byTicket: boolean }): void {
    this.#ended.set(id, how);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  #find(space: SpaceId, session: RoomId): Room {
    const room = this.#world.spaces.get(space)?.rooms.get(session);
    if (!room?.collab) throw new Refusal("room_not_found", { room: session });
    return room;
  }

  #view(room: Room, collab: Collab): SessionView {
    return {
      id: room.id,
      hostName: collab.hostName,
      participants: this.#participants(room, collab),
      createdAt: collab.createdAt,
      expiresAt: room.endsAt ?? this.#world.now,
      key: collab.key,
      metadata: collab.metadata,
    };
  }

  /** Those with a link, and those who are announced. While no host has a link, whoever made the session is the host. */
  #participants(room: Room, collab: Collab): Participant[] {
    const { now } = this.#world;
    const here = hostFirst(room).map((member) => ({
      name: nameIn(room.id, member.peer.id),
      role: roleIn(room, member),
      joinedAt: member.joinedAt,
      lastSeen: now,
    }));
    for (const [name, { at }] of collab.announced) if (now - at > ANNOUNCED_MS) collab.announced.delete(name);
    const coming = [...collab.announced].map(([name, { role, at }]: [string, Announced]) => ({
      name,
      role,
      joinedAt: at,
      lastSeen: at,
    }));
    const { hostName, createdAt } = collab;
    const host = { name: hostName, role: "host", joinedAt: createdAt, lastSeen: createdAt } as const;
    const isExpected = room.host === undefined && !here.some(({ name }) => name === hostName);
    return [...(isExpected ? [host] : []), ...here, ...coming];
  }
}

/** What makes a room of this store a session. */
function collabOf(room: Room): Collab {
  if (!room.collab) throw new Error(`room ${room.id} is no session`);
  return room.collab;
}

/** The host first, then in the order of joining. */
function hostFirst(room: Room): Member[] {
  const members = [...room.members.values()];
  return members.sort((a, b) => Number(b.peer.id === room.host) - Number(a.peer.id === room.host));
}

export function roleIn(room: Room, member: Member): CollabRole {
  if (member.peer.id === room.host) return "host";
  return member.role === "spectator" ? "observer" : "editor";
}

/**
 * Who may go on, by another link, as a member that is here: the bearer of its own ticket or of the one it came with.
 * Tickets are passed on to those who are invited, so the host's place takes a host's ticket, or that nobody else is here.
 */
function refuseTakeover({
  room,
  collab,
  member,
  ticket,
}: {
  readonly room: Room;
  readonly collab: Collab;
  readonly member: Member;
  readonly ticket: Ticket;
}): void {
  if (ticket.peer !== undefined || ticket.role === "host") return;
  const before = collab.admissions.get(member)?.ticket;
  const isSame = before !== undefined && ticketKey(before) === ticketKey(ticket);
  if (isSame && (member.peer.id !== room.host || room.members.size === 1)) return;
  throw new Refusal("already_in_room", { room: room.id, peer: nameIn(room.id, member.peer.id) });
}

const ticketKey = ({ id, role, issuedAt, expiresAt }: Ticket): string =>
  id ?? `${role} ${issuedAt} ${expiresAt}`;

function refuseFull(room: Room, { name, role }: { readonly name: string; readonly role: CollabRole }): void {
  const { capacity, spectators = 0 } = room.policy;
  const seats = role === "observer" ? room.spectators : room.seats;
  const most = role === "observer" ? spectators : capacity;
  const key = seatKey({ id: collabPeer(room.id, name), user: undefined });
  if (seats.size >= most && !seats.has(key))
    throw new Refusal("room_full", { room: room.id, capacity: most });
}

/** Version 4. */
function uuid(world: World): string {
  const hex = randomHex(world.random, 16);
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) & 3];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join("-");
}
