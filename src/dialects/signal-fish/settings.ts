import { type SpaceId, spaceId } from "../../core/ids.ts";
import type { Backlog, OwnListener, Silence } from "../dialect.ts";
import type { BindingScheme } from "./binding.ts";

/** How games write names, and how long they may be. */
export interface NameRules {
  /** In UTF-8 bytes. */
  readonly maxLength: number;
  /** Letters and digits of all scripts, or of ASCII only. */
  readonly allowUnicode: boolean;
  readonly allowSpaces: boolean;
  /** Whether a name may begin or end with white space. */
  readonly allowOuterSpace: boolean;
  /** One character each. */
  readonly symbols: readonly string[];
  readonly moreCharacters: string | undefined;
}

/** One application that may connect while `appAccess` is `listed`. */
export interface App {
  readonly id: string;
  readonly name: string;
  /** Most rooms of all its games. */
  readonly maxRooms?: number | undefined;
  /** Most players that a room of its may be asked to hold. */
  readonly maxPlayersPerRoom?: number | undefined;
  /** Most handshakes in a minute. */
  readonly handshakesPerMinute?: number | undefined;
}

/** What is known about the software of clients, by platform in lower case; `_default` where nothing else fits. */
export interface SdkRules {
  /** Whether a platform without a minimum is refused. */
  readonly enforce: boolean;
  readonly minimum: Readonly<Record<string, string>>;
  readonly recommended: Readonly<Record<string, string>>;
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
  readonly notes: Readonly<Record<string, string>>;
}

/** Which links prove that their messages are their own. */
export interface BindingSettings {
  /** Who offers it is bound. */
  readonly subprotocol: string;
  readonly scheme: BindingScheme;
  /** Whether others are refused. */
  readonly isRequired: boolean;
  /** Whether every proof must name the client certificate of its link; then every link is bound. */
  readonly requireFingerprint: boolean;
}

export interface SignalFishSettings {
  readonly space: SpaceId;
  /** `open`: everybody may come in, with or without an app id. `listed`: the apps below, each among themselves. */
  readonly appAccess: "open" | "listed";
  readonly apps: readonly App[];
  readonly sdk: SdkRules;
  readonly minVersion: 2 | 3;
  readonly maxVersion: 2 | 3;
  readonly authTimeoutMs: number;
  readonly messagePack: boolean;
  /** Larger messages are refused; four times as large ones end the link. */
  readonly maxMessageBytes: number;
  /** The largest message that is sent; clients are told. */
  readonly maxOutboundBytes: number;
  readonly maxSignalBytes: number;
  readonly maxConnectionInfoBytes: number;
  /** In UTF-8 bytes. */
  readonly maxGameNameLength: number;
  readonly names: NameRules;
  readonly roomCodeLength: number;
  readonly roomCodePrefix: string;
  readonly defaultMaxPlayers: number;
  readonly maxPlayers: number;
  readonly maxSpectators: number;
  readonly emptyRoomMs: number;
  readonly inactiveRoomMs: number;
  /** Joins and creations of one link within `rateWindowMs`. */
  readonly maxJoins: number;
  readonly maxCreations: number;
  /** Answers to bad signals within `rateWindowMs`, before they are all answered alike. */
  readonly maxSignalErrors: number;
  readonly rateWindowMs: number;
  /** Messages of one link in a second, and at once. */
  readonly messagesPerSecond: number;
  readonly messagesBurst: number;
  /** The label of rooms that clients are told, by game; `default` for all others. */
  readonly relayTypes: Readonly<Record<string, string>>;
  readonly defaultRelayType: string;
  readonly reconnection: {
    readonly enabled: boolean;
    readonly windowMs: number;
    readonly reserveSeat: boolean;
    /** How long a link may take to show that it lives when somebody else shows the token of its seat. */
    readonly probeMs: number;
    /** Whether it gives way at once instead. */
    readonly takeover: boolean;
    /** Events remembered for those who come back; 0 remembers none. */
    readonly maxEvents: number;
    /** Bound on the message that tells them. */
    readonly maxMessageBytes: number;
    /** Whether version 2 clients are told the token too. */
    readonly tokenInVersion2: boolean;
  };
  /** Whether metrics are told only to those who show `metricsToken`. */
  readonly requireMetricsAuth: boolean;
  readonly metricsToken?: string | undefined;
  /** Web origins that a listener of its own answers; `*` for all. */
  readonly corsOrigins: readonly string[];
  readonly listener?: OwnListener | undefined;
  readonly silence: Silence;
  /** How slow links may be. */
  readonly backlog: Backlog;
  /** How long links live on when the server stops. */
  readonly drainGraceMs: number;
  /** `undefined`: no link is bound. */
  readonly binding?: BindingSettings | undefined;
  /** Most links of one address; 0 for no limit. */
  readonly maxLinksPerAddress: number;
  /** Whether a ban keeps out everybody at the same address. */
  readonly banByIp: boolean;
  /** Whether requests about rooms may carry an id of their own, and the authority may kick and ban by them. */
  readonly roomOperations: boolean;
}

export const SIGNAL_FISH_DEFAULTS: SignalFishSettings = {
  space: spaceId("signal-fish"),
  appAccess: "open",
  apps: [],
  sdk: {
    enforce: false,
    minimum: {},
    recommended: {},
    capabilities: { _default: ["reconnection", "spectator-mode", "rate-limits-v2"] },
    notes: {},
  },
  minVersion: 2,
  maxVersion: 3,
  authTimeoutMs: 10_000,
  messagePack: true,
  maxMessageBytes: 65_536,
  maxOutboundBytes: 8_388_608,
  maxSignalBytes: 16_384,
  maxConnectionInfoBytes: 16_384,
  maxGameNameLength: 64,
  names: {
    maxLength: 32,
    allowUnicode: true,
    allowSpaces: true,
    allowOuterSpace: false,
    symbols: ["-", "_"],
    moreCharacters: undefined,
  },
  roomCodeLength: 6,
  roomCodePrefix: "",
  defaultMaxPlayers: 8,
  maxPlayers: 100,
  maxSpectators: 100,
  emptyRoomMs: 300_000,
  inactiveRoomMs: 3_600_000,
  maxJoins: 20,
  maxCreations: 5,
  maxSignalErrors: 60,
  rateWindowMs: 60_000,
  messagesPerSecond: 20_000,
  messagesBurst: 40_000,
  relayTypes: {},
  defaultRelayType: "matchbox",
  reconnection: {
    enabled: true,
    windowMs: 300_000,
    reserveSeat: true,
    probeMs: 2_000,
    takeover: false,
    maxEvents: 100,
    maxMessageBytes: 61_440,
    tokenInVersion2: false,
  },
  requireMetricsAuth: false,
  corsOrigins: ["*"],
  backlog: { maxFrames: 1_024, maxBytes: 524_288, waitMs: 5_000, maxAgeMs: 15_000 },
  drainGraceMs: 30_000,
  silence: { activityMs: 30_000, idleMs: 300_000 },
  maxLinksPerAddress: 0,
  banByIp: false,
  roomOperations: true,
};
