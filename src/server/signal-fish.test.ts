import { afterEach, describe, expect, it } from "vitest";
import { type ConfigInput, configOf } from "../config/index.ts";
import { loadConfig } from "../config/load.ts";
import { createLog } from "../observe/log.ts";
import { Fish } from "../testing/fish-socket.ts";
import { nativeServer } from "../testing/native.ts";
import { type FishMessage, fishTank } from "../testing/signal-fish.ts";
import { TextSocket } from "../testing/text-socket.ts";
import { Server } from "./server.ts";

const log = createLog({ level: "silent", format: "json" });

const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close({ drainMs: 0 }))));

/** A server on free ports, and Signal Fish's own. */
async function serve(input: ConfigInput["signalFish"] = {}) {
  const server = new Server(configOf({ host: "127.0.0.1", port: 0, signalFish: { port: 0, ...input } }), {
    log,
  });
  servers.push(server);
  const { port, own } = await server.listen();
  return { server, shared: `127.0.0.1:${port}`, own: `127.0.0.1:${own[0]?.port}` };
}

it("[SF110] ends a link that came in by another way than an upgrade, where it must be bound", async () => {
  const binding = {
    subprotocol: "signalfish.tokenbinding.v2",
    scheme: "server_nonce_hkdf_sha256",
    isRequired: true,
    requireFingerprint: false,
  } as const;
  const client = await fishTank({ binding }).open("/v3/ws");

  expect(client.take()).toMatchObject([{ type: "Error", data: { error_code: "UNAUTHORIZED" } }]);
  expect(client.end).toMatchObject({ code: 1000 });
});

describe("Signal Fish over real sockets", () => {
  it("[SF34] [SF41] [SF70] lets eight players get ready, start and play", async () => {
    const { shared } = await serve();
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, i) => Fish.connect(shared, i % 2 === 0 ? 2 : 3)),
    );
    for (const [i, fish] of all.entries()) await fish.join(`player ${i}`, "ABC123");

    for (const fish of all) fish.say("PlayerReady");
    const [first, ...others] = all as [Fish, ...Fish[]];
    for (let changed = await first.hear("LobbyStateChanged"); changed.data?.all_ready !== true; ) {
      changed = await first.hear("LobbyStateChanged");
    }
    first.say("StartGame");
    const starts = await Promise.all(all.map((fish) => fish.hear("GameStarting")));
    expect(new Set(starts.map((start) => JSON.stringify(start))).size).toBe(1);
    expect(starts[0]?.data?.peer_connections).toHaveLength(8);
    const plans = await Promise.all(
      all.filter((_, i) => i % 2 === 1).map((fish) => fish.hear("SessionPlan")),
    );
    expect(new Set(plans.map((plan) => plan.data?.generation)).size).toBe(1);

    first.say("GameData", { data: { n: 1 } });
    for (const fish of others) expect((await fish.hear("GameData")).data?.data).toEqual({ n: 1 });
  });

  it("[SF42] hands the authority over when it goes", async () => {
    const { shared } = await serve();
    const [ada, bob] = [await Fish.connect(shared), await Fish.connect(shared, 3)];
    await ada.join("ada", "ABC123");
    const me = (await bob.join("bob", "ABC123")).data?.player_id;

    ada.say("LeaveRoom");
    expect(await bob.hear("AuthorityChanged")).toMatchObject({ data: { authority_player: null } });
    bob.say("AuthorityRequest", { become_authority: true });

    expect(await bob.hear("AuthorityResponse")).toMatchObject({ data: { granted: true } });
    expect(await bob.hear("AuthorityChanged")).toMatchObject({
      data: { authority_player: me, you_are_authority: true },
    });
  });

  it("[SF61] lets somebody watch", async () => {
    const { shared } = await serve();
    const [ada, eve] = [await Fish.connect(shared), await Fish.connect(shared)];
    await ada.join("ada", "ABC123");
    eve.say("JoinAsSpectator", { game_name: "reef", room_code: "abc123", spectator_name: "eve" });
    await eve.hear("SpectatorJoined");
    await ada.hear("NewSpectatorJoined");
    ada.say("GameData", { data: [1] });

    expect((await eve.hear("GameData")).data?.data).toEqual([1]);
    eve.socket.close();
    expect(await ada.hear("SpectatorDisconnected")).toMatchObject({ data: { reason: "disconnected" } });
  });

  it("[SF83] [SF84] gives a player that was cut off exactly what it missed", async () => {
    const { shared } = await serve();
    const [ada, bob, eve] = [
      await Fish.connect(shared, 3),
      await Fish.connect(shared, 3),
      await Fish.connect(shared),
    ];
    await ada.join("ada", "ABC123");
    const joined = await bob.join("bob", "ABC123");
    await bob.socket.drop();
    await ada.hear("PlayerLeft");
    await eve.join("eve", "ABC123");
    await ada.hear("PlayerJoined");
    ada.say("PlayerReady");
    await ada.hear("LobbyStateChanged");
    eve.say("LeaveRoom");
    await ada.hear("PlayerLeft");

    const again = await Fish.connect(shared, 3);
    again.say("Reconnect", {
      player_id: joined.data?.player_id,
      room_id: joined.data?.room_id,
      auth_token: joined.data?.reconnection_token,
    });

    const answer = await again.hear("Reconnected");
    const { missed_events: missed = [] } = answer.data ?? {};
    expect((missed as FishMessage[]).map(({ type }) => type)).toEqual([
      "PlayerJoined",
      "LobbyStateChanged",
      "PlayerLeft",
    ]);
    expect(answer.data).toMatchObject({ replay: "complete", lobby_state: "lobby" });
    expect(await ada.hear("PlayerReconnected")).toMatchObject({ data: { epoch: 2 } });
  });

  it("[SF95] [SF98] says goodbye when the server stops", async () => {
    const { server, shared } = await serve();
    const [ada, bob] = [await Fish.connect(shared), await Fish.connect(shared, 3)];

    await server.close({ drainMs: 1_000 });
    const going = await bob.hear("GoingAway");
    expect(going.data).toEqual({ deadline_ms: expect.any(Number), retry_after_secs: 1 });
    expect(Math.abs(Number(going.data?.deadline_ms) - Date.now())).toBeLessThan(5_000);
    expect(ada.socket.unread).toEqual([]);
    expect(await bob.socket.closed).toEqual({ code: 4000, reason: "server_shutdown" });
    expect(await ada.socket.closed).toEqual({ code: 4000, reason: "server_shutdown" });
  });
});

