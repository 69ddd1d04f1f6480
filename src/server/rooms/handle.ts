import { Refusal } from "../../core/errors.ts";
import type { PeerId } from "../../core/ids.ts";
import { checkedMetadata } from "../../core/metadata.ts";
import type { Visitor } from "../gate.ts";
import type { BanOptions, Bans } from "./bans.ts";
import type {
  BroadcastOptions,
  Delivery,
  MemberMetadata,
  MessageContext,
  MessageEnvelope,
  RequestInfo,
  RoomInfo,
  RoomMember,
} from "./context.ts";
import type { HistoryEntry, HistoryQuery } from "./history.ts";
import type { HostedRoom, RoomUser, Saying } from "./hosted-room.ts";
import type { RoomClock } from "./room-clock.ts";
import type { Turn } from "./turn.ts";

/** Whom a handler was called for. */
export interface Subject {
  readonly user: RoomUser;
  readonly peer: PeerId;
  readonly visitor: Visitor | undefined;
}

export interface HandleOptions {
  readonly turn: Turn;
  readonly bans: Bans;
  readonly subject?: Subject | undefined;
  readonly message?: MessageEnvelope | undefined;
}

const NO_REQUEST: RequestInfo = { path: "", query: new URLSearchParams(), headers: {}, remoteAddress: "" };

/** What a handler gets: the room, and the member it was called for if there is one. */
export class Handle implements MessageContext<unknown> {
  readonly #turn: Turn;
  readonly #hosted: HostedRoom;
  readonly #bans: Bans;
  readonly #subject: Subject | undefined;
  readonly #message: MessageEnvelope | undefined;

  constructor(hosted: HostedRoom, { turn, bans, subject, message }: HandleOptions) {
    this.#hosted = hosted;
    this.#turn = turn;
    this.#bans = bans;
    this.#subject = subject;
    this.#message = message;
  }

