import { ByteAccount } from "../lib/byte-account.ts";
import { Asks } from "./asks.ts";
import { type PeerId, peerId, type RoomId } from "./ids.ts";
import type { Payload } from "./payload.ts";
import type { Peer } from "./peer.ts";
import type { Member, Room } from "./room.ts";
import type { LeaveReason, RoomEnd } from "./room-events.ts";
import type { CollabRole, Ticket } from "./ticket.ts";

/** The id of the peer that is called `name` in one session. Two sessions may each have a peer of the same name. */
export function collabPeer(session: RoomId, name: string): PeerId {
  return peerId(`${prefix(session)}${name}`);
}

/** What a member of a session is called in it; peers that speak other languages go by their id. */
export function nameIn(session: RoomId, peer: PeerId): string {
  const own = prefix(session);
  return peer.startsWith(own) ? peer.slice(own.length) : peer;
}

/** Session ids hold no slash, so no two of them share a prefix. */
const prefix = (session: RoomId): string => `collab/${session}/`;

/** Somebody who said that it will come, and has no link yet. */
export interface Announced {
  readonly role: CollabRole;
  readonly place: string;
  /** Ms since the epoch. */
  readonly at: number;
}

/** By what a member came in. */
export interface Admission {
  readonly place: string;
  readonly ticket: Ticket | undefined;
}

export interface CollabOptions {
  /** What the host called itself when it made the session. */
  readonly hostName: string;
  /** JSON. */
  readonly metadata: Payload;
  /** 32 bytes that the members share and outsiders do not know. */
  readonly key: Uint8Array;
  readonly createdAt: number;
  readonly bytesPerSecond: number;
  onOver(reason: RoomEnd): void;
  onLeft?(reason: LeaveReason): void;
}

/** Most names, places and tickets that one session remembers; the oldest is forgotten first. */
const MAX_REMEMBERED = 10_000;

/** What members may say at once after a pause is a quarter of a second's worth, and at least this. */
const MIN_BURST_BYTES = 64 * 1024;

/** What a room knows when it is a collaboration session. */
export class Collab {
  readonly hostName: string;
  readonly metadata: Payload;
  readonly key: Uint8Array;
  readonly createdAt: number;
  /** By the name they will have. */
  readonly announced = new Map<string, Announced>();
  readonly admissions = new WeakMap<Member, Admission>();
  readonly asks = new Asks();
  /** What each peer is about to send bytes for. */
  readonly proxied = new WeakMap<Peer, { readonly data: Payload; readonly to: PeerId | undefined }>();
  /** Whose proxy data was told last: bytes belong to what was told just before them. */
  lastProxied: PeerId | undefined;
  /** Who is the host because it showed a host's ticket, and not only because it came first. */
  hostByTicket: PeerId | undefined;
  /** What all members together may say. */
  readonly account: ByteAccount;
  readonly #barredNames = new Set<string>();
  readonly #barredPlaces = new Set<string>();
  /** Tickets that are good once, and the name that used them. */
  readonly #spent = new Map<string, string>();
  readonly #onOver: (reason: RoomEnd) => void;
  readonly #onLeft: ((reason: LeaveReason) => void) | undefined;

  constructor({ hostName, metadata, key, createdAt, bytesPerSecond, onOver, onLeft }: CollabOptions) {
    this.hostName = hostName;
    this.metadata = metadata;
    this.key = key;
    this.createdAt = createdAt;
    const burstBytes = Math.max(MIN_BURST_BYTES, bytesPerSecond / 4);
    this.account = new ByteAccount({ bytesPerSecond, burstBytes }, createdAt);
    this.#onOver = onOver;
    this.#onLeft = onLeft;
  }

  /** Whether that ticket is used up for everybody but `name`. */
  isSpent({ id, once }: Ticket, name: string): boolean {
    const by = once && id !== undefined ? this.#spent.get(id) : undefined;
    return by !== undefined && by !== name;
  }

  spend({ id, once }: Ticket, name: string): void {
    if (!once || id === undefined) return;
    this.#spent.set(id, name);
    bound(this.#spent);
  }

  isBarred(name: string, place: string): boolean {
    return this.#barredNames.has(name) || this.#barredPlaces.has(place);
  }

  /**
   * Keeps a member from coming back: by its name, and by its place unless one who stays shares that. Names are chosen
   * by who bears them, so without the place being kicked would mean little.
   */
  bar(room: Room, member: Member): void {
    this.#barredNames.add(nameIn(room.id, member.peer.id));
    bound(this.#barredNames);
    const place = this.admissions.get(member)?.place;
    if (place === undefined) return;
    for (const other of room.members.values()) {
      if (other !== member && this.admissions.get(other)?.place === place) return;
    }
    this.#barredPlaces.add(place);
    bound(this.#barredPlaces);
  }

  over(reason: RoomEnd): void {
    this.#onOver(reason);
  }

  /** A member has left, and the others stay. */
  left(reason: LeaveReason): void {
    this.#onLeft?.(reason);
  }
}

function bound(remembered: Map<string, string> | Set<string>): void {
  const [oldest] = remembered.keys();
  if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
}
