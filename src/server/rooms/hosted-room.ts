import type { Hub } from "../../core/hub.ts";
import { type PeerId, peerId } from "../../core/ids.ts";
import { jsonPayload } from "../../core/payload.ts";
import type { Peer } from "../../core/peer.ts";
import { type Member, memberInfo, type Room } from "../../core/room.ts";
import { seatKey } from "../../core/seats.ts";
import type { Lane } from "../../lib/lane.ts";
import type { Visitor } from "../gate.ts";
import type { MemberMetadata, RoomMember } from "./context.ts";
import type { LeaveReason, RoomDefinition } from "./definition.ts";
import { History } from "./history.ts";
import type { RoomTimers } from "./room-clock.ts";
import type { RoomTopic } from "./room-topic.ts";

/** Who a message is from that nobody in particular sent. */
export const SERVER = peerId("server");

/** One user in one room; a user that plays and watches at once is two of them. */
export interface RoomUser {
  readonly userId: string;
  readonly role: "player" | "spectator";
  readonly joinedAt: number;
  metadata: MemberMetadata;
  readonly peers: Set<PeerId>;
  /** Its link is lost, and its seat is held. */
  isDropped: boolean;
  /** Why it will be gone, when the embedder ends its stay. */
  leaving: LeaveReason | undefined;
  /** The last connection it was seen on. */
  visitor: Visitor | undefined;
}

export interface Saying {
  readonly data: unknown;
  /** The link it is from; `undefined`: the server. */
  readonly from: { readonly peer: PeerId; readonly userId: string } | undefined;
  readonly type?: string | undefined;
  readonly lane?: Lane | undefined;
  readonly history?: boolean | undefined;
  /** Whom it is for; all when absent. */
  fits?(user: RoomUser, peer: PeerId): boolean;
  /** Whether newcomers may be sent it: it is for everybody, but for whoever said it. */
  readonly isForAll?: boolean | undefined;
  /** Whom it is for on other nodes; absent: nobody there. */
  readonly elsewhere?: Elsewhere | undefined;
}

/** Users of a room on other nodes: all, but for these, or only these. */
export interface Elsewhere {
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

/** A message on its way from node to node. */
interface Relayed extends Elsewhere {
  readonly text: string;
  readonly peer: PeerId;
  readonly user: string | undefined;
  readonly type: string | undefined;
  readonly lane: Lane;
  readonly at: number;
  readonly isKept: boolean;
  readonly isForAll: boolean;
}

interface Surrounding {
  readonly hub: Hub;
  readonly timers: RoomTimers;
  now(): number;
  visitor(peer: PeerId): Visitor | undefined;
}

/** A room under an embedder's definition: what the hub's room does not know of it, and what may be done to it. */
export class HostedRoom {
  readonly history: History;
  readonly timers: RoomTimers;
  readonly createdAt: number;
  readonly users = new Map<string, RoomUser>();
  state: unknown;
  isLocked = false;
  /** The line to the other nodes that have this room; absent where there are none. */
  topic: RoomTopic | undefined;
  /** Whether `onFull` has been told, and no seat was free since. */
  isKnownFull = false;
  readonly #hub: Hub;
  readonly #around: Surrounding;

  constructor(
    readonly room: Room,
    readonly definition: RoomDefinition,
    surrounding: Surrounding,
  ) {
    this.#hub = surrounding.hub;
    this.#around = surrounding;
    this.timers = surrounding.timers;
    this.createdAt = surrounding.now();
    this.history = new History(definition.settings.history);
  }

  /** The user of a member; known from its first link to its last. */
  userOf(member: Pick<Member, "peer" | "role">): RoomUser | undefined {
    return this.users.get(userKey(member));
  }

  /** A player of that name, or else a spectator. */
  find(userId: string): RoomUser | undefined {
    let watching: RoomUser | undefined;
    for (const user of this.users.values()) {
      if (user.userId !== userId) continue;
      if (user.role === "player") return user;
      watching = user;
    }
    return watching;
  }

  /** Tells those for whom it is, and keeps it; returns how many users were told. */
  say({
    data,
    from,
    type,
    lane = "normal",
    history = true,
    fits,
    isForAll = !fits,
    elsewhere,
  }: Saying): number {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("data: found nothing that JSON has a word for");
    const message = {
      text,
      peer: from?.peer ?? SERVER,
      user: from?.userId,
      type,
      lane,
      at: this.#around.now(),
      isKept: history,
      isForAll,
    };
    if (elsewhere) this.topic?.publish(JSON.stringify({ ...message, ...elsewhere }));
    return this.#deliver(message, fits);
  }

