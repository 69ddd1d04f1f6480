import { Refusal } from "./errors.ts";
import { factsOf, uidOf } from "./game.ts";
import type { PeerId } from "./ids.ts";
import type { KeptSeat } from "./kept-seats.ts";
import type { MissedEvents } from "./missed-events.ts";
import type { Peer } from "./peer.ts";
import { type Member, memberInfo, membersOf, type Room } from "./room.ts";
import type { RoomEvent } from "./room-events.ts";
import type { World } from "./world.ts";

/** What somebody says to have its lost seat again. */
export interface Claim {
  readonly peer: PeerId;
  /** The room's own UUID. */
  readonly uid: string;
  readonly token: string;
  /** The seat keeps its token, for who could not be told another one. */
  readonly keepsToken?: boolean;
}

/**
 * Gives `asker`, who is in no room, the seat that `claim` tells of, and with it the identity it had there: its own is
 * gone then. `seated` is called before anything is told. docs/spec/lobby.md, rules LB30 to LB45.
 *
 * @throws {Refusal} then everything is as before, and the seat can still be claimed.
 */
export function reclaim(world: World, asker: Peer, { claim, seated }: ReclaimOptions): void {
  const kept = claimable(world, asker, claim);
  const { room } = kept;
  const { game } = room;
  if (!game) throw new Refusal("room_not_found");
  const { events, replay } = missedBy(kept, game.missed);

  const { space, alias, user, bond, place, verified, metadata } = asker;
  world.peers.delete(asker.id);
  space.dismiss(asker);
  const peer: Peer = { id: kept.peer, space, alias, user, bond, place, verified, metadata, rooms: new Set() };
  world.peers.set(peer.id, peer);
  space.admit(peer, { aliasFinds: false });
  const wasVacant = game.authority === undefined;
  const member = world.seat(room, peer, {
    profile: kept.profile,
    kept,
    token: claim.keepsToken ? kept.token : undefined,
  });
  const isRestored = wasVacant && game.authority === peer.id;
  seated(peer);

  const holder = game.authority;
  const facts = factsOf(room);
  if (!facts || member.part?.token === undefined)
    throw new Error("a game has facts, and a kept seat a token");
  world.outbox.answer(peer.id, {
    type: "reclaimed",
    room: room.id,
    peer: peer.id,
    members: membersOf(room, { limit: Number.POSITIVE_INFINITY }),
    facts,
    missed: events.filter((event) => concerns(event, peer.id, holder)).map((event) => yours(event, peer.id)),
    replay,
    token: member.part.token,
    offset: room.log.lastOffset,
  });
  world.tell(room, { type: "member-joined", member: memberInfo(room, member) }, peer.id);
  world.tell(room, { type: "member-returned", peer: peer.id, epoch: member.part.epoch }, peer.id);
  if (game.lobby.is === "finalized") world.games.plan(room);
  if (isRestored) world.games.appoint(room, game, peer.id);
}

export interface ReclaimOptions {
  readonly claim: Claim;
  seated(peer: Peer): void;
}

/** The peer, still here by another link, that gives way to `asker` because that one shows the token of its seat. */
export function rivalOf(world: World, asker: Peer, claim: Claim): Peer | undefined {
  const owner = ownerOf(world, asker, claim);
  if (owner?.part?.keepSeat?.whenShown?.is !== "takeover" || owner.peer === asker) return undefined;
  const mayFollow = asker.rooms.size === 0 && asker.space === owner.peer.space;
  return mayFollow && world.games.mayReturn(owner, "disconnected") ? owner.peer : undefined;
}

/** The member whose seat in a room has that token, and is taken at present; its link proves what the asker's does. */
function ownerOf(world: World, asker: Peer, { peer, uid, token }: Claim): Member | undefined {
  if (world.peers.get(peer)?.bond !== asker.bond) return undefined;
  for (const room of world.peers.get(peer)?.rooms ?? []) {
    const member = room.members.get(peer);
    const known = member?.part?.token;
    if (known !== undefined && isSameText(known, token) && uidOf(room) === uid) return member;
  }
  return undefined;
}

/** The seat that may be taken; the order of the refusals is that of rules LB31 to LB38. */
function claimable(world: World, asker: Peer, claim: Claim): KeptSeat {
  const { peer, uid, token } = claim;
  if (world.isDraining) throw new Refusal("draining");
  if (world.peers.has(peer)) {
    const whenShown = peer === asker.id ? undefined : ownerOf(world, asker, claim)?.part?.keepSeat?.whenShown;
    // Its link may be dead without anybody having noticed; then the next claim finds the seat kept.
    if (whenShown?.is === "probe") world.outbox.probe?.(peer, whenShown.withinMs);
    throw new Refusal("already_connected");
  }
  if (asker.rooms.size > 0) throw new Refusal("already_in_room");
  const kept = world.kept.get(peer);
  if (!kept) throw new Refusal("seat_not_found");
  if (!isSameText(kept.token, token) || uidOf(kept.room) !== uid) throw new Refusal("seat_token_wrong");
  if (world.now > kept.until) throw new Refusal("seat_expired");
  if (asker.bond !== kept.bond) throw new Refusal("seat_token_wrong");
  const { room } = kept;
  if (!isOpen(room) || room.space !== asker.space) throw new Refusal("room_not_found");
  if (room.banned.has(peer, world.now) || room.banned.has(asker, world.now))
    throw new Refusal("banned", { room: room.id });
  if (kept.keeping.meanwhile === "free" && room.isFull) throw new Refusal("room_full", { room: room.id });
  return kept;
}

/** Whether a missed event is worth telling to `peer`: neither about itself, nor about an authority that is none now. */
function concerns(event: RoomEvent, peer: PeerId, holder: PeerId | undefined): boolean {
  if (event.type === "authority-changed") return event.authority === holder;
  if (event.type === "member-joined") return event.member.peer !== peer;
  return !("peer" in event) || event.peer !== peer;
}

function yours(event: RoomEvent, peer: PeerId): RoomEvent {
  return event.type === "authority-changed" ? { ...event, yours: event.authority === peer } : event;
}

const isOpen = (room: Room): boolean => room.space.rooms.get(room.id) === room;

function missedBy({ position }: KeptSeat, missed: MissedEvents | undefined) {
  return missed ? missed.since(position) : ({ events: [], replay: "complete" } as const);
}

/** Whether two texts are equal, in a time that tells nothing about where they differ. */
function isSameText(known: string, given: string): boolean {
  let difference = known.length ^ given.length;
  for (let i = 0; i < known.length; i++) difference |= known.charCodeAt(i) ^ given.charCodeAt(i);
  return difference === 0;
}
