import { describe, expect, it } from "vitest";
import { type FishClient, fishTank } from "../../testing/signal-fish.ts";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
const NOW = "2026-03-04T05:06:07.250Z";

const failed = (code: string) => ({ type: "RoomJoinFailed", data: { error_code: code } });
const texts = (client: FishClient) => client.raw.filter((each) => typeof each === "string");
const idOf = (joined: { data?: Record<string, unknown> }) => String(joined.data?.player_id);

describe("joining a room", () => {
  it("[SF34] [SF1] is told in the very words of the original", async () => {
    const { connect, join } = fishTank();
    const [ada, bob] = [await connect(), await connect()];
    ada.drain();

    const joined = await join(ada, "Nemo", "qx7m2k", { max_players: 4, relay_transport: null });
    const id = idOf(joined);
    const room = String(joined.data?.room_id);
    const nemo = `{"id":"${id}","name":"Nemo","is_authority":true,"is_ready":false,"connected_at":"${NOW}"}`;
    expect(id).toMatch(new RegExp(`^${UUID}$`));
    expect(room).toMatch(new RegExp(`^${UUID}$`));
    expect(texts(ada)).toEqual([
      `{"type":"RoomJoined","data":{"room_id":"${room}","room_code":"QX7M2K","player_id":"${id}","game_name":"reef","max_players":4,"supports_authority":true,"current_players":[${nemo}],"is_authority":true,"lobby_state":"waiting","ready_players":[],"relay_type":"matchbox","current_spectators":[]}}`,
      '{"type":"LobbyStateChanged","data":{"lobby_state":"lobby","ready_players":[],"all_ready":false}}',
    ]);

    ada.drain();
    bob.drain();
    const other = idOf(await join(bob, "Dory", "QX7M2K", { max_players: 99, supports_authority: false }));
    const dory = `{"id":"${other}","name":"Dory","is_authority":false,"is_ready":false,"connected_at":"${NOW}"}`;
    expect(texts(ada)).toEqual([`{"type":"PlayerJoined","data":{"player":${dory}}}`]);
    expect(texts(bob)).toEqual([
      `{"type":"RoomJoined","data":{"room_id":"${room}","room_code":"QX7M2K","player_id":"${other}","game_name":"reef","max_players":4,"supports_authority":true,"current_players":[${nemo},${dory}],"is_authority":false,"lobby_state":"lobby","ready_players":[],"relay_type":"matchbox","current_spectators":[]}}`,
    ]);
    expect([ada.complaint, bob.complaint]).toEqual([undefined, undefined]);
  });

  it("[SF30] finds what is wrong in its order, and goes on", async () => {
    const { connect, join, clock } = fishTank();
    const client = await connect();
    const all = { game_name: "", player_name: "", room_code: "!", max_players: 0 };
    const say = async (fields: object) => {
      clock.now += 60_000;
      return client.say("JoinRoom", { ...all, ...fields });
    };

    expect(await say({})).toMatchObject([failed("INVALID_GAME_NAME")]);
    expect(await say({ game_name: "reef" })).toMatchObject([failed("INVALID_PLAYER_NAME")]);
    const named = { game_name: "reef", player_name: "ada" };
    expect(await say(named)).toMatchObject([failed("INVALID_MAX_PLAYERS")]);
    expect(await say({ ...named, max_players: 101 })).toMatchObject([failed("INVALID_MAX_PLAYERS")]);
    expect(await say({ ...named, max_players: 1 })).toMatchObject([failed("INVALID_ROOM_CODE")]);
    await join(client, "ada");
    expect(await say({ ...named, max_players: 1 })).toMatchObject([failed("ALREADY_IN_ROOM")]);
    expect(client.end).toBeUndefined();
  });

  it("[SF31] opens a room with a code that nobody has, or with the one that was given", async () => {
    const { connect, join } = fishTank({ roomCodePrefix: "EU" });
    const [ada, bob] = [await connect(), await connect()];

    expect(await join(ada, "ada")).toMatchObject({
      data: { room_code: expect.stringMatching(/^EU[2-9A-HJ-NP-Z]{4}$/) },
    });
    expect(await join(bob, "bob", "aBc123")).toMatchObject({ data: { room_code: "ABC123" } });
  });

  it("[SF31] never joins a room whose code is drawn by chance", async () => {
    const { connect, join } = fishTank({ roomCodeLength: 2, roomCodePrefix: "EU" });
    const [ada, bob] = [await connect(), await connect()];
    await join(ada, "ada");

    expect(await join(bob, "bob")).toMatchObject(failed("ROOM_CREATION_FAILED"));
  });

  it("[SF32] is refused where there is no room for it", async () => {
    const { connect, join } = fishTank();
    const [ada, bob, eve] = [await connect(), await connect(), await connect()];
    await join(ada, "Ada", "ABC123", { max_players: 2 });

    const taken = await join(bob, "aDA", "ABC123");
    expect(taken).toEqual({
      type: "RoomJoinFailed",
      data: { reason: "Player name already exists in this room", error_code: "ROOM_CREATION_FAILED" },
    });
    await join(bob, "bob", "ABC123");
    expect(await join(eve, "eve", "ABC123")).toEqual({
      type: "RoomJoinFailed",
      data: { reason: "Room is full", error_code: "ROOM_FULL" },
    });
  });

  it("[SF32] keeps to what an app may have", async () => {
    const apps = [{ id: "a", name: "A", maxRooms: 1, maxPlayersPerRoom: 4 }];
    const { connect, join } = fishTank({ appAccess: "listed", apps });
    const [ada, bob] = [await connect({ app_id: "a" }), await connect({ app_id: "a" })];

    expect(await join(ada, "ada", undefined, { max_players: 5 })).toMatchObject(
      failed("INVALID_MAX_PLAYERS"),
    );
    await join(ada, "ada", "ABC123", { max_players: 4 });
    expect(await join(bob, "bob", undefined, { max_players: 4 })).toMatchObject(
      failed("MAX_ROOMS_PER_GAME_EXCEEDED"),
    );
    expect((await join(bob, "bob", "ABC123")).type).toBe("RoomJoined");
  });

  it("[SF33] is counted, and openings besides", async () => {
    const { connect, clock } = fishTank({ maxCreations: 1, maxJoins: 3 });
    const client = await connect();
    const say = (code: string | null) =>
      client.say("JoinRoom", { game_name: "", player_name: "ada", room_code: code });
    const limited = failed("RATE_LIMIT_EXCEEDED");

    expect(await say(null)).toMatchObject([failed("INVALID_GAME_NAME")]);
    clock.now += 10_000;
    expect(await say(null)).toMatchObject([
      { ...limited, data: { reason: expect.stringContaining("Try again in 50 seconds.") } },
    ]);
    await say("ABC123");
    await say("ABC123");
    expect(await say("ABC123")).toMatchObject([limited]);
    clock.now += 50_000;
    expect(await say(null)).toMatchObject([failed("INVALID_GAME_NAME")]);
  });

  it("[SF35] opens nothing when only joining is wanted", async () => {
    const { connect, join } = fishTank();
    const client = await connect();

    expect(await join(client, "ada", undefined, { join_only: true })).toMatchObject(failed("INVALID_INPUT"));
    expect(await join(client, "ada", "ABC123", { join_only: true })).toMatchObject(failed("ROOM_NOT_FOUND"));
    expect((await join(client, "ada", "ABC123", { join_only: false, password: null })).type).toBe(
      "RoomJoined",
    );
  });

  it("[SF36] takes the characters that are configured", async () => {
    const names = {
      maxLength: 32,
      allowUnicode: false,
      allowSpaces: false,
      allowOuterSpace: false,
      symbols: ["*"],
      moreCharacters: "é",
    };
    const { connect, join, clock } = fishTank({ names });
    const client = await connect();
    for (const bad of ["a b", "ö", "-"]) {
      clock.now += 60_000;
      expect(await join(client, bad)).toMatchObject(failed("INVALID_PLAYER_NAME"));
    }
    expect((await join(client, "a*é")).type).toBe("RoomJoined");
  });
});

