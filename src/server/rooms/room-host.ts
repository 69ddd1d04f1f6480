import type { PubSub } from "../../brokers/broker.ts";
import type { Command, CommandOf } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import type { Hub } from "../../core/hub.ts";
import type { PeerId, SpaceId } from "../../core/ids.ts";
import type { Peer } from "../../core/peer.ts";
import type { Member, Room } from "../../core/room.ts";
import type { LeaveReason as CoreLeaveReason } from "../../core/room-events.ts";
import type { RoomWatcher } from "../../core/watcher.ts";
import { andThen } from "../../lib/awaitable.ts";
import type { Gate, Passage, Visitor } from "../gate.ts";
import { type Entrance, enter, examine } from "./admission.ts";
import type { Bans } from "./bans.ts";
import { ComingsAndGoings, type MemberHook, type RoomHook } from "./comings-and-goings.ts";
import type { Context, RoomContext } from "./context.ts";
import type { LeaveReason, RoomDefinition } from "./definition.ts";
import { Handle, type HandleOptions, type Subject } from "./handle.ts";
import { handleMessage, refuseMessage } from "./hearing.ts";
import { HostedRoom } from "./hosted-room.ts";
import { Mailbox } from "./mailbox.ts";
import type { MessageLimiter } from "./message-limits.ts";
import { payloadValue } from "./payload-value.ts";
import { type Place, Places } from "./places.ts";
import { RoomTimers } from "./room-clock.ts";
import { RoomTopic } from "./room-topic.ts";
import { Turn } from "./turn.ts";

/** Most tasks that wait for one room before newcomers are put off. */
const MAX_WAITING = 10_000;

