import type { Refusal } from "../../core/errors.ts";
import type { Event } from "../../core/events.ts";
import type { Hub } from "../../core/hub.ts";
import type { Room } from "../../core/room.ts";
import type { Asked } from "./refuse.ts";

/** What the links of one dialect did since the start: plain numbers, read when somebody asks. */
export class Statistics {
  connections = 0;
  disconnections = 0;
  roomsCreated = 0;
  roomsJoined = 0;
  gameData = 0;
  rateLimited = 0;
  reconnections = 0;
  reconnectionFailures = 0;
  tokensIssued = 0;
  invalidMessages = 0;
  internalErrors = 0;

  /** Counts what a request brought. */
  answered(event: Event): void {
    if (event.type === "room-joined" && event.role !== "spectator") {
      this.roomsJoined++;
      if (event.facts?.lobby === "waiting") this.roomsCreated++;
      if (event.token !== undefined) this.tokensIssued++;
    } else if (event.type === "reclaimed") {
      this.reconnections++;
      this.tokensIssued++;
    }
  }

  /** Counts a request that failed. */
  refused(refusal: Refusal, asked: Asked): void {
    if (refusal.code === "slow_down") this.rateLimited++;
    else if (refusal.code === "internal") this.internalErrors++;
    else if (refusal.code === "bad_message") this.invalidMessages++;
    if (asked.type === "Reconnect") this.reconnectionFailures++;
  }
}

/** The games of a hub at one moment. */
export interface GamesNow {
  readonly rooms: number;
  readonly roomsByGame: Readonly<Record<string, number>>;
  /** Players of each room, by game. */
  readonly playersByGame: ReadonlyMap<string, readonly number[]>;
  readonly players: number;
  readonly keptSeats: number;
}

/** Looks at every game in the spaces that begin with `space`. */
export function gamesNow({ world }: Hub, space: string): GamesNow {
  const playersByGame = new Map<string, number[]>();
  let [rooms, players] = [0, 0];
  for (const [id, { rooms: all }] of world.spaces) {
    if (id !== space && !id.startsWith(`${space}/`)) continue;
    for (const room of all.values()) {
      const game = room.policy.game;
      if (!room.game || game === undefined) continue;
      const count = playersIn(room);
      const counts = playersByGame.get(game) ?? [];
      counts.push(count);
      playersByGame.set(game, counts);
      rooms++;
      players += count;
    }
  }
  const roomsByGame: Record<string, number> = Object.create(null);
  for (const [game, counts] of playersByGame) roomsByGame[game] = counts.length;
  return { rooms, roomsByGame, playersByGame, players, keptSeats: world.kept.size };
}

function playersIn({ members }: Room): number {
  let count = 0;
  for (const { role } of members.values()) if (role === "member") count++;
  return count;
}

const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, p99_5: 0.995, p99_9: 0.999, p100: 1 } as const;

/** By the nearest rank; nothing of nothing. */
export function percentiles(counts: readonly number[]): Readonly<Record<string, number>> {
  if (counts.length === 0) return {};
  const sorted = [...counts].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))] ?? 0;
  return Object.fromEntries(Object.entries(PERCENTILES).map(([name, part]) => [name, at(part)]));
}