describe("leaving a room", () => {
  it("[SF37] is answered, and told to the others", async () => {
    const { connect, join, settle } = fishTank();
    const [ada, bob] = [await connect(), await connect()];
    const id = idOf(await join(ada, "ada", "ABC123"));
    await join(bob, "bob", "ABC123");
    bob.take();

    expect(await ada.say("LeaveRoom")).toEqual([{ type: "RoomLeft" }]);
    await settle();

    expect(bob.take()).toEqual([
      { type: "PlayerLeft", data: { player_id: id } },
      { type: "AuthorityChanged", data: { authority_player: null, you_are_authority: false } },
    ]);
    expect(await ada.say("LeaveRoom")).toEqual([]);
    await bob.say("GameData", { data: 1 });
    expect(ada.take()).toEqual([]);
  });

  it("[SF37] is told the same when a link is lost", async () => {
    const { connect, join, settle } = fishTank();
    const [ada, bob] = [await connect(), await connect()];
    await join(ada, "ada", "ABC123");
    await join(bob, "bob", "ABC123");
    bob.take();

    await ada.cut();
    await settle();

    expect(bob.take().map(({ type }) => type)).toEqual(["PlayerLeft", "AuthorityChanged"]);
    expect(bob.complaint).toBeUndefined();
  });

  it("[SF38] [SF95] happens to all when nothing happens", async () => {
    const { connect, join, forward } = fishTank({ inactiveRoomMs: 60_000 });
    const [ada, eve] = [await connect(), await connect()];
    const joined = await join(ada, "ada", "ABC123");
    await eve.say("JoinAsSpectator", { game_name: "reef", room_code: "abc123", spectator_name: "eve" });
    await ada.settle();
    for (const client of [ada, eve]) client.take();

    await forward(60_000);

    expect(ada.take()).toMatchObject([{ type: "Error", data: { error_code: "ROOM_NOT_FOUND" } }]);
    expect(ada.end).toMatchObject({ code: 4005, reason: "room_inactive" });
    expect(eve.take()).toEqual([
      {
        type: "SpectatorLeft",
        data: {
          room_id: joined.data?.room_id,
          room_code: "ABC123",
          reason: "room_closed",
          current_spectators: [],
        },
      },
    ]);
    expect([ada.complaint, eve.complaint, eve.end]).toEqual([undefined, undefined, undefined]);
  });
});

