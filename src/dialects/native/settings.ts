import type { EventOf } from "../../core/events.ts";
import { type SpaceId, spaceId } from "../../core/ids.ts";

/** Servers as RTCPeerConnection takes them. */
export interface IceAnswer {
  readonly servers: readonly {
    readonly urls: readonly string[];
    readonly username?: string;
    readonly credential?: string;
  }[];
  /** How long the credentials are good. */
  readonly ttlMs?: number;
}

/** Where the relay is, and what lets a member in. */
export interface RelayAnswer {
  readonly token: string;
  /** How long the token is good. */
  readonly ttlMs: number;
  /** Over WebSocket: a reference, to be resolved against the address of the link. */
  readonly ws: string;
  /** Over QUIC and WebTransport. */
  readonly url: string | undefined;
  /** SHA-256 of the certificate there, base64, when nobody vouches for it. */
  readonly hash: string | undefined;
}

/** How the native dialect behaves. */
export interface NativeSettings {
  /** Where peers meet that name no space. */
  readonly space: SpaceId;
  /** Largest message; up to four times as much is refused, more ends the link. */
  readonly maxMessageBytes: number;
  readonly registrationMs: number;
  readonly messagesPerSecond: number;
  readonly burst: number;
  readonly queueBytes: number;
  readonly heartbeatMs: number;
  /** How long a session outlives its link. */
  readonly graceMs: number;
  /** Most members of a room whose creator did not say. */
  readonly roomCapacity: number;
  /** Most members, and most spectators, that a creator may ask for. */
  readonly maxRoomCapacity: number;
  /** How long a room outlives its last member. */
  readonly emptyRoomMs: number;
  /** Longest name of a room, in characters. */
  readonly maxNameLength: number;
  readonly maxGroupSize: number;
  /** Bound on the JSON text of what a peer or a room tells about itself. */
  readonly maxMetaBytes: number;
  /** The servers by which a browser finds its way; `now` in ms since the epoch. */
  ice(user: string, now: number): IceAnswer;
  /** Where the relay is, for one member; `host` is what the link was opened to. */
  relay(pass: EventOf<"relay-pass">, host: string | undefined): RelayAnswer;
  /** Name and version that clients are told. */
  readonly server: string;
}

export const NATIVE_DEFAULTS: NativeSettings = {
  space: spaceId("default"),
  maxMessageBytes: 65_536,
  registrationMs: 35_000,
  messagesPerSecond: 100,
  burst: 200,
  queueBytes: 1_048_576,
  heartbeatMs: 25_000,
  graceMs: 30_000,
  roomCapacity: 100,
  maxRoomCapacity: 1_000,
  emptyRoomMs: 0,
  maxNameLength: 128,
  maxGroupSize: 100,
  maxMetaBytes: 4_096,
  ice: () => ({ servers: [] }),
  relay: () => ({ token: "", ttlMs: 0, ws: "/v1/relay", url: undefined, hash: undefined }),
  server: "parlor",
};
