import type { PubSub, Subscription } from "../../brokers/broker.ts";
import type { Command } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import type { LeaveReason as CoreLeaveReason } from "../../core/events.ts";
import type { Hub } from "../../core/hub.ts";
import type { PeerId, RoomId, SpaceId } from "../../core/ids.ts";
import { payloadSize } from "../../core/payload.ts";
import type { Member, Room } from "../../core/room.ts";
import type { RoomWatcher } from "../../core/watcher.ts";
import type { Gate, Visitor } from "../gate.ts";
import type { Bans } from "./bans.ts";
import type { Context, RoomContext } from "./context.ts";
import type { LeaveReason, RoomDefinition } from "./definition.ts";
import { Handle, type Subject } from "./handle.ts";
import { HostedRoom, type RoomUser, userKey } from "./hosted-room.ts";
import { Mailbox } from "./mailbox.ts";
import { type MessageLimiter, TooMuch } from "./message-limits.ts";
import { payloadValue } from "./payload-value.ts";
import { RoomTimers } from "./room-clock.ts";

/** Most tasks that wait for one room before newcomers are put off. */
const MAX_WAITING = 10_000;

/** The name of a room's kind: what stands before the first colon. */
const kindOf = (room: string): string => room.split(":", 1)[0] ?? "";

const LEAVE_REASONS: Readonly<Record<CoreLeaveReason, LeaveReason>> = {
  left: "consented",
  disconnected: "dropped",
  timeout: "timeout",
  superseded: "superseded",
  kicked: "kicked",
  banned: "kicked",
  closed: "closed",
};

/** A name of a room under a definition: its queue, and the room while there is one. */
interface Place {
  readonly mailbox: Mailbox;
  hosted: HostedRoom | undefined;
}

export interface RoomHostOptions {
  readonly hub: Hub;
  readonly space: SpaceId;
  readonly definitions: ReadonlyMap<string, RoomDefinition>;
  readonly bans: Bans;
  readonly limiter: MessageLimiter | undefined;
  /** Carries messages to other nodes that have the same rooms. */
  readonly pubsub: PubSub | undefined;
  now(): number;
  visitor(peer: PeerId): Visitor | undefined;
  /** A handler of the embedder's has failed. */
  failed(error: unknown, where: string): void;
}

/**
 * Runs the rooms of one space under their definitions: docs/spec/embedding.md. What members ask, and every handler,
 * runs one after another in the mailbox of its room; the hub stays the one who decides.
 */
export class RoomHost implements Gate, RoomWatcher {
  readonly #options: RoomHostOptions;
  readonly #places = new Map<RoomId, Place>();
  readonly #subscriptions = new WeakMap<HostedRoom, Subscription>();

  constructor(options: RoomHostOptions) {
    this.#options = options;
  }

