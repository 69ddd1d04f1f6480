import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId } from "./ids.ts";
import { type Member, memberInfo, type Room, roomSummary } from "./room.ts";
import type { RoomEvent } from "./room-events.ts";
import { wasTold } from "./room-log.ts";
import type { World } from "./world.ts";

/** Whether `event` is something that `peer` said. */
const isOwn = (event: RoomEvent, peer: PeerId): boolean => event.type === "message" && event.from === peer;

/** Up to `limit` members that come after `after` in the order of joining. */
function page(room: Room, { limit, after }: { limit: number; after: PeerId | undefined }): Member[] {
  const found: Member[] = [];
  let isBehind = after === undefined || !room.members.has(after);
  for (const member of room.members.values()) {
    if (isBehind) found.push(member);
    if (found.length === limit) break;
    if (member.peer.id === after) isBehind = true;
  }
  return found;
}

/** Looking around, in rooms and for rooms: docs/spec/rooms.md, rules RM50 to RM59. */
export function browsingHandlers(world: World): Handlers<"list-rooms" | "list-members" | "history"> {
  const { outbox } = world;

  return {
    "list-rooms"(peer, question) {
      const { rooms, next } = peer.space.directory.page(question);

      outbox.answer(peer.id, { type: "room-list", rooms: rooms.map(roomSummary), next });
    },

    "list-members"(peer, { room: id, limit, after }) {
      const room = world.room(peer, id);
      if (!room.members.has(peer.id) && room.policy.listing === "hidden")
        throw new Refusal("members_hidden", { room: id });

      const found = page(room, { limit: limit + 1, after });
      const members = found.slice(0, limit).map((member) => memberInfo(room, member));
      const more = found.length > limit;
      outbox.answer(peer.id, { type: "members", room: id, members, total: room.members.size, more });
    },

    history(peer, { room: id, before, limit }) {
      const room = world.room(peer, id);
      const member = room.members.get(peer.id);
      if (!member) throw new Refusal("not_in_room", { room: id });

      const events: RoomEvent[] = [];
      let more = false;
      for (const entry of room.log.backwards(before ?? room.log.nextOffset)) {
        if (entry.event.offset <= member.since) break;
        if (!wasTold(entry, peer.id) && !isOwn(entry.event, peer.id)) continue;
        more = events.length === limit;
        if (more) break;
        events.push(entry.event);
      }
      outbox.answer(peer.id, { type: "history", room: id, events: events.reverse(), more });
    },
  };
}
