import { describe, expect, it } from "vitest";
import { fishTank } from "../../testing/signal-fish.ts";

const gibberish = [
  { type: "Error", data: { message: "Invalid client message", error_code: "INVALID_INPUT" } },
];

describe("reading messages", () => {
  it.each([
    '{"type":"Ping"}',
    '{"type":"Ping","data":null}',
    '{"type":"Ping","data":{}}',
    '{"data":{"x":1},"more":true,"type":"Ping"}',
    ' { "type" : "Ping" } ',
  ])("[SF2] takes %s for a ping", async (text) => {
    const client = await fishTank().connect();

    expect(await client.sayRaw(text)).toEqual([{ type: "Pong" }]);
  });

  it.each([
    "",
    "ping",
    "null",
    "[]",
    "{}",
    '{"type":7}',
    '{"type":"ping"}',
    '{"type":"toString"}',
    '{"type":"Ping","type":"Ping"}',
    '{"type":"Ping","t\\u0079pe":"Ping"}',
    '{"type":"GameData"}',
    '{"type":"GameData","data":[]}',
    '{"type":"GameData","data":{}}',
    '{"type":"GameData","data":{"data":1,"data":2}}',
    '{"type":"AuthorityRequest","data":{"become_authority":1}}',
    '{"type":"AuthorityRequest","data":{"become_authority":null}}',
    '{"type":"JoinRoom","data":{"game_name":"reef"}}',
    '{"type":"JoinRoom","data":{"game_name":"reef","player_name":"ada","max_players":256}}',
    '{"type":"JoinRoom","data":{"game_name":"reef","player_name":"ada","max_players":1.5}}',
    '{"type":"JoinRoom","data":{"game_name":"reef","player_name":"ada","relay_transport":"pigeon"}}',
    '{"type":"Reconnect","data":{"player_id":"x","room_id":"y","auth_token":"z"}}',
    '{"type":"ProvideConnectionInfo","data":{"connection_info":{"type":"direct","host":"h","port":70000}}}',
    '{"type":"ProvideConnectionInfo","data":{"connection_info":{"type":"webrtc","sdp":null}}}',
    '{"type":"ProvideConnectionInfo","data":{"connection_info":{"type":"smoke"}}}',
    '{"type":"Authenticate","data":{"app_id":"a","protocol_version":"3"}}',
    '{"type":"Authenticate","data":{"app_id":"a","supported_transports":["smoke"]}}',
    '{"type":"Authenticate","data":{"app_id":"a","game_data_format":"xml"}}',
    '{"type":"Signal","data":{"to":"7b1f0c1e22224a2b9c3d0000000000aa","signal":{}}}',
    '{"type":"TransportStatus","data":{"transport":"smoke","connected":true}}',
  ])("[SF3] answers %s as an invalid message, and goes on", async (text) => {
    const { open } = fishTank();
    const client = await open();

    expect(await client.sayRaw(text)).toEqual(gibberish);
    expect((await client.say("Authenticate", { app_id: "a" })).length).toBe(2);
    expect(await client.say("Ping")).toEqual([{ type: "Pong" }]);
  });

  it("[SF3] leaves the handshake to be made, where apps are listed", async () => {
    const { open } = fishTank({ appAccess: "listed", apps: [{ id: "a", name: "A" }] });
    const client = await open();

    expect(await client.sayRaw("{")).toEqual(gibberish);
    expect((await client.say("Authenticate", { app_id: "a" }))[0]?.type).toBe("Authenticated");
  });

  it.each([
    "7b1f0c1e-2222-4a2b-9c3d-0000000000aa",
    "7B1F0C1E-2222-4A2B-9C3D-0000000000AA",
    "7b1f0c1e22224a2b9c3d0000000000aa",
    "{7b1f0c1e-2222-4a2b-9c3d-0000000000aa}",
    "urn:uuid:7b1f0c1e-2222-4a2b-9c3d-0000000000aa",
  ])("[SF4] reads %s as a UUID", async (id) => {
    const client = await fishTank().connect();

    expect(await client.say("Reconnect", { player_id: id, room_id: id, auth_token: "t" })).toMatchObject([
      { type: "ReconnectionFailed", data: { error_code: "RECONNECTION_FAILED" } },
    ]);
  });

  it("[SF5] answers a message that is too large, and goes on", async () => {
    const { connect, join } = fishTank({ maxMessageBytes: 1_000 });
    const client = await connect({ game_data_format: "message_pack" });
    await join(client, "ada");
    const tooLarge = [{ type: "Error", data: { error_code: "MESSAGE_TOO_LARGE" } }];

    expect(await client.say("GameData", { data: "é".repeat(500) })).toMatchObject(tooLarge);
    expect(await client.sayRaw(new Uint8Array(1_001))).toMatchObject(tooLarge);
    expect(await client.say("Ping")).toEqual([{ type: "Pong" }]);
    expect(client.end).toBeUndefined();

    expect(await client.sayRaw(new Uint8Array(4_001))).toMatchObject(tooLarge);
    expect(client.end).toMatchObject({ code: 1009 });
  });
});
