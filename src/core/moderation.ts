import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId } from "./ids.ts";
import type { Room } from "./room.ts";
import type { World } from "./world.ts";

/** Most bans that one room remembers; the oldest is forgotten first. */
const MAX_BANS = 10_000;

function ban(room: Room, peer: PeerId): void {
  room.banned.add(peer);
  const [oldest] = room.banned;
  if (room.banned.size > MAX_BANS && oldest !== undefined) room.banned.delete(oldest);
}

/** What a host may do to others: docs/spec/rooms.md, rules RM20 to RM23. */
export function moderationHandlers(world: World): Handlers<"kick"> {
  return {
    kick(peer, { room: id, peer: targetId, kind }) {
      const room = world.room(peer, id, kind);
      if (room.host !== peer.id) throw new Refusal("not_host", { room: id });
      const target = room.members.get(targetId)?.peer;
      if (!target) throw new Refusal("peer_not_found", { peer: targetId });

      if (room.policy.banAfterKick && target !== peer) ban(room, target.id);
      world.unseat(room, target, "kicked");

      world.tellOne(target, { type: "kicked", room: id, by: peer.id, peer: target.id });
      world.outbox.answer(peer.id, { type: "done" });
    },
  };
}
