import { collabPeer, nameIn } from "./collab.ts";
import { type PeerId, peerId, type RoomId, type SpaceId } from "./ids.ts";
import type { Payload } from "./payload.ts";
import type { Peer } from "./peer.ts";
import type { Room } from "./room.ts";
import type { World } from "./world.ts";

/** What one peer of a session sends another, by the names they have in it. */
export interface SessionParcel {
  readonly session: RoomId;
  readonly from: string;
  readonly to: string;
  readonly data: Payload;
}

/** How the relay's names of rooms begin that are no collaboration sessions, whose names are their ids. */
const ROOM = "room:";

/** What the relay calls a room. By its epoch, which nobody can guess: another room of that id is another one. */
export function relaySessionOf(room: Room): string {
  return room.collab ? room.id : `${ROOM}${room.log.epoch}`;
}

/** Whether the relay's name of a session is that of a room; then only members of that room are let in. */
export function isRoomSession(session: string): boolean {
  return session.startsWith(ROOM);
}

/** Reaches peers of a session who have no link to the hub, but a line to the relay. */
export type Outside = (parcel: SessionParcel) => boolean;

/** Hands a member's parcel to somebody outside; `false` when it may not, or nobody there takes it. */
export function tellOutside(
  world: World,
  sender: Peer,
  { room: id, to, data }: { room?: RoomId | undefined; to: string; data: Payload | undefined },
): boolean {
  const room = id === undefined ? undefined : sender.space.rooms.get(id);
  const member = room?.members.get(sender.id);
  if (!room?.collab || !member || member.role === "spectator" || data === undefined) return false;
  const names = { from: nameIn(room.id, sender.id), to: nameIn(room.id, peerId(to)) };
  return world.outside?.({ session: room.id, ...names, data }) ?? false;
}

/** Tells a member of a session what somebody outside sends it; `false` when there is no such member. */
export function tellFromOutside(
  world: World,
  { space: spaceId, now, ...parcel }: SessionParcel & { readonly space: SpaceId; readonly now: number },
): boolean {
  const { session, from, to, data } = parcel;
  const target = memberCalled(world, { space: spaceId, session, name: to });
  if (!target) return false;
  world.now = now;
  const [sender, room] = isRoomSession(session)
    ? [peerId(from), world.rooms.get(session.slice(ROOM.length))?.id]
    : [collabPeer(session, from), session];
  world.tellOne(target, { type: "relayed", from: sender, to: target.id, data, room, at: now });
  return true;
}

/** The member of a session by the name it has in it; of those who speak other languages, by their id. */
export function memberCalled(
  world: World,
  { space, session, name }: { space: SpaceId; session: RoomId; name: string },
): Peer | undefined {
  if (isRoomSession(session))
    return world.rooms.get(session.slice(ROOM.length))?.members.get(peerId(name))?.peer;
  const room = world.spaces.get(space)?.rooms.get(session);
  if (!room?.collab) return undefined;
  const byId = (id: PeerId) => room.members.get(id)?.peer;
  return byId(collabPeer(session, name)) ?? byId(peerId(name));
}
