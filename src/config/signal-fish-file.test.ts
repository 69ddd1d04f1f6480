import { describe, expect, it } from "vitest";
import { type LoadOptions, loadConfig } from "./index.ts";

/** Loads with files by path, in a folder of their own. */
const load = (
  env: Record<string, string>,
  files: Readonly<Record<string, unknown>> = {},
  more: Partial<LoadOptions> = {},
) =>
  loadConfig({
    env,
    cwd: "/srv",
    readFile: (path) => {
      if (!Object.hasOwn(files, path)) throw new Error("ENOENT");
      return typeof files[path] === "string" ? files[path] : JSON.stringify(files[path]);
    },
    ...more,
  });

const inJson = (object: object) => load({ SIGNAL_FISH_CONFIG_JSON: JSON.stringify(object) });

/** As the original writes it, different from our defaults where it can be. */
const whole = {
  port: 3536,
  server: {
    default_max_players: 4,
    ping_timeout: 60,
    room_cleanup_interval: 60,
    max_rooms_per_game: 10,
    empty_room_timeout: 30,
    inactive_room_timeout: 600,
    reconnection_window: 120,
    event_buffer_size: 7,
    enable_reconnection: false,
    heartbeat_throttle_secs: 30,
    region_id: "default",
    room_code_prefix: null,
  },
  rate_limit: { max_room_creations: 6, time_window: 30, max_join_attempts: 21 },
  protocol: {
    max_game_name_length: 32,
    room_code_length: 8,
    max_player_name_length: 16,
    max_players_limit: 50,
    enable_message_pack_game_data: false,
    sdk_compatibility: { enforce: true, minimum_versions: { unity: "1.10.0" }, notes: {} },
    player_name_validation: {
      allow_unicode_alphanumeric: false,
      allow_spaces: false,
      allow_leading_trailing_whitespace: true,
      allowed_symbols: ["-", "."],
      additional_allowed_characters: "!?",
    },
  },
  logging: { dir: "logs", level: "debug", enable_file_logging: true, format: "text" },
  security: {
    cors_origins: "http://localhost:3000,http://localhost:5173",
    require_websocket_auth: true,
    require_metrics_auth: true,
    metrics_auth_token: "s3cret-token",
    max_message_size: 32_768,
    max_connections_per_ip: 10,
    authorized_apps: [
      { app_id: "reef", app_secret: "hush", app_name: "Reef; Race, again", max_rooms: 5 },
      { app_id: "cove", app_secret: "hush", app_name: "Cove, Inc", max_rooms: null },
    ].slice(1),
    transport: {
      tls: { enabled: false, certificate_path: "c.pem", private_key_path: "k.pem", client_auth: "none" },
      token_binding: { enabled: false },
    },
  },
  auth: { rate_limit_cache_retention_secs: 172_800 },
  coordination: { dedup_cache: { capacity: 100_000 } },
  metrics: { dashboard_cache_ttl_secs: 30 },
  relay_types: { default_relay_type: "mirror", game_relay_mappings: { reef: "matchbox" } },
  websocket: { enable_batching: true, batch_size: 10, auth_timeout_secs: 20, idle_timeout_secs: 100 },
};

