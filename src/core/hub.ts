import type { Command } from "./commands.ts";
import { Refusal } from "./errors.ts";
import type { LeaveReason } from "./events.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId, SpaceId } from "./ids.ts";
import { matchingHandlers } from "./matching.ts";
import { membershipHandlers } from "./membership.ts";
import { messagingHandlers } from "./messaging.ts";
import type { Metadata } from "./metadata.ts";
import { moderationHandlers } from "./moderation.ts";
import type { Peer } from "./peer.ts";
import { World, type WorldOptions } from "./world.ts";

/** Somebody who wants to be a peer. The dialect has made sure that it may be called by this id. */
export interface Arrival {
  readonly peer: PeerId;
  readonly space: SpaceId;
  readonly alias: string;
  /** The user it was shown to be. */
  readonly user?: string | undefined;
  readonly metadata: Metadata;
  /** Whether it has proven that the id is its own. A verified peer is only replaced by a verified one. */
  readonly verified?: boolean;
}

/** What a hub holds at the moment. */
export interface HubCounts {
  readonly peers: number;
  readonly rooms: number;
  readonly waiting: number;
}

/**
 * The whole server logic: commands in, effects out. No clock, no timer, no randomness of its own: the same calls with
 * the same times and the same random bytes give the same effects.
 */
export class Hub {
  readonly world: World;
  readonly #handlers: Handlers<Command["type"]>;

  constructor(options: WorldOptions) {
    this.world = new World(options);
    this.#handlers = {
      ...membershipHandlers(this.world),
      ...messagingHandlers(this.world),
      ...matchingHandlers(this.world),
      ...moderationHandlers(this.world),
    };
  }

  get counts(): HubCounts {
    return { peers: this.world.peers.size, rooms: this.world.roomCount, waiting: this.world.matchmaker.size };
  }

  /**
   * Makes the newcomer a peer. A peer of the same id that is here already leaves all its rooms and is dismissed with
   * `superseded`: the new link always wins, and starts with no rooms. `seated` is called when the place is free and
   * before anything is told to the newcomer: from then on the outbox must know how to reach it.
   *
   * @throws {Refusal} `unauthorized` when the peer of that id has proven its identity and the newcomer has not;
   *   `server_full`, but not when it takes over.
   */
  connect(arrival: Arrival, now: number, seated: () => void): Peer {
    const { world } = this;
    world.now = now;
    const before = world.peers.get(arrival.peer);
    if (!before && world.peers.size >= world.limits.maxPeers) throw new Refusal("server_full");

    if (before?.verified && !arrival.verified) throw new Refusal("unauthorized");

    if (before) {
      this.#remove(before, "superseded");
      world.outbox.dismiss(before.id, { reason: "superseded" });
    }
    const space = world.space(arrival.space);
    const peer: Peer = {
      id: arrival.peer,
      space,
      alias: arrival.alias,
      user: arrival.user,
      verified: arrival.verified ?? false,
      metadata: arrival.metadata,
      rooms: new Set(),
    };
    world.peers.set(peer.id, peer);
    space.admit(peer);
    seated();

    world.outbox.answer(peer.id, { type: "welcome", peer: peer.id, alias: peer.alias });
    return peer;
  }

  /** Takes the peer out of everything it is in. Does nothing for a peer that is not here. */
  disconnect(id: PeerId, now: number): void {
    const peer = this.world.peers.get(id);
    if (!peer) return;
    this.world.now = now;
    this.#remove(peer, "disconnected");
  }

  /**
   * Carries out what a peer asks.
   *
   * @throws {Refusal} with the reason why not; then nothing has changed and nobody was told anything.
   */
  handle(id: PeerId, command: Command, now: number): void {
    const peer = this.world.peers.get(id);
    if (!peer) throw new Refusal("not_registered");
    this.world.now = now;
    const handler = this.#handlers[command.type] as (peer: Peer, command: Command) => void;
    handler(peer, command);
  }

  /** Does what has become due. To be called about once a second. */
  tick(now: number): void {
    this.world.now = now;
    this.world.tick();
  }

  #remove(peer: Peer, reason: LeaveReason): void {
    const { world } = this;
    world.matchmaker.cancel(peer.id);
    for (const room of [...peer.rooms]) world.unseat(room, peer, reason);
    world.peers.delete(peer.id);
    peer.space.dismiss(peer);
    world.dropIfUnused(peer.space);
  }
}
