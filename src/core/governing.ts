import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { RoomId } from "./ids.ts";
import { patchedMetadata } from "./metadata.ts";
import type { Peer } from "./peer.ts";
import type { Room } from "./room.ts";
import type { World } from "./world.ts";

/** The room, if `peer` is its host. @throws {Refusal} `room_not_found`, `not_host` */
export function hostedRoom(world: World, peer: Peer, id: RoomId): Room {
  const room = world.room(peer, id);
  if (room.host !== peer.id) throw new Refusal("not_host", { room: id });
  return room;
}

/** What a host does with its room: docs/spec/rooms.md, rules RM40 to RM49. */
export function governingHandlers(world: World): Handlers<"set-room" | "transfer-host" | "ban" | "unban"> {
  const { outbox, limits } = world;

  return {
    "set-room"(peer, { room: id, locked, visibility, capacity, metadata }) {
      const room = hostedRoom(world, peer, id);
      const patched =
        metadata && patchedMetadata(room.metadata, metadata, Math.min(limits.maxMetadataBytes, 16_384));

      if (locked !== undefined) room.locked = locked;
      if (patched) room.metadata = patched;
      if (capacity !== undefined) room.policy = { ...room.policy, capacity };
      if (visibility) room.space.publish(room, visibility);

      world.tell(room, {
        type: "room-updated",
        ...(locked !== undefined && { locked }),
        ...(patched && { metadata: patched }),
        ...(capacity !== undefined && { capacity }),
        ...(visibility && { visibility }),
      });
      outbox.answer(peer.id, { type: "done" });
    },

    "transfer-host"(peer, { room: id, peer: targetId }) {
      const room = hostedRoom(world, peer, id);
      const target = room.members.get(targetId);
      if (!target) throw new Refusal("peer_not_found", { peer: targetId });
      if (target.role === "spectator") throw new Refusal("forbidden", { peer: targetId, role: "spectator" });

      room.host = targetId;

      world.tell(room, { type: "host-changed", host: targetId });
      outbox.answer(peer.id, { type: "done" });
    },

    ban(peer, { room: id, peer: targetId, forMs, reason }) {
      const room = hostedRoom(world, peer, id);
      if (targetId === peer.id) throw new Refusal("bad_request", { path: "peer", expected: "somebody else" });
      const target = world.peers.get(targetId);
      if (!target || target.space !== room.space) throw new Refusal("peer_not_found", { peer: targetId });

      room.banned.add(target, forMs === undefined ? undefined : world.now + forMs);
      const isMember = room.members.has(targetId);
      if (isMember) world.unseat(room, target, "banned");

      if (isMember) {
        world.tellOne(target, {
          type: "kicked",
          room: id,
          by: peer.id,
          peer: targetId,
          ...(reason && { reason }),
        });
      }
      outbox.answer(peer.id, { type: "done" });
    },

    unban(peer, { room: id, peer: targetId }) {
      const room = hostedRoom(world, peer, id);
      const target = world.peers.get(targetId);
      const lifted = room.banned.lift(targetId);
      if (!((target && room.banned.lift(target)) || lifted))
        throw new Refusal("peer_not_found", { peer: targetId });

      outbox.answer(peer.id, { type: "done" });
    },
  };
}