describe("a listener of its own", () => {
  it("[SF104] speaks Signal Fish at every path, and answers as its server does", async () => {
    const { own, shared } = await serve({ corsOrigins: ["https://play.example.com"] });
    const socket = await TextSocket.open(`ws://${own}/ws`);
    socket.send('{"type":"Ping"}');
    expect(await socket.next()).toBe('{"type":"Pong"}');

    const get = async (path: string, headers = {}) => fetch(`http://${own}${path}`, { headers });
    for (const path of ["/health", "/v2/health"]) expect(await (await get(path)).text()).toBe("OK");
    const other = await get("/anything");
    expect([other.status, await other.text()]).toEqual([200, expect.stringContaining("/v2/ws")]);
    for (const path of ["/metrics", "/v1/metrics", "/v2/metrics"]) {
      expect(await (await get(path)).json()).toMatchObject({ serverMetrics: { connections: { active: 1 } } });
      expect(await (await get(`${path}/prom`)).text()).toContain("signal_fish_connections_active 1\n");
    }
    const page = await get("/health", { origin: "https://play.example.com" });
    expect(page.headers.get("access-control-allow-origin")).toBe("https://play.example.com");
    const stranger = await get("/health", { origin: "https://other.example.com" });
    expect(stranger.headers.get("access-control-allow-origin")).toBeNull();

    expect(await (await fetch(`http://${shared}/health`)).json()).toMatchObject({ status: "ok" });
    expect(await (await fetch(`http://${shared}/v2/health`)).text()).toBe("OK");
  });

  it("[SF104] meets those who came by the shared one", async () => {
    const { own, shared } = await serve();
    const [ada, bob] = [await Fish.connect(own), await Fish.connect(shared)];
    await ada.join("ada", "ABC123");

    expect((await bob.join("bob", "ABC123")).data?.current_players).toHaveLength(2);
    await ada.hear("PlayerJoined");
  });

  it("[SF97] counts the links of one address", async () => {
    const { own } = await serve({ maxLinksPerAddress: 1 });
    const first = await Fish.connect(own);
    const second = await TextSocket.open(`ws://${own}/v2/ws`);

    expect(JSON.parse(await second.next())).toMatchObject({
      type: "Error",
      data: { error_code: "TOO_MANY_CONNECTIONS" },
    });
    expect(await second.closed).toMatchObject({ code: 1008 });
    first.socket.close();
    await first.socket.closed;
    await Fish.connect(own);
  });

  it("[SF104] is switched on by Signal Fish's own environment", () => {
    const { config } = loadConfig({
      env: {
        SIGNAL_FISH__PORT: "3536",
        SIGNAL_FISH__LOGGING__LEVEL: "warn",
        SIGNAL_FISH__SECURITY__REQUIRE_WEBSOCKET_AUTH: "true",
        SIGNAL_FISH__SECURITY__ENFORCE_APP_ID_ALLOWLIST: "false",
        SIGNAL_FISH__SECURITY__REQUIRE_METRICS_AUTH: "false",
        SIGNAL_FISH__SECURITY__CORS_ORIGINS: "*",
        SIGNAL_FISH__SECURITY__AUTHORIZED_APPS:
          '[{"app_id":"a","app_secret":"s","app_name":"A","max_rooms":3,"rate_limit_per_minute":null}]',
        SIGNAL_FISH__PROTOCOL__SDK_COMPATIBILITY__ENFORCE: "false",
        SIGNAL_FISH__PROTOCOL__SDK_COMPATIBILITY__MINIMUM_VERSIONS: '{"unity":"1.10.0"}',
        SIGNAL_FISH__RATE_LIMIT__MAX_ROOM_CREATIONS: "100",
        SIGNAL_FISH__RATE_LIMIT__TIME_WINDOW: "30",
        SIGNAL_FISH__SERVER__PING_TIMEOUT: "3",
        SIGNAL_FISH__WEBSOCKET__IDLE_TIMEOUT_SECS: "3",
        SIGNAL_FISH__WEBSOCKET__SERVER_PING_INTERVAL_SECS: "0",
        SIGNAL_FISH__WEBSOCKET__SEND_QUEUE_CAPACITY: "8",
        SIGNAL_FISH__WEBSOCKET__SLOW_CONSUMER_TIMEOUT_MS: "500",
        SIGNAL_FISH__SESSION__DEFAULT_TOPOLOGY: "mesh",
      },
    });

    expect(config.logLevel).toBe("warn");
    expect(config.signalFish).toMatchObject({
      port: 3536,
      appAccess: "open",
      requireMetricsAuth: false,
      corsOrigins: ["*"],
      apps: ["a;name=A;maxRooms=3"],
      enforceSdk: false,
      minimumSdk: ["unity=1.10.0"],
      maxCreations: 100,
      rateWindowMs: 30_000,
      activityTimeoutMs: 3_000,
      idleTimeoutMs: 3_000,
      pingIntervalMs: 0,
      queueMessages: 8,
      slowConsumerMs: 500,
    });
  });

  it("[SF11] lets nobody in whom nobody listed, in production", () => {
    const env = { NODE_ENV: "production", SIGNAL_FISH__PORT: "0" };
    const { config, notices } = loadConfig({ env });
    expect(config.signalFish.appAccess).toBe("listed");
    expect(notices.join()).toContain("no app can come in");

    const opened = loadConfig({ env: { ...env, SIGNAL_FISH__SECURITY__REQUIRE_WEBSOCKET_AUTH: "false" } });
    expect(opened.config.signalFish.appAccess).toBe("open");
  });

  it("[SF102] does not start where metrics need a token and there is none", () => {
    expect(() => configOf({ signalFish: { requireMetricsAuth: true } })).toThrow(/metricsToken/);
    expect(() => configOf({ signalFish: { maxVersion: 2, minVersion: 3 } })).toThrow(/maxVersion/);
    expect(() => configOf({ signalFish: { roomCodePrefix: "ABCDEF" } })).toThrow(/roomCodeLength/);
    expect(() => configOf({ signalFish: { defaultMaxPlayers: 9, maxPlayers: 8 } })).toThrow(/maxPlayers/);
  });
});

