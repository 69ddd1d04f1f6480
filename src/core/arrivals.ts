import type { Collabs } from "./collabs.ts";
import type { CommandOf } from "./commands.ts";
import type { Departures } from "./departures.ts";
import { Refusal } from "./errors.ts";
import type { PeerId, RoomId, SpaceId } from "./ids.ts";
import { checkedMetadata, type Metadata } from "./metadata.ts";
import type { Peer } from "./peer.ts";
import type { SessionTerms } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { World } from "./world.ts";

/** Somebody who wants to be a peer. The dialect has made sure that it may be called by this id. */
export interface Arrival {
  readonly peer: PeerId;
  readonly space: SpaceId;
  readonly alias: string;
  /** `false`: the alias is shown and finds nobody, because it could be taken for the id of somebody else. */
  readonly aliasFinds?: boolean;
  /** The user it was shown to be. */
  readonly user?: string | undefined;
  /** Where its link comes from: what counts as one place when something is counted. */
  readonly place?: string | undefined;
  /** The one room that its credentials are good for; absent: any. */
  readonly onlyRoom?: RoomId | undefined;
  readonly metadata: Metadata;
  /**
   * What its link proves besides what it says, such as the client certificate: a seat that it loses is given back only to
   * a link that proves the same.
   */
  readonly bond?: string | undefined;
  /** Whether it has proven that the id is its own. A verified peer is only replaced by a verified one. */
  readonly verified?: boolean;
  /** With it the peer outlives its link; without, it is gone when the link is. */
  readonly session?: SessionTerms;
  /** The collaboration session that it enters at once; where it is refused entry, it does not become a peer. */
  readonly enters?: CommandOf<"enter-session">;
}

/** What somebody may arrive at, and who makes way. */
export interface ArrivalsOptions {
  readonly world: World;
  readonly sessions: Sessions;
  readonly collabs: Collabs;
  readonly departures: Departures;
}

/** How somebody with a link becomes a peer: as a new one, in the place of one, or as the one it was. */
export class Arrivals {
  readonly #world: World;
  readonly #sessions: Sessions;
  readonly #collabs: Collabs;
  readonly #departures: Departures;

  constructor({ world, sessions, collabs, departures }: ArrivalsOptions) {
    this.#world = world;
    this.#sessions = sessions;
    this.#collabs = collabs;
    this.#departures = departures;
  }

  /** As `Hub.connect`. */
  admit(arrival: Arrival, seated: (peer: Peer) => void): Peer {
    const world = this.#world;
    const resumption = arrival.session?.resume;
    const known = resumption && this.#sessions.find(resumption, { space: arrival.space, user: arrival.user });
    if (known) {
      known.peer.place = arrival.place;
      return this.#sessions.resume(known, resumption, seated);
    }

    const { enters } = arrival;
    if (enters) this.#collabs.refuseEntry(arrival.space, enters);
    const before = world.peers.get(arrival.peer);
    const isFull = !before && world.peers.size >= world.limits.maxPeers;
    const absent = isFull ? this.#sessions.longestAway : undefined;
    if (isFull && !absent) throw new Refusal("server_full");
    if (before?.verified && !arrival.verified) throw new Refusal("unauthorized");
    const metadata = checkedMetadata(arrival.metadata, world.limits.maxMetadataBytes);

    if (before && enters && before.space.id === arrival.space) {
      before.place = arrival.place;
      return this.#goOn(before, enters, seated);
    }
    if (absent) this.#departures.remove(absent.peer, "timeout");
    if (before) this.#departures.dismiss(before, "superseded", { reason: "superseded" });
    const peer = this.#settle(arrival, metadata);
    const session = arrival.session && this.#sessions.open(peer, arrival.session);
    seated(peer);

    world.outbox.answer(peer.id, {
      type: "welcome",
      peer: peer.id,
      alias: peer.alias,
      ...(session && { session: this.#sessions.news(session) }),
    });
    if (enters) this.#collabs.enter(peer, enters);
    return peer;
  }

  /** Makes a newcomer known. */
  #settle(arrival: Arrival, metadata: Metadata): Peer {
    const space = this.#world.space(arrival.space);
    const peer: Peer = {
      id: arrival.peer,
      space,
      alias: arrival.alias,
      user: arrival.user,
      onlyRoom: arrival.onlyRoom,
      bond: arrival.bond,
      place: arrival.place,
      verified: arrival.verified ?? false,
      metadata,
      rooms: new Set(),
    };
    this.#world.peers.set(peer.id, peer);
    space.admit(peer, { aliasFinds: arrival.aliasFinds ?? true });
    return peer;
  }

  /** A member of a collaboration session goes on by another link; the other members notice nothing. */
  #goOn(peer: Peer, enters: CommandOf<"enter-session">, seated: (peer: Peer) => void): Peer {
    this.#world.outbox.dismiss(peer.id, { reason: "superseded" });
    seated(peer);
    this.#collabs.enter(peer, enters);
    return peer;
  }
}