describe("a lobby", () => {
  it("[SF40] tells all who is ready", async () => {
    const { connect, join, settle } = fishTank();
    const [ada, bob] = [await connect(), await connect()];
    expect(await ada.say("PlayerReady")).toMatchObject([
      { type: "Error", data: { error_code: "NOT_IN_ROOM" } },
    ]);
    const one = idOf(await join(ada, "ada", "ABC123"));
    await join(bob, "bob", "ABC123");
    bob.take();

    await ada.say("PlayerReady");
    await settle();
    expect(bob.take()).toEqual([
      { type: "LobbyStateChanged", data: { lobby_state: "lobby", ready_players: [one], all_ready: false } },
    ]);
    await bob.say("PlayerReady");
    await settle();
    expect(ada.take()).toMatchObject([{ data: { all_ready: true } }]);
    expect(await ada.say("PlayerReady")).toMatchObject([{ data: { all_ready: false } }]);
  });

  it("[SF41] starts when all are ready, by the authority", async () => {
    const { connect, join, settle } = fishTank({ relayTypes: { reef: "mirror" } });
    const [ada, bob] = [await connect(), await connect()];
    const refusal = (code: string) => [{ type: "Error", data: { error_code: code } }];
    expect(await ada.say("StartGame")).toMatchObject(refusal("NOT_IN_ROOM"));
    const one = idOf(await join(ada, "ada", "ABC123"));
    const two = idOf(await join(bob, "bob", "ABC123"));
    await ada.say("ProvideConnectionInfo", { connection_info: { port: 7777, type: "direct", host: "h" } });
    expect(await ada.say("StartGame")).toMatchObject(refusal("GAME_START_NOT_READY"));
    await ada.say("PlayerReady");
    await bob.say("PlayerReady");
    expect(await bob.say("StartGame")).toMatchObject(refusal("GAME_START_FORBIDDEN"));
    await settle();

    ada.drain();
    await ada.sayRaw('{"type":"StartGame"}');

    expect(texts(ada)).toEqual([
      `{"type":"GameStarting","data":{"peer_connections":[{"player_id":"${one}","player_name":"ada","is_authority":true,"relay_type":"mirror","connection_info":{"type":"direct","host":"h","port":7777}},{"player_id":"${two}","player_name":"bob","is_authority":false,"relay_type":"mirror"}]}}`,
    ]);
    expect(await ada.say("StartGame")).toMatchObject(refusal("INVALID_ROOM_STATE"));
    expect(await ada.say("PlayerReady")).toMatchObject(refusal("INVALID_ROOM_STATE"));
    expect([ada.complaint, bob.complaint]).toEqual([undefined, undefined]);
  });

  it("[SF42] answers about authority once, and before it tells", async () => {
    const { connect, join, settle } = fishTank();
    const [ada, bob] = [await connect(), await connect()];
    const ask = (client: FishClient, become: boolean) =>
      client.say("AuthorityRequest", { become_authority: become });
    const no = (code: string) => [{ type: "AuthorityResponse", data: { granted: false, error_code: code } }];
    expect(await ask(ada, true)).toMatchObject(no("NOT_IN_ROOM"));
    await join(ada, "ada", "ABC123");
    const two = idOf(await join(bob, "bob", "ABC123"));

    expect(await ask(bob, true)).toEqual([
      {
        type: "AuthorityResponse",
        data: {
          granted: false,
          reason: "Another player already has authority",
          error_code: "AUTHORITY_CONFLICT",
        },
      },
    ]);
    expect(await ask(ada, true)).toMatchObject(no("AUTHORITY_CONFLICT"));
    expect(await ask(bob, false)).toMatchObject(no("AUTHORITY_DENIED"));
    expect(await ask(ada, false)).toEqual([
      { type: "AuthorityResponse", data: { granted: true, reason: null } },
      { type: "AuthorityChanged", data: { authority_player: null, you_are_authority: false } },
    ]);
    ada.take();
    await settle();
    expect((await ask(bob, true))[1]).toEqual({
      type: "AuthorityChanged",
      data: { authority_player: two, you_are_authority: true },
    });
    await settle();
    expect(ada.take()).toEqual([
      { type: "AuthorityChanged", data: { authority_player: two, you_are_authority: false } },
    ]);
    expect([ada.complaint, bob.complaint]).toEqual([undefined, undefined]);
  });

  it("[SF42] knows rooms without authority", async () => {
    const { connect, join } = fishTank();
    const client = await connect();
    const joined = await join(client, "ada", undefined, { supports_authority: false });

    expect(joined).toMatchObject({
      data: { is_authority: false, current_players: [{ is_authority: false }] },
    });
    expect(await client.say("AuthorityRequest", { become_authority: true })).toMatchObject([
      {
        data: { reason: "Room does not support authority", error_code: "AUTHORITY_NOT_SUPPORTED" },
      },
    ]);
  });

  it.each([
    ['{"type":"direct","host":"h","port":0}', '{"type":"direct","host":"h","port":0}'],
    [
      '{"key":"k","type":"unity_relay","allocation_id":"a","connection_data":"c"}',
      '{"type":"unity_relay","allocation_id":"a","connection_data":"c","key":"k"}',
    ],
    [
      '{"type":"relay","host":"h","port":1,"allocation_id":"a","token":"t"}',
      '{"type":"relay","host":"h","port":1,"transport":"auto","allocation_id":"a","token":"t"}',
    ],
    [
      '{"type":"relay","host":"h","port":1,"transport":"udp","allocation_id":"a","token":"t","client_id":3}',
      '{"type":"relay","host":"h","port":1,"transport":"udp","allocation_id":"a","token":"t","client_id":3}',
    ],
    ['{"type":"webrtc","ice_candidates":["c"]}', '{"type":"webrtc","sdp":null,"ice_candidates":["c"]}'],
    ['{"type":"custom","data":{"x":[1]}}', '{"type":"custom","data":{"x":[1]}}'],
  ])("[SF43] keeps %s as it is told to others", async (given, told) => {
    const { connect, join } = fishTank();
    const [ada, bob] = [await connect(), await connect()];
    await join(ada, "ada", "ABC123");

    expect(await ada.sayRaw(`{"type":"ProvideConnectionInfo","data":{"connection_info":${given}}}`)).toEqual(
      [],
    );

    await join(bob, "bob", "ABC123");
    expect(String(texts(bob).at(-1))).toContain(`"connection_info":${told}}`);
  });

  it("[SF43] needs a seat, and a bound", async () => {
    const { connect, join } = fishTank({ maxConnectionInfoBytes: 50 });
    const client = await connect();
    const say = (host: string) =>
      client.say("ProvideConnectionInfo", { connection_info: { type: "direct", host, port: 1 } });

    expect(await say("h")).toMatchObject([{ type: "Error", data: { error_code: "NOT_IN_ROOM" } }]);
    await join(client, "ada");
    expect(await say("h".repeat(50))).toMatchObject([{ data: { error_code: "MESSAGE_TOO_LARGE" } }]);
    expect(await say("h")).toEqual([]);
  });

  it("[SF44] answers a ping", async () => {
    const client = await fishTank().connect();
    client.drain();

    await client.say("Ping");
    expect(client.raw).toEqual(['{"type":"Pong"}']);
  });
});

