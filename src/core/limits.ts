import type { TokenBucketOptions } from "../lib/token-bucket.ts";
import type { Retention } from "./room-log.ts";

/** What bounds the memory of a hub. */
export interface HubLimits {
  /** Most peers at one time. */
  readonly maxPeers: number;
  readonly maxRooms: number;
  /** Most rooms of one game in one space. */
  readonly maxRoomsPerGame: number;
  /** Most seats kept for members whose links were lost. */
  readonly maxKeptSeats: number;
  /** Most collaboration sessions at one time. */
  readonly maxSessions: number;
  /** How often one place may open a session. */
  readonly sessionOpenings: TokenBucketOptions;
  /** Wrong passwords that one place may try at one room. */
  readonly passwordGuesses: TokenBucketOptions;
  /** Codes of no room that one place may try. */
  readonly codeGuesses: TokenBucketOptions;
  /** Most rooms that one peer is in at one time. */
  readonly maxRoomsPerPeer: number;
  /** Bound on the JSON text of a peer's metadata. */
  readonly maxMetadataBytes: number;
  /** Most members told in the answer to a join; `total` says how many there are. */
  readonly maxListed: number;
  /** The same for peers that keep the list of members up to date by themselves. */
  readonly maxViewed: number;
  /** What a session keeps of what it was told alone. */
  readonly inbox: Retention;
  /** Most pools that one peer waits in at one time. */
  readonly maxTicketsPerPeer: number;
  /** Bound on the text of what a match asks for: pool, size and criteria. */
  readonly maxTicketBytes: number;
  /** How long a peer waits for a match before it is told that none was found, in ms. */
  readonly matchWaitMs: number;
  readonly log: Retention;
  /** What the logs of all rooms together may take, in bytes. */
  readonly logTotalBytes: number;
  /** Longest that a peer waits for the answer to a question, in ms. */
  readonly askWaitMs: number;
}

export const DEFAULT_LIMITS: HubLimits = {
  maxPeers: 100_000,
  maxRooms: 100_000,
  maxRoomsPerGame: 1_000,
  maxKeptSeats: 100_000,
  maxSessions: 10_000,
  sessionOpenings: { perSecond: 2, burst: 120 },
  passwordGuesses: { perSecond: 0.5, burst: 20 },
  codeGuesses: { perSecond: 1, burst: 30 },
  maxRoomsPerPeer: 100,
  maxMetadataBytes: 65_536,
  maxListed: 50,
  maxViewed: 256,
  inbox: { maxBytes: 262_144, maxAgeMs: 120_000 },
  maxTicketsPerPeer: 16,
  maxTicketBytes: 4_096,
  matchWaitMs: 5 * 60_000,
  askWaitMs: 30_000,
  log: { maxBytes: 1_048_576, maxAgeMs: 120_000 },
  logTotalBytes: 268_435_456,
};
