import type { Metadata } from "./metadata.ts";

/** What a room is for: a label for listings and metrics, chosen by a dialect or an embedder from a short fixed list. */
export type RoomKind = "namespace" | "room" | "match" | "game" | "session";

/**
 * What a room allows. Namespaces, game rooms, collaboration sessions and match groups are all rooms; only their
 * policies differ.
 */
export interface RoomPolicy {
  readonly kind: RoomKind;
  /** Most seats: members at one time, each user counted once, spectators not counted. */
  readonly capacity: number;
  /** Most spectators at one time; absent: none. */
  readonly spectators?: number;
  /** How long the seat of a user that lost its link is held, in ms; absent: not at all. */
  readonly seatGraceMs?: number;
  /** `open`: outsiders may see who is inside. `hidden`: nobody may ask, members learn it when they join. */
  readonly listing: "open" | "hidden";
  /** Whether the first member becomes the host, who may kick. */
  readonly hosted: boolean;
  /** What happens when the host goes: the longest-standing member takes over, or the room ends. */
  readonly whenHostLeaves: "transfer" | "close";
  /** How long an empty room is kept before it is forgotten, in ms. 0 forgets it with its last member. */
  readonly emptyMs: number;
  /** A room ends this long after it was opened, in ms; `undefined` means never. */
  readonly maxAgeMs?: number;
  /** Whether a peer that was kicked stays out until the room ends. */
  readonly banAfterKick: boolean;
  /** Whether a ban keeps out everybody who comes from the same place. */
  readonly bansPlaces?: boolean;
  /** `silent`: members are not told who comes and goes (match groups). */
  readonly presence: "told" | "silent";
  /** The game that is played here; rooms are counted per game. */
  readonly game?: string;
  /** Whether members get ready and start together: docs/spec/lobby.md. */
  readonly lobby?: boolean;
  /** Whether the first member becomes the authority, whose part can be given up, claimed and handed on. */
  readonly hasAuthority?: boolean;
  /** Whether two members may not have the same name; letters of either case are the same. */
  readonly uniqueNames?: boolean;
  /** An occupied room ends after this long without any event, in ms. */
  readonly inactiveMs?: number;
  /** In the directory of its space, or known only to those who know its name. Default: private. */
  readonly visibility?: "public" | "private";
  /** Whether it gets a code to be told by voice. */
  readonly coded?: boolean;
  /** Whether it takes no members but the first until its host says so. */
  readonly locked?: boolean;
  /** Facts about the room when it is opened. */
  readonly metadata?: Metadata;
  /** Whether only the host may start the game. */
  readonly hostStarts?: boolean;
  /** Most events remembered for members whose seats are kept. */
  readonly missedEvents?: number;
  /** `ticket`: nobody enters by a plain join (collaboration sessions). Absent: anybody may try. */
  readonly entry?: "ticket";
}

/** A place where anybody may meet anybody: opened by the first who joins, forgotten with the last. */
export const NAMESPACE: RoomPolicy = {
  kind: "namespace",
  capacity: Number.POSITIVE_INFINITY,
  listing: "open",
  hosted: false,
  whenHostLeaves: "transfer",
  emptyMs: 0,
  banAfterKick: false,
  presence: "told",
};

/** A room with a host and a capacity, whose members are nobody else's business. */
export const PRIVATE_ROOM: RoomPolicy = {
  kind: "room",
  capacity: 100,
  listing: "hidden",
  hosted: true,
  whenHostLeaves: "transfer",
  emptyMs: 0,
  banAfterKick: true,
  presence: "told",
};

/** The group that a match of peers with sessions made: a room of their own, for as long as one of them stays. */
export const MATCH_ROOM: RoomPolicy = {
  kind: "match",
  capacity: Number.POSITIVE_INFINITY,
  listing: "hidden",
  hosted: true,
  whenHostLeaves: "transfer",
  emptyMs: 0,
  banAfterKick: false,
  presence: "told",
};

/** The group that a match made: it lets its members reach each other, and says nothing by itself. */
export const MATCH_GROUP: RoomPolicy = {
  kind: "match",
  capacity: Number.POSITIVE_INFINITY,
  listing: "hidden",
  hosted: false,
  whenHostLeaves: "transfer",
  emptyMs: 0,
  maxAgeMs: 10 * 60_000,
  banAfterKick: false,
  presence: "silent",
};

/** A session of a collaborative editor: entered by ticket, over when its time is up or nobody comes back. */
export const COLLAB_SESSION: RoomPolicy = {
  kind: "session",
  capacity: 100,
  spectators: 100,
  listing: "hidden",
  hosted: true,
  whenHostLeaves: "transfer",
  emptyMs: 5 * 60_000,
  maxAgeMs: 60 * 60_000,
  banAfterKick: true,
  presence: "told",
  entry: "ticket",
};