describe("spectators", () => {
  const watch = (client: FishClient, fields: object = {}) =>
    client.say("JoinAsSpectator", {
      game_name: "reef",
      room_code: "ABC123",
      spectator_name: "Bruce",
      ...fields,
    });
  const refused = (code: string) => [{ type: "SpectatorJoinFailed", data: { error_code: code } }];

  it("[SF60] are refused in this order", async () => {
    const { connect, join } = fishTank({ maxSpectators: 1 });
    const [ada, bob, eve] = [await connect(), await connect(), await connect()];
    await join(ada, "ada", "ABC123");
    const bad = { game_name: "", room_code: "!", spectator_name: "" };

    expect(await watch(ada, bad)).toMatchObject(refused("SPECTATOR_NOT_ALLOWED"));
    expect(await watch(bob, bad)).toMatchObject(refused("INVALID_PLAYER_NAME"));
    expect(await watch(bob, { ...bad, spectator_name: "b" })).toMatchObject(refused("INVALID_GAME_NAME"));
    expect(await watch(bob, { room_code: "!" })).toMatchObject(refused("INVALID_ROOM_CODE"));
    expect(await watch(bob, { room_code: "ZZZZZZ" })).toMatchObject(refused("ROOM_NOT_FOUND"));
    expect((await watch(bob))[0]?.type).toBe("SpectatorJoined");
    expect(await watch(bob, bad)).toMatchObject(refused("SPECTATOR_JOIN_FAILED"));
    expect(await watch(eve)).toMatchObject(refused("TOO_MANY_SPECTATORS"));
    for (let i = 0; i < 20; i++) await watch(eve, bad);
    expect(await watch(eve)).toMatchObject(refused("RATE_LIMIT_EXCEEDED"));
  });

  it("[SF61] [SF1] are told in the very words of the original", async () => {
    const { connect, join, settle } = fishTank();
    const [ada, bruce] = [await connect(), await connect()];
    const joined = await join(ada, "ada", "ABC123");
    ada.drain();
    bruce.drain();

    const [told] = await watch(bruce, { room_code: "abc123" });
    await settle();

    const id = String(told?.data?.spectator_id);
    const info = `{"id":"${id}","name":"Bruce","connected_at":"${NOW}"}`;
    const room = `"room_id":"${joined.data?.room_id}","room_code":"ABC123"`;
    const players = JSON.stringify(joined.data?.current_players);
    expect(bruce.raw).toEqual([
      `{"type":"SpectatorJoined","data":{${room},"spectator_id":"${id}","game_name":"reef","current_players":${players},"current_spectators":[${info}],"lobby_state":"lobby","reason":"joined"}}`,
    ]);
    expect(ada.raw).toEqual([
      `{"type":"NewSpectatorJoined","data":{"spectator":${info},"current_spectators":[${info}],"reason":"joined"}}`,
    ]);

    ada.drain();
    bruce.drain();
    await bruce.say("LeaveSpectator");
    await settle();
    expect(bruce.raw).toEqual([
      `{"type":"SpectatorLeft","data":{${room},"reason":"voluntary_leave","current_spectators":[]}}`,
    ]);
    expect(ada.raw).toEqual([
      `{"type":"SpectatorDisconnected","data":{"spectator_id":"${id}","reason":"voluntary_leave","current_spectators":[]}}`,
    ]);
    expect([ada.complaint, bruce.complaint]).toEqual([undefined, undefined]);
  });

  it("[SF61] that lose their link are told of as disconnected", async () => {
    const { connect, join, settle } = fishTank();
    const [ada, bruce] = [await connect(), await connect()];
    await join(ada, "ada", "ABC123");
    await watch(bruce);
    await settle();
    ada.take();

    await bruce.cut();
    await settle();
    expect(ada.take()).toMatchObject([{ type: "SpectatorDisconnected", data: { reason: "disconnected" } }]);
  });

  it("[SF62] hear what players hear, and can do nothing", async () => {
    const { connect, join, settle } = fishTank();
    const [ada, bruce] = [await connect(), await connect()];
    await join(ada, "ada", "ABC123");
    expect(await bruce.say("LeaveSpectator")).toMatchObject([{ data: { error_code: "NOT_A_SPECTATOR" } }]);
    await watch(bruce);

    expect(await bruce.say("GameData", { data: 1 })).toEqual([]);
    expect(await bruce.say("LeaveRoom")).toEqual([]);
    for (const type of ["PlayerReady", "StartGame"]) {
      expect(await bruce.say(type)).toMatchObject([{ type: "Error", data: { error_code: "NOT_IN_ROOM" } }]);
    }
    expect(await bruce.say("AuthorityRequest", { become_authority: true })).toMatchObject([
      { type: "AuthorityResponse", data: { error_code: "NOT_IN_ROOM" } },
    ]);
    await ada.say("GameData", { data: 2 });
    await ada.say("PlayerReady");
    await ada.say("StartGame");
    await settle();
    expect(bruce.take().map(({ type }) => type)).toEqual(["GameData", "LobbyStateChanged", "GameStarting"]);
    expect(bruce.complaint).toBeUndefined();
  });
});
