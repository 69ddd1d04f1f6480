import { describe, expect, it } from "vitest";
import { ConfigError, configOf, defaults, type Loaded, loadConfig, type Problem } from "./index.ts";

interface Sources {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: unknown;
  readonly isTerminal?: boolean;
}

/** Loads with `file` as the content of /etc/parlor.json. */
function load({ argv = [], env = {}, file, isTerminal = false }: Sources): Loaded {
  const withFile = file === undefined ? argv : ["--config", "parlor.json", ...argv];
  return loadConfig({
    argv: withFile,
    env,
    isTerminal,
    cwd: "/etc",
    readFile: (path) => {
      if (path !== "/etc/parlor.json") throw new Error(`ENOENT: no such file, open '${path}'`);
      return typeof file === "string" ? file : JSON.stringify(file);
    },
  });
}

function problemsOf(run: () => unknown): readonly Problem[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("where a setting comes from", () => {
  const file = { port: 1, rooms: { capacity: 10 } };
  const env = { PARLOR_PORT: "2", PARLOR_ROOMS_CAPACITY: "20" };
  const argv = ["--port", "3"];

  it.each([
    ["nothing", {}, 8080, "default"],
    ["the file", { file }, 1, "file parlor.json"],
    ["the environment over the file", { file, env }, 2, "env PARLOR_PORT"],
    ["a flag over both", { file, env, argv }, 3, "flag --port"],
    ["a flag over the file", { file, argv }, 3, "flag --port"],
    ["an alias over the file", { file, env: { PORT: "4" } }, 4, "env PORT"],
    ["the file over an empty variable", { file, env: { PARLOR_PORT: "" } }, 1, "file parlor.json"],
  ] as const)("%s", (_, sources, port, source) => {
    const loaded = load(sources);

    expect(loaded.config.port).toBe(port);
    expect(loaded.sources.get("port")).toBe(source);
  });

  it("is decided for each setting alone, also within a group", () => {
    const { config } = load({ file: { rooms: { capacity: 10, maxRooms: 11 } }, env });

    expect(config.rooms).toMatchObject({ capacity: 20, maxRooms: 11, maxRoomsPerPeer: 100 });
  });

  it("is the file that the flag names, then the one of the environment", () => {
    const read: string[] = [];
    const readFile = (path: string) => `{ "port": ${read.push(path)} }`;
    const env = { PARLOR_CONFIG: "/a.json" };

    loadConfig({ env, readFile, cwd: "/etc" });
    loadConfig({ argv: ["--config", "b.json"], env, readFile, cwd: "/etc" });
    loadConfig({ env: { PARLOR_CONFIG: "" }, readFile, cwd: "/etc" });

    expect(read).toEqual(["/a.json", "/etc/b.json", "/etc/config.json"]);
  });
});

describe("defaults", () => {
  it("are those of the design", () => {
    expect(defaults()).toMatchObject({
      mode: "development",
      host: "0.0.0.0",
      port: 8080,
      allowLocalhostOrigins: true,
      maxLinksPerAddress: 0,
      websocket: {
        maxMessageBytes: 65_536,
        queueBytes: 1_048_576,
        pingIntervalMs: 30_000,
        pongWaitMs: 10_000,
      },
      limits: { messagesPerSecond: 100, messagesBurst: 200 },
      rooms: { capacity: 100, seatGraceMs: 30_000, logMaxBytes: 1_048_576, logMaxAgeMs: 120_000 },
      peerServer: { roomDefaultSize: 20, roomMaxSize: 30 },
      tls: {},
      database: {},
    });
  });

  it("are stricter in production", () => {
    const { config } = load({ env: { NODE_ENV: "production" } });

    expect(config).toMatchObject({ allowLocalhostOrigins: false, maxLinksPerAddress: 1024 });
  });

  it("follow the terminal and the largest message", () => {
    expect(load({ isTerminal: true }).config.logFormat).toBe("pretty");
    expect(load({}).config.logFormat).toBe("json");
    expect(configOf({ websocket: { maxMessageBytes: "2MiB" } }).websocket.queueBytes).toBe(8 * 2 ** 20);
  });

  it("cannot be changed, nor those of others by what was passed in", () => {
    const origins = ["https://a.example"];
    const config = configOf({ allowedOrigins: origins });
    origins.push("https://evil.example");

    expect(config.allowedOrigins).toEqual(["https://a.example"]);
    expect(() => Object.assign(config.rooms, { capacity: 1 })).toThrow(TypeError);
    expect(() => (config.allowedOrigins as string[]).push("x")).toThrow(TypeError);
    expect(() => Object.assign(defaults(), { port: 1 })).toThrow(TypeError);
    expect(defaults().allowedOrigins).toEqual([]);
  });
});

describe("what is wrong", () => {
  it("is reported all at once, with place, value and expectation, even where it is overruled", () => {
    const problems = problemsOf(() =>
      load({
        file: {
          port: "80",
          rooms: { capcity: 3, seatGraceMs: "soon" },
          colour: "red",
          limits: 5,
          mode: null,
        },
        env: { PORT: "http", PARLOR_DRAIN_MS: "1 day" },
        argv: ["--port", "99999", "--hots", "x"],
      }),
    );

    expect(problems.map(({ path, source, message }) => `${path} (${source}): ${message}`)).toEqual([
      'port (file parlor.json): found "80", expected a whole number from 0 to 65,535',
      "rooms.capcity (file parlor.json): unknown setting; did you mean rooms.capacity?",
      'rooms.seatGraceMs (file parlor.json): found "soon", expected a length of time such as "30s", from 0 to 24h',
      "colour (file parlor.json): unknown setting",
      "limits (file parlor.json): found a number, expected an object",
      'mode (file parlor.json): found null, expected one of "development", "production"',
      'port (env PORT): found "http", expected a whole number from 0 to 65,535',
      'drainMs (env PARLOR_DRAIN_MS): found "1 day", expected a length of time such as "30s", from 0 to 1h',
      "--hots (command line): unknown flag; did you mean --host?",
      "port (flag --port): found 99999, expected a whole number from 0 to 65,535",
    ]);
  });

  it("is a file that is not there, is not JSON or is no object", () => {
    const missing = problemsOf(() => loadConfig({ argv: ["--config", "/nowhere/parlor.json"], env: {} }));
    const broken = problemsOf(() => load({ file: '{ "port": 1\n "host": 2 }' }));
    const list = problemsOf(() => load({ file: [] }));

    expect(missing).toMatchObject([
      {
        path: "/nowhere/parlor.json",
        source: "flag --config",
        message: expect.stringContaining("cannot be read: ENOENT"),
      },
    ]);
    expect(broken).toMatchObject([{ message: 'is not JSON: line 2, column 2: expected "," or "}"' }]);
    expect(list).toMatchObject([{ source: "file parlor.json", message: "found a list, expected an object" }]);
  });

  it("is a file without end, and one that is a directory", () => {
    const [endless] = problemsOf(() => loadConfig({ env: { PARLOR_CONFIG: "/dev/zero" } }));
    const [directory] = problemsOf(() => loadConfig({ env: { PARLOR_CONFIG: "/" } }));

    expect(endless?.message).toBe("cannot be read: it is larger than 1 MiB");
    expect(directory?.message).toContain("EISDIR");
  });

  it("fits on a screen", () => {
    const file = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`key${n}${"x".repeat(200)}`, n]));
    const run = () => load({ file });

    expect(problemsOf(run)).toHaveLength(5000);
    expect(run).toThrow(/… and 4950 more$/);
    expect(run).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/.{400}/) }));
  });

  it("cannot write over the terminal", () => {
    const [problem] = problemsOf(() => load({ file: { "a\u001b[2J\nb": 1 } }));

    expect(problem?.path).toBe('"a\\u001b[2J\\nb"');
  });

  it.each(["__proto__", "constructor", "toString", "rooms.capacity", "rooms.__proto__"])(
    "is the key %s, and it stays harmless",
    (key) => {
      const problems = problemsOf(() => load({ file: `{ "${key}": { "port": 1 } }` }));

      expect(problems).toMatchObject([{ path: key, message: expect.stringContaining("unknown setting") }]);
      expect(({} as Record<string, unknown>).port).toBeUndefined();
    },
  );

  it("is a wrong key inside a group too", () => {
    const file =
      '{ "rooms": { "__proto__": 1, "constructor": 2, "enabled": true, "pingIntervalMs": "30s" } }';

    expect(problemsOf(() => load({ file })).map(({ path, message }) => `${path}: ${message}`)).toEqual([
      "rooms.__proto__: unknown setting",
      "rooms.constructor: unknown setting",
      expect.stringMatching(/^rooms\.enabled: unknown setting/),
      "rooms.pingIntervalMs: unknown setting; did you mean websocket.pingIntervalMs?",
    ]);
  });
});

