import { createHash } from "node:crypto";
import type { PeerId, RoomId } from "../../core/ids.ts";
import type { MemberInfo, Stamp } from "../../core/views.ts";
import { isUuid } from "./envelope.ts";

/** The protocol version that a link has agreed on; data of version 2 never holds a field of version 3. */
export type Version = 2 | 3;

const NO_STAMP: Stamp = { epoch: 1, seq: 0 };

/** UUIDs of peers of other languages, because they are asked for with every message. */
const foreign = new Map<PeerId, string>();
const MAX_FOREIGN = 10_000;

/**
 * The UUID by which a peer is called. Peers of other languages have ids of other forms: theirs is made of the id, the
 * same each time.
 */
export function wireId(peer: PeerId): string {
  if (isUuid(peer)) return peer;
  const known = foreign.get(peer);
  if (known !== undefined) return known;
  const hex = createHash("sha256").update(peer).digest("hex");
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  if (foreign.size >= MAX_FOREIGN) foreign.clear();
  foreign.set(peer, id);
  return id;
}

export const time = (ms: number): string => new Date(ms).toISOString();

/** `room` is called `<game>/<code>`; what stands before is the game. */
export function placeOf(room: RoomId): { readonly game: string; readonly code: string } {
  const at = room.lastIndexOf("/");
  return { game: room.slice(0, Math.max(0, at)), code: room.slice(at + 1) };
}

export function playerInfo({ peer, alias, joinedAt, standing }: MemberInfo, version: Version): object {
  const { epoch, seq } = standing?.stamp ?? NO_STAMP;
  return {
    id: wireId(peer),
    name: alias,
    is_authority: standing?.authority ?? false,
    is_ready: standing?.ready ?? false,
    connected_at: time(joinedAt),
    ...connection(standing?.connection),
    ...(version === 3 && { epoch, seq }),
  };
}

export function spectatorInfo({ peer, alias, joinedAt }: MemberInfo): object {
  return { id: wireId(peer), name: alias, connected_at: time(joinedAt) };
}

export function peerConnection({ peer, alias, standing }: MemberInfo, relayType: string): object {
  return {
    player_id: wireId(peer),
    player_name: alias,
    is_authority: standing?.authority ?? false,
    relay_type: relayType,
    ...connection(standing?.connection),
  };
}

function connection(info: string | undefined): object {
  return info === undefined ? {} : { connection_info: JSON.parse(info) as unknown };
}

/** Those who play, and those who watch. */
export function byRole(members: readonly MemberInfo[]) {
  const players = members.filter(({ role }) => role !== "spectator");
  return { players, spectators: members.filter(({ role }) => role === "spectator") };
}