describe("a configuration of Signal Fish's", () => {
  it("[SF120] works as it is, and says once what means nothing here", () => {
    const { config, notices } = inJson(whole);

    expect(config).toMatchObject({ port: 0, logLevel: "debug", logFormat: "pretty", tls: {} });
    expect(config.signalFish).toMatchObject({
      port: 3536,
      defaultMaxPlayers: 4,
      activityTimeoutMs: 60_000,
      maxRoomsPerGame: 10,
      emptyRoomMs: 30_000,
      inactiveRoomMs: 600_000,
      reconnection: false,
      reconnectionMs: 120_000,
      missedEvents: 7,
      maxCreations: 6,
      maxJoins: 21,
      rateWindowMs: 30_000,
      maxGameNameLength: 32,
      roomCodeLength: 8,
      maxPlayerNameLength: 16,
      maxPlayers: 50,
      messagePack: false,
      enforceSdk: true,
      minimumSdk: ["unity=1.10.0"],
      unicodeNames: false,
      spacesInNames: false,
      outerSpaceInNames: true,
      symbolsInNames: ["-", "."],
      moreCharactersInNames: "!?",
      corsOrigins: ["http://localhost:3000", "http://localhost:5173"],
      appAccess: "listed",
      apps: ["cove;name=Cove, Inc"],
      requireMetricsAuth: true,
      metricsToken: "s3cret-token",
      maxMessageBytes: 32_768,
      maxLinksPerAddress: 10,
      relayType: "mirror",
      relayTypes: ["reef=matchbox"],
      authTimeoutMs: 20_000,
      idleTimeoutMs: 100_000,
    });
    expect(config.signalFish).not.toHaveProperty("roomCodePrefix");
    const idle = notices.filter((notice) => notice.includes("without effect"));
    expect(idle).toHaveLength(1);
    for (const key of ["server.region_id", "coordination.dedup_cache", "auth.rate_limit_cache"]) {
      expect(idle[0]).toContain(key);
    }
    expect(notices.join()).not.toContain("no settings");
  });

  it("[SF120] brings its certificate where encryption is on", () => {
    const tls = { enabled: true, certificate_path: "c.pem", private_key_path: "k.pem" };
    const used = { enabled: true, certPath: "c.pem", keyPath: "k.pem", clientAuth: "none" };
    expect(inJson({ security: { transport: { tls } } }).config.tls).toEqual(used);
    const env = {
      SIGNAL_FISH__SECURITY__TRANSPORT__TLS__ENABLED: "true",
      SIGNAL_FISH__SECURITY__TRANSPORT__TLS__CERTIFICATE_PATH: "c.pem",
      SIGNAL_FISH__SECURITY__TRANSPORT__TLS__PRIVATE_KEY_PATH: "k.pem",
    };
    const loaded = load(env);
    expect(loaded.config.tls).toEqual(used);
    expect(loaded.notices).toEqual([]);

    const off = { ...tls, enabled: false, client_auth: "require", client_ca_cert_path: "ca.pem" };
    expect(inJson({ security: { transport: { tls: off } } }).config.tls).toEqual({
      enabled: false,
      clientAuth: "none",
    });
  });

  it("[SF120] binds links, and asks for certificates, where it says so", () => {
    const transport = {
      tls: {
        enabled: true,
        certificate_path: "c.pem",
        private_key_path: "k.pem",
        client_ca_cert_path: "ca.pem",
        client_auth: "optional",
      },
      token_binding: {
        enabled: true,
        required: true,
        require_client_fingerprint: true,
        subprotocol: "reef.binding",
        scheme: "server_nonce_hkdf_sha256",
      },
    };
    const flat = Object.entries(transport).flatMap(([section, keys]) =>
      Object.entries(keys).map(([key, value]) => [
        `SIGNAL_FISH__SECURITY__TRANSPORT__${section}__${key}`.toUpperCase(),
        String(value),
      ]),
    );
    for (const { config, notices } of [
      inJson({ security: { transport } }),
      load(Object.fromEntries(flat) as Record<string, string>),
    ]) {
      expect(config.tls).toMatchObject({ enabled: true, clientAuth: "optional", clientCaPath: "ca.pem" });
      expect(config.signalFish).toMatchObject({
        tokenBinding: true,
        requireTokenBinding: true,
        requireFingerprint: true,
        bindingSubprotocol: "reef.binding",
        bindingScheme: "server_nonce_hkdf_sha256",
      });
      expect(notices).toEqual([]);
    }
  });

  it.each([
    [{ server: { ping_timeout: "30" } }, "server.ping_timeout", "a whole number of seconds"],
    [{ server: { ping_timeout: 1.5 } }, "server.ping_timeout", "a whole number of seconds"],
    [{ server: { event_buffer_size: -1 } }, "server.event_buffer_size", "a whole number"],
    [{ server: { enable_reconnection: "yes" } }, "server.enable_reconnection", "true or false"],
    [{ port: "3536" }, "port", "a whole number"],
    [{ security: { max_message_size: "64KiB" } }, "security.max_message_size", "a size"],
    [{ security: { require_websocket_auth: 1 } }, "security.require_websocket_auth", "true or false"],
    [{ security: { authorized_apps: [{ app_secret: "hush" }] } }, "authorized_apps", "with an app_id"],
    [{ security: { authorized_apps: { app_secret: "hush" } } }, "authorized_apps", "with an app_id"],
    [{ security: { metrics_auth_token: ["hush"] } }, "metrics_auth_token", "text"],
    [{ logging: { format: "Json" } }, "logging.format", "one of json, text"],
    [{ relay_types: { game_relay_mappings: { reef: 1 } } }, "game_relay_mappings", "an object of texts"],
    [{ server: 5 }, "server", "an object"],
    [{ protocol: { sdk_compatibility: [] } }, "protocol.sdk_compatibility", "an object"],
  ])("[SF121] is refused with its place and what was expected: %j", (object, place, expected) => {
    const attempt = () =>
      load({ SIGNAL_FISH_CONFIG_JSON: JSON.stringify(object) }, {}, { readInput: () => "" });

    expect(attempt).toThrow(place);
    expect(attempt).toThrow(expected);
    expect(attempt).not.toThrow("hush");
  });

  it("[SF121] is read although it holds keys that nobody knows, and says so", () => {
    const { notices } = inJson({ server: { ping_timout: 3 }, colour: "red" });

    expect(notices.join()).toContain("server.ping_timout (did you mean server.ping_timeout?)");
    expect(notices.join()).toContain("colour");
  });
});

