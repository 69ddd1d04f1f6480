import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import { roomId } from "./ids.ts";
import { queueKey } from "./matchmaking.ts";
import { introduction, type Peer } from "./peer.ts";
import { MATCH_GROUP } from "./policy.ts";
import { randomHex } from "./random.ts";
import { memberInfo } from "./room.ts";
import type { World } from "./world.ts";

/**
 * What the ids of match groups begin with. A dialect whose clients take what follows for the name of a room of their own
 * leaves it out, so that such a room is not this one.
 */
export const GROUP_PREFIX = "match:";

/** Most match groups that one peer is in at one time. */
const MAX_GROUPS = 8;

/** Finding others who want the same: docs/spec/matchmaking.md, rules MM1 to MM8. */
export function matchingHandlers(world: World): Handlers<"match" | "cancel-match"> {
  const { outbox, matchmaker } = world;

  /** How a matched peer presents itself: as in the namespace that the pool is named after, when it is in it. */
  const presented = (peer: Peer, pool: string) => {
    const room = peer.space.rooms.get(roomId(pool));
    const member = room?.members.get(peer.id);
    return room && member ? memberInfo(room, member) : introduction(peer);
  };

  /** Leaves the oldest match groups, so that nobody gathers them without bound. */
  const leaveOldGroups = (peer: Peer): void => {
    const groups = [...peer.rooms].filter((room) => room.policy.kind === "match");
    for (const old of groups.slice(0, Math.max(0, groups.length - MAX_GROUPS + 1)))
      world.unseat(old, peer, "left");
  };

  return {
    match(peer, { pool, size, criteria }) {
      const ticket = { space: peer.space.id, peer: peer.id, pool, size, criteria };
      const { maxTicketBytes, maxTicketsPerPeer } = world.limits;
      if (queueKey(ticket).length > maxTicketBytes)
        throw new Refusal("too_large", { maxBytes: maxTicketBytes });
      const pools = matchmaker.poolsOf(peer.id);
      if (!pools.has(pool) && pools.size >= maxTicketsPerPeer) {
        throw new Refusal("too_many_tickets", { max: maxTicketsPerPeer });
      }
      world.refuseOpening();

      const ids = matchmaker.ask(ticket, world.now);
      if (!ids) return outbox.answer(peer.id, { type: "match-waiting", pool });

      const peers = ids.flatMap((id) => world.peers.get(id) ?? []);
      const group = world.open(
        peer.space,
        roomId(`${GROUP_PREFIX}${randomHex(world.random, 16)}`),
        MATCH_GROUP,
      );
      for (const each of peers) {
        leaveOldGroups(each);
        world.seat(group, each);
      }

      const members = peers.map((each) => presented(each, pool));
      const { epoch, lastOffset: offset } = group.log;
      world.tellEach(peers, { type: "matched", pool, group: group.id, epoch, offset, members });
    },

    "cancel-match"(peer, { pool }) {
      matchmaker.cancel(peer.id, pool);

      outbox.answer(peer.id, { type: "match-cancelled", pool });
    },
  };
}
