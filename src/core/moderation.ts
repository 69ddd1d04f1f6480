import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { World } from "./world.ts";

/** What a host may do to others: docs/spec/rooms.md, rules RM20 to RM23. */
export function moderationHandlers(world: World): Handlers<"kick"> {
  return {
    kick(peer, { room: id, peer: targetId, kind, reason }) {
      const room = world.room(peer, id, kind);
      if (room.host !== peer.id) throw new Refusal("not_host", { room: id });
      const target = room.members.get(targetId)?.peer;
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
