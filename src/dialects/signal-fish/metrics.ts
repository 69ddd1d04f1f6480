import { type GamesNow, percentiles, type Statistics } from "./statistics.ts";

export interface Reading {
  readonly statistics: Statistics;
  readonly games: GamesNow;
  /** Ms since the epoch. */
  readonly now: number;
}

/** The names that say something true here, each with its kind and its value. */
function series({
  statistics: seen,
  games,
}: Reading): [name: string, kind: "counter" | "gauge", value: number][] {
  return [
    ["connections_total", "counter", seen.connections],
    ["connections_active", "gauge", seen.connections - seen.disconnections],
    ["connections_disconnections_total", "counter", seen.disconnections],
    ["rooms_active", "gauge", games.rooms],
    ["rooms_created_total", "counter", seen.roomsCreated],
    ["rooms_joined_total", "counter", seen.roomsJoined],
    ["rate_limit_rejections_total", "counter", seen.rateLimited],
    ["errors_total", "counter", seen.internalErrors + seen.invalidMessages],
    ["errors_internal_total", "counter", seen.internalErrors],
    ["errors_validation_total", "counter", seen.invalidMessages],
    ["players_active", "gauge", games.players],
    ["players_joined_total", "counter", seen.roomsJoined],
    ["game_data_messages_total", "counter", seen.gameData],
    ["reconnection_tokens_issued_total", "counter", seen.tokensIssued],
    ["reconnection_sessions_active", "gauge", games.keptSeats],
    ["reconnection_validation_failures_total", "counter", seen.reconnectionFailures],
    ["reconnection_completions_total", "counter", seen.reconnections],
  ];
}

/** The Prometheus text of everything that is counted. */
export function metricsText(reading: Reading): string {
  return series(reading)
    .map(([name, kind, value]) => `# TYPE signal_fish_${name} ${kind}\nsignal_fish_${name} ${value}\n`)
    .join("");
}

/** The same in the shape of the original; what is not counted here is 0 or empty. */
export function metricsJson(
  reading: Reading,
  { timeRange, withSnapshot }: { readonly timeRange: string; readonly withSnapshot: boolean },
): object {
  const { statistics: seen, games } = reading;
  const at = new Date(reading.now).toISOString();
  const now = {
    activeRooms: games.rooms,
    roomsByGame: games.roomsByGame,
    playerPercentiles: percentiles([...games.playersByGame.values()].flat()),
    gamePercentiles: Object.fromEntries(
      [...games.playersByGame].map(([game, counts]) => [game, percentiles(counts)]),
    ),
  };
  const none = { limit: 0, used: 0, checks: 0, rejections: 0 };
  return {
    timeRange,
    timestamp: at,
    ...now,
    dashboardCache: {
      fetchedAt: at,
      ageSeconds: 0,
      stale: false,
      lastError: null,
      refreshIntervalSeconds: 5,
      history: [{ fetchedAt: at, ...now }],
    },
    serverMetrics: {
      connections: {
        total: seen.connections,
        active: seen.connections - seen.disconnections,
        disconnections: seen.disconnections,
      },
      rooms: {
        created: seen.roomsCreated,
        joined: seen.roomsJoined,
        deleted: Math.max(0, seen.roomsCreated - games.rooms),
      },
      performance: { queries: 0, room_creation_latency: {}, room_join_latency: {}, query_latency: {} },
      errors: {
        internal: seen.internalErrors,
        websocket: 0,
        total: seen.internalErrors + seen.invalidMessages,
      },
      rateLimiting: {
        minute: { ...none, rejections: seen.rateLimited },
        hour: none,
        day: none,
        total_rejections: seen.rateLimited,
        resets: 0,
      },
    },
    ...(withSnapshot && {
      metricsSnapshot: {
        timestamp: at,
        ...Object.fromEntries(series(reading).map(([name, , value]) => [name, value])),
      },
    }),
  };
}
