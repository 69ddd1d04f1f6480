import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, Refusal } from "../../core/errors.ts";
import { GOODBYES, type GoodbyeReason } from "../../core/goodbyes.ts";
import { type FishClient, fishTank } from "../../testing/signal-fish.ts";
import { farewell, refusalText } from "./refuse.ts";

const NOBODY = "9a9a9a9a-5555-4b5b-8c5c-0000000000dd";
const error = (code: string) => [{ type: "Error", data: { error_code: code } }];

async function pair(settings = {}) {
  const tank = fishTank(settings);
  const fields = { path: "/v3/ws", requested_capabilities: ["room_operation_ids", "odd"] };
  const [ada, bob] = [await tank.connect(fields), await tank.connect(fields)];
  const ids = {
    ada: String((await tank.join(ada, "ada", "ABC123")).data?.player_id),
    bob: String((await tank.join(bob, "bob", "ABC123")).data?.player_id),
  };
  await tank.settle();
  for (const client of tank.clients) client.take();
  return { ...tank, ada, bob, ids };
}

describe("signals", () => {
  const signal = (client: FishClient, fields: object = {}) =>
    client.say("Signal", { to: NOBODY, generation: NOBODY, signal: { sdp: "" }, ...fields });

  it("[SF90] are refused in this order", async () => {
    const { ada, bob, ids, connect, join } = await pair();
    const eve = await connect({ path: "/v3/ws" });

    expect(await signal(eve, { signal: "x".repeat(16_385) })).toMatchObject(error("SIGNAL_TOO_LARGE"));
    expect(await signal(eve)).toMatchObject(error("NOT_IN_ROOM"));
    expect(await signal(ada, { to: ids.ada })).toMatchObject(error("SIGNAL_TARGET_NOT_FOUND"));
    expect(await signal(ada)).toMatchObject(error("SIGNAL_TARGET_NOT_FOUND"));
    const other = String((await join(eve, "eve", "XYZ789")).data?.player_id);
    expect(await signal(ada, { to: other })).toMatchObject(error("CROSS_ROOM_SIGNAL"));
    expect(await signal(ada, { to: ids.bob })).toMatchObject(error("UNSUPPORTED_TRANSPORT"));
    expect(bob.take()).toEqual([]);
  });

  it("[SF90] that lead nowhere are counted", async () => {
    const { ada, clock } = await pair({ maxSignalErrors: 2 });
    await signal(ada);
    await signal(ada);

    expect(await signal(ada)).toMatchObject(error("SIGNAL_RATE_LIMITED"));
    clock.now += 60_000;
    expect(await signal(ada)).toMatchObject(error("SIGNAL_TARGET_NOT_FOUND"));
  });
});

describe("transport reports", () => {
  it("[SF91] are told to the other players when they are news", async () => {
    const { ada, bob, ids, settle, connect, join } = await pair();
    const two = await connect();
    await join(two, "two", "ABC123");
    for (const client of [ada, bob, two]) client.take();
    const report = async (transport: string, connected: boolean) => {
      expect(await ada.say("TransportStatus", { transport, connected })).toEqual([]);
      await settle();
      return bob.take();
    };

    expect(await report("webrtc", true)).toEqual([]);
    expect(await report("relay", true)).toEqual([
      { type: "PeerTransportStatus", data: { peer_id: ids.ada, transport: "relay", connected: true } },
    ]);
    expect(await report("relay", true)).toEqual([]);
    expect(await report("relay", false)).toMatchObject([{ data: { connected: false } }]);
    expect(await two.say("TransportStatus", { transport: "relay", connected: true })).toEqual([]);
    expect([bob.take(), two.take()]).toEqual([[], []]);
    expect(bob.complaint).toBeUndefined();
  });
});

