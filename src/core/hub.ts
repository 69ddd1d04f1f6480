import { RateTable } from "../lib/rate-table.ts";
import { type Arrival, Arrivals } from "./arrivals.ts";
import { Asking } from "./asking.ts";
import { browsingHandlers } from "./browsing.ts";
import { collabHandlers } from "./collab-commands.ts";
import { type Caller, Collabs } from "./collabs.ts";
import type { Command } from "./commands.ts";
import { Departures } from "./departures.ts";
import { Refusal } from "./errors.ts";
import type { Goodbye } from "./goodbyes.ts";
import { governingHandlers } from "./governing.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId, RoomId } from "./ids.ts";
import { matchingHandlers, settleMatches } from "./matching.ts";
import { membershipHandlers } from "./membership.ts";
import { messagingHandlers } from "./messaging.ts";
import { moderationHandlers } from "./moderation.ts";
import type { Outbox } from "./outbox.ts";
import { outsideHandlers } from "./outside-commands.ts";
import type { Peer } from "./peer.ts";
import { playingHandlers } from "./playing.ts";
import { type ReclaimOptions, reclaim, rivalOf } from "./reclaiming.ts";
import type { Room } from "./room.ts";
import type { Outcome } from "./sequence.ts";
import type { Session } from "./session.ts";
import { sessionHandlers } from "./session-commands.ts";
import { Sessions } from "./sessions.ts";
import { World, type WorldOptions } from "./world.ts";

/** What is known of a command besides its words. */
export interface Handling {
  /** Number of the message among those of its session. */
  readonly sequence?: number | undefined;
}

/** What a hub holds at the moment. */
export interface HubCounts {
  readonly peers: number;
  readonly rooms: number;
  readonly waiting: number;
}

/** Most places of which it is remembered how often they opened a collaboration session. */
const MAX_PLACES = 10_000;

/** Commands that change nothing: asked again, they are answered anew. */
const QUESTIONS: ReadonlySet<Command["type"]> = new Set([
  "discover",
  "room-info",
  "list-rooms",
  "list-members",
  "history",
  "explain-match",
  "relay-pass",
  "ping",
]);

/**
 * The whole server logic: commands in, effects out. No clock, no timer, no randomness of its own: the same calls with
 * the same times and the same random bytes give the same effects.
 */
export class Hub {
  readonly world: World;
  readonly collabs: Collabs;
  readonly #sessions: Sessions;
  readonly #asking: Asking;
  readonly #departures: Departures;
  readonly #arrivals: Arrivals;
  /** By place: whoever tries many codes would find the rooms of strangers. */
  readonly #codeGuesses: RateTable;
  readonly #handlers: Handlers<Command["type"]>;
  /** The room that the command at hand has led into. */
  #entered: RoomId | undefined;