/** The name of a room's kind: what stands before the first colon. */
const kindOf = (room: string): string => room.split(":", 1)[0] ?? "";

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
  readonly #places = new Places();
  readonly #members: ComingsAndGoings;

  constructor(options: RoomHostOptions) {
    this.#options = options;
    this.#members = new ComingsAndGoings({
      visitor: (peer) => options.visitor(peer),
      peer: (id) => options.hub.world.peers.get(id),
      tell: (hosted, hook, about) => this.#tell(hosted, hook, about),
    });
  }

  /** Rooms that are open now. */
  rooms(): HostedRoom[] {
    return this.#places.rooms;
  }

  room(id: string): HostedRoom | undefined {
    return this.#places.named(id);
  }

  /** Names of rooms that are open, or that somebody is about to enter. */
  get size(): number {
    return this.#places.size;
  }

  /** A room for whoever is no handler. */
  contextOf(hosted: HostedRoom): RoomContext {
    return this.#context(hosted, { turn: ENDLESS });
  }

  pass(visitor: Visitor, command: Command): Passage {
    const { hub, space } = this.#options;
    const peer = visitor.peer === undefined ? undefined : hub.world.peers.get(visitor.peer);
    if (peer?.space.id !== space) return "hub";
    switch (command.type) {
      case "join":
      case "create-room":
        return this.#enter(visitor, { peer, command });
      case "broadcast":
        return this.#hear(visitor, { peer, command });
      case "relay":
      case "ask":
        this.#weigh(visitor, { peer, command });
        return "hub";
      case "relay-pass":
        // What goes over the relay passes by the room's handlers and limits.
        for (const room of peer.rooms) {
          if (room.id === command.room && this.#places.of(room))
            throw new Refusal("forbidden", { room: room.id });
        }
        return "hub";
      default:
        return "hub";
    }
  }

  seated(room: Room, member: Member, seat: "free" | "shared" | "held"): void {
    const hosted = this.#places.of(room) ?? this.#open(room);
    if (hosted) this.#members.seated(hosted, { member, seat });
  }

  unseated(
    room: Room,
    member: Member,
    gone: { reason: CoreLeaveReason; seat: "freed" | "shared" | "held" },
  ): void {
    const hosted = this.#places.of(room);
    if (hosted) this.#members.unseated(hosted, { member, ...gone });
  }

  seatExpired(room: Room, key: string): void {
    const hosted = this.#places.of(room);
    if (hosted) this.#members.expired(hosted, key);
  }

  away(room: Room, member: Member): void {
    const hosted = this.#places.of(room);
    if (hosted) this.#members.away(hosted, member);
  }

  back(room: Room, member: Member): void {
    const hosted = this.#places.of(room);
    if (hosted) this.#members.back(hosted, member);
  }

  forgotten(room: Room): void {
    const hosted = this.#places.of(room);
    const place = this.#places.get(room.id);
    if (!hosted || !place) return;
    hosted.timers.stop();
    place.hosted = undefined;
    place.mailbox.abort();
    const { definition, state, topic } = hosted;
    void place.mailbox
      .post(async () => {
        await topic?.close();
        await definition.hooks.onDispose?.({ roomId: room.id, state });
      })
      .catch((error: unknown) => this.#options.failed(error, `${definition.name}.onDispose`));
  }

  /** Stops all timers, when the server stops. */
  stop(): void {
    for (const { timers } of this.rooms()) timers.stop();
  }

  #definition(room: string): RoomDefinition | undefined {
    const { definitions } = this.#options;
    return definitions.get(kindOf(room)) ?? definitions.get("");
  }

  #place(room: string, { settings }: RoomDefinition): Place {
    return this.#places.take(room as Room["id"], { timeoutMs: settings.handlerTimeoutMs });
  }

  #enter(
    visitor: Visitor,
    { peer, command }: { peer: Peer; command: CommandOf<"join" | "create-room"> },
  ): Passage {
    const definition = this.#definition(command.room);
    const room = peer.space.rooms.get(command.room);
    // A room that is there and that nobody hosts (a match group) has no rules but the hub's.
    if (!definition || (room && !this.#places.of(room))) return "hub";
    return this.#receive({ visitor, peer, definition, command });
  }

  async #receive(entrance: Entrance): Promise<void> {
    const { definition, command } = entrance;
    const { bans } = this.#options;
    // A queue of its own, for its time limit.
    const alone = new Mailbox({ timeoutMs: definition.settings.handlerTimeoutMs });
    await alone.run(() => examine(entrance, bans));

    const { mailbox } = this.#place(command.room, definition);
    if (mailbox.size > MAX_WAITING) throw new Refusal("slow_down", { retryAfterMs: 1_000 });
    const doors = {
      bans,
      hosted: () => this.room(command.room),
      supersede: this.#members.supersede.bind(this.#members),
    };
    await mailbox.run(() => enter(entrance, doors));
  }

  #hear(visitor: Visitor, { peer, command }: { peer: Peer; command: CommandOf<"broadcast"> }): Passage {
    const hosted = this.room(command.room);
    const member = hosted?.room.members.get(peer.id);
    const user = member && hosted?.userOf(member);
    // The hub tells outsiders that they are outside.
    if (!hosted || !user) return "hub";
    const { bans, limiter, now } = this.#options;
    refuseMessage({ user, visitor, command }, { bans, limiter, room: command.room });
    const subject: Subject = { user, peer: peer.id, visitor };
    const handling = this.#place(command.room, hosted.definition).mailbox.run((turn) => {
      if (!hosted.room.members.has(peer.id)) throw new Refusal("not_in_room", { room: command.room });
      const { name: type, data } = command;
      const message = { from: user.userId, data: payloadValue(data), type, ts: now() };
      const ctx = this.#context(hosted, { turn, subject, message });
      return andThen(handleMessage(hosted.definition, { ctx, turn }), () => {
        if (!turn.lateness) visitor.acknowledge();
      });
    });
    return handling instanceof Promise ? handling : "done";
  }

  /** What members say to each other without a handler counts too. @throws {Refusal} */
  #weigh(visitor: Visitor, { peer, command }: { peer: Peer; command: CommandOf<"relay" | "ask"> }): void {
    const { bans, limiter } = this.#options;
    for (const room of peer.rooms) {
      const hosted = this.#places.of(room);
      const member = room.members.get(peer.id);
      const user = member && hosted?.userOf(member);
      if (!user || (command.room !== undefined && command.room !== room.id)) continue;
      refuseMessage({ user, visitor, command }, { bans, limiter, room: room.id });
      return;
    }
  }

  /** A room has come to be; those that were not opened by a definition's policy are none of ours. */
  #open(room: Room): HostedRoom | undefined {
    const definition = room.space.id === this.#options.space ? this.#definition(room.id) : undefined;
    if (!definition || room.policy !== definition.settings.policy) return undefined;
    const { hub, now, visitor, failed, pubsub, space } = this.#options;
    const place = this.#place(room.id, definition);
    const timers = new RoomTimers({
      now,
      run: (task) => {
        void place.mailbox
          .post(() => task())
          .catch((error: unknown) => failed(error, `${definition.name}.clock`));
      },
    });
    const hosted = new HostedRoom(room, definition, { hub, timers, now, visitor });
    if (pubsub) hosted.topic = new RoomTopic(`r:${space}:${room.id}`, { pubsub, failed });
    place.hosted = hosted;
    void place.mailbox
      .post(async (turn) => {
        hosted.state = definition.newState(room.id);
        await hosted.topic?.open((message) => hosted.relay(message));
        await definition.hooks.onCreate?.(this.#context(hosted, { turn }));
      })
      .catch((error: unknown) => {
        failed(error, `${definition.name}.onCreate`);
        if (this.#places.of(room)) hosted.close();
      });
    return hosted;
  }

  /** Queues a handler for what has happened; what it throws is logged and harms nobody. */
  #tell(
    hosted: HostedRoom,
    hook: MemberHook | RoomHook,
    about: { readonly subject?: Subject; readonly reason?: LeaveReason } = {},
  ): void {
    const { definition, room } = hosted;
    const { hooks } = definition;
    const handler = hooks[hook] as ((ctx: Context, reason?: LeaveReason) => unknown) | undefined;
    if (!handler) return;
    const { subject, reason } = about;
    void this.#place(room.id, definition)
      .mailbox.post(async (turn) => {
        await handler.call(hooks, this.#context(hosted, { turn, subject }), reason);
      })
      .catch((error: unknown) => this.#options.failed(error, `${definition.name}.${hook}`));
  }

  #context(hosted: HostedRoom, options: Omit<HandleOptions, "bans">): Handle {
    return new Handle(hosted, { ...options, bans: this.#options.bans });
  }
}

/** Of whoever is no handler. */
const ENDLESS = new Turn();
