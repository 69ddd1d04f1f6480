import { choice, count, duration, optionalCount, size, toggle } from "./fields.ts";
import { signalFishBinding } from "./signal-fish-binding.ts";
import { fish, fishApps, fishEither, fishList, fishMs, fishSeconds, fishTable } from "./signal-fish-env.ts";
import { signalFishRooms } from "./signal-fish-rooms.ts";
import { formatSize } from "./size.ts";
import { list, secret, text } from "./text-fields.ts";

const APP_ACCESS = ["listed", "open"] as const;
const PAIRS = {
  maxItems: 256,
  maxLength: 256,
  pattern: "^[^=]{1,64}=.{1,191}$",
  expected: 'a pair such as "unity=1.10.0"',
  placeholder: "pairs",
} as const;

const DEFAULT_OUTBOUND_BYTES = 8 * 1024 * 1024;

/** The dialect of Signal Fish's clients: games with a lobby. */
export const signalFish = {
  enabled: toggle(true, { doc: "Whether Signal Fish's clients are served, at `/v2/ws` and `/v3/ws`." }),
  port: optionalCount({
    doc: "A port of its own besides, at which every path is Signal Fish's, and HTTP answers as its server does; 0 takes any free one.",
    min: 0,
    max: 65_535,
    env: [fish("PORT")],
  }),
  space: text("signal-fish", {
    doc: "The space their rooms live in. Dialects with the same space share rooms.",
    maxLength: 64,
    pattern: "^[A-Za-z0-9._-]+$",
    expected: "1 to 64 letters, digits, dots, dashes or underscores",
    placeholder: "name",
  }),
  appAccess: choice(
    ["open", "listed"],
    {
      from: ({ valueAt }) => (valueAt("mode") === "development" ? "open" : "listed"),
      text: "open in development, else listed",
    },
    {
      doc: "Who may come in: everybody, or only the apps that are listed, each among themselves.",
      env: [
        fishEither("SECURITY__ENFORCE_APP_ID_ALLOWLIST", APP_ACCESS),
        fishEither("SECURITY__REQUIRE_WEBSOCKET_AUTH", APP_ACCESS),
      ],
    },
  ),
  apps: list([], {
    doc: "The apps: an id, and what it may have, such as `reef;name=Reef Race;maxRooms=50;maxPlayers=8;handshakes=120`.",
    maxItems: 1_000,
    maxLength: 512,
    pattern:
      "^[^;,\\u0000-\\u001f]{1,256}(?:;(?:name=[^;]{1,128}|(?:maxRooms|maxPlayers|handshakes)=\\d{1,9}))*$",
    expected: 'an app such as "reef;name=Reef Race;maxRooms=50"',
    placeholder: "apps",
    env: [fishApps("SECURITY__ALLOWED_APPS"), fishApps("SECURITY__AUTHORIZED_APPS")],
  }),
  minVersion: count(2, {
    doc: "Oldest protocol version that is spoken.",
    min: 2,
    max: 3,
    env: [fish("PROTOCOL__MIN_PROTOCOL_VERSION")],
  }),
  maxVersion: count(3, {
    doc: "Newest protocol version that is spoken.",
    min: 2,
    max: 3,
    env: [fish("PROTOCOL__MAX_PROTOCOL_VERSION")],
  }),
  authTimeoutMs: duration("10s", {
    doc: "How long a link may take to say of which app it is, where apps are listed.",
    min: "1s",
    max: "10m",
    env: [fishSeconds("WEBSOCKET__AUTH_TIMEOUT_SECS")],
  }),
  messagePack: toggle(true, {
    doc: "Whether game data may be sent in binary frames.",
    env: [fish("PROTOCOL__ENABLE_MESSAGE_PACK_GAME_DATA")],
  }),
  maxMessageBytes: size("64KiB", {
    doc: "Largest message. Up to four times as much is refused, more ends the link.",
    min: "1KiB",
    max: "16MiB",
    env: [fish("SECURITY__MAX_MESSAGE_SIZE")],
  }),
  maxOutboundBytes: size(
    {
      from: ({ valueAt }) =>
        formatSize(Math.max(DEFAULT_OUTBOUND_BYTES, 2 * Number(valueAt("signalFish.maxMessageBytes")))),
      text: "8MiB, or twice `maxMessageBytes` where that is more",
    },
    {
      doc: "Largest message that a client is sent; a larger one is not, and the link ends with 1009. Clients are told.",
      min: "1",
      max: "64MiB",
      env: [fish("SECURITY__MAX_OUTBOUND_MESSAGE_SIZE")],
    },
  ),
  maxSignalBytes: size("16KiB", {
    doc: "Largest signal that is looked at.",
    min: "1",
    max: "1MiB",
    env: [fish("SECURITY__MAX_SIGNAL_BYTES")],
  }),
  maxConnectionInfoBytes: size("16KiB", {
    doc: "Most that a player may say of how it is reached.",
    min: "64",
    max: "64KiB",
    env: [fish("SECURITY__MAX_CONNECTION_INFO_BYTES")],
  }),
  maxLinksPerAddress: count(0, {
    doc: "Most links of one address; the next one is told `TOO_MANY_CONNECTIONS`. 0 is no limit.",
    min: 0,
    max: 1_000_000,
    env: [fish("SECURITY__MAX_CONNECTIONS_PER_IP")],
  }),
  pingIntervalMs: duration("10s", {
    doc: "How often links at `signalFish.port` are pinged; 0 is never, then the two settings below find silent links.",
    min: "0",
    max: "1h",
    env: [fishSeconds("WEBSOCKET__SERVER_PING_INTERVAL_SECS")],
  }),
  pongWaitMs: duration("5s", {
    doc: "How long after a ping a link at `signalFish.port` may take to show that it lives.",
    min: "100ms",
    max: "10m",
    env: [fishSeconds("WEBSOCKET__PONG_TIMEOUT_SECS")],
  }),
  queueBytes: size("1MiB", {
    doc: "Most bytes that wait for one slow link at `signalFish.port`; from half of it on its room waits for it, and beyond it ends with 4002.",
    min: "8KiB",
    max: "1GiB",
  }),
  queueMessages: count(1_024, {
    doc: "Messages that wait for one slow link before whoever sends more must wait for it, and volatile ones are dropped.",
    min: 1,
    max: 1_000_000,
    env: [fish("WEBSOCKET__SEND_QUEUE_CAPACITY")],
  }),
  slowConsumerMs: duration("5s", {
    doc: "How long a link may take nothing while others wait for it, before it ends with 4002.",
    min: "1ms",
    max: "10m",
    env: [fishMs("WEBSOCKET__SLOW_CONSUMER_TIMEOUT_MS")],
  }),
  maxSojournMs: duration("15s", {
    doc: "How old messages may become that wait for a slow link, before it ends with 4002; found when they are twice as old at the latest.",
    min: "1ms",
    max: "1h",
    env: [fishMs("WEBSOCKET__MAX_SOJOURN_MS")],
  }),
  corsOrigins: list(["*"], {
    doc: "Web origins whose pages may connect at `signalFish.port`, and read what it answers by HTTP.",
    maxItems: 1_000,
    maxLength: 255,
    pattern: "^(?:\\*|null|[a-z][a-z0-9+.-]*://[A-Za-z0-9.*_\\[\\]:-]+)$",
    expected: 'an origin such as "https://play.example.com"',
    placeholder: "origins",
    env: [fishList("SECURITY__CORS_ORIGINS")],
  }),
  drainGraceMs: duration("30s", {
    doc: "How long links live on when the server stops, unless it is told to hurry; 0 ends them at once.",
    min: "0",
    max: "1h",
    env: [fishSeconds("SERVER__DRAIN_GRACE_SECS")],
  }),
  activityTimeoutMs: duration("30s", {
    doc: "Where links are not pinged, one that says nothing for so long ends with 4003; 0 is never.",
    min: "0",
    max: "24h",
    env: [fishSeconds("SERVER__PING_TIMEOUT")],
  }),
  idleTimeoutMs: duration("5m", {
    doc: "Where links are not pinged, one that says nothing for so long ends with 4004; 0 is never.",
    min: "0",
    max: "24h",
    env: [fishSeconds("WEBSOCKET__IDLE_TIMEOUT_SECS")],
  }),
  ...signalFishRooms,
  maxJoins: count(20, {
    doc: "Most joins of one link within `rateWindowMs`, failed ones included.",
    min: 1,
    max: 1_000_000,
    env: [fish("RATE_LIMIT__MAX_JOIN_ATTEMPTS")],
  }),
  maxCreations: count(5, {
    doc: "Most rooms that one link opens within `rateWindowMs`.",
    min: 1,
    max: 1_000_000,
    env: [fish("RATE_LIMIT__MAX_ROOM_CREATIONS")],
  }),
  maxSignalErrors: count(60, {
    doc: "Most signals of one link within `rateWindowMs` that lead nowhere and are told why.",
    min: 0,
    max: 1_000_000,
    env: [fish("RATE_LIMIT__MAX_SIGNAL_ERRORS")],
  }),
  rateWindowMs: duration("60s", {
    doc: "The time in which joins, rooms and signals are counted.",
    min: "1s",
    max: "24h",
    env: [fishSeconds("RATE_LIMIT__TIME_WINDOW")],
  }),
  reconnection: toggle(true, {
    doc: "Whether players who lost their link may take their seats again.",
    env: [fish("SERVER__ENABLE_RECONNECTION")],
  }),
  reconnectionMs: duration("5m", {
    doc: "How long they may.",
    min: "1s",
    max: "24h",
    env: [fishSeconds("SERVER__RECONNECTION_WINDOW")],
  }),
  reserveSeat: toggle(true, {
    doc: "Whether their seats stay taken until then.",
    env: [fish("RECONNECTION__RESERVE_SEAT")],
  }),
  probeTimeoutMs: duration("2s", {
    doc: "How long a link may take to show that it lives when its player's token is shown by another link.",
    min: "10ms",
    max: "1m",
    env: [fishMs("RECONNECTION__PROBE_TIMEOUT_MS")],
  }),
  takeover: toggle(false, {
    doc: "Whether such a link gives way at once instead.",
    env: [fish("RECONNECTION__TAKEOVER")],
  }),
  missedEvents: count(100, {
    doc: "Most events remembered for them in each room; 0 remembers none.",
    min: 0,
    max: 10_000,
    env: [fish("SERVER__EVENT_BUFFER_SIZE")],
  }),
  tokenInVersion2: toggle(false, {
    doc: "Whether clients of version 2 may do it too; the original never told them how.",
    env: [fish("COMPAT__V2_RECONNECTION_TOKEN")],
  }),
  banByIp: toggle(false, {
    doc: "Whether a ban from a room keeps out everybody at the same address.",
    env: [fish("MODERATION__BAN_BY_IP")],
  }),
  roomOperations: toggle(true, {
    doc: "Whether requests about rooms may carry ids, in which the authority may moderate, too.",
    env: [fish("PROTOCOL__ROOM_OPERATION_IDS")],
  }),
  relayType: text("matchbox", {
    doc: "The label that clients are told for a room's relay.",
    maxLength: 64,
    env: [fish("RELAY_TYPES__DEFAULT_RELAY_TYPE")],
  }),
  relayTypes: list([], {
    doc: "Other labels for some games, such as `reef=mirror`.",
    ...PAIRS,
    env: [fishTable("RELAY_TYPES__GAME_RELAY_MAPPINGS")],
  }),
  enforceSdk: toggle(false, {
    doc: "Whether clients of platforms without a minimum version are refused, where there is any minimum.",
    env: [fish("PROTOCOL__SDK_COMPATIBILITY__ENFORCE")],
  }),
  minimumSdk: list([], {
    doc: "Oldest version of client software by platform, such as `unity=1.10.0`.",
    ...PAIRS,
    env: [fishTable("PROTOCOL__SDK_COMPATIBILITY__MINIMUM_VERSIONS")],
  }),
  recommendedSdk: list([], {
    doc: "Recommended version of client software by platform.",
    ...PAIRS,
    env: [fishTable("PROTOCOL__SDK_COMPATIBILITY__RECOMMENDED_VERSIONS")],
  }),
  requireMetricsAuth: toggle(false, {
    doc: "Whether `/v2/metrics` is served with `metricsToken` only.",
    env: [fish("SECURITY__REQUIRE_METRICS_AUTH")],
  }),
  metricsToken: secret({
    doc: "Bearer token that `/v2/metrics` asks for.",
    maxLength: 256,
    env: [fish("SECURITY__METRICS_AUTH_TOKEN")],
  }),
  ...signalFishBinding,
};