describe("settings that must fit together", () => {
  it.each([
    ["tls.keyPath", { tls: { certPath: "c.pem" } }],
    ["tls.certPath", { tls: { keyPath: "k.pem" } }],
    ["websocket.queueBytes", { websocket: { maxMessageBytes: "1MiB", queueBytes: "4KiB" } }],
    ["peerServer.roomDefaultSize", { peerServer: { roomDefaultSize: 40 } }],
    ["auth.secret", { mode: "production", auth: { secret: "short" } }],
  ] as const)("or %s is refused", (path, input) => {
    expect(problemsOf(() => configOf(input))).toMatchObject([{ path }]);
  });

  it("are not compared while one of them is bad anyway", () => {
    const problems = problemsOf(() => configOf({ tls: { certPath: "", keyPath: "k.pem" } }));

    expect(problems).toMatchObject([{ path: "tls.certPath", message: expect.stringContaining("found") }]);
    expect(problems).toHaveLength(1);
  });

  it("are worth a notice where one makes the other idle", () => {
    expect(load({ env: { REDIS_URL: "redis://r" } }).notices).toEqual([
      'broker.redisUrl has no effect while broker.kind is "memory"',
    ]);
    expect(load({ env: { REDIS_URL: "redis://r", PEER_BROKER: "redis" } }).notices).toEqual([
      'broker.kind "redis" has no effect in this version: this process serves alone',
    ]);
    expect(load({ env: { PARLOR_AUTH_SECRET: "short" } }).notices).toEqual([
      expect.stringContaining("32 characters"),
    ]);
    const signed = { NODE_ENV: "production", PULSAR_JWT_SECRET: "between us" };
    expect(load({ env: signed }).notices).toEqual([]);
    expect(load({ env: { NODE_ENV: "production" } }).notices).toEqual([
      expect.stringContaining("pulsar.jwtSecret"),
    ]);
    expect(load({ env: { ...signed, PARLOR_ALLOWED_ORIGINS: "*" } }).notices).toEqual([
      expect.stringContaining("allowedOrigins"),
    ]);
  });
});