  get signal(): AbortSignal {
    return this.#turn.signal;
  }
  get roomId(): string {
    return this.#hosted.room.id;
  }
  get clock(): RoomClock {
    return this.#hosted.timers;
  }
  get state(): unknown {
    return this.#hosted.state;
  }
  get message(): MessageEnvelope {
    if (!this.#message) throw new Error("this handler was not called for a message");
    return this.#message;
  }
  get userId(): string {
    return this.#member.user.userId;
  }
  get connectionId(): string {
    return this.#member.peer;
  }
  get sessionId(): string {
    return this.#member.visitor?.identity.session ?? this.connectionId;
  }
  get role(): "player" | "spectator" {
    return this.#member.user.role;
  }
  get claims(): Readonly<Record<string, unknown>> {
    return this.#member.visitor?.identity.claims ?? {};
  }
  get request(): RequestInfo {
    return this.#member.visitor?.opening ?? NO_REQUEST;
  }

  async broadcast(data: unknown, { except = [], ...options }: BroadcastOptions = {}): Promise<Delivery> {
    const left = new Set(except);
    return this.#say(data, options, {
      ...(left.size > 0 && { fits: ({ userId }: RoomUser) => !left.has(userId) }),
      elsewhere: { except },
    });
  }

  async broadcastToOthers(
    data: unknown,
    {
      except = [],
      exclude = "connection",
      ...options
    }: BroadcastOptions & { readonly exclude?: "connection" | "user" } = {},
  ): Promise<Delivery> {
    const { user: self, peer: own } = this.#member;
    const left = new Set(except);
    const isOwn = (user: RoomUser, peer: PeerId) =>
      exclude === "user" ? user.userId === self.userId : peer === own;
    return this.#say(data, options, {
      fits: (user, peer) => !isOwn(user, peer) && !left.has(user.userId),
      isForAll: left.size === 0,
      elsewhere: { except: exclude === "user" ? [...except, self.userId] : except },
    });
  }

  async broadcastFiltered(
    data: unknown,
    fits: (userId: string, member: RoomMember) => boolean,
    options: BroadcastOptions = {},
  ): Promise<Delivery> {
    const chosen = new Set(
      [...this.#hosted.users.values()].filter((user) => fits(user.userId, this.#hosted.memberOf(user))),
    );
    const left = new Set(options.except);
    return this.#say(data, options, { fits: (user) => chosen.has(user) && !left.has(user.userId) });
  }

  async sendTo(userId: string, data: unknown, options: BroadcastOptions = {}): Promise<Delivery> {
    return this.#say(data, options, {
      fits: (user) => user.userId === userId,
      elsewhere: { only: [userId] },
    });
  }

  async reply(data: unknown, options: Omit<BroadcastOptions, "except"> = {}): Promise<Delivery> {
    const { peer: own } = this.#member;
    return this.#say(data, options, { fits: (_user, peer) => peer === own });
  }

  members(): RoomMember[] {
    return this.#listed("player");
  }

  spectators(): RoomMember[] {
    return this.#listed("spectator");
  }

  member(userId: string): RoomMember | undefined {
    const user = this.#hosted.find(userId);
    return user && this.#hosted.memberOf(user);
  }

  hasMember(userId: string): boolean {
    return this.#hosted.find(userId)?.role === "player";
  }

  roomInfo(): RoomInfo {
    const { room, definition, isLocked, createdAt } = this.#hosted;
    const members = this.members().map(({ userId }) => userId);
    const { capacity } = room.policy;
    return {
      roomId: room.id,
      kind: definition.name,
      memberCount: members.length,
      spectatorCount: room.spectators.size,
      maxMembers: Number.isFinite(capacity) ? capacity : null,
      isFull: room.isFull,
      isLocked,
      members,
      createdAt,
    };
  }

  history(query?: HistoryQuery): HistoryEntry[] {
    return this.#hosted.history.read(query);
  }

  redactHistory(id: string): boolean {
    return this.#hosted.history.redact(id);
  }

  clearHistory(): void {
    this.#hosted.history.clear();
  }

  metadata(userId: string): MemberMetadata | undefined {
    return this.#hosted.find(userId)?.metadata;
  }

  setMetadata(metadata: MemberMetadata): void {
    this.setUserMetadata(this.userId, metadata);
  }

  mergeMetadata(patch: MemberMetadata): void {
    this.mergeUserMetadata(this.userId, patch);
  }

  setUserMetadata(userId: string, metadata: MemberMetadata): void {
    this.#refuseLate();
    const user = this.#present(userId);
    const { maxMetadataBytes } = this.#hosted.definition.settings;
    const plain = JSON.parse(JSON.stringify(metadata)) as MemberMetadata;
    this.#hosted.present(user, checkedMetadata(plain, maxMetadataBytes));
  }

  mergeUserMetadata(userId: string, patch: MemberMetadata): void {
    this.setUserMetadata(userId, { ...this.#present(userId).metadata, ...patch });
  }

  getState(): unknown {
    return this.#hosted.state;
  }

  setState(state: unknown): void {
    this.#refuseLate();
    this.#hosted.state = state;
  }

  updateState(change: (draft: unknown) => unknown): unknown {
    this.#refuseLate();
    if (this.#hosted.state === undefined) throw new Error("the room has no state: call setState first");
    const draft = structuredClone(this.#hosted.state);
    const result = change(draft);
    if (result instanceof Promise) throw new TypeError("updateState: the change must not be async");
    this.#hosted.state = result === undefined ? draft : result;
    return this.#hosted.state;
  }

  clearState(): void {
    this.setState(undefined);
  }

  kick(userId: string, reason?: string): void {
    this.#refuseLate();
    this.#hosted.remove(this.#present(userId), { as: "kicked", text: reason });
  }

  ban(userId: string, options: Omit<BanOptions, "roomId"> = {}): void {
    this.#refuseLate();
    this.#bans.ban(userId, { ...options, roomId: this.roomId });
    const user = this.#hosted.find(userId);
    if (user) this.#hosted.remove(user, { as: "banned", text: options.reason });
  }

  lock(): void {
    this.#refuseLate();
    this.#hosted.isLocked = true;
  }

  unlock(): void {
    this.#refuseLate();
    this.#hosted.isLocked = false;
  }

  close(): void {
    this.#refuseLate();
    this.#hosted.close();
  }

  get #member(): Subject {
    if (!this.#subject) throw new Error("this handler was called for the room, not for a member");
    return this.#subject;
  }

  #present(userId: string): RoomUser {
    const user = this.#hosted.find(userId);
    if (!user) throw new Refusal("peer_not_found", { user: userId });
    return user;
  }

  #listed(role: RoomUser["role"]): RoomMember[] {
    return [...this.#hosted.users.values()]
      .filter((user) => user.role === role)
      .map((user) => this.#hosted.memberOf(user));
  }

  /** A handler that was given up must not act any more: the next one runs already. */
  #refuseLate(): void {
    const { lateness } = this.#turn;
    if (lateness) throw lateness;
  }

  #say(
    data: unknown,
    { type, lane, history }: BroadcastOptions,
    whom: Pick<Saying, "fits" | "isForAll" | "elsewhere">,
  ): Delivery {
    this.#refuseLate();
    const subject = this.#subject;
    const from = subject && { peer: subject.peer, userId: subject.user.userId };
    const delivered = this.#hosted.say({ data, from, type, lane, history, ...whom });
    return { delivered };
  }
}
