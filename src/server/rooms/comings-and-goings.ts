import type { PeerId } from "../../core/ids.ts";
import type { Peer } from "../../core/peer.ts";
import type { Member } from "../../core/room.ts";
import type { LeaveReason as CoreLeaveReason } from "../../core/room-events.ts";
import type { Visitor } from "../gate.ts";
import type { LeaveReason } from "./definition.ts";
import type { Subject } from "./handle.ts";
import { type HostedRoom, type RoomUser, userKey } from "./hosted-room.ts";

const LEAVE_REASONS: Readonly<Record<CoreLeaveReason, LeaveReason>> = {
  left: "consented",
  disconnected: "dropped",
  timeout: "timeout",
  superseded: "superseded",
  kicked: "kicked",
  banned: "banned",
  closed: "closed",
};

export type MemberHook = "onJoin" | "onConnect" | "onDrop" | "onResume" | "onLeave";
export type RoomHook = "onFull" | "onEmpty";

interface Surrounding {
  visitor(peer: PeerId): Visitor | undefined;
  peer(id: PeerId): Peer | undefined;
  /** Queues a handler for what has happened. */
  tell(
    hosted: HostedRoom,
    hook: MemberHook | RoomHook,
    about?: { subject: Subject; reason?: LeaveReason },
  ): void;
}

/**
 * Makes of links that come and go users who join, drop, come back and leave: each told once. It is called in the middle
 * of the hub's change, in its order; the handlers run later, in the same order.
 */
export class ComingsAndGoings {
  readonly #around: Surrounding;

  constructor(surrounding: Surrounding) {
    this.#around = surrounding;
  }

  seated(hosted: HostedRoom, { member, seat }: { member: Member; seat: "free" | "shared" | "held" }): void {
    const { peer } = member;
    const user = hosted.userOf(member) ?? newUser(member);
    hosted.users.set(userKey(member), user);
    user.peers.add(peer.id);
    user.visitor = this.#around.visitor(peer.id) ?? user.visitor;
    const subject = { user, peer: peer.id, visitor: user.visitor };

    if (seat === "held") this.#returned(hosted, subject);
    else if (seat === "free") this.#around.tell(hosted, "onJoin", { subject });
    this.#around.tell(hosted, "onConnect", { subject });
    if (!hosted.room.isFull || hosted.isKnownFull) return;
    hosted.isKnownFull = true;
    this.#around.tell(hosted, "onFull");
  }

  unseated(
    hosted: HostedRoom,
    { member, reason, seat }: { member: Member; reason: CoreLeaveReason; seat: "freed" | "shared" | "held" },
  ): void {
    const user = hosted.userOf(member);
    if (!user) return;
    user.peers.delete(member.peer.id);
    const subject = { user, peer: member.peer.id, visitor: user.visitor };

    if (seat === "held") this.#dropped(hosted, subject);
    else if (seat === "freed") this.#gone(hosted, { key: userKey(member), subject, reason });
  }

  /** A seat was held long enough. `key` is the seat's. */
  expired(hosted: HostedRoom, key: string): void {
    const user = hosted.users.get(`member ${key}`);
    if (!user) return;
    const subject = { user, peer: user.visitor?.peer ?? (user.userId as PeerId), visitor: user.visitor };
    this.#gone(hosted, { key: `member ${key}`, subject, reason: "timeout" });
  }

  /** A session has lost its link; its user is away when no other link of it is left. */
  away(hosted: HostedRoom, member: Member): void {
    const user = hosted.userOf(member);
    if (!user || user.isDropped) return;
    const isOnline = (id: PeerId) => this.#around.peer(id)?.session?.state.is !== "away";
    if ([...user.peers].some(isOnline)) return;
    this.#dropped(hosted, { user, peer: member.peer.id, visitor: user.visitor });
  }

  back(hosted: HostedRoom, member: Member): void {
    const user = hosted.userOf(member);
    if (!user) return;
    user.visitor = this.#around.visitor(member.peer.id) ?? user.visitor;
    if (user.isDropped) this.#returned(hosted, { user, peer: member.peer.id, visitor: user.visitor });
  }

  /** A newer link takes over from all others of its user. */
  supersede(hosted: HostedRoom, { user, by }: { user: RoomUser; by: PeerId }): void {
    for (const id of [...user.peers]) {
      const peer = this.#around.peer(id);
      if (peer && id !== by) hosted.supersede(peer);
    }
    if (user.isDropped) this.#returned(hosted, { user, peer: by, visitor: user.visitor });
  }

  #dropped(hosted: HostedRoom, subject: Subject): void {
    subject.user.isDropped = true;
    this.#around.tell(hosted, "onDrop", { subject });
  }

  #returned(hosted: HostedRoom, subject: Subject): void {
    subject.user.isDropped = false;
    this.#around.tell(hosted, "onResume", { subject });
  }

  #gone(
    hosted: HostedRoom,
    { key, subject, reason }: { key: string; subject: Subject; reason: CoreLeaveReason },
  ): void {
    hosted.users.delete(key);
    hosted.isKnownFull &&= hosted.room.isFull;
    this.#around.tell(hosted, "onLeave", { subject, reason: subject.user.leaving ?? LEAVE_REASONS[reason] });
    if (hosted.users.size === 0) this.#around.tell(hosted, "onEmpty");
  }
}

function newUser({ peer, role, joinedAt, profile }: Member): RoomUser {
  return {
    userId: peer.user ?? peer.id,
    role: role === "spectator" ? "spectator" : "player",
    joinedAt,
    metadata: profile.metadata ?? {},
    peers: new Set(),
    isDropped: false,
    leaving: undefined,
    visitor: undefined,
  };
}
