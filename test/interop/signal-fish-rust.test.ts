import { describe, expect, it } from "vitest";
import { Fish } from "../../src/testing/fish-socket.ts";
import { fishServer, pipelined, ticketOf } from "./signal-fish-server.ts";

/** As the Rust client's suite starts a server. */
const ENV = {
  LOGGING__LEVEL: "warn",
  SECURITY__REQUIRE_METRICS_AUTH: "false",
  SECURITY__REQUIRE_WEBSOCKET_AUTH: "false",
  PROTOCOL__SDK_COMPATIBILITY__ENFORCE: "false",
};

/** The client says every option, also those it does not set. */
const join = (name: string, code: string | null) =>
  [
    "JoinRoom",
    {
      game_name: "e2e",
      room_code: code,
      player_name: name,
      max_players: null,
      supports_authority: null,
      relay_transport: null,
    },
  ] as const;
const HELLO = ["Authenticate", { app_id: "e2e-test-app", sdk_version: "0.11.0" }] as const;
const HELLO_3 = [
  "Authenticate",
  {
    app_id: "e2e-test-app",
    sdk_version: "0.11.0",
    protocol_version: 3,
    supported_transports: ["relay"],
    supported_topologies: ["relay"],
    requested_capabilities: ["room_operation_ids"],
  },
] as const;

describe("a client such as the Rust one", () => {
  it("[SF2] [SF10] [SF34] says everything at once, with nulls for all that it does not want", async () => {
    const at = await fishServer(ENV);

    const fish = await pipelined(
      at,
      2,
      HELLO,
      join("alpha", null),
      ["PlayerReady"],
      ["StartGame"],
      ["LeaveRoom"],
      ["Ping"],
    );

    expect((await fish.hear("RoomJoined")).data).toMatchObject({ max_players: 8, supports_authority: true });
    await fish.hear("GameStarting");
    await fish.hear("RoomLeft");
    await fish.hear("Pong");
    expect(fish.socket.unread).toEqual([]);
  });

  it("[SF44] hears its pong while it floods the room", async () => {
    const at = await fishServer(ENV);
    const fish = await pipelined(at, 2, HELLO, join("solo", null));
    await fish.hear("RoomJoined");

    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 50; i++) fish.say("GameData", { data: { pad: "y".repeat(512) } });
      fish.say("Ping");
      const askedAt = performance.now();
      await fish.hear("Pong");
      expect(performance.now() - askedAt).toBeLessThan(2_000);
    }
  });

  it("[SF95] sees that somebody who reads nothing is put out, who is told so", async () => {
    const at = await fishServer({
      ...ENV,
      WEBSOCKET__SEND_QUEUE_CAPACITY: "8",
      WEBSOCKET__SLOW_CONSUMER_TIMEOUT_MS: "500",
    });
    const [sender, victim] = [
      await pipelined(at, 2, HELLO, join("sender", "EVICT1")),
      await pipelined(at, 2, HELLO),
    ];
    await sender.hear("RoomJoined");
    victim.say(...join("victim", "EVICT1"));
    await victim.hear("RoomJoined");
    await sender.hear("PlayerJoined");

    victim.socket.stopReading();
    const pad = "x".repeat(8 * 1024);
    const flood = setInterval(() => {
      for (let i = 0; i < 64; i++) sender.say("GameData", { data: { pad } });
    }, 5);
    await sender.hear("PlayerLeft").finally(() => clearInterval(flood));

    victim.socket.goOnReading();
    expect([4002, 1006]).toContain((await victim.socket.closed).code);
  }, 30_000);

  it("[SF13] [SF72] goes on with JSON when it asks for a format that nobody serves", async () => {
    const at = await fishServer(ENV);
    const [type, fields] = HELLO_3;
    const fish = await pipelined(at, 2);
    fish.speaks(3);
    fish.say(type, { ...fields, game_data_format: "rkyv" });

    const told = [await fish.next(), await fish.next(), await fish.next()];
    expect(told.map((message) => message.type)).toEqual(["Error", "Authenticated", "ProtocolInfo"]);
    expect(told[2]?.data).toMatchObject({ protocol_version: 3, game_data_formats: ["json", "message_pack"] });
    fish.socket.send(Uint8Array.of(1));
    expect(await fish.hear("Error")).toMatchObject({ data: { error_code: "INVALID_INPUT" } });
  });

  it("[SF83] has its seat back at the first try, as often as its line breaks", async () => {
    const at = await fishServer(ENV);
    const anchor = await Fish.connect(at, 3);
    await anchor.join("anchor", "BACK22");
    let fish = await pipelined(at, 3, HELLO_3, [
      "JoinRoom",
      { game_name: "reef", player_name: "alpha", room_code: "BACK22" },
    ]);
    let seat = await fish.hear("RoomJoined");
    const tokens = new Set([seat.data?.reconnection_token]);
    for (const each of [anchor, fish]) each.say("PlayerReady");
    await anchor.hear("PlayerJoined");
    while ((await anchor.hear("LobbyStateChanged")).data?.all_ready !== true);
    anchor.say("StartGame");
    const generations = new Set([(await fish.hear("SessionPlan")).data?.generation]);

    for (let round = 1; round <= 10; round++) {
      await fish.socket.drop();
      fish = await pipelined(at, 3, HELLO_3, ["Reconnect", ticketOf(seat)]);
      seat = await fish.hear(["Reconnected", "ReconnectionFailed"]);
      expect(seat).toMatchObject({
        type: "Reconnected",
        data: { replay: "complete", lobby_state: "finalized" },
      });
      tokens.add(seat.data?.reconnection_token);
      generations.add((await fish.hear("SessionPlan")).data?.generation);
      fish.say("GameData", { data: round });
      expect(await anchor.hear("GameData")).toMatchObject({
        data: { data: round, seq: 1, epoch: round + 1 },
      });
    }
    expect([tokens.size, generations.size]).toEqual([11, 11]);
  });
});
