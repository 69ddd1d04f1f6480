import { Deadlines } from "./deadlines.ts";
import { Refusal } from "./errors.ts";
import type { RoomId, SpaceId } from "./ids.ts";
import type { Peer } from "./peer.ts";
import { type Room, roomView } from "./room.ts";
import { type Entry, wasTold } from "./room-log.ts";
import { type Position, type Resumption, Session, type SessionTerms } from "./session.ts";
import type { RoomRecovery, SessionNews } from "./views.ts";
import type { World } from "./world.ts";

/** After so many messages the client is told at once how far they were carried out. */
const ACK_EVERY = 32;

/** What a room holds that its member has missed; `undefined` when some of it is gone. */
function missed(room: Room, peer: Peer, seen: Position | undefined): readonly Entry[] | undefined {
  const member = room.members.get(peer.id);
  if (!member || seen?.epoch !== room.log.epoch) return undefined;
  // Whatever the client says it has seen, what was said before it came is not its business.
  const entries = room.log.after(Math.max(seen.offset, member.since));
  return entries?.filter((entry) => wasTold(entry, peer.id));
}

/**
 * The sessions of a hub: they go away with their link, come back with another and are told what they missed, or end
 * when nobody came in time. docs/spec/sessions.md, rules SE1 to SE20.
 */
export class Sessions {
  readonly #world: World;
  readonly #byId = new Map<string, Session>();
  readonly #away = new Deadlines<Session>();
  /** The same sessions in the order in which they went. */
  readonly #gone = new Set<Session>();
  /** Sessions that are to be told how far their messages were carried out. */
  readonly #owed = new Set<Session>();

