import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { Peer } from "./peer.ts";
import { memberInfo, membersOf, type Room, roomView } from "./room.ts";
import { seatKey } from "./seats.ts";
import type { World } from "./world.ts";

/** A user who watches by one link may watch by another. */
function refuseSpectator(peer: Peer, room: Room): void {
  const { spectators = 0 } = room.policy;
  if (spectators === 0) throw new Refusal("forbidden", { room: room.id, role: "spectator" });
  if (room.spectators.size >= spectators && !room.spectators.has(seatKey(peer))) {
    throw new Refusal("room_full", { room: room.id, kind: room.policy.kind, capacity: spectators });
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

  const refuseEntry = (peer: Peer, room: Room, as: "member" | "spectator"): void => {
    if (room.members.has(peer.id)) return;
    if (room.banned.has(peer.id)) throw new Refusal("banned", { room: room.id });
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

  return {
    join(peer, { room: id, create, kind, as = "member", profile = {} }) {
      let room = peer.space.rooms.get(id);
      if (!room && create) {
        refuseCrowding(peer);
        room = world.open(peer.space, id, create);
      }
      room ??= world.room(peer, id, kind);
      if (kind !== undefined && room.policy.kind !== kind) throw new Refusal("room_not_found", { room: id });
      refuseEntry(peer, room, as);

      let member = room.members.get(peer.id);
      if (member) member.profile = profile;
      else member = world.seat(room, peer, { role: as, profile });

      world.tell(room, { type: "member-joined", member: memberInfo(room, member) }, peer.id);
      const view = roomView(room, member, { limit: peer.session ? limits.maxViewed : limits.maxListed });
      outbox.answer(peer.id, { type: "room-joined", ...view });
    },

    "create-room"(peer, { room: id, policy, profile = {} }) {
      if (peer.space.rooms.has(id)) throw new Refusal("room_exists", { room: id });
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
    },

    leave(peer, { room: id }) {
      const room = world.room(peer, id);
      if (!room.members.has(peer.id)) throw new Refusal("not_in_room", { room: id });

      world.matchmaker.cancel(peer.id, id);
      world.unseat(room, peer, "left");

      outbox.answer(peer.id, { type: "room-left", room: id });
    },

    discover(peer, { room: id, limit }) {
      const room = peer.space.rooms.get(id);
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
      });
    },
  };
}
