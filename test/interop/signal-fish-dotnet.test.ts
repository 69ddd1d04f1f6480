import { describe, expect, it } from "vitest";
import type { Fish } from "../../src/testing/fish-socket.ts";
import { fishServer, partition, pipelined } from "./signal-fish-server.ts";

/** As the .NET client's suite starts a server, with a third of its patience. */
const ENV = {
  SECURITY__ENFORCE_APP_ID_ALLOWLIST: "false",
  SECURITY__REQUIRE_METRICS_AUTH: "false",
  SECURITY__CORS_ORIGINS: "*",
  RATE_LIMIT__MAX_ROOM_CREATIONS: "100",
  RATE_LIMIT__MAX_JOIN_ATTEMPTS: "100",
  SESSION__DEFAULT_TOPOLOGY: "mesh",
  SERVER__PING_TIMEOUT: "1",
  WEBSOCKET__IDLE_TIMEOUT_SECS: "1",
  WEBSOCKET__SERVER_PING_INTERVAL_SECS: "0",
  WEBSOCKET__SLOW_CONSUMER_TIMEOUT_MS: "2000",
};
const CALM = { ...ENV, SERVER__PING_TIMEOUT: "0", WEBSOCKET__IDLE_TIMEOUT_SECS: "0" };

const join = (name: string, more: object = {}) =>
  ["JoinRoom", { game_name: "e2e-dotnet", player_name: name, ...more }] as const;

/** A client that waits for both answers before it goes on. */
async function connect(at: string, version: 2 | 3 = 2): Promise<Fish> {
  const fish = await pipelined(at, version, ["Authenticate", { app_id: "e2e-dotnet-app" }]);
  await fish.hear("Authenticated");
  await fish.hear("ProtocolInfo");
  return fish;
}

/** Two in one room, the first of them its authority. */
async function pair(at: string) {
  const [alice, bob] = [await connect(at), await connect(at)];
  alice.say(...join("alice", { supports_authority: true }));
  const { data = {} } = await alice.hear("RoomJoined");
  bob.say(...join("bob", { room_code: data.room_code }));
  const seat = await bob.hear("RoomJoined");
  await alice.hear("PlayerJoined");
  return { alice, bob, ids: { alice: data.player_id, bob: seat.data?.player_id }, code: data.room_code };
}

async function ready(fish: Fish, isLast: boolean): Promise<void> {
  fish.say("PlayerReady");
  while ((await fish.hear("LobbyStateChanged")).data?.all_ready !== isLast);
}

