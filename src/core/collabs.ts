import { RateTable, type RateTableOptions } from "../lib/rate-table.ts";
import { Collab, collabPeer } from "./collab.ts";
import { refuseCrowd, refuseFull, refuseTakeover, refuseTicket } from "./collab-admission.ts";
import { hostFirst, participantsOf, roleIn, type SessionView, sessionView } from "./collab-participants.ts";
import type { CollabWord } from "./collab-words.ts";
import type { CommandOf } from "./commands.ts";
import { Refusal } from "./errors.ts";
import { type RoomId, roomId, type SpaceId } from "./ids.ts";
import { jsonPayload, type Payload } from "./payload.ts";
import type { Peer } from "./peer.ts";
import type { RoomPolicy } from "./policy.ts";
import { randomUuid } from "./random.ts";
import { memberInfo, type Room } from "./room.ts";
import type { LeaveReason, RoomEnd } from "./room-events.ts";
import type { Space } from "./space.ts";
import { badTicket, CAPABILITIES, type CollabRole, refuseUntimely, type Ticket } from "./ticket.ts";
import type { World } from "./world.ts";

/** What a new session is like. */
export interface CollabTerms {
  /** With `maxAgeMs`: how long the session lives. */
  readonly policy: RoomPolicy;
  /** What all members together may say, in bytes per second. */
  readonly bytesPerSecond: number;
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
  /** How often a member has left one that goes on, and why. */
  readonly left = new Map<LeaveReason, number>();
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
      const room = this.#open(space, roomId(randomUuid(this.#world.random)), {
        hostName,
        metadata,
        terms,
        isShared: true,
      });
      return sessionView(room, collabOf(room), now);
    } finally {
      this.#world.dropIfUnused(space);
    }
  }

  /** What there is to know of a session. @throws {Refusal} `room_not_found` */
  view(space: SpaceId, session: RoomId, now: number): SessionView {
    this.#world.now = now;
    const room = this.#find(space, session);
    return sessionView(room, collabOf(room), now);
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
    refuseTicket(collab, ticket, name);
    if (collab.isBarred(name, place)) throw new Refusal("banned", { room: session });
    const here = participantsOf(room, collab, now);
    if (here.some((participant) => participant.name === name))
      throw new Refusal("already_in_room", { room: session });
    refuseCrowd(room, here, ticket.role);

    collab.spend(ticket, name);
    collab.announced.set(name, { role: ticket.role, place, at: now });

    return { role: ticket.role, view: sessionView(room, collab, now) };
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
      if (ticket.session !== session) throw new Refusal("forbidden", { reason: "other_session" });
      if (!CAPABILITIES[ticket.role].includes("close_session"))
        throw new Refusal("forbidden", { capability: "close_session" });
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
    refuseTicket(collab, ticket, name);
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
      onLeft: (reason) => void this.left.set(reason, (this.left.get(reason) ?? 0) + 1),
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
}

/** What makes a room of this store a session. */
function collabOf(room: Room): Collab {
  if (!room.collab) throw new Error(`room ${room.id} is no session`);
  return room.collab;
}