  /** Rooms that are open now. */
  rooms(): HostedRoom[] {
    return [...this.#places.values()].flatMap(({ hosted }) => hosted ?? []);
  }

  room(id: string): HostedRoom | undefined {
    return this.#places.get(id as RoomId)?.hosted;
  }

  /** A room for whoever is no handler. */
  contextOf(hosted: HostedRoom): RoomContext {
    return this.#context(hosted, NEVER);
  }

  pass(visitor: Visitor, command: Command): Promise<void> | undefined {
    const { hub, space } = this.#options;
    if (command.type !== "join" && command.type !== "create-room" && command.type !== "broadcast")
      return undefined;
    const peer = visitor.peer === undefined ? undefined : hub.world.peers.get(visitor.peer);
    if (peer?.space.id !== space) return undefined;

    if (command.type === "broadcast") {
      const hosted = this.room(command.room);
      const member = hosted?.room.members.get(peer.id);
      return hosted && member ? this.#hear(visitor, { hosted, member, command }) : undefined;
    }
    const definition = this.#definition(command.room);
    if (!definition) return undefined;
    const isWatching = command.type === "join" && command.as === "spectator";
    const place = this.#place(command.room, definition);
    if (place.mailbox.size > MAX_WAITING) throw new Refusal("slow_down", { retryAfterMs: 1_000 });
    return this.#run(place, command.room, () =>
      this.#admit(visitor, {
        definition,
        command,
        userId: peer.user ?? peer.id,
        as: isWatching ? "spectator" : "player",
      }),
    );
  }

  seated(room: Room, member: Member, seat: "free" | "shared" | "held"): void {
    const hosted = this.#hostedOf(room) ?? this.#open(room);
    if (!hosted) return;
    const known = hosted.userOf(member);
    const { peer, role, joinedAt } = member;
    const user: RoomUser = known ?? {
      userId: peer.user ?? peer.id,
      role: role === "spectator" ? "spectator" : "player",
      joinedAt,
      metadata: member.profile.metadata ?? {},
      peers: new Set(),
      isDropped: false,
      leaving: undefined,
      visitor: undefined,
    };
    hosted.users.set(userKey(member), user);
    user.peers.add(peer.id);
    user.visitor = this.#options.visitor(peer.id) ?? user.visitor;
    const subject = { user, peer: peer.id, visitor: user.visitor };

    if (seat === "held") this.#returned(hosted, subject);
    else if (seat === "free") this.#tell(hosted, "onJoin", subject);
    this.#tell(hosted, "onConnect", subject);
    if (!room.isFull || hosted.isKnownFull) return;
    hosted.isKnownFull = true;
    this.#tell(hosted, "onFull");
  }

  unseated(
    room: Room,
    member: Member,
    { reason, seat }: { reason: CoreLeaveReason; seat: "freed" | "shared" | "held" },
  ): void {
    const hosted = this.#hostedOf(room);
    const user = hosted?.userOf(member);
    if (!hosted || !user) return;
    user.peers.delete(member.peer.id);
    const subject = { user, peer: member.peer.id, visitor: user.visitor };

    if (seat === "held") this.#dropped(hosted, subject);
    else if (seat === "freed") this.#gone(hosted, { key: userKey(member), subject, reason });
  }

  seatExpired(room: Room, key: string): void {
    const hosted = this.#hostedOf(room);
    const user = hosted?.users.get(`member ${key}`);
    if (!hosted || !user) return;
    const subject = { user, peer: user.visitor?.peer ?? (user.userId as PeerId), visitor: user.visitor };
    this.#gone(hosted, { key: `member ${key}`, subject, reason: "timeout" });
  }

  away(room: Room, member: Member): void {
    const hosted = this.#hostedOf(room);
    const user = hosted?.userOf(member);
    if (!hosted || !user || user.isDropped || this.#isOnline(user)) return;
    this.#dropped(hosted, { user, peer: member.peer.id, visitor: user.visitor });
  }

  back(room: Room, member: Member): void {
    const hosted = this.#hostedOf(room);
    const user = hosted?.userOf(member);
    if (!hosted || !user?.isDropped) return;
    user.visitor = this.#options.visitor(member.peer.id) ?? user.visitor;
    this.#returned(hosted, { user, peer: member.peer.id, visitor: user.visitor });
  }

  forgotten(room: Room): void {
    const hosted = this.#hostedOf(room);
    const place = this.#places.get(room.id);
    if (!hosted || !place) return;
    hosted.timers.stop();
    hosted.publish = undefined;
    place.hosted = undefined;
    place.mailbox.abort();
    const { definition, state } = hosted;
    void this.#run(place, room.id, async () => {
      await this.#subscriptions.get(hosted)?.stop();
      await definition.hooks.onDispose?.({ roomId: room.id, state });
    }).catch((error: unknown) => this.#options.failed(error, `${definition.name}.onDispose`));
  }

  /** Stops all timers, when the server stops. */
  stop(): void {
    for (const { timers } of this.rooms()) timers.stop();
  }

  #definition(room: string): RoomDefinition | undefined {
    const { definitions } = this.#options;
    return definitions.get(kindOf(room)) ?? definitions.get("");
  }

  #hostedOf(room: Room): HostedRoom | undefined {
    const hosted = this.room(room.id);
    return hosted?.room === room ? hosted : undefined;
  }

  #place(id: RoomId, definition: RoomDefinition): Place {
    let place = this.#places.get(id);
    if (!place) {
      place = {
        mailbox: new Mailbox({ timeoutMs: definition.settings.handlerTimeoutMs }),
        hosted: undefined,
      };
      this.#places.set(id, place);
    }
    return place;
  }

  /** Runs a task of that place, and forgets the place when nothing is there and nothing waits. */
  #run<Result>(
    place: Place,
    id: RoomId,
    task: (signal: AbortSignal) => Result | Promise<Result>,
  ): Promise<Result> {
    const result = place.mailbox.run(task);
    const tidy = (): void => {
      if (!place.hosted && place.mailbox.size === 0 && this.#places.get(id) === place)
        this.#places.delete(id);
    };
    void result.then(
      () => queueMicrotask(tidy),
      () => queueMicrotask(tidy),
    );
    return result;
  }

  /** A room has come to be: rooms of other spaces and without definition are none of ours. */
  #open(room: Room): HostedRoom | undefined {
    const definition = room.space.id === this.#options.space ? this.#definition(room.id) : undefined;
    if (!definition) return undefined;
    const place = this.#place(room.id, definition);
    const { hub, now, visitor, failed } = this.#options;
    const timers = new RoomTimers({
      now,
      run: (task) => {
        void this.#run(place, room.id, () => task()).catch((error: unknown) =>
          failed(error, `${definition.name}.clock`),
        );
      },
    });
    const hosted = new HostedRoom(room, definition, { hub, timers, now, visitor });
    place.hosted = hosted;
    void this.#run(place, room.id, async (signal) => {
      hosted.state = definition.newState(room.id);
      await this.#subscribe(hosted);
      await definition.hooks.onCreate?.(this.#context(hosted, signal));
    }).catch((error: unknown) => {
      failed(error, `${definition.name}.onCreate`);
      if (this.#hostedOf(room)) hosted.close();
    });
    return hosted;
  }

  /** Joins the room's topic: from now on what is said here is heard on other nodes, and the reverse. */
  async #subscribe(hosted: HostedRoom): Promise<void> {
    const { pubsub, space, failed } = this.#options;
    if (!pubsub) return;
    const topic = `r:${space}:${hosted.room.id}`;
    const subscription = await pubsub.subscribe(topic, ({ origin, data }) => {
      if (origin === pubsub.origin || !hosted.publish) return;
      try {
        hosted.relay(new TextDecoder().decode(data));
      } catch (error) {
        failed(error, "pubsub");
      }
    });
    this.#subscriptions.set(hosted, subscription);
    if (this.#hostedOf(hosted.room) !== hosted) return;
    hosted.publish = (message) => {
      pubsub.publish(topic, message).catch((error: unknown) => failed(error, "pubsub"));
    };
  }

  /** Lets somebody in, if nothing speaks against it. @throws {Refusal} */
  async #admit(
    visitor: Visitor,
    {
      definition,
      command,
      userId,
      as,
    }: {
      definition: RoomDefinition;
      command: Extract<Command, { type: "join" | "create-room" }>;
      userId: string;
      as: "player" | "spectator";
    },
  ): Promise<void> {
    const { settings, hooks } = definition;
    const { room: roomId } = command;
    this.#options.bans.refuse(userId, roomId);
    const { identity, opening } = visitor;
    const isInvited = identity.claims.invite !== undefined || identity.role === "host";
    if (settings.joinPolicy === "invite" && !isInvited)
      throw new Refusal("forbidden", { reason: "invite only" });
    const mayEnter = await hooks.onAuth?.({ roomId, userId, role: as, identity, request: opening });
    if (mayEnter === false) throw new Refusal("forbidden", { room: roomId });

    const before = this.room(roomId)?.users.get(
      `${as === "spectator" ? "spectator" : "member"} user ${userId}`,
    );
    if (this.room(roomId)?.isLocked && !before) throw new Refusal("room_locked", { room: roomId });
    const isHereAlready = visitor.peer !== undefined && before?.peers.has(visitor.peer);
    if (
      before &&
      !isHereAlready &&
      settings.duplicateUser === "reject" &&
      before.peers.size > 0 &&
      !before.isDropped
    ) {
      throw new Refusal("already_in_room", { room: roomId });
    }
    const profile = command.profile && { profile: command.profile };
    visitor.carryOut({
      type: "join",
      room: roomId,
      create: settings.policy,
      as: as === "spectator" ? "spectator" : "member",
      ...profile,
    });

    const hosted = this.room(roomId);
    const peer = visitor.peer;
    if (!hosted || peer === undefined || isHereAlready) return;
    if (before && settings.duplicateUser !== "allow") this.#supersede(hosted, { user: before, by: peer });
    hosted.replay(peer);
  }

  #supersede(hosted: HostedRoom, { user, by }: { user: RoomUser; by: PeerId }): void {
    for (const id of [...user.peers]) {
      const peer = this.#options.hub.world.peers.get(id);
      if (peer && id !== by) hosted.supersede(peer);
    }
    if (user.isDropped) this.#returned(hosted, { user, peer: by, visitor: user.visitor });
  }

  /** What a member says. @throws {Refusal} */
  #hear(
    visitor: Visitor,
    {
      hosted,
      member,
      command,
    }: { hosted: HostedRoom; member: Member; command: Extract<Command, { type: "broadcast" }> },
  ): Promise<void> {
    const { bans, limiter } = this.#options;
    const user = hosted.userOf(member);
    if (!user) throw new Refusal("not_in_room", { room: command.room });
    if (user.role === "spectator") throw new Refusal("forbidden", { room: command.room, role: "spectator" });
    bans.refuse(user.userId, command.room);
    try {
      limiter?.check(user.userId, payloadSize(command.data));
    } catch (error) {
      if (error instanceof TooMuch)
        queueMicrotask(() => visitor.goodbye({ reason: "banned", text: "too many messages" }));
      throw error;
    }
    const place = this.#place(command.room, hosted.definition);
    const subject: Subject = { user, peer: member.peer.id, visitor };
    return this.#run(place, command.room, async (signal) => {
      if (!hosted.room.members.has(subject.peer)) throw new Refusal("not_in_room", { room: command.room });
      await this.#handle(hosted, { subject, signal, command });
      visitor.acknowledge();
    });
  }

  async #handle(
    hosted: HostedRoom,
    {
      subject,
      signal,
      command,
    }: {
      subject: Subject;
      signal: AbortSignal;
      command: Extract<Command, { type: "broadcast" }>;
    },
  ): Promise<void> {
    const { hooks, handlers } = hosted.definition;
    const ctx = this.#context(hosted, signal, subject) as Context<unknown>;
    const type = command.name;
    const envelope = {
      from: subject.user.userId,
      data: payloadValue(command.data),
      type,
      ts: this.#options.now(),
    };
    const objection = await hooks.validate?.(ctx, envelope);
    if (typeof objection === "string") throw new Refusal("bad_request", { reason: objection });

    const handler = type === undefined ? undefined : handlers.get(type);
    if (handler) await handler.handle(ctx, await handler.check(envelope.data));
    else if (hooks.onMessage) await hooks.onMessage(ctx, envelope);
    else if (handlers.size > 0) {
      const expected = [...handlers.keys()].join(", ").slice(0, 200);
      throw new Refusal("bad_message", { ...(type !== undefined && { name: type }), expected });
    }
  }

  #dropped(hosted: HostedRoom, subject: Subject): void {
    subject.user.isDropped = true;
    this.#tell(hosted, "onDrop", subject);
  }

  #returned(hosted: HostedRoom, subject: Subject): void {
    subject.user.isDropped = false;
    this.#tell(hosted, "onResume", subject);
  }

  #gone(
    hosted: HostedRoom,
    { key, subject, reason }: { key: string; subject: Subject; reason: CoreLeaveReason },
  ): void {
    hosted.users.delete(key);
    hosted.isKnownFull &&= hosted.room.isFull;
    this.#tell(hosted, "onLeave", subject, subject.user.leaving ?? LEAVE_REASONS[reason]);
    if (hosted.users.size === 0) this.#tell(hosted, "onEmpty");
  }

  #isOnline(user: RoomUser): boolean {
    const { peers } = this.#options.hub.world;
    return [...user.peers].some((id) => peers.get(id)?.session?.state.is !== "away");
  }

  /** Queues a handler for what has happened; what it throws is logged and harms nobody. */
  #tell(
    hosted: HostedRoom,
    hook: "onJoin" | "onConnect" | "onDrop" | "onResume" | "onLeave" | "onFull" | "onEmpty",
    subject?: Subject,
    reason?: LeaveReason,
  ): void {
    const { definition, room } = hosted;
    const handler = definition.hooks[hook] as
      | ((ctx: Context<unknown>, reason?: LeaveReason) => unknown)
      | undefined;
    if (!handler) return;
    const place = this.#place(room.id, definition);
    void this.#run(place, room.id, async (signal) => {
      await handler.call(
        definition.hooks,
        this.#context(hosted, signal, subject) as Context<unknown>,
        reason,
      );
    }).catch((error: unknown) => this.#options.failed(error, `${definition.name}.${hook}`));
  }

  #context(hosted: HostedRoom, signal: AbortSignal, subject?: Subject): Handle {
    return new Handle(hosted, { signal, bans: this.#options.bans, subject });
  }
}

const NEVER = new AbortController().signal;