describe("an embedder's options", () => {
  it("are checked like a file", () => {
    expect(configOf({ port: 0, drainMs: "2s", rooms: { logMaxBytes: 4096 } })).toMatchObject({
      port: 0,
      drainMs: 2000,
      rooms: { logMaxBytes: 4096 },
    });
    expect(problemsOf(() => configOf({ port: 80.5, drainMs: Number.NaN }))).toMatchObject([
      { path: "port", source: "options" },
      { path: "drainMs", source: "options" },
    ]);
  });

  it("may be a whole configuration, or leave anything undefined", () => {
    const config = configOf({ port: 0, auth: { secret: "s" } });

    expect(configOf(config)).toEqual(config);
    expect(configOf({ port: undefined, rooms: { capacity: undefined }, tls: undefined })).toEqual(defaults());
  });

  it("do not speak the language of other servers", () => {
    const input: object = { max_peers: 5, shard_count: 1, $schema: "x" };

    expect(problemsOf(() => configOf(input)).map(({ path }) => path)).toEqual([
      "max_peers",
      "shard_count",
      '"$schema"',
    ]);
  });

  it.each([null, 5, "x", [], () => 1])("must be an object: %j", (input) => {
    expect(problemsOf(() => configOf(input as object))).toMatchObject([{ path: "(root)" }]);
  });
});