describe("room operations", () => {
  const id = "aaaa1111-0000-4000-8000-000000000001";
  const operate = (client: FishClient, type: string, data?: object, operation_id = id) =>
    client.say("RoomOperation", { operation_id, operation: data === undefined ? { type } : { type, data } });
  const result = (type: string, data?: object) => [
    { type: "RoomOperationResult", data: { operation_id: id, result: { type, ...(data && { data }) } } },
  ];

  it("[SF92] need version 3, and to be agreed on", async () => {
    const { ada, connect, join } = await pair({ roomOperations: false });
    const [two, eve] = [await connect(), await connect({ path: "/v3/ws" })];
    await join(eve, "eve", "ABC123");

    expect(await operate(two, "LeaveRoom")).toMatchObject(error("UNSUPPORTED_PROTOCOL_VERSION"));
    expect(await operate(eve, "LeaveRoom")).toMatchObject(error("INVALID_INPUT"));
    expect(await operate(ada, "LeaveRoom")).toMatchObject(error("INVALID_INPUT"));
    expect(await ada.say("LeaveRoom")).toEqual([{ type: "RoomLeft" }]);
  });

  it("[SF92] are agreed on with who asks for them, and with nobody else", async () => {
    const { open } = fishTank();
    const told = async (path: string, requested_capabilities?: string[]) => {
      const client = await open(path);
      const [, info] = await client.say("Authenticate", { app_id: "e2e-test-app", requested_capabilities });
      return JSON.stringify(info?.data?.capabilities).includes("room_operation_ids");
    };

    expect(await told("/v3/ws", ["room_operation_ids"])).toBe(true);
    expect(await told("/v3/ws")).toBe(false);
    expect(await told("/v2/ws", ["room_operation_ids"])).toBe(false);
  });

  it("[SF92] are answered with their id, whatever becomes of them", async () => {
    const { ada, clock } = await pair();
    const rooms = { game_name: "reef", player_name: "ada", room_code: "ABC123" };

    expect(await operate(ada, "JoinRoom", rooms)).toMatchObject(
      result("RoomJoinFailed", { error_code: "ALREADY_IN_ROOM" }),
    );
    expect(await operate(ada, "LeaveRoom")).toEqual(result("RoomLeft"));
    expect(await operate(ada, "LeaveRoom")).toMatchObject(
      result("OperationFailed", { reason: "Not in a room", error_code: "NOT_IN_ROOM" }),
    );
    const [joined, ...more] = await operate(ada, "JoinRoom", rooms);
    expect([joined]).toMatchObject(result("RoomJoined", { room_code: "ABC123" }));
    expect(more).toEqual([]);
    await operate(ada, "LeaveRoom");
    const watch = { game_name: "reef", room_code: "ABC123", spectator_name: "ada" };
    expect(await operate(ada, "JoinAsSpectator", watch)).toMatchObject(result("SpectatorJoined", {}));
    expect(await operate(ada, "LeaveSpectator")).toMatchObject(result("SpectatorLeft", {}));
    expect(await operate(ada, "LeaveSpectator")).toMatchObject(
      result("OperationFailed", { error_code: "NOT_A_SPECTATOR" }),
    );
    expect(
      await operate(ada, "Reconnect", { player_id: NOBODY, room_id: NOBODY, auth_token: "t" }),
    ).toMatchObject(result("ReconnectionFailed", { error_code: "RECONNECTION_FAILED" }));
    clock.now += 1;
    expect(await operate(ada, "LeaveRoom", undefined, id.toUpperCase())).toMatchObject(
      error("INVALID_INPUT"),
    );
  });

  it("[SF92] are answered with their id when they make no sense, come too often, or the server fails", async () => {
    const { ada, bob, server } = await pair({ maxJoins: 2 });
    const invalid = { error_code: "INVALID_INPUT" };

    expect(await operate(ada, "Ping")).toMatchObject(result("OperationFailed", invalid));
    expect(await operate(ada, "JoinRoom", { game_name: 1 })).toMatchObject(result("RoomJoinFailed", invalid));
    expect(await operate(ada, "KickPlayer")).toMatchObject(result("OperationFailed", invalid));
    expect(await bob.say("RoomOperation", { operation_id: id })).toMatchObject(
      result("OperationFailed", invalid),
    );
    await operate(ada, "LeaveRoom");
    const join = { game_name: "reef", player_name: "ada", room_code: "XYZ789" };
    await operate(ada, "JoinRoom", join);
    expect(await operate(ada, "JoinRoom", join)).toMatchObject(
      result("RoomJoinFailed", { error_code: "RATE_LIMIT_EXCEEDED" }),
    );
    const { world } = server.hub;
    world.find = () => {
      throw new Error("a fault of ours");
    };
    expect(await operate(ada, "LeaveRoom")).toMatchObject(
      result("OperationFailed", { error_code: "INTERNAL_ERROR" }),
    );
    expect(ada.complaint).toBeUndefined();
  });
});