  constructor(options: WorldOptions) {
    const world = new World({ ...options, outbox: this.#watched(options.outbox) });
    const sessions = new Sessions(world);
    const asking = new Asking(world);
    const collabs = new Collabs(world, { ...options.limits.sessionOpenings, maxKeys: MAX_PLACES });
    const departures = new Departures({ world, sessions, asking });
    this.world = world;
    this.collabs = collabs;
    this.#codeGuesses = new RateTable({ ...options.limits.codeGuesses, maxKeys: MAX_PLACES });
    this.#sessions = sessions;
    this.#asking = asking;
    this.#departures = departures;
    this.#arrivals = new Arrivals({ world, sessions, collabs, departures });
    this.#handlers = {
      ...asking.handlers(),
      ...governingHandlers(world),
      ...browsingHandlers(world),
      ...sessionHandlers((peer) => departures.dismiss(peer, "left", { reason: "bye" })),
      ...membershipHandlers(world),
      ...messagingHandlers(world),
      ...outsideHandlers(world),
      ...matchingHandlers(world),
      ...moderationHandlers(world),
      ...playingHandlers(world),
      ...collabHandlers(world, collabs),
    };
  }

  get counts(): HubCounts {
    return { peers: this.world.peers.size, rooms: this.world.roomCount, waiting: this.world.matchmaker.size };
  }

  /** How many of the peers have lost their link, and are waited for. */
  get away(): number {
    return this.#sessions.away;
  }

  /** Whether `acknowledge` has somebody to tell. */
  get owesNews(): boolean {
    return this.#sessions.owesNews;
  }

  /**
   * Makes the newcomer a peer. A peer of the same id that is here already leaves all its rooms and is dismissed with
   * `superseded`: the new link always wins, and starts with no rooms. `seated` is called when the place is free and
   * before anything is told to the newcomer: from then on the outbox must know how to reach it.
   *
   * Who shows the token of a session that is still known goes on with that session, as the peer that it was.
   *
   * @throws {Refusal} `unauthorized` when the peer of that id has proven its identity and the newcomer has not;
   *   `server_full`, but not when it takes over; `too_large` and `bad_request` for its metadata.
   */
  connect(arrival: Arrival, now: number, seated: (peer: Peer) => void): Peer {
    this.world.now = now;
    return this.#arrivals.admit(arrival, seated);
  }

  /** Takes a peer out of everything at once, and ends its session. Does nothing for a peer that is not here. */
  end(id: PeerId, now: number): void {
    const peer = this.world.peers.get(id);
    this.world.now = now;
    if (peer) this.#departures.remove(peer, "kicked");
  }

  /** The same for the peers of a user whose links are lost. */
  endUser(user: string, now: number): void {
    for (const peer of [...this.world.peers.values()]) {
      if (peer.user === user && peer.session?.state.is === "away") this.end(peer.id, now);
    }
  }

  /**
   * The link of a peer is gone: its session holds its seats for a while; without one it leaves everything it is in.
   * Does nothing for a peer that is not here.
   */
  disconnect(id: PeerId, now: number): void {
    const peer = this.world.peers.get(id);
    if (!peer) return;
    this.world.now = now;
    if (peer.session && this.#sessions.loseLink(peer.session)) return;
    this.#departures.remove(peer, "disconnected");
    this.#departures.expel();
  }

  /**
   * Carries out what a peer asks. A message with a sequence number is carried out once: when it comes again, it is
   * answered as before and nothing else happens. A refusal instead of a command takes its number, and is thrown.
   *
   * @throws {Refusal} with the reason why not; then nothing has changed and nobody was told anything.
   */
  handle(id: PeerId, command: Command | Refusal, now: number, { sequence }: Handling = {}): void {
    const peer = this.world.peers.get(id);
    if (!peer) throw new Refusal("not_registered");
    this.world.now = now;
    const { session } = peer;
    if (sequence === undefined || !session) this.#carryOut(peer, command);
    else if (this.#sessions.take(session, sequence) === "next") this.#carryOutOnce(peer, session, command);
    else if (!(command instanceof Refusal) && QUESTIONS.has(command.type)) this.#carryOut(peer, command);
    else this.#sessions.repeat(session, sequence);
    this.#departures.expel();
  }

  /** Ends a collaboration session on behalf of somebody outside. @throws {Refusal} as `Collabs.close` does. */
  closeSession(caller: Caller, now: number): void {
    this.collabs.close(caller, now);
    this.#departures.expel();
  }

  /** The command with its room's name instead of its code. What it refuses is its answer, to be handled like a command. */
  resolve(id: PeerId, command: Command | Refusal, now: number): Command | Refusal {
    if (command instanceof Refusal || command.type !== "join" || command.code === undefined) return command;
    const peer = this.world.peers.get(id);
    const place = peer?.place ?? id;
    // Right ones, too: or guessing would go on while it is refused.
    const retryAfterMs = this.#codeGuesses.waitMs(place, now);
    if (retryAfterMs > 0) return new Refusal("slow_down", { retryAfterMs });

    const { code, ...rest } = command;
    const room = peer?.space.codes.get(code.trim().toUpperCase());
    if (room) return { ...rest, room: room.id };
    this.#codeGuesses.take(place, now);
    return new Refusal("room_not_found", { code });
  }

  /** Whether a message of that number is the next one of its session; without a session every one is. */
  turnOf(id: PeerId, sequence: number): "next" | "again" | "gap" {
    return this.world.peers.get(id)?.session?.sequence.turnOf(sequence) ?? "next";
  }

  /** Takes a number whose message is carried out elsewhere. @throws {Refusal} `gap` */
  pass(id: PeerId, sequence: number, now: number): void {
    const session = this.world.peers.get(id)?.session;
    this.world.now = now;
    if (session) this.#sessions.take(session, sequence);
  }

  /** How a message went that was carried out elsewhere. */
  remember(id: PeerId, sequence: number, outcome: Outcome): void {
    this.world.peers.get(id)?.session?.sequence.keep(sequence, outcome);
  }

  /** Tells those who wait for it how far their messages were carried out. To be called soon after `owesNews`. */
  acknowledge(): void {
    this.#sessions.acknowledge();
  }

  /**
   * Gives a peer the seat that it lost, and the identity that it had there.
   *
   * @throws {Refusal} then everything is as before.
   */
  reclaim(id: PeerId, options: ReclaimOptions, now: number): void {
    const asker = this.world.peers.get(id);
    if (!asker) throw new Refusal("not_registered");
    this.world.now = now;
    const rival = rivalOf(this.world, asker, options.claim);
    if (rival) {
      this.#departures.remove(rival, "disconnected");
      this.world.outbox.dismiss(rival.id, { reason: "superseded" });
    }
    reclaim(this.world, asker, options);
  }

  /**
   * Takes a peer out of everything as `kicked`, whether its link stands or not, and ends its session and link.
   *
   * @returns `false` when there is no such peer.
   */
  expel(id: PeerId, goodbye: Goodbye, now: number): boolean {
    const peer = this.world.peers.get(id);
    if (!peer) return false;
    this.world.now = now;
    this.#departures.dismiss(peer, "kicked", goodbye);
    return true;
  }

  /** Ends a room as `closed`: its members are told, and are members no more. */
  closeRoom(room: Room, now: number): void {
    this.world.now = now;
    this.world.close(room, "closed");
  }

  /** Does what has become due. To be called about once a second. */
  tick(now: number): void {
    this.world.now = now;
    for (const { peer } of this.#sessions.takeOverdue(now)) this.#departures.remove(peer, "timeout");
    this.#asking.tick(now);
    this.world.tick();
    settleMatches(this.world);
    this.#departures.expel();
  }

  #carryOut(peer: Peer, command: Command | Refusal): void {
    if (command instanceof Refusal) throw command;
    const handler = this.#handlers[command.type] as (peer: Peer, command: Command) => void;
    handler(peer, command);
  }

  #carryOutOnce(peer: Peer, { sequence }: Session, command: Command | Refusal): void {
    this.#entered = undefined;
    try {
      this.#carryOut(peer, command);
    } catch (error) {
      sequence.keep(sequence.last, error instanceof Refusal ? error : new Refusal("internal"));
      throw error;
    }
    if (this.#entered !== undefined) sequence.keep(sequence.last, this.#entered);
  }

  /** The outbox, with an eye on where joins lead to: a repeated one must lead there again. */
  #watched(outbox: Outbox): Outbox {
    return {
      deliver: (to, event, except) => outbox.deliver(to, event, except),
      answer: (to, event) => {
        if (event.type === "room-joined") this.#entered = event.room;
        outbox.answer(to, event);
      },
      dismiss: (peer, goodbye) => outbox.dismiss(peer, goodbye),
      slow: (peer, ms) => outbox.slow?.(peer, ms),
      probe: (peer, withinMs) => outbox.probe?.(peer, withinMs),
      pace: (from, to) => outbox.pace?.(from, to),
    };
  }
}
