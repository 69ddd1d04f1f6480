/**
 * The protocol `parlor.v1` as it stands on the wire: docs/spec/native.md. The shapes are JSON Schema (they check what
 * arrives and become the AsyncAPI document); their static types are what clients build on.
 */
export {
  type ClientFrame,
  type ClientFrames,
  type ClientFrameType,
  type CreateOptions,
  clientFrames,
  type Hello,
} from "./wire-client.ts";
export type { MemberFrame, RecoveryFrame } from "./wire-rooms.ts";
export {
  type ServerFrame,
  type ServerFrames,
  type ServerFrameType,
  type SnapshotFrame,
  serverFrames,
} from "./wire-server.ts";

/** The subprotocol to ask for when the link is opened. */
export const SUBPROTOCOL = "parlor.v1";

/** Version of the protocol, in `hello` and `welcome`. */
export const PROTOCOL_VERSION = 1;