describe("silence", () => {
  it.each([
    [3_000, 3_000, 4003],
    [0, 3_000, 4004],
    [9_000, 3_000, 4004],
    [3_000, 0, 4003],
  ])("[SF96] of %i ms and %i ms is called by its name", async (activityMs, idleMs, code) => {
    const tank = fishTank({ silence: { activityMs, idleMs } });
    const [ada, bob] = [await tank.connect(), await tank.connect()];

    await tank.forward(2_000);
    await ada.say("Ping");
    await tank.forward(1_000);
    expect([ada.end, bob.end]).toEqual([undefined, expect.objectContaining({ code })]);
    expect(bob.take()).toMatchObject([{ type: "Error" }]);
    await tank.forward(2_000);
    expect(ada.end).toMatchObject({ code });
  });

  it("[SF96] means nothing when both are off", async () => {
    const tank = fishTank({ silence: { activityMs: 0, idleMs: 0 } });
    const ada = await tank.connect();

    await tank.forward(3_600_000);
    expect(ada.end).toBeUndefined();
  });

  it("[SF96] ends links of the own listener that is told not to ping", async () => {
    const { own } = await serve({ pingIntervalMs: 0, activityTimeoutMs: 100, idleTimeoutMs: 0 });
    const ada = await Fish.connect(own);

    expect(await ada.socket.closed).toEqual({ code: 4003, reason: "activity_timeout" });
  });

  it("[SF96] means nothing where the server pings", async () => {
    const { server, own, shared } = await serve({ activityTimeoutMs: 1, idleTimeoutMs: 1 });
    const [ada, bob] = [await Fish.connect(own), await Fish.connect(shared)];
    // By now both have said nothing for longer than that.
    await Fish.connect(own);
    server.tick();

    for (const fish of [ada, bob]) {
      fish.say("Ping");
      expect(await fish.hear("Pong")).toEqual({ type: "Pong" });
    }
  });
});

