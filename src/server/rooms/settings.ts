import { PRIVATE_ROOM, type RoomPolicy } from "../../core/policy.ts";

/** What an embedder says about a kind of rooms. Everything has a default. */
export interface RoomSettings {
  /** Most users at one time, spectators not counted; `null`: as many as like. Default `null`. */
  readonly maxPlayers?: number | null | undefined;
  /** Whether somebody may watch without a seat. Default true. */
  readonly allowSpectators?: boolean | undefined;
  /** Default 1000. */
  readonly maxSpectators?: number | undefined;
  /** What is kept of what was delivered, and how much of it a newcomer is sent. Default: nothing. */
  readonly history?: false | { readonly max?: number; readonly replay?: number | "all" } | undefined;
  /** Tapaculo's way to ask for a history. */
  readonly storeMessageHistory?: boolean | undefined;
  readonly maxHistoryMessages?: number | undefined;
  /** How long an empty room is kept, in ms; `null`: as long as the server runs. Default 5 minutes. */
  readonly emptyRoomTimeoutMs?: number | null | undefined;
  /** What becomes of a second link of one user: it takes over, is a further one, or is refused. Default `replace`. */
  readonly duplicateUser?: "replace" | "allow" | "reject" | undefined;
  /** How long the seat of a user that lost its link is held, in ms. Default 30 s. */
  readonly reconnectGraceMs?: number | undefined;
  /** `invite`: only who redeemed an invite, and users of the role `host`. Default `open`. */
  readonly joinPolicy?: "open" | "invite" | undefined;
  /** How long a handler may take, in ms. Default 30 s. */
  readonly handlerTimeoutMs?: number | undefined;
  /** Bound on the JSON text of one user's metadata. Default 64 KiB. */
  readonly maxMetadataBytes?: number | undefined;
}

/** Settings with every default filled in. */
export interface SettledSettings {
  readonly policy: RoomPolicy;
  readonly history: { readonly max: number; readonly replay: number };
  readonly duplicateUser: "replace" | "allow" | "reject";
  readonly joinPolicy: "open" | "invite";
  readonly handlerTimeoutMs: number;
  readonly maxMetadataBytes: number;
}

const DAY_MS = 24 * 3_600_000;
const MAX_HISTORY = 10_000;

/** @throws {RangeError} naming the setting that is not possible. */
export function settled(settings: RoomSettings = {}): SettledSettings {
  const {
    maxPlayers = null,
    allowSpectators = true,
    maxSpectators = 1_000,
    emptyRoomTimeoutMs = 300_000,
    duplicateUser = "replace",
    reconnectGraceMs = 30_000,
    joinPolicy = "open",
    handlerTimeoutMs = 30_000,
    maxMetadataBytes = 65_536,
  } = settings;
  const policy: RoomPolicy = {
    ...PRIVATE_ROOM,
    kind: "game",
    hosted: false,
    banAfterKick: false,
    capacity:
      maxPlayers === null ? Number.POSITIVE_INFINITY : within("maxPlayers", maxPlayers, [1, 1_000_000]),
    spectators: allowSpectators ? within("maxSpectators", maxSpectators, [0, 1_000_000]) : 0,
    seatGraceMs: within("reconnectGraceMs", reconnectGraceMs, [0, DAY_MS]),
    emptyMs:
      emptyRoomTimeoutMs === null
        ? Number.POSITIVE_INFINITY
        : within("emptyRoomTimeoutMs", emptyRoomTimeoutMs, [0, 365 * DAY_MS]),
  };
  return {
    policy,
    history: settledHistory(settings),
    duplicateUser,
    joinPolicy,
    handlerTimeoutMs: within("handlerTimeoutMs", handlerTimeoutMs, [1, DAY_MS]),
    maxMetadataBytes: within("maxMetadataBytes", maxMetadataBytes, [2, 1_048_576]),
  };
}

function settledHistory({ history, storeMessageHistory, maxHistoryMessages }: RoomSettings) {
  const asked = history ?? (storeMessageHistory ? {} : false);
  if (asked === false) return { max: 0, replay: 0 };
  const max = within("history.max", asked.max ?? maxHistoryMessages ?? 100, [1, MAX_HISTORY]);
  const replay = asked.replay === "all" ? max : within("history.replay", asked.replay ?? 0, [0, MAX_HISTORY]);
  return { max, replay };
}

function within(name: string, value: number, [min, max]: readonly [number, number]): number {
  if (!Number.isFinite(value) || value < min || value > max) {
    throw new RangeError(`${name}: found ${value}, expected a number from ${min} to ${max}`);
  }
  return value;
}
