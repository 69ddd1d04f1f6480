import type { RelayCarrier } from "../relay-wire.ts";
import type { Via } from "./packets.ts";

/** How messages to a peer travel at present. */
export interface PeerPath {
  readonly via: Via;
  /** What carries the relay, when that is the way. */
  readonly carrier: RelayCarrier | undefined;
  /** There and back, in ms; `undefined` until it was measured. */
  readonly rttMs: number | undefined;
}

export interface MeshMessage {
  readonly from: string;
  readonly type: string;
  readonly data: unknown;
  /** The way it came by. */
  readonly via: Via;
}

export interface MeshEvents {
  message: MeshMessage;
  /** Messages to a peer take another way now. */
  path: { readonly peer: string } & Pick<PeerPath, "via" | "carrier">;
  /** A peer began anew or left; so many messages to it are not known to have arrived. */
  lost: { readonly peer: string; readonly count: number };
}