describe("plain HTTP", () => {
  const context = { remoteAddress: "127.0.0.1" };

  it("[SF100] [SF103] answers what clients ask before they connect", async () => {
    const { server } = fishTank();
    const get = async (path: string) => server.fetch(new Request(`http://x${path}`), context);

    expect(await (await get("/v2/health")).text()).toBe("OK");
    for (const version of ["v2", "v3"]) {
      const answer = await get(`/${version}/client-config`);
      expect(await answer.text()).toBe('{"max_outbound_message_size":8388608}');
      expect(answer.headers.get("cache-control")).toBe("no-store");
    }
  });

  it("[SF101] tells what was counted", async () => {
    const { server, connect, join, clock } = fishTank();
    const [ada, bob, eve] = [
      await connect({ path: "/v3/ws" }),
      await connect({ game_data_format: "message_pack" }),
      await connect(),
    ];
    await join(ada, "ada", "ABC123");
    await join(bob, "bob", "ABC123");
    await join(eve, "eve");
    await ada.say("GameData", { data: 1 });
    await bob.sayRaw(Uint8Array.of(1));
    await eve.sayRaw("{");
    await eve.cut();
    clock.now += 5_000;

    const get = async (path: string) => server.fetch(new Request(`http://x${path}`), context);
    const text = await (await get("/v2/metrics/prom")).text();
    for (const line of [
      "connections_total 3",
      "connections_active 2",
      "connections_disconnections_total 1",
      "rooms_created_total 2",
      "rooms_joined_total 3",
      "players_active 2",
      "game_data_messages_total 2",
      "errors_validation_total 1",
      "reconnection_tokens_issued_total 1",
    ]) {
      expect(text).toContain(`signal_fish_${line}\n`);
    }
    const json = await (await get("/v2/metrics?time_range=6h&includeSnapshot=true")).json();
    expect(json).toMatchObject({
      timeRange: "6h",
      activeRooms: 2,
      roomsByGame: { reef: 2 },
      playerPercentiles: { p50: 2, p100: 2 },
      gamePercentiles: { reef: { p100: 2 } },
      serverMetrics: { rooms: { created: 2, joined: 3 } },
      metricsSnapshot: { players_active: 2 },
    });
    expect(await (await get("/v2/metrics")).json()).not.toHaveProperty("metricsSnapshot");
  });

  it("[SF102] keeps metrics for those who show the token", async () => {
    const { server } = fishTank({ requireMetricsAuth: true, metricsToken: "s3cret" });
    for (const path of ["/v2/metrics", "/v2/metrics/prom"]) {
      const status = async (authorization?: string) => {
        const headers = authorization === undefined ? {} : { authorization };
        const answer = await server.fetch(new Request(`http://x${path}`, { headers }), context);
        return [answer.status, answer.status === 401 ? await answer.text() : ""];
      };
      for (const bad of [undefined, "Bearer wrong!", "bearer s3cret", "Bearer s3cret ", "Basic s3cret"]) {
        if (bad !== "Bearer s3cret ") expect(await status(bad)).toEqual([401, ""]);
      }
      expect(await status("Bearer s3cret")).toEqual([200, ""]);
    }
  });
});

