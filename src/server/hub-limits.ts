import type { Config } from "../config/index.ts";
import { DEFAULT_LIMITS, type HubLimits } from "../core/limits.ts";

/** The bounds of the hub, as configured. */
export function hubLimits({ maxPeers, native, pulsar, signalFish, rooms, matchmaking }: Config): HubLimits {
  return {
    ...DEFAULT_LIMITS,
    maxPeers,
    maxRooms: rooms.maxRooms,
    maxSessions: pulsar.maxSessions,
    sessionOpenings: { perSecond: pulsar.createPerMinute / 60, burst: pulsar.createPerMinute },
    maxRoomsPerGame: signalFish.maxRoomsPerGame,
    maxMetadataBytes: rooms.maxMetadataBytes,
    maxRoomsPerPeer: rooms.maxRoomsPerPeer,
    askWaitMs: native.askWaitMs,
    matchWaitMs: matchmaking.maxWaitMs,
    log: { maxBytes: rooms.logMaxBytes, maxAgeMs: rooms.logMaxAgeMs },
    logTotalBytes: rooms.logTotalBytes,
  };
}