describe("every refusal", () => {
  const KNOWN =
    /^(UNAUTHORIZED|INVALID_APP_ID|MISSING_APP_ID|AUTHENTICATION_TIMEOUT|SDK_VERSION_UNSUPPORTED|UNSUPPORTED_GAME_DATA_FORMAT|INVALID_INPUT|INVALID_GAME_NAME|INVALID_ROOM_CODE|INVALID_PLAYER_NAME|INVALID_MAX_PLAYERS|MESSAGE_TOO_LARGE|ROOM_NOT_FOUND|ROOM_FULL|ALREADY_IN_ROOM|NOT_IN_ROOM|ROOM_CREATION_FAILED|MAX_ROOMS_PER_GAME_EXCEEDED|INVALID_ROOM_STATE|GAME_START_NOT_READY|GAME_START_FORBIDDEN|AUTHORITY_NOT_SUPPORTED|AUTHORITY_CONFLICT|AUTHORITY_DENIED|RATE_LIMIT_EXCEEDED|TOO_MANY_CONNECTIONS|RECONNECTION_FAILED|RECONNECTION_TOKEN_INVALID|RECONNECTION_EXPIRED|PLAYER_ALREADY_CONNECTED|SPECTATOR_NOT_ALLOWED|TOO_MANY_SPECTATORS|NOT_A_SPECTATOR|SPECTATOR_JOIN_FAILED|INTERNAL_ERROR|STORAGE_ERROR|SLOW_CONSUMER|ACTIVITY_TIMEOUT|CONNECTION_IDLE_TIMEOUT|SERVER_DRAINING|UNSUPPORTED_PROTOCOL_VERSION)$/;
  const CARRIERS: Readonly<Record<string, string>> = {
    "": "Error",
    Authenticate: "AuthenticationError",
    JoinRoom: "RoomJoinFailed",
    JoinAsSpectator: "SpectatorJoinFailed",
    Reconnect: "ReconnectionFailed",
    AuthorityRequest: "AuthorityResponse",
    StartGame: "Error",
    PlayerReady: "Error",
    GameData: "Error",
    LeaveSpectator: "Error",
  };

  it.each(Object.keys(ERRORS) as ErrorCode[])(
    "[SF6] of the core as %s has a word that clients know",
    (code) => {
      for (const [type, carrier] of Object.entries(CARRIERS)) {
        const told = JSON.parse(refusalText(new Refusal(code), { type })) as {
          type: string;
          data: { error_code?: string };
        };
        expect(told.type).toBe(code === "bad_message" ? "Error" : carrier);
        if (told.data.error_code !== undefined) expect(told.data.error_code).toMatch(KNOWN);
      }
    },
  );

  it("[SF95] and every goodbye has its code and word", () => {
    const codes = Object.fromEntries(
      (Object.keys(GOODBYES) as GoodbyeReason[]).map((reason) => [reason, farewell({ reason }).code]),
    );

    expect(codes).toMatchObject({
      server_shutdown: 4000,
      registration_timeout: 4001,
      slow_consumer: 4002,
      heartbeat_timeout: 4003,
      activity_timeout: 4003,
      idle_timeout: 4004,
      room_inactive: 4005,
      flooding: 4006,
      kicked: 4007,
      message_too_large: 1009,
    });
    for (const reason of Object.keys(GOODBYES) as GoodbyeReason[]) {
      const { message } = farewell({ reason });
      const code = message === undefined ? undefined : /"error_code":"([A-Z_]+)"/.exec(String(message))?.[1];
      if (code !== undefined) expect(code).toMatch(KNOWN);
    }
  });

  it("[SF95] ends the link of a flood", async () => {
    const { connect } = fishTank({ messagesPerSecond: 1, messagesBurst: 3 });
    const client = await connect();
    for (let i = 0; i < 5; i++) client.sayAtOnce('{"type":"Ping"}');
    await client.settle();

    expect(client.end).toMatchObject({ code: 4006, reason: "inbound_rate_limited" });
  });
});