describe("the sources of Signal Fish's configuration", () => {
  const withSize = (players: number) => ({ server: { default_max_players: players } });

  it("[SF122] are asked in its order, and parlor's own come after", () => {
    const env: Record<string, string> = { SIGNAL_FISH_CONFIG_JSON: JSON.stringify(withSize(2)) };
    const size = (files = {}, more = {}) => load(env, files, more).config.signalFish.defaultMaxPlayers;
    expect(size()).toBe(2);

    env.SIGNAL_FISH_CONFIG_STDIN = "yes";
    const input = { readInput: () => JSON.stringify(withSize(3)) };
    expect(size({}, input)).toBe(3);

    env.SIGNAL_FISH_CONFIG_PATH = "fish.json";
    const files: Record<string, unknown> = { "/srv/fish.json": withSize(4) };
    expect(size(files, input)).toBe(4);

    files["/srv/config.json"] = withSize(5);
    expect(size(files, input)).toBe(5);

    files["/srv/parlor.json"] = { signalFish: { defaultMaxPlayers: 6 } };
    expect(size(files, { ...input, argv: ["--config", "parlor.json"] })).toBe(6);

    env.SIGNAL_FISH__SERVER__DEFAULT_MAX_PLAYERS = "7";
    expect(size(files, input)).toBe(7);
  });

  it("[SF122] hold each other's places: what one leaves out another says", () => {
    const env = { SIGNAL_FISH_CONFIG_JSON: JSON.stringify({ server: { ping_timeout: 9 } }) };
    const { config } = load(env, { "/srv/config.json": withSize(5) });

    expect(config.signalFish).toMatchObject({ activityTimeoutMs: 9_000, defaultMaxPlayers: 5 });
  });

  it("[SF122] do not begin with the standard input unasked", () => {
    const readInput = () => {
      throw new Error("nobody may read it");
    };
    expect(() => load({ SIGNAL_FISH_CONFIG_STDIN: "0" }, {}, { readInput })).not.toThrow();
    expect(() => load({ SIGNAL_FISH_CONFIG_STDIN: "1" }, {}, { readInput })).toThrow(/cannot be read/);
  });

  it.each([
    ["Signal Fish's", { server: { ping_timeout: 3 } }, "was read"],
    ["Signal Fish's, by a section that parlor has too", { websocket: { idle_timeout_secs: 3 } }, "was read"],
    ["Peer Server's", { max_peers: 3 }, "was not read"],
    ["parlor's own", { websocket: { compression: true } }, undefined],
    ["parlor's own secret", { auth: { secret: "x" } }, undefined],
    ["somebody else's", { server: { port: 80 }, logging: { colour: "red" } }, undefined],
    ["no JSON", "server:\n  port: 80", undefined],
    ["a list", [1], undefined],
  ])("[SF123] tell by its shape whether ./config.json is %s", (_, file, said) => {
    const { notices, config } = load({}, { "/srv/config.json": file });

    expect(notices.join()).toEqual(said === undefined ? "" : expect.stringContaining(said));
    const isRead = config.signalFish.activityTimeoutMs === 3_000 || config.signalFish.idleTimeoutMs === 3_000;
    expect(isRead).toBe(said === "was read");
  });

  it("[SF123] tell it of a file that is named, too, and leave ./config.json alone then", () => {
    const files = { "/srv/config.json": withSize(5), "/srv/other.json": { server: { ping_timeout: 3 } } };
    const { config, notices } = load({}, files, { argv: ["--config", "other.json"] });

    expect(config.signalFish).toMatchObject({ activityTimeoutMs: 3_000, defaultMaxPlayers: 8 });
    expect(notices).toEqual([]);
  });

  it("[SF122] are refused when they are no JSON, without a word of what they hold", () => {
    const attempt = () => load({ SIGNAL_FISH_CONFIG_JSON: '{"security": hush' });
    expect(attempt).toThrow(/is not JSON: line 1, column 14/);
    expect(attempt).not.toThrow("hush");
    expect(() => load({ SIGNAL_FISH_CONFIG_PATH: "gone.json" })).toThrow(/cannot be read/);
  });
});
