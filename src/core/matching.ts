import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import { roomId } from "./ids.ts";
import { type Match, queueKey } from "./matchmaking.ts";
import { introduction, type Peer } from "./peer.ts";
import { MATCH_GROUP, MATCH_ROOM } from "./policy.ts";
import { randomHex } from "./random.ts";
import { memberInfo } from "./room.ts";
import type { MemberInfo } from "./views.ts";
import type { World } from "./world.ts";

/**
 * What the ids of match groups begin with. A dialect whose clients take what follows for the name of a room of their own
 * leaves it out, so that such a room is not this one.
 */
export const GROUP_PREFIX = "match:";

/** Most match groups that one peer is in at one time. */
const MAX_GROUPS = 8;

/** How a matched peer presents itself: as in the namespace that the pool is named after, when it is in it. */
function presented(peer: Peer, pool: string): MemberInfo {
  const room = peer.space.rooms.get(roomId(pool));
  const member = room?.members.get(peer.id);
  return room && member ? memberInfo(room, member) : introduction(peer);
}

/** Brings the peers of a match together in a room, and tells them. */
function complete(world: World, { pool, peers: ids }: Match): void {
  const peers = ids.flatMap((id) => world.peers.get(id) ?? []);
  const [first] = peers;
  if (!first) return;
  const policy = peers.every(({ session }) => session) ? MATCH_ROOM : MATCH_GROUP;
  const id = roomId(`${GROUP_PREFIX}${randomHex(world.random, 16)}`);
  const group = world.open(first.space, id, { ...policy, capacity: peers.length });
  for (const each of peers) {
    // Leaves the oldest match groups, so that nobody gathers them without bound.
    const groups = [...each.rooms].filter((room) => room.policy.kind === "match");
    for (const old of groups.slice(0, Math.max(0, groups.length - MAX_GROUPS + 1)))
      world.unseat(old, each, "left");
    world.seat(group, each);
  }

  const members = peers.map((each) => {
    const member = policy === MATCH_ROOM ? group.members.get(each.id) : undefined;
    return member ? memberInfo(group, member) : presented(each, pool);
  });
  const { epoch, lastOffset: offset } = group.log;
  world.tellEach(peers, { type: "matched", pool, group: id, epoch, offset, members });
}

/** What came of waiting: for some nobody, for others a match. */
export function settleMatches(world: World): void {
  for (const { peer: id, pool } of world.matchmaker.takeExpired(world.now)) {
    const peer = world.peers.get(id);
    if (peer) world.tellOne(peer, { type: "match-expired", pool });
  }
  for (const match of world.matchmaker.takeMatches(world.now)) {
    try {
      complete(world, match);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // There is no room for another room: it is as if nobody had been found.
      const peers = match.peers.flatMap((id) => world.peers.get(id) ?? []);
      world.tellEach(peers, { type: "match-expired", pool: match.pool });
    }
  }
}

/** Finding others who want the same: docs/spec/matchmaking.md, rules MM1 to MM14. */
export function matchingHandlers(world: World): Handlers<"match" | "cancel-match" | "explain-match"> {
  const { outbox, matchmaker } = world;

  return {
    match(peer, { pool, size, criteria, widen, maxWaitMs }) {
      const ticket = { space: peer.space.id, peer: peer.id, pool, size, criteria, widen, maxWaitMs };
      const { maxTicketBytes, maxTicketsPerPeer } = world.limits;
      if (queueKey(ticket).length + JSON.stringify(widen ?? []).length > maxTicketBytes)
        throw new Refusal("too_large", { maxBytes: maxTicketBytes });
      const pools = matchmaker.poolsOf(peer.id);
      if (!pools.has(pool) && pools.size >= maxTicketsPerPeer) {
        throw new Refusal("too_many_tickets", { max: maxTicketsPerPeer });
      }
      world.refuseOpening();

      const peers = matchmaker.ask(ticket, world.now);

      if (peers) return complete(world, { pool, peers });
      const etaMs = matchmaker.etaMs(peer.id, pool, world.now);
      outbox.answer(peer.id, { type: "match-waiting", pool, ...(etaMs !== undefined && { etaMs }) });
    },

    "cancel-match"(peer, { pool }) {
      matchmaker.cancel(peer.id, pool);

      outbox.answer(peer.id, { type: "match-cancelled", pool });
    },

    "explain-match"(peer, { pool }) {
      const explanation = matchmaker.explain(peer.id, pool, world.now);
      if (!explanation) throw new Refusal("not_waiting", { pool });

      outbox.answer(peer.id, { type: "match-explained", pool, ...explanation });
    },
  };
}
