import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { RoomId } from "./ids.ts";
import { patchedMetadata } from "./metadata.ts";
import type { Peer } from "./peer.ts";
import type { RoomKind } from "./policy.ts";
import type { Room } from "./room.ts";
import type { World } from "./world.ts";

/** The room, if `peer` is its host or, in a game, its authority. @throws {Refusal} `room_not_found`, `not_host`, `not_authority` */
export function governedRoom(
  world: World,
  peer: Peer,
  { id, kind }: { id: RoomId; kind?: RoomKind | undefined },
): Room {
  const room = world.room(peer, id, kind);
  if (room.host === peer.id || room.game?.authority === peer.id) return room;
  throw new Refusal(room.game && !room.policy.hosted ? "not_authority" : "not_host", { room: id });
}

/** What a host, or the authority of a game, does with its room: docs/spec/rooms.md, rules RM40 to RM49 and RM60 to RM72. */
export function governingHandlers(world: World): Handlers<"set-room" | "transfer-host" | "renew-code"> {
  const { outbox, limits, seals } = world;

  return {
    "set-room"(peer, { room: id, locked, visibility, capacity, metadata, password }) {
      const room = governedRoom(world, peer, { id });
      if (password && room.policy.entry === "ticket") throw new Refusal("forbidden", { room: id });
      const patched =
        metadata && patchedMetadata(room.metadata, metadata, Math.min(limits.maxMetadataBytes, 16_384));

      if (locked !== undefined) room.locked = locked;
      if (password !== undefined) room.seal = password === null ? undefined : seals.make(password);
      if (patched) room.metadata = patched;
      if (capacity !== undefined) room.policy = { ...room.policy, capacity };
      if (visibility) room.space.publish(room, visibility);

      world.tell(room, {
        type: "room-updated",
        ...(locked !== undefined && { locked }),
        ...(password !== undefined && { sealed: password !== null }),
        ...(patched && { metadata: patched }),
        ...(capacity !== undefined && { capacity }),
        ...(visibility && { visibility }),
      });
      outbox.answer(peer.id, { type: "done" });
    },

    "renew-code"(peer, { room: id, address }) {
      const room = governedRoom(world, peer, { id });
      const { space } = room;
      if (address === undefined && room.code === undefined)
        throw new Refusal("wrong_state", { room: id, expected: "a room with a code" });
      if (address !== undefined && space.at(address)) throw new Refusal("room_exists", { room: address });

      if (address === undefined) space.encode(room, world.random);
      else space.move(room, address);

      const { code } = room;
      if (address === undefined && code !== undefined) world.tell(room, { type: "room-updated", code });
      outbox.answer(peer.id, { type: "code-renewed", room: id, code: address ?? code ?? room.address });
    },

    "transfer-host"(peer, { room: id, peer: targetId }) {
      const room = world.room(peer, id);
      if (room.host !== peer.id) throw new Refusal("not_host", { room: id });
      const target = room.members.get(targetId);
      if (!target) throw new Refusal("peer_not_found", { peer: targetId });
      if (target.role === "spectator") throw new Refusal("forbidden", { peer: targetId, role: "spectator" });

      room.host = targetId;

      world.tell(room, { type: "host-changed", host: targetId });
      outbox.answer(peer.id, { type: "done" });
    },
  };
}