describe("a client such as the .NET one", () => {
  it("[SF103] asks how long messages can be, before it connects", async () => {
    const at = await fishServer(CALM);
    for (const version of ["v2", "v3"]) {
      const answer = await fetch(`http://${at}/${version}/client-config`);
      expect(await answer.json()).toEqual({ max_outbound_message_size: 8_388_608 });
    }
  });

  it("[SF70] [SF37] shakes hands, relays both ways, and leaves", async () => {
    const { alice, bob, ids } = await pair(await fishServer(CALM));

    alice.socket.send('{"type":"GameData","data":{"data":{"n": 1}}}');
    expect((await bob.hear("GameData")).data).toEqual({ from_player: ids.alice, data: { n: 1 } });
    bob.socket.send('{"type":"GameData","data":{"data":{"n": 2}}}');
    expect((await alice.hear("GameData")).data).toEqual({ from_player: ids.bob, data: { n: 2 } });
    alice.say("LeaveRoom");
    await alice.hear("RoomLeft");
    expect((await bob.hear("PlayerLeft")).data).toEqual({ player_id: ids.alice });
  });

  it("[SF41] starts when both are ready, and only by the authority", async () => {
    const { alice, bob } = await pair(await fishServer(CALM));
    await ready(alice, false);
    alice.say("StartGame");
    expect(await alice.hear("Error")).toMatchObject({ data: { error_code: "GAME_START_NOT_READY" } });
    await ready(bob, true);
    bob.say("StartGame");
    expect(await bob.hear("Error")).toMatchObject({ data: { error_code: "GAME_START_FORBIDDEN" } });

    alice.say("StartGame");
    for (const fish of [alice, bob]) {
      expect((await fish.hear("GameStarting")).data?.peer_connections).toHaveLength(2);
    }
  });

  it("[SF40] [SF41] finds that a latecomer made it unready, and that it recovers", async () => {
    const at = await fishServer(CALM);
    const [alice, bob] = [await connect(at), await connect(at)];
    alice.say(...join("alice"));
    const { data = {} } = await alice.hear("RoomJoined");
    await ready(alice, true);
    bob.say(...join("bob", { room_code: data.room_code }));
    await bob.hear("RoomJoined");

    alice.say("StartGame");
    expect(await alice.hear("Error")).toMatchObject({ data: { error_code: "GAME_START_NOT_READY" } });
    await ready(bob, true);
    alice.say("StartGame");
    await bob.hear("GameStarting");
  });

  it("[SF32] [SF60] is refused with codes, by the messages that it waits for", async () => {
    const at = await fishServer(CALM);
    const [alice, bob] = [await connect(at), await connect(at)];
    alice.say(...join("alice", { max_players: 1 }));
    const { data = {} } = await alice.hear("RoomJoined");

    bob.say(...join("bob", { room_code: data.room_code }));
    expect(await bob.hear("RoomJoinFailed")).toMatchObject({ data: { error_code: "ROOM_FULL" } });
    bob.say("JoinAsSpectator", { game_name: "e2e-dotnet", room_code: "NFABCD", spectator_name: "bob" });
    expect(await bob.hear("SpectatorJoinFailed")).toMatchObject({ data: { error_code: "ROOM_NOT_FOUND" } });
  });

  it("[SF42] takes the authority over once it is free, and may start then", async () => {
    const { alice, bob, ids } = await pair(await fishServer(CALM));
    alice.say("AuthorityRequest", { become_authority: false });
    await alice.hear("AuthorityResponse");
    expect((await bob.hear("AuthorityChanged")).data).toEqual({
      authority_player: null,
      you_are_authority: false,
    });
    bob.say("AuthorityRequest", { become_authority: true });
    expect((await bob.hear("AuthorityChanged")).data).toEqual({
      authority_player: ids.bob,
      you_are_authority: true,
    });
    await ready(alice, false);
    await ready(bob, true);

    alice.say("StartGame");
    expect(await alice.hear("Error")).toMatchObject({ data: { error_code: "GAME_START_FORBIDDEN" } });
    bob.say("StartGame");
    await alice.hear("GameStarting");
  });

  it("[SF96] lives on by its heartbeat, and is told why when it falls silent", async () => {
    const at = await fishServer(ENV);
    const [alive, silent] = [await connect(at), await connect(at)];
    alive.say(...join("alive"));
    silent.say(...join("silent"));
    const pulse = setInterval(() => alive.say("Ping"), 300);

    const { code } = await silent.socket.closed.finally(() => clearInterval(pulse));
    expect([4003, 4004]).toContain(code);
    alive.say("GameData", { data: 1 });
    await alive.hear("RoomJoined");
    alive.say("LeaveRoom");
    await alive.hear("RoomLeft");
  }, 20_000);

  it("[SF95] [SF96] hears the server's code through a line of which only its own half is dead", async () => {
    const line = await partition(await fishServer(ENV));
    const fish = await connect(line.at);
    fish.say(...join("cut"));
    await fish.hear("RoomJoined");

    line.blocked.toServer = true;
    const pulse = setInterval(() => fish.say("Ping"), 300);
    const { code } = await fish.socket.closed.finally(() => clearInterval(pulse));
    expect([4003, 4004]).toContain(code);
  }, 20_000);

  it("[SF70] is still heard by others when it hears nothing any more", async () => {
    const at = await fishServer(CALM);
    const line = await partition(at);
    const [alice, bob] = [await connect(line.at), await connect(at)];
    alice.say(...join("alice", { room_code: "DEAF22" }));
    await alice.hear("RoomJoined");
    bob.say(...join("bob", { room_code: "DEAF22" }));
    await bob.hear("RoomJoined");
    await alice.hear("PlayerJoined");

    line.blocked.toClient = true;
    alice.say("GameData", { data: { dir: "out" } });
    expect((await bob.hear("GameData")).data?.data).toEqual({ dir: "out" });
    bob.say("GameData", { data: 1 });
    bob.say("Ping");
    await bob.hear("Pong");
    expect(alice.socket.unread).toEqual([]);
  });
});
