import { type Announced, type Collab, nameIn } from "./collab.ts";
import type { RoomId } from "./ids.ts";
import type { Payload } from "./payload.ts";
import type { Member, Room } from "./room.ts";
import type { CollabRole } from "./ticket.ts";

/** Somebody who takes part in a session. Times are ms since the epoch. */
export interface Participant {
  readonly name: string;
  readonly role: CollabRole;
  readonly joinedAt: number;
  readonly lastSeen: number;
}

/** A session as those who call over HTTP see it. */
export interface SessionView {
  readonly id: RoomId;
  readonly hostName: string;
  /** The host first, then in the order of joining. */
  readonly participants: readonly Participant[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly key: Uint8Array;
  readonly metadata: Payload;
}

/** Who said it would come and did not is no participant any more. */
const ANNOUNCED_MS = 5 * 60_000;

/** The room as a session; `now` is in ms since the epoch. */
export function sessionView(room: Room, collab: Collab, now: number): SessionView {
  return {
    id: room.id,
    hostName: collab.hostName,
    participants: participantsOf(room, collab, now),
    createdAt: collab.createdAt,
    expiresAt: room.endsAt ?? now,
    key: collab.key,
    metadata: collab.metadata,
  };
}

/**
 * Those with a link, and those who are announced. While no host has a link, whoever made the session is the host.
 * Forgets who was announced too long ago.
 */
export function participantsOf(room: Room, collab: Collab, now: number): Participant[] {
  const here = hostFirst(room).map((member) => ({
    name: nameIn(room.id, member.peer.id),
    role: roleIn(room, member),
    joinedAt: member.joinedAt,
    lastSeen: now,
  }));
  for (const [name, { at }] of collab.announced) if (now - at > ANNOUNCED_MS) collab.announced.delete(name);
  const coming = [...collab.announced].map(([name, { role, at }]: [string, Announced]) => ({
    name,
    role,
    joinedAt: at,
    lastSeen: at,
  }));
  const { hostName, createdAt } = collab;
  const host = { name: hostName, role: "host", joinedAt: createdAt, lastSeen: createdAt } as const;
  const isExpected = room.host === undefined && !here.some(({ name }) => name === hostName);
  return [...(isExpected ? [host] : []), ...here, ...coming];
}

/** The host first, then in the order of joining. */
export function hostFirst(room: Room): Member[] {
  const members = [...room.members.values()];
  return members.sort((a, b) => Number(b.peer.id === room.host) - Number(a.peer.id === room.host));
}

export function roleIn(room: Room, member: Member): CollabRole {
  if (member.peer.id === room.host) return "host";
  return member.role === "spectator" ? "observer" : "editor";
}
