import { Refusal } from "./errors.ts";
import { governedRoom } from "./governing.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId } from "./ids.ts";
import type { KeptSeat } from "./kept-seats.ts";
import type { Member, Room } from "./room.ts";
import type { World } from "./world.ts";

/** The seat that is kept in `room` for a player that lost its link. */
function keptFor(world: World, room: Room, peer: PeerId): KeptSeat | undefined {
  const kept = world.kept.get(peer);
  return kept?.room === room && room.game?.kept.has(kept) ? kept : undefined;
}

/** The member of that id; with `among: "players"` one who plays. */
function memberOf(room: Room, peer: PeerId, among: "players" | undefined): Member | undefined {
  const member = room.members.get(peer);
  return among === undefined || member?.part ? member : undefined;
}

/**
 * What a host may do to others, and in games the authority: docs/spec/rooms.md, rules RM20 to RM23 and RM45 to RM49;
 * docs/spec/lobby.md, rules LB37 and LB40.
 */
export function moderationHandlers(world: World): Handlers<"kick" | "ban" | "unban"> {
  const { outbox } = world;

  /** Takes a member out, and tells it by whom. */
  const remove = (room: Room, { peer: target }: Member, { as, by, why }: Removal): void => {
    world.unseat(room, target, as);
    const told = { type: "kicked", room: room.id, by, peer: target.id, ...(why && { reason: why }) } as const;
    world.tellOne(target, told);
  };

  return {
    kick(peer, { room: id, peer: targetId, kind, reason: why, among }) {
      const room = governedRoom(world, peer, { id, kind });
      const target = memberOf(room, targetId, among);
      const kept = target ? undefined : keptFor(world, room, targetId);
      if (!target && !kept) throw new Refusal("peer_not_found", { peer: targetId });

      if (kept) {
        world.kept.delete(kept);
        world.release(kept);
      }
      if (target) {
        if (room.policy.banAfterKick && target.peer !== peer) {
          room.banned.add(targetId);
          room.collab?.bar(room, target);
        }
        remove(room, target, { as: "kicked", by: peer.id, why });
        if (room.collab) world.expel(target.peer, { reason: "kicked" });
      }

      outbox.answer(peer.id, { type: "done" });
    },

    ban(peer, { room: id, peer: targetId, forMs, reason: why, among }) {
      const room = governedRoom(world, peer, { id });
      if (targetId === peer.id) throw new Refusal("bad_request", { path: "peer", expected: "somebody else" });
      const target = memberOf(room, targetId, among);
      const kept = target ? undefined : keptFor(world, room, targetId);
      const known = among === "players" ? target?.peer : world.peers.get(targetId);
      if (!kept && known?.space !== room.space) throw new Refusal("peer_not_found", { peer: targetId });

      const banned = known ?? { id: targetId, place: kept?.place };
      room.banned.add(banned, {
        until: forMs === undefined ? undefined : world.now + forMs,
        byPlace: room.policy.bansPlaces,
      });
      // It may be lifted while the seat is kept; meanwhile nobody else has to do without it.
      if (kept) world.games.cede(kept);
      if (target) remove(room, target, { as: "banned", by: peer.id, why });

      outbox.answer(peer.id, { type: "done" });
    },

    unban(peer, { room: id, peer: targetId, ifNone }) {
      const room = governedRoom(world, peer, { id });
      const isLifted = room.banned.lift(world.peers.get(targetId) ?? targetId);
      if (!isLifted && ifNone !== "done") throw new Refusal("peer_not_found", { peer: targetId });

      outbox.answer(peer.id, { type: "done" });
    },
  };
}

interface Removal {
  readonly as: "kicked" | "banned";
  readonly by: PeerId;
  /** For people. */
  readonly why: string | undefined;
}
