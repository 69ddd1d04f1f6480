import type { Config } from "../config/index.ts";
import { spaceId } from "../core/ids.ts";
import type { Served } from "../dialects/choose.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { native } from "../dialects/native/index.ts";
import { peerServer } from "../dialects/peer-server/index.ts";
import { TAPACULO_DEFAULTS, tapaculo } from "../dialects/tapaculo/index.ts";
import { iceServers } from "./ice.ts";
import { pulsarDialect } from "./pulsar.ts";
import type { QuicPlace } from "./quic-front.ts";
import { relayAnswers } from "./relay-passes.ts";
import { signalFishDialect } from "./signal-fish.ts";

export interface ServedOptions {
  readonly version: string;
  /** Dialects besides; one of the same name takes its place. */
  readonly more: readonly Dialect[];
  /** Where QUIC is, once it is. */
  quic(): QuicPlace | undefined;
}

/** The dialects that are switched on, and `more`, by name. */
export function servedDialects(config: Config, { version, more, quic }: ServedOptions): Served {
  const dialects: Dialect[] = [];
  if (config.native.enabled) dialects.push(nativeDialect(config, { version, quic }));
  if (config.peerServer.enabled) {
    const { enabled: _, space, ...settings } = config.peerServer;
    dialects.push(
      peerServer({
        ...settings,
        space: spaceId(space),
        maxMessageBytes: config.websocket.maxMessageBytes,
        registrationMs: config.registrationTimeoutMs,
        maxNameLength: config.rooms.maxNameLength,
        namespaceCapacity: config.maxPeers,
        maxGroupSize: config.matchmaking.maxGroupSize,
      }),
    );
  }
  if (config.tapaculo.enabled) {
    const { space, capacity } = config.tapaculo;
    dialects.push(
      tapaculo({
        space: spaceId(space),
        maxMessageBytes: Math.min(config.websocket.maxMessageBytes, TAPACULO_DEFAULTS.maxMessageBytes),
        maxNameLength: config.rooms.maxNameLength,
        policy: {
          ...TAPACULO_DEFAULTS.policy,
          capacity,
          spectators: capacity,
          emptyMs: config.rooms.emptyRoomMs,
        },
      }),
    );
  }
  if (config.pulsar.enabled) dialects.push(pulsarDialect(config));
  if (config.signalFish.enabled) dialects.push(signalFishDialect(config));
  return new Map([...dialects, ...more].map((dialect) => [dialect.name, dialect]));
}

function nativeDialect(
  whole: Config,
  { version, quic }: { readonly version: string; quic(): QuicPlace | undefined },
): Dialect {
  const { native: settings, ...config } = whole;
  const { rooms, limits, websocket } = config;
  return native({
    space: spaceId(settings.space),
    maxMessageBytes: settings.maxMessageBytes,
    maxMetaBytes: settings.maxMetaBytes,
    maxRoomCapacity: settings.maxRoomCapacity,
    roomCapacity: Math.min(rooms.capacity, settings.maxRoomCapacity),
    emptyRoomMs: rooms.emptyRoomMs,
    maxNameLength: rooms.maxNameLength,
    graceMs: rooms.seatGraceMs,
    registrationMs: config.registrationTimeoutMs,
    messagesPerSecond: limits.messagesPerSecond,
    burst: limits.messagesBurst,
    queueBytes: websocket.queueBytes,
    heartbeatMs: websocket.pingIntervalMs,
    maxGroupSize: config.matchmaking.maxGroupSize,
    ice: (user, now) => iceServers(config.ice, { user, now }),
    relay: relayAnswers(whole, quic),
    server: `parlor/${version}`,
  });
}
