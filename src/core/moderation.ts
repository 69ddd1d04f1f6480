import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId } from "./ids.ts";
import type { KeptSeat } from "./kept-seats.ts";
import type { Room } from "./room.ts";
import type { World } from "./world.ts";

/** The seat that is kept in `room` for a player that lost its link. */
function keptFor(world: World, room: Room, peer: PeerId): KeptSeat | undefined {
  const kept = world.kept.get(peer);
  return kept?.room === room && room.game?.kept.has(kept) ? kept : undefined;
}

/**
 * What a host may do to others: docs/spec/rooms.md, rules RM20 to RM23. In games the authority may do it too:
 * docs/spec/lobby.md, rule LB37.
 */
export function moderationHandlers(world: World): Handlers<"kick"> {
  return {
    kick(peer, { room: id, peer: targetId, kind, reason }) {
      const room = world.room(peer, id, kind);
      if (room.game?.authority !== peer.id && room.host !== peer.id) {
        throw new Refusal(room.game ? "not_authority" : "not_host", { room: id });
      }
      const target = room.members.get(targetId)?.peer;
      const kept = target ? undefined : keptFor(world, room, targetId);
      if (kept) {
        world.kept.delete(kept);
        world.release(kept);
        return world.outbox.answer(peer.id, { type: "done" });
      }
      if (!target) throw new Refusal("peer_not_found", { peer: targetId });

      if (room.policy.banAfterKick && target !== peer) {
        room.banned.add(target.id);
        const member = room.members.get(target.id);
        if (member) room.collab?.bar(room, member);
      }
      world.unseat(room, target, "kicked");

      world.tellOne(target, {
        type: "kicked",
        room: id,
        by: peer.id,
        peer: target.id,
        ...(reason && { reason }),
      });
      if (room.collab) world.expel(target, { reason: "kicked" });
      world.outbox.answer(peer.id, { type: "done" });
    },
  };
}
