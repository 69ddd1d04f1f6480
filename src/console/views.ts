import type { Peer } from "../core/peer.ts";
import { type Member, type Room, visibilityOf } from "../core/room.ts";
import type { Reading } from "../observe/metrics.ts";
import type { ConnectionFacts, Operator } from "../server/operator.ts";
import { maskedAddress } from "./masked-address.ts";

/** Most rooms named with one peer. */
const MAX_ROOMS_NAMED = 20;

/** A room as its operator sees it: names of hidden rooms included. */
export function roomLine(room: Room) {
  const { capacity, kind, listing } = room.policy;
  return {
    space: room.space.id,
    room: room.id,
    kind,
    members: room.members.size,
    spectators: room.spectators.size,
    // JSON has no infinity.
    capacity: Number.isFinite(capacity) ? capacity : null,
    host: room.host ?? null,
    hidden: listing === "hidden",
    visibility: visibilityOf(room),
    locked: room.locked,
    code: room.code ?? null,
  };
}

export function memberLine(room: Room, member: Member) {
  const { peer, profile, joinedAt } = member;
  return {
    peer: peer.id,
    alias: profile.name ?? peer.alias,
    role: room.roleOf(member),
    joinedAt,
    away: peer.session?.state.is === "away",
  };
}

export function peerLine(
  peer: Peer,
  { operator, addresses }: { operator: Operator; addresses: "full" | "masked" },
) {
  const connection: ConnectionFacts | undefined = operator.connection(peer.id);
  const address = connection?.remoteAddress ?? null;
  return {
    peer: peer.id,
    alias: peer.alias,
    space: peer.space.id,
    user: peer.user ?? null,
    verified: peer.verified,
    away: connection === undefined,
    dialect: connection?.dialect ?? null,
    address: address !== null && addresses === "masked" ? maskedAddress(address) : address,
    rooms: [...peer.rooms].slice(0, MAX_ROOMS_NAMED).map(({ id }) => id),
    roomsTotal: peer.rooms.size,
  };
}

/** A count without labels. */
export function total(reading: Reading): number {
  const value = reading();
  return typeof value === "number" ? value : [...value].reduce((sum, [, count]) => sum + count, 0);
}

/** Counts by label. */
export function byLabel(reading: Reading): Readonly<Record<string, number>> {
  const value = reading();
  return typeof value === "number" ? {} : Object.fromEntries(value);
}
