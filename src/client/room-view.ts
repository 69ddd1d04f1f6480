import type { MemberFrame, ServerFrame, SnapshotFrame } from "../dialects/native/wire.ts";
import type { Member, Role } from "./room-events.ts";

export interface Lobby {
  readonly phase: "waiting" | "lobby" | "finalized";
  readonly ready: readonly string[];
}

/** What a peer knows of a room: the last snapshot, and what has happened since. */
export class RoomView {
  readonly name: string;
  readonly members = new Map<string, Member>();
  role: Role = "member";
  host: string | undefined;
  code: string | undefined;
  capacity: number | undefined;
  isLocked = false;
  isSealed = false;
  /** What this peer last entered or sealed it with: to come in again. */
  password: string | undefined;
  visibility: "public" | "private" = "private";
  meta: Readonly<Record<string, unknown>> = {};
  kind = "";
  lobby: Lobby | undefined;
  /** How many are in the room; `members` may hold fewer in a very large one. */
  total = 0;

  constructor(snapshot: SnapshotFrame) {
    this.name = snapshot.r;
    this.replace(snapshot);
  }

  replace(snapshot: SnapshotFrame): void {
    this.role = snapshot.you.role;
    this.host = snapshot.host;
    this.code = snapshot.code;
    this.capacity = snapshot.capacity;
    this.isLocked = snapshot.locked;
    this.isSealed = snapshot.sealed ?? false;
    this.visibility = snapshot.visibility;
    this.meta = snapshot.meta;
    this.kind = snapshot.kind;
    this.lobby = snapshot.lobby;
    this.total = snapshot.total;
    this.members.clear();
    for (const member of snapshot.members) this.members.set(member.peer, memberOf(member));
  }

  /** Takes the facts of an event in. `me` is this peer's id. */
  apply(frame: ServerFrame, me: string): void {
    switch (frame.t) {
      case "joined":
        this.total += this.members.has(frame.m.peer) ? 0 : 1;
        this.members.set(frame.m.peer, memberOf(frame.m));
        break;
      case "updated":
        this.members.set(frame.m.peer, memberOf(frame.m));
        break;
      case "left":
        if (this.members.delete(frame.peer)) this.total--;
        break;
      case "away":
        this.#change(frame.peer, { state: "away" });
        break;
      case "back":
        this.#change(frame.peer, { state: "online" });
        break;
      case "host":
        if (this.host !== undefined) this.#change(this.host, { role: "member" });
        this.#change(frame.peer, { role: "host" });
        if (this.host === me) this.role = "member";
        if (frame.peer === me) this.role = "host";
        this.host = frame.peer;
        break;
      case "room":
        this.meta = frame.meta ?? this.meta;
        this.isLocked = frame.locked ?? this.isLocked;
        this.isSealed = frame.sealed ?? this.isSealed;
        this.code = frame.code ?? this.code;
        this.visibility = frame.visibility ?? this.visibility;
        this.capacity = frame.capacity ?? this.capacity;
        break;
      case "ready":
        this.lobby = { phase: this.lobby?.phase ?? "lobby", ready: frame.ready };
        break;
      case "started":
        this.lobby = { phase: "finalized", ready: this.lobby?.ready ?? [] };
        break;
    }
  }

  #change(peer: string, change: Partial<Member>): void {
    const member = this.members.get(peer);
    if (member) this.members.set(peer, { ...member, ...change });
  }
}

export function memberOf({ peer, alias, role, joinedAt, meta, state }: MemberFrame): Member {
  return { peer, alias, role, joinedAt, meta, state };
}
