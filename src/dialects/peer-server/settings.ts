import { type SpaceId, spaceId } from "../../core/ids.ts";

export interface PeerServerSettings {
  readonly space: SpaceId;
  readonly maxMessageBytes: number;
  readonly registrationMs: number;
  /** Longest namespace, room id and alias, in characters. */
  readonly maxNameLength: number;
  readonly namespaceCapacity: number;
  readonly roomDefaultSize: number;
  readonly roomMaxSize: number;
  readonly discoverMaxLimit: number;
  readonly maxGroupSize: number;
  /** Whether a signal or relay to nobody is answered with 404, or passed over as the original does. */
  readonly unknownTarget: "error" | "silent";
  readonly banAfterKick: boolean;
  /** Whether members are told of changed metadata, by a message of type `metadata`. */
  readonly announceMetadata: boolean;
  /**
   * Proof that the peer holds the private key of its `public_key`. `optional`: a peer that offers it is challenged, and
   * then nobody takes its place without proof. `required`: everybody is challenged.
   */
  readonly keyProof: "off" | "optional" | "required";
}

export const PEER_SERVER_DEFAULTS: PeerServerSettings = {
  space: spaceId("default"),
  maxMessageBytes: 65_536,
  registrationMs: 35_000,
  maxNameLength: 128,
  namespaceCapacity: 100_000,
  roomDefaultSize: 20,
  roomMaxSize: 30,
  discoverMaxLimit: 500,
  maxGroupSize: 100,
  unknownTarget: "error",
  banAfterKick: true,
  announceMetadata: false,
  keyProof: "off",
};
