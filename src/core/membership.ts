import type { MemberProfile } from "./commands.ts";
import { Refusal } from "./errors.ts";
import { ofRole, uidOf } from "./game.ts";
import type { Handlers } from "./handlers.ts";
import type { RoomId } from "./ids.ts";
import { checkedMetadata } from "./metadata.ts";
import type { Peer } from "./peer.ts";
import { gather } from "./playing.ts";
import type { RoomPolicy } from "./policy.ts";
import { type Member, memberInfo, membersOf, type Room, roomSummary, roomView } from "./room.ts";
import { seatKey } from "./seats.ts";
import type { World } from "./world.ts";

function refuseWatching(id: RoomId, { spectators = 0 }: RoomPolicy): void {
  if (spectators === 0) throw new Refusal("forbidden", { room: id, role: "spectator" });
}

/** A user who watches by one link may watch by another. */
function refuseSpectator(peer: Peer, room: Room): void {
  const { spectators = 0 } = room.policy;
  refuseWatching(room.id, room.policy);
  if (room.spectators.size >= spectators && !room.spectators.has(seatKey(peer))) {
    throw new Refusal("room_full", { room: room.id, kind: room.policy.kind, capacity: spectators });
  }
}

interface Entry {
  readonly as: "member" | "spectator";
  readonly password: string | undefined;
}

/** Who may enter one room only is refused in all others. */
function refuseElsewhere({ onlyRoom }: Peer, id: RoomId): void {
  if (onlyRoom !== undefined && onlyRoom !== id) throw new Refusal("forbidden", { room: id });
}

/** Names of members, and of those whose seats are reserved, are compared without regard to case. */
function refuseName(peer: Peer, room: Room, name: string | undefined): void {
  if (!room.policy.uniqueNames) return;
  const wanted = (name ?? peer.alias).toLowerCase();
  const isTaken = (taken: string | undefined) => taken?.toLowerCase() === wanted;
  for (const member of room.members.values()) {
    if (member.role === "member" && isTaken(member.profile.name ?? member.peer.alias)) {
      throw new Refusal("name_taken", { room: room.id });
    }
  }
  for (const { keeping, profile } of room.game?.kept ?? []) {
    if (keeping.meanwhile === "reserved" && isTaken(profile.name)) {
      throw new Refusal("name_taken", { room: room.id });
    }
  }
}

