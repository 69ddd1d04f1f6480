import { Bans } from "./bans.ts";
import type { Collab } from "./collab.ts";
import type { MemberProfile, Role } from "./commands.ts";
import { factsOf, type Game, type Part, standingOf } from "./game.ts";
import type { PeerId, RoomId } from "./ids.ts";
import { type Metadata, metadataSize, NO_METADATA } from "./metadata.ts";
import { awayMark, type Peer } from "./peer.ts";
import type { RoomPolicy } from "./policy.ts";
import type { RoomLog } from "./room-log.ts";
import type { Seal } from "./seals.ts";
import { Seats } from "./seats.ts";
import type { Space } from "./space.ts";
import type { MemberInfo, RoomSummary, RoomView } from "./views.ts";

/** One peer's place in one room. */
export interface Member {
  readonly peer: Peer;
  /** `spectator` takes no seat. Who is the host is told by `room.host` alone. */
  role: "member" | "spectator";
  readonly joinedAt: number;
  /** Offset of the last event before it came: what it was never told. */
  readonly since: number;
  profile: MemberProfile;
  /** Whether its user was here already by another link. */
  isAgain: boolean;
  /** In rooms with a lobby, for those who play. */
  readonly part?: Part | undefined;
}

/** Members under a policy. Changed only by `World`, which keeps both ends of a membership in step. */
export class Room {
  /** In the order of joining. */
  readonly members = new Map<PeerId, Member>();
  readonly banned = new Bans();
  /** Members with a session: who can ask again what was said; kept by `World`. */
  sessions = 0;
  /** The member that may kick; `undefined` in rooms without a host and in empty ones. */
  host: PeerId | undefined;
  /** In rooms with a lobby; set when the room is opened. */
  game: Game | undefined;
  /** What newcomers must know the password of; `undefined`: nothing. */
  seal: Seal | undefined;
  /** When it ends whoever is in it, in ms since the epoch; `undefined`: never. Set by `World`. */
  endsAt: number | undefined;
  /** What makes it a collaboration session. */
  collab: Collab | undefined;

  constructor(
    readonly id: RoomId,
    readonly space: Space,
    /** Replaced as a whole when the host changes what it may change. */
    public policy: RoomPolicy,
    readonly log: RoomLog,
    /** By what others find it: its id until it is given another; kept by its space. */
    public address: RoomId = id,
  ) {
    this.locked = policy.locked ?? false;
    this.metadata = policy.metadata ?? NO_METADATA;
  }

  /** Whether nobody else may enter, the first member excepted. */
  locked: boolean;
  /** Facts about the room; never changed in place. */
  metadata: Metadata;
  /** By which it can be found in its space; kept by its space. */
  code: string | undefined;

  /** Users and peers with a seat, and those who only watch; kept by `World`. */
  readonly seats = new Seats();
  readonly spectators = new Seats();

  get isFull(): boolean {
    return this.seats.size >= this.policy.capacity;
  }

  /** Where those of that role sit. */
  seatsFor(role: Member["role"]): Seats {
    return role === "spectator" ? this.spectators : this.seats;
  }

  /** What `member` is here. */
  roleOf(member: Member): Role {
    return member.peer.id === this.host ? "host" : member.role;
  }
}

/** How a member presents itself in its room. */
export function memberInfo(room: Room, member: Member): MemberInfo {
  const { peer, profile, joinedAt } = member;
  const { app, version } = profile;
  const { user } = peer;
  const standing = standingOf(room, member);
  const metadata = profile.metadata ? { ...peer.metadata, ...profile.metadata } : peer.metadata;
  return {
    peer: peer.id,
    alias: profile.name ?? peer.alias,
    ...(user !== undefined && { user }),
    role: room.roleOf(member),
    joinedAt,
    app,
    version,
    metadata,
    ...awayMark(peer),
    ...(standing && { standing }),
  };
}

/** Most metadata in one list, in characters of JSON: a few members with much to tell cannot blow it up. */
const MAX_LISTED_METADATA = 262_144;

/**
 * Up to `limit` members, oldest first; `included` is among them even when the room is larger than that. Members beyond
 * `MAX_LISTED_METADATA` are listed without theirs.
 */
export function membersOf(
  room: Room,
  { limit, included }: { limit: number; included?: PeerId },
): MemberInfo[] {
  const infos: MemberInfo[] = [];
  let left = MAX_LISTED_METADATA;
  for (const member of room.members.values()) {
    if (infos.length >= limit) break;
    const info = memberInfo(room, member);
    left -= metadataSize(info.metadata);
    infos.push(left < 0 ? { ...info, metadata: NO_METADATA } : info);
  }
  const newcomer = included === undefined ? undefined : room.members.get(included);
  if (newcomer && infos.length > 0 && !infos.some((info) => info.peer === included)) {
    infos[infos.length - 1] = memberInfo(room, newcomer);
  }
  return infos;
}

/** The room as `member` must see it to go on from here; `limit` bounds the members listed. */
export function roomView(room: Room, member: Member, { limit }: { limit: number }): RoomView {
  const facts = factsOf(room);
  return {
    room: room.id,
    kind: room.policy.kind,
    epoch: room.log.epoch,
    offset: room.log.lastOffset,
    role: room.roleOf(member),
    host: room.host,
    capacity: room.policy.capacity,
    locked: room.locked,
    sealed: room.seal !== undefined,
    visibility: visibilityOf(room),
    metadata: room.metadata,
    code: room.code,
    members: membersOf(room, { limit, included: member.peer.id }),
    total: room.members.size,
    ...(facts && { facts }),
  };
}

export function visibilityOf(room: Room): "public" | "private" {
  return room.space.directory.has(room) ? "public" : "private";
}

/** The room as a listing shows it. */
export function roomSummary(room: Room): RoomSummary {
  return {
    room: room.id,
    kind: room.policy.kind,
    members: room.seats.size,
    spectators: room.spectators.size,
    capacity: room.policy.capacity,
    locked: room.locked,
    sealed: room.seal !== undefined,
    metadata: room.metadata,
    code: room.code,
  };
}