  /** Tells the members here what another node has told its own. */
  relay(message: string): void {
    const { only, except = [], ...told } = JSON.parse(message) as Relayed;
    const left = new Set(except);
    const wanted = only && new Set(only);
    this.#deliver(told, ({ userId }) => !left.has(userId) && (wanted?.has(userId) ?? true));
  }

  #deliver(message: Omit<Relayed, keyof Elsewhere>, fits: Saying["fits"]): number {
    const told = new Set<string>();
    const except = new Set<PeerId>();
    for (const member of this.room.members.values()) {
      const user = this.userOf(member);
      if (user && (!fits || fits(user, member.peer.id))) told.add(user.userId);
      else except.add(member.peer.id);
    }
    this.#tell(message, except);
    if (message.isKept) {
      const { epoch, lastOffset: seq } = this.room.log;
      const { text, peer, user = null, type, at: ts } = message;
      this.history.add(
        { id: `${epoch}-${seq}`, seq, ts, from: user, type },
        { text, peer, to: message.isForAll ? undefined : told },
      );
    }
    return told.size;
  }

  /** Sends a newcomer the last messages that were for everybody. */
  replay(to: PeerId): void {
    const kept = this.history.replay(this.definition.settings.history.replay);
    if (kept.length === 0) return;
    const except = new Set([...this.room.members.keys()].filter((peer) => peer !== to));
    for (const { entry, text, peer } of kept) {
      const { from, type, ts } = entry;
      this.#tell({ text, peer, user: from ?? undefined, type, lane: "normal", at: ts }, except);
    }
  }

  /** Changes a user's metadata, and tells the others. */
  present(user: RoomUser, metadata: MemberMetadata): void {
    user.metadata = metadata;
    for (const peer of user.peers) {
      const member = this.room.members.get(peer);
      if (!member) continue;
      member.profile = { ...member.profile, metadata };
      this.#at().tell(this.room, { type: "member-updated", member: memberInfo(this.room, member) });
    }
  }

  /** Ends a user's stay; links that are good for this room alone end with it. */
  remove(user: RoomUser, { as, text }: { as: "kicked" | "banned"; text?: string | undefined }): void {
    user.leaving = as;
    const world = this.#at();
    for (const id of [...user.peers]) {
      const peer = world.peers.get(id);
      if (!peer) continue;
      world.unseat(this.room, peer, "kicked");
      world.tellOne(peer, { type: "kicked", room: this.room.id, by: SERVER, peer: id });
      this.#dismiss(id, { reason: as, ...(text !== undefined && { text }) });
    }
    const seat = this.room.seats.held(`user ${user.userId}`);
    if (seat) world.dropSeat(this.room, seat);
  }

  /** A newer link of the same user has taken over. */
  supersede(peer: Peer): void {
    this.#at().unseat(this.room, peer, "superseded");
    this.#dismiss(peer.id, { reason: "superseded" });
  }

  close(): void {
    const peers = [...this.room.members.keys()];
    this.#at().close(this.room, "closed");
    for (const peer of peers) this.#dismiss(peer, { reason: "room_closed" });
  }

  memberOf({ userId, role, joinedAt, isDropped, metadata }: RoomUser): RoomMember {
    return { userId, role, joinedAt, connected: !isDropped, metadata };
  }

  /** The world at this moment. */
  #at(): Hub["world"] {
    const { world } = this.#hub;
    world.now = this.#around.now();
    return world;
  }

  #dismiss(peer: PeerId, goodbye: Parameters<Visitor["goodbye"]>[0]): void {
    const visitor = this.#around.visitor(peer);
    if (visitor?.identity.room !== undefined) visitor.goodbye(goodbye);
  }

  #tell(
    {
      text,
      peer,
      user,
      type,
      lane,
      at,
    }: {
      text: string;
      peer: PeerId;
      user: string | undefined;
      type: string | undefined;
      lane: Lane;
      at: number;
    },
    except: ReadonlySet<PeerId>,
  ): void {
    const message = { type: "message", from: peer, user, name: type, at, lane, verbatim: undefined } as const;
    const told = { ...message, data: jsonPayload(text) };
    this.#at().tell(this.room, told, except.size > 0 ? except : undefined);
  }
}

/** By what a user of a room is known. */
export function userKey({ peer, role }: Pick<Member, "peer" | "role">): string {
  return `${role} ${seatKey(peer)}`;
}