describe("a peer of parlor's own language", () => {
  it("[SF4] [SF34] [SF70] meets Signal Fish's in one room", async () => {
    const tank = fishTank({}, { native: { space: "signal-fish" } });
    const ada = await tank.connect({ path: "/v3/ws" });
    await tank.join(ada, "ada", "ABC123");
    const { connect } = nativeServer({}, { server: tank.server });
    const { client } = await connect({ name: "native" });
    ada.take();

    client.sayAtOnce({ t: "join", i: 1, room: "reef/ABC123" });
    await tank.settle();
    await client.settle();
    await tank.settle();

    const [joined] = ada.take();
    expect(joined).toMatchObject({
      type: "PlayerJoined",
      data: { player: { id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[48]/), epoch: 1, seq: 0 } },
    });
    client.take();
    await ada.say("GameData", { data: { n: 1 } });
    await client.settle();
    expect(JSON.stringify(client.take())).toContain('{"n":1}');
    expect(ada.complaint).toBeUndefined();
  });

  /** A game of ada and bob, whose languages are versions 3 and 2, with a native peer in it. */
  async function mixed(settings: Parameters<typeof fishTank>[0] = {}, join: object = {}) {
    const tank = fishTank(settings, { native: { space: "signal-fish" } });
    const ada = await tank.connect({ path: "/v3/ws", requested_capabilities: ["room_operation_ids"] });
    const bob = await tank.connect();
    await tank.join(ada, "ada", "ABC123", join);
    await tank.join(bob, "bob", "ABC123", join);
    const { connect } = nativeServer({}, { server: tank.server });
    const { client, welcome } = await connect();
    return { ...tank, ada, bob, client, welcome, connect };
  }
  const operate = async (fish: Awaited<ReturnType<typeof mixed>>["ada"], type: string, data?: object) => {
    const operation_id = "aaaa1111-0000-4000-8000-000000000001";
    const operation = data ? { type, data } : { type };
    const heard = await fish.say("RoomOperation", { operation_id, operation });
    return heard.find((each) => each.type === "RoomOperationResult")?.data?.result;
  };

  it("[SF88] may say what may be lost, and version 3 never has a hole in its numbers", async () => {
    const { client, ada, bob, settle } = await mixed();
    await client.say({ t: "join", id: 1, room: "reef/ABC123" });
    await settle();
    const big = "x".repeat(60_000);
    // More than the budget of a link, while ada and bob take nothing.
    for (let i = 0; i < 30; i++) {
      client.sayAtOnce({ t: "send", room: "reef/ABC123", d: big, lane: i % 2 ? "low" : "ephemeral" });
      await client.settle();
    }
    await settle();

    expect(ada.complaint).toBeUndefined();
    expect(ada.end).toMatchObject({ code: 4002, reason: "slow_consumer" });
    expect([bob.end, bob.complaint]).toEqual([undefined, undefined]);
    expect(bob.take().filter(({ type }) => type === "GameData").length).toBeLessThan(30);
  });

  it("[SF88] has everything heard that it says may be lost where there is room for it", async () => {
    const { client, ada, settle } = await mixed();
    await client.say({ t: "join", id: 1, room: "reef/ABC123" });
    await settle();
    ada.take();
    for (let i = 0; i < 20; i++) {
      client.sayAtOnce({ t: "send", room: "reef/ABC123", d: i, ephemeral: true });
      if (i % 5 === 0)
        client.sayAtOnce({ t: "send", room: "reef/ABC123", d: i, not: ["nobody"], lane: "low" });
    }
    await client.settle();
    await settle();

    const seqs = ada.take().flatMap(({ type, data }) => (type === "GameData" ? [data?.seq] : []));
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(ada.complaint).toBeUndefined();
  });

  it("[SF88] has reported what JSON cannot say of what it says may be lost", async () => {
    const { ada, connect, settle } = await mixed();
    const { client } = await connect({ enc: "msgpack" });
    await client.say({ t: "join", id: 1, room: "reef/ABC123" });
    await settle();
    ada.take();
    for (const d of [1, Uint8Array.of(7), 2]) {
      await client.say({ t: "send", room: "reef/ABC123", d, ephemeral: true });
      await settle();
    }

    expect(ada.take()).toMatchObject([
      { type: "GameData", data: { seq: 1 } },
      { type: "DeliveryReport", data: { gaps: [{ from_seq: 2, to_seq: 2, reason: "unsupported_format" }] } },
      { type: "Error", data: { error_code: "UNSUPPORTED_GAME_DATA_FORMAT" } },
      { type: "GameData", data: { seq: 3 } },
    ]);
    expect(ada.complaint).toBeUndefined();
  });

  it("[SF63] [SF89] [NT38] needs the password of a room that Signal Fish sealed", async () => {
    const { client, ada } = await mixed({}, { password: "coral" });
    const join = (more: object) => client.say({ t: "join", id: 1, room: "reef/ABC123", ...more });

    expect(await join({})).toMatchObject([{ t: "error", code: "password_required" }]);
    expect(await join({ password: "x" })).toMatchObject([{ t: "error", code: "password_required" }]);
    const [snapshot] = await join({ password: "coral" });
    expect(snapshot).toMatchObject({ t: "snapshot", r: "reef/ABC123", sealed: true });
    client.take();
    expect(await operate(ada, "SetRoomAccess", { password: null })).toMatchObject({
      type: "RoomAccessUpdated",
    });
    await client.settle();
    expect(client.take()).toMatchObject([{ t: "room", sealed: false }]);
    expect(await client.say({ t: "room-set", id: 2, room: "reef/ABC123", password: "mine" })).toMatchObject([
      { t: "error", code: "not_authority" },
    ]);
  });

  it("[SF93] [SF89] is kicked and banned by its id there, and goes on when the code is another one", async () => {
    const { client, ada, settle, connect } = await mixed();
    await client.say({ t: "join", id: 1, room: "reef/ABC123" });
    await settle();
    const joined = ada.take().findLast(({ type }) => type === "PlayerJoined");
    const player_id = (joined?.data?.player as { id: string } | undefined)?.id;

    const renewed = await operate(ada, "RegenerateRoomCode");
    const code = (renewed as { data?: { room_code?: string } } | undefined)?.data?.room_code;
    expect(await client.say({ t: "send", id: 2, room: "reef/ABC123", d: 1 })).toMatchObject([{ t: "ok" }]);
    const { client: eve } = await connect();
    expect(await eve.say({ t: "join", id: 1, room: "reef/ABC123" })).toMatchObject([
      { code: "room_not_found" },
    ]);
    expect(await eve.say({ t: "join", id: 2, room: `reef/${code}` })).toMatchObject([
      { t: "snapshot", r: "reef/ABC123" },
    ]);
    expect(await operate(ada, "BanPlayer", { player_id })).toMatchObject({
      type: "PlayerBanned",
      data: { player_id },
    });
    await client.settle();
    expect(client.take().at(-1)).toMatchObject({ t: "kicked", r: "reef/ABC123" });
    const again = () => client.say({ t: "join", id: 3, room: `reef/${code}` });
    expect(await again()).toMatchObject([{ t: "error", code: "banned" }]);
    expect(await operate(ada, "UnbanPlayer", { player_id })).toMatchObject({ type: "PlayerUnbanned" });
    expect(await again()).toMatchObject([{ t: "snapshot" }]);
    expect(ada.complaint).toBeUndefined();
  });
});