/** Entering, leaving and looking into rooms: docs/spec/rooms.md, rules RM1 to RM16 and RM30 to RM33. */
export function membershipHandlers(
  world: World,
): Handlers<"join" | "create-room" | "leave" | "discover" | "room-info"> {
  const { outbox, limits } = world;

  const refuseCrowding = (peer: Peer): void => {
    if (peer.rooms.size < limits.maxRoomsPerPeer) return;
    let rooms = 0;
    for (const room of peer.rooms) if (room.policy.kind !== "match") rooms++;
    if (rooms >= limits.maxRoomsPerPeer) throw new Refusal("too_many_rooms", { max: limits.maxRoomsPerPeer });
  };

  const refuseEntry = (peer: Peer, room: Room, { as, password }: Entry): void => {
    if (room.members.has(peer.id)) return;
    if (room.banned.has(peer, world.now)) throw new Refusal("banned", { room: room.id });
    const hasSeat = as === "member" && peer.user !== undefined && room.seats.has(seatKey(peer));
    if (!hasSeat) world.seals.refuse(room, { peer, password, now: world.now });
    if (room.locked && room.members.size > 0) throw new Refusal("room_locked", { room: room.id });
    if (room.policy.entry === "ticket") throw new Refusal("forbidden", { room: room.id });
    if (as === "spectator") refuseSpectator(peer, room);
    else if (room.isFull && !room.seats.has(seatKey(peer))) {
      throw new Refusal("room_full", {
        room: room.id,
        kind: room.policy.kind,
        capacity: room.policy.capacity,
      });
    }
    refuseCrowding(peer);
  };

  const refuseProfile = ({ metadata }: MemberProfile): void => {
    if (metadata) checkedMetadata(metadata, limits.maxMetadataBytes);
  };

  /** In a game everybody is listed: there are never more than its policy allows. */
  const listed = (peer: Peer, room: Room): number => {
    if (room.game) return Number.POSITIVE_INFINITY;
    return peer.session ? limits.maxViewed : limits.maxListed;
  };

  return {
    join(peer, { room: id, create, kind, as = "member", profile = {}, password, keepSeat }) {
      refuseProfile(profile);
      refuseElsewhere(peer, id);
      if (as === "spectator" && world.isDraining) throw new Refusal("draining");
      let room = world.find(peer, id);
      if (!room && create) {
        if (as === "spectator") refuseWatching(id, create);
        refuseCrowding(peer);
        if (world.isDraining) throw new Refusal("draining");
        room = world.open(peer.space, id, create);
        if (password !== undefined) room.seal = world.seals.make(password);
      }
      room ??= world.room(peer, id, kind);
      if (kind !== undefined && room.policy.kind !== kind) throw new Refusal("room_not_found", { room: id });
      refuseEntry(peer, room, { as, password });
      if (as === "member" && !room.members.has(peer.id)) refuseName(peer, room, profile.name);

      let member = room.members.get(peer.id);
      if (member) member.profile = profile;
      else member = world.seat(room, peer, { role: as, profile, keepSeat });

      const info = memberInfo(room, member);
      const joined = { type: "member-joined", member: info, ...(member.isAgain && { again: true }) } as const;
      world.tell(room, { ...joined, ...watching(room, member) }, peer.id);
      const view = roomView(room, member, { limit: listed(peer, room) });
      const token = member.part?.token;
      outbox.answer(peer.id, { type: "room-joined", ...view, ...(token !== undefined && { token }) });
      gather(world, room, peer.id);
    },

    "create-room"(peer, { room: id, policy, profile = {} }) {
      refuseElsewhere(peer, id);
      if (peer.space.rooms.has(id)) throw new Refusal("room_exists", { room: id });
      refuseProfile(profile);
      refuseCrowding(peer);

      const room = world.open(peer.space, id, policy);
      world.seat(room, peer, { profile });

      outbox.answer(peer.id, {
        type: "room-created",
        room: id,
        capacity: policy.capacity,
        host: peer.id,
        offset: room.log.lastOffset,
      });
      gather(world, room, peer.id);
    },

    leave(peer, { room: id }) {
      const room = world.find(peer, id);
      const isMember = room?.members.has(peer.id) ?? false;
      // A peer may wait for a match in a pool named after a room that it is not in.
      if (!isMember && !world.matchmaker.poolsOf(peer.id).has(id)) {
        throw new Refusal(room ? "not_in_room" : "room_not_found", { room: id });
      }

      world.matchmaker.cancel(peer.id, id);
      const isSpectator = room?.game && room.members.get(peer.id)?.role === "spectator";
      if (room && isMember) world.unseat(room, peer, "left");

      const watched = room &&
        isSpectator && {
          uid: uidOf(room),
          address: room.address,
          spectators: ofRole(room, "spectator"),
        };
      outbox.answer(peer.id, { type: "room-left", room: id, ...(watched && { watched }) });
    },

    discover(peer, { room: id, limit }) {
      const room = world.find(peer, id);
      if (room?.policy.listing === "hidden") throw new Refusal("members_hidden", { room: id });

      outbox.answer(peer.id, {
        type: "members",
        room: id,
        members: room ? membersOf(room, { limit }) : [],
        total: room?.members.size ?? 0,
      });
    },

    "room-info"(peer, { room: id, kind }) {
      const room = world.room(peer, id, kind);

      outbox.answer(peer.id, {
        type: "room-info",
        room: id,
        members: room.members.size,
        capacity: room.policy.capacity,
        host: room.host,
        // What it says about itself is for those who are in it, or may list it.
        ...((room.members.has(peer.id) || peer.space.directory.has(room)) && { summary: roomSummary(room) }),
      });
    },
  };
}

/** All spectators, where one of them comes to a game. */
function watching(room: Room, { role }: Member) {
  return room.game && role === "spectator" ? { spectators: ofRole(room, "spectator") } : {};
}
