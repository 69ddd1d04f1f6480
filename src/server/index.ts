export { anonymousAuth, orAnonymous } from "../auth/anonymous.ts";
export type { AuthContext, AuthProvider } from "../auth/auth.ts";
export { type AccessGrant, type JwtAuth, type JwtOptions, jwtAuth, type RefreshGrant } from "../auth/jwt.ts";
export type { PubSub, PubSubMessage, PubSubStatus, Subscription } from "../brokers/broker.ts";
export { MemoryBus, memoryPubSub } from "../brokers/memory.ts";
export { type Config, ConfigError, type ConfigInput, configOf, type Problem } from "../config/index.ts";
export type { Command } from "../core/commands.ts";
export { ERRORS, type ErrorCode, Refusal } from "../core/errors.ts";
export type { Event } from "../core/events.ts";
export type { Goodbye } from "../core/goodbyes.ts";
export type { Credentials, Identity } from "../core/identity.ts";
export { type PeerId, peerId, type RoomId, roomId, type SpaceId, spaceId } from "../core/ids.ts";
export { jsonPayload, type Payload } from "../core/payload.ts";
export { NAMESPACE, PRIVATE_ROOM, type RoomPolicy } from "../core/policy.ts";
export { defineProtocol, type Protocol } from "../core/protocol.ts";
export type {
  Conversation,
  Dialect,
  Farewell,
  Heard,
  Opening,
  RefusalReply,
  Refused,
  Surroundings,
  Wire,
} from "../dialects/dialect.ts";
export type { Frame, Incoming } from "../lib/frame.ts";
export type { Lane } from "../lib/lane.ts";
export { type StandardSchema, unchecked } from "../lib/standard-schema.ts";
export { createLog, type Log } from "../observe/log.ts";
export type { Link, LinkEnd, LinkFault, LinkListener } from "../transports/link.ts";
export type { TokenEndpointOptions, TokenGrant } from "./embedder-routes.ts";
export { createServer, type ParlorServer } from "./embedding.ts";
export type { Invite, InviteOptions } from "./invites.ts";
export type { Listening } from "./listeners.ts";
export type { Revocation } from "./revocations.ts";
export type { Ban, BanOptions } from "./rooms/bans.ts";
export type {
  BroadcastOptions,
  Context,
  Delivery,
  MemberMetadata,
  MessageContext,
  MessageEnvelope,
  RequestInfo,
  RoomContext,
  RoomInfo,
  RoomMember,
} from "./rooms/context.ts";
export {
  type Applicant,
  defineRoom,
  type LeaveReason,
  type MessageHandler,
  message,
  type RoomDefinition,
  type RoomOptions,
  reject,
} from "./rooms/definition.ts";
export type { RoomEventHandler } from "./rooms/event-handler.ts";
export type { HistoryEntry, HistoryQuery } from "./rooms/history.ts";
export type { MessageLimits } from "./rooms/message-limits.ts";
export type { MessageSchema } from "./rooms/message-schema.ts";
export type { Middleware } from "./rooms/middleware.ts";
export type { RoomClock } from "./rooms/room-clock.ts";
export type { RoomSettings } from "./rooms/settings.ts";
export { Server } from "./server.ts";
export type { ServerSettings } from "./server-settings.ts";
