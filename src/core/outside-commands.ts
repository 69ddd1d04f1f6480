import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import { relaySessionOf } from "./outside.ts";
import type { World } from "./world.ts";

/** How a member gets a line of its own to the relay: docs/spec/native.md, rule NT37. */
export function outsideHandlers(world: World): Handlers<"relay-pass"> {
  return {
    "relay-pass"(peer, { room: id }) {
      const room = world.room(peer, id);
      const member = room.members.get(peer.id);
      if (!member) throw new Refusal("not_in_room", { room: id });
      // Those sessions have tokens of their own.
      if (room.collab) throw new Refusal("forbidden", { room: id });

      world.outbox.answer(peer.id, {
        type: "relay-pass",
        room: id,
        session: relaySessionOf(room),
        peer: peer.id,
        maySend: member.role !== "spectator",
        at: world.now,
      });
    },
  };
}
