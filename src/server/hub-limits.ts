import type { Config } from "../config/index.ts";
import { DEFAULT_LIMITS, type HubLimits } from "../core/limits.ts";

/** The bounds of the hub, as configured. */
export function hubLimits({ maxPeers, rooms, matchmaking }: Config): HubLimits {
  return {
    ...DEFAULT_LIMITS,
    maxPeers,
    maxRooms: rooms.maxRooms,
    maxRoomsPerPeer: rooms.maxRoomsPerPeer,
    matchWaitMs: matchmaking.maxWaitMs,
    log: { maxBytes: rooms.logMaxBytes, maxAgeMs: rooms.logMaxAgeMs },
  };
}