  constructor(world: World) {
    this.#world = world;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Sessions whose link is lost. */
  get away(): number {
    return this.#away.size;
  }

  /** Whether somebody is to be told how far its messages were carried out. */
  get owesNews(): boolean {
    return this.#owed.size > 0;
  }

  /** Gives a newcomer its session. */
  open(peer: Peer, { graceMs }: SessionTerms): Session {
    const { random, limits } = this.#world;
    const session = new Session(peer, { graceMs, inbox: limits.inbox, random });
    peer.session = session;
    this.#byId.set(session.id, session);
    return session;
  }

  /** The session that somebody wants to go on with, if it is that somebody's. */
  find(
    { session: id, token }: Resumption,
    { space, user }: { space: SpaceId; user: string | undefined },
  ): Session | undefined {
    const session = this.#byId.get(id);
    if (!session?.accepts(token)) return undefined;
    const { peer } = session;
    return peer.space.id === space && peer.user === user ? session : undefined;
  }

  /**
   * Goes on with a session on a new link, which wins at once: `seated` is called when the old one is dismissed. The
   * peer is welcomed, then told what it missed: room by room, then what it was told alone. The others hear last that it
   * is back.
   */
  resume(session: Session, { token, lastDirect, rooms }: Resumption, seated: (peer: Peer) => void): Peer {
    const { outbox, random } = this.#world;
    const { peer } = session;
    const wasAway = session.state.is === "away";
    const replays = [...peer.rooms].map((room) => ({
      room,
      entries: missed(room, peer, rooms.get(room.id)),
    }));
    const unseen = session.inbox.after(lastDirect);

    if (!wasAway) outbox.dismiss(peer.id, { reason: "superseded" });
    session.state = { is: "online" };
    this.#away.clear(session);
    this.#gone.delete(session);
    session.rotate(token, random);
    seated(peer);

    const news = this.news(session, {
      resumed: true,
      lostDirect: unseen.lost,
      rooms: this.#recoveries(session, { asked: rooms.keys(), replays }),
    });
    outbox.answer(peer.id, { type: "welcome", peer: peer.id, alias: peer.alias, session: news });
    for (const { entries } of replays) {
      for (const { event } of entries ?? []) outbox.deliver([peer.id], event);
    }
    for (const event of unseen.events) outbox.deliver([peer.id], event);
    this.#world.matchmaker.returned(peer.id, this.#world.now);
    if (wasAway) this.#tellRooms(peer, { type: "member-back", peer: peer.id });
    return peer;
  }

  /** What a peer is told about its session. */
  news(
    session: Session,
    told: Pick<SessionNews, "resumed" | "lostDirect" | "rooms"> = {
      resumed: false,
      lostDirect: 0,
      rooms: [],
    },
  ): SessionNews {
    const { id, token, graceMs, inbox, sequence } = session;
    this.#owed.delete(session);
    return { id, token, graceMs, lastSequence: sequence.tell(), lastDirect: inbox.last, ...told };
  }

  /** The link of a peer is lost: its seats are held, and the others are told. Returns `false` if nothing is held. */
  loseLink(session: Session): boolean {
    if (session.graceMs === 0) return false;
    if (session.state.is === "away") return true;
    const until = this.#world.now + session.graceMs;

    session.state = { is: "away", until };
    this.#away.set(session, until);
    this.#gone.add(session);

    this.#tellRooms(session.peer, { type: "member-away", peer: session.peer.id, until });
    return true;
  }

  /** Forgets the session of a peer that is gone. */
  end(session: Session): void {
    this.#byId.delete(session.id);
    this.#away.clear(session);
    this.#gone.delete(session);
    this.#owed.delete(session);
    this.#world.inboxes.unwatch(session.inbox);
  }

  /** The session that has been away longest. */
  get longestAway(): Session | undefined {
    for (const session of this.#gone) return session;
    return undefined;
  }

  /** The sessions whose time is up; the hub removes their peers. */
  takeOverdue(now: number): Session[] {
    return this.#away.takeDue(now);
  }

  /** A message of that number was heard. @throws {Refusal} `gap` */
  take(session: Session, number: number): "next" | "again" {
    const turn = session.sequence.take(number);
    if (turn === "again" || session.sequence.untold < ACK_EVERY) this.#owed.add(session);
    else this.#tellProcessed(session);
    return turn;
  }

  /** What became of a message that was carried out before. @throws {Refusal} the one that it met then */
  repeat(session: Session, number: number): void {
    const { peer } = session;
    const outcome = session.sequence.outcome(number);
    if (outcome instanceof Refusal) throw outcome;
    const room = outcome === undefined ? undefined : peer.space.rooms.get(outcome);
    const member = room?.members.get(peer.id);
    if (!room || !member) return;
    const view = roomView(room, member, { limit: this.#world.limits.maxViewed });
    this.#world.outbox.answer(peer.id, { type: "room-joined", ...view });
  }

  /** Tells everybody who is waiting for it how far their messages were carried out. */
  acknowledge(): void {
    for (const session of this.#owed) this.#tellProcessed(session);
  }

  #tellProcessed(session: Session): void {
    this.#owed.delete(session);
    this.#world.outbox.deliver([session.peer.id], { type: "processed", sequence: session.sequence.tell() });
  }

  #tellRooms(
    peer: Peer,
    event:
      | { type: "member-back"; peer: Peer["id"] }
      | { type: "member-away"; peer: Peer["id"]; until: number },
  ): void {
    const { watcher } = this.#world;
    for (const room of peer.rooms) {
      this.#world.tell(room, event, peer.id);
      const member = room.members.get(peer.id);
      if (!member) continue;
      if (event.type === "member-away") watcher?.away(room, member);
      else watcher?.back(room, member);
    }
  }

  #recoveries(
    session: Session,
    {
      asked,
      replays,
    }: { asked: Iterable<RoomId>; replays: readonly { room: Room; entries: readonly Entry[] | undefined }[] },
  ): RoomRecovery[] {
    const { peer } = session;
    const recoveries: RoomRecovery[] = [];
    for (const { room, entries } of replays) {
      const { epoch, lastOffset: offset } = room.log;
      const member = room.members.get(peer.id);
      if (entries) recoveries.push({ is: "recovered", room: room.id, epoch, offset });
      else if (member) {
        recoveries.push({
          is: "anew",
          view: roomView(room, member, { limit: this.#world.limits.maxViewed }),
        });
      }
    }
    const seats = new Set(replays.map(({ room }) => room.id));
    for (const room of asked) {
      if (!seats.has(room)) recoveries.push({ is: "lost", room, reason: session.whyLost(room) });
    }
    return recoveries;
  }
}
