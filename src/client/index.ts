/** parlor/client: rooms, presence, matches and messages that are never lost, in browsers, Node and Bun. */
export {
  defineProtocol,
  type Messages,
  type MessagesOf,
  type OpenMessages,
  type Protocol,
} from "../core/protocol.ts";
export type { CreateOptions } from "../dialects/native/wire.ts";
export { type StandardSchema, unchecked } from "../lib/standard-schema.ts";
export type { AskContext } from "./calls.ts";
export type { Clock } from "./clock.ts";
export type { Encoding } from "./codec.ts";
export {
  Connection,
  connect,
  type JoinOptions,
  type ListedRoom,
  type ListOptions,
  type MatchOptions,
  type RoomMessages,
} from "./connection.ts";
export type { ConnectionEvents } from "./connection-events.ts";
export type { CloseReason, ConnectionState, LossReason } from "./connection-state.ts";
export type { RoomEncryption } from "./encryption/encryption.ts";
export { type AnyErrorCode, type ClientErrorCode, ParlorError } from "./errors.ts";
export type { Match, MatchTerms } from "./matches.ts";
export type { Mesh } from "./mesh/mesh.ts";
export type { MeshEvents, MeshMessage, PeerPath } from "./mesh/mesh-events.ts";
export type { MeshOptions, MeshSendOptions } from "./mesh/mesh-options.ts";
export { openRelay } from "./open-relay.ts";
export type { ConnectOptions } from "./options.ts";
export type { OfflinePolicy } from "./outbox.ts";
export type { Relay, RelayEvents, RelayedMessage, RelayOptions } from "./relay.ts";
export type { RelayCarrier } from "./relay-wire.ts";
export type { CallOptions } from "./requests.ts";
export type { Room } from "./room.ts";
export type { Member, Message, MessageMeta, ResyncReason, Role, RoomEvents } from "./room-events.ts";
export type { RoomChange, SendOptions } from "./room-options.ts";
export type { HistoryPage, MembersPage } from "./room-pages.ts";
export type { RoomRelayOptions } from "./room-relay.ts";
export type { Lobby } from "./room-view.ts";
export type { JoinTarget } from "./rooms.ts";
export type { ServerLimits } from "./session.ts";
export type { SocketClass, SocketLike } from "./socket.ts";
