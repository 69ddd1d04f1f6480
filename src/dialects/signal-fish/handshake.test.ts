import { describe, expect, it } from "vitest";
import { type FishClient, fishTank } from "../../testing/signal-fish.ts";

const APP = { id: "sf_app_demo", name: "Reef Race", handshakesPerMinute: 120 };
const RULES =
  '"player_name_rules":{"max_length":32,"min_length":1,"allow_unicode_alphanumeric":true,"allow_spaces":true,"allow_leading_trailing_whitespace":false,"allowed_symbols":["-","_"]}';

const texts = (client: FishClient) => client.raw.filter((each) => typeof each === "string");

describe("the handshake", () => {
  it("[SF10] [SF1] is answered in open mode, in the very words of the original", async () => {
    const { open } = fishTank();
    const client = await open();
    expect(client.raw).toEqual([]);

    await client.sayRaw(
      '{"data":{"sdk_version":"2.4.1","app_id":"any","platform":"Godot","game_data_format":"message_pack","odd":[]},"type":"Authenticate","more":1}',
    );

    expect(texts(client)).toEqual([
      '{"type":"Authenticated","data":{"app_name":"default","rate_limits":{"per_minute":1000,"per_hour":10000,"per_day":100000}}}',
      `{"type":"ProtocolInfo","data":{"platform":"Godot","sdk_version":"2.4.1","capabilities":["reconnection","spectator-mode","rate-limits-v2"],"game_data_formats":["json","message_pack"],${RULES}}}`,
    ]);
  });

  it("[SF10] is not needed in open mode", async () => {
    const { open } = fishTank();
    const client = await open("/v3/ws");

    expect(await client.say("Ping")).toEqual([{ type: "Pong" }]);
  });

  it("[SF11] lets in apps that are listed, and nobody else", async () => {
    const { open } = fishTank({ appAccess: "listed", apps: [APP] });
    const [ada, bob, eve, zoe] = [await open(), await open(), await open(), await open()];

    expect(await bob.say("Ping")).toEqual([
      { type: "Error", data: { message: "Authentication required", error_code: "MISSING_APP_ID" } },
    ]);
    expect(bob.end).toMatchObject({ code: 1000 });
    expect(await zoe.sayRaw(Uint8Array.of(1))).toMatchObject([{ data: { error_code: "MISSING_APP_ID" } }]);
    expect(zoe.end).toBeDefined();
    expect(await eve.say("Authenticate", { app_id: "other" })).toEqual([
      { type: "AuthenticationError", data: { error: "InvalidAppId", error_code: "INVALID_APP_ID" } },
    ]);
    expect(eve.end).toBeDefined();
    await ada.say("Authenticate", { app_id: "sf_app_demo" });
    expect(texts(ada)[0]).toBe(
      '{"type":"Authenticated","data":{"app_name":"Reef Race","rate_limits":{"per_minute":120,"per_hour":7200,"per_day":172800}}}',
    );
    expect(ada.end).toBeUndefined();
  });

  it("[SF11] must not take too long where apps are listed", async () => {
    const { open, forward } = fishTank({ appAccess: "listed", apps: [APP], authTimeoutMs: 5_000 });
    const client = await open();
    await client.sayRaw("nonsense");
    client.take();

    await forward(5_000);

    expect(client.take()).toMatchObject([{ type: "Error", data: { error_code: "AUTHENTICATION_TIMEOUT" } }]);
    expect(client.end).toMatchObject({ code: 4001, reason: "auth_timeout" });
  });

  it("[SF11] keeps apps apart", async () => {
    const apps = [APP, { id: "two", name: "Two" }];
    const { connect, join } = fishTank({ appAccess: "listed", apps });
    const ada = await connect({ app_id: "sf_app_demo" });
    await join(ada, "ada", "QX7M2K");
    const bob = await connect({ app_id: "two" });

    const joined = await join(bob, "bob", "QX7M2K");
    expect(joined).toMatchObject({ type: "RoomJoined", data: { current_players: [{ name: "bob" }] } });
  });

  it("[SF12] knows no app ids of control characters or excessive length", async () => {
    const { open } = fishTank();
    for (const app_id of ["a\u0007", "é".repeat(129)]) {
      const client = await open();
      expect(await client.say("Authenticate", { app_id })).toMatchObject([
        { type: "AuthenticationError", data: { error_code: "INVALID_APP_ID" } },
      ]);
    }
  });

  it("[SF13] goes on with JSON when another format is asked for", async () => {
    const { open } = fishTank();
    const client = await open();

    const heard = await client.say("Authenticate", { app_id: "a", game_data_format: "rkyv" });

    expect(heard.map(({ type }) => type)).toEqual(["Error", "Authenticated", "ProtocolInfo"]);
    expect(heard[0]).toMatchObject({ data: { error_code: "UNSUPPORTED_GAME_DATA_FORMAT" } });
    expect(await client.sayRaw(Uint8Array.of(1))).toMatchObject([{ data: { error_code: "INVALID_INPUT" } }]);
  });

  it("[SF13] offers JSON alone where MessagePack is switched off", async () => {
    const { open } = fishTank({ messagePack: false });
    const client = await open();

    const heard = await client.say("Authenticate", { app_id: "a", game_data_format: "message_pack" });
    expect(heard.map(({ type }) => type)).toEqual(["Error", "Authenticated", "ProtocolInfo"]);
    expect(heard[2]).toMatchObject({ data: { game_data_formats: ["json"] } });
  });

  it("[SF14] is done once", async () => {
    const { connect } = fishTank();
    const client = await connect();

    expect(await client.say("Authenticate", { app_id: "again" })).toEqual([]);
  });

  it("[SF15] is counted for apps with a limit", async () => {
    const { open, clock } = fishTank({ appAccess: "listed", apps: [{ ...APP, handshakesPerMinute: 1 }] });
    const [ada, bob, eve] = [await open(), await open(), await open()];
    await ada.say("Authenticate", { app_id: APP.id });

    expect(await bob.say("Authenticate", { app_id: APP.id })).toMatchObject([
      { type: "AuthenticationError", data: { error_code: "RATE_LIMIT_EXCEEDED" } },
    ]);
    expect(bob.end).toBeDefined();
    clock.now += 60_000;
    expect((await eve.say("Authenticate", { app_id: APP.id }))[0]?.type).toBe("Authenticated");
  });

  it.each([
    [true, {}, undefined],
    [true, { platform: "atari", sdk_version: "9.0.0" }, undefined],
    [true, { platform: "Unity" }, undefined],
    [false, { platform: "unity", sdk_version: "1.9.9" }, undefined],
    [false, { platform: "unity", sdk_version: "newest" }, undefined],
    [false, { platform: "unity", sdk_version: "1.10.0-rc.1" }, undefined],
    [false, { platform: "unity", sdk_version: "1.10.0" }, "ok"],
    [false, { platform: "unity", sdk_version: "2.0.0-rc.1+7" }, "ok"],
    [false, { platform: "atari" }, "ok"],
    [false, {}, "ok"],
  ])("[SF16] with enforce %s looks at %j", async (enforce, software, ok) => {
    const sdk = { enforce, minimum: { unity: "1.10.0" }, recommended: {}, capabilities: {}, notes: {} };
    const { open } = fishTank({ sdk });
    const client = await open();

    const [answer] = await client.say("Authenticate", { app_id: "a", ...software });

    if (ok) expect(answer?.type).toBe("Authenticated");
    else
      expect(answer).toMatchObject({
        type: "AuthenticationError",
        data: { error_code: "SDK_VERSION_UNSUPPORTED" },
      });
    expect(client.end).toBeUndefined();
    const better = { app_id: "a", platform: "unity", sdk_version: "1.12.0" };
    expect((await client.say("Authenticate", better)).length).toBe(ok ? 0 : 2);
  });

  it("[SF17] tells what is known about a platform", async () => {
    const { open } = fishTank({
      sdk: {
        enforce: false,
        minimum: { unity: "1.10.0" },
        recommended: { unity: "1.12.0" },
        capabilities: { _default: ["a", "b"], unity: ["b", "c"] },
        notes: { unity: "hello" },
      },
    });
    const client = await open();

    const [, info] = await client.say("Authenticate", {
      app_id: "a",
      platform: "UNITY",
      sdk_version: "1.11.0",
    });
    expect(JSON.stringify(info)).toContain(
      '{"platform":"UNITY","sdk_version":"1.11.0","minimum_version":"1.10.0","recommended_version":"1.12.0","capabilities":["a","b","c"],"notes":"hello","game_data_formats"',
    );
  });

  it.each([
    ["/v2/ws", undefined, undefined],
    ["/v3/ws", undefined, 3],
    ["/v3/ws", 2, undefined],
    ["/v2/ws", 9, 3],
    ["/v3/ws", null, 3],
  ])("[SF18] [SF19] at %s a client that says %s speaks %s", async (path, version, negotiated) => {
    const { open } = fishTank();
    const client = await open(path);
    client.speaks(negotiated === 3 ? 3 : 2);
    const fields = { app_id: "a", ...(version !== undefined && { protocol_version: version }) };

    const [, info] = await client.say("Authenticate", fields);

    expect(info?.data?.protocol_version).toBe(negotiated);
    const more = {
      protocol_version: 3,
      min_protocol_version: 2,
      max_protocol_version: 3,
      transports: ["websocket"],
      max_outbound_message_size: 8_388_608,
    };
    for (const name of Object.keys(more)) expect(name in (info?.data ?? {})).toBe(negotiated === 3);
    if (negotiated === 3) expect(info?.data).toMatchObject(more);
    expect(client.complaint).toBeUndefined();
  });

  it("[SF18] refuses versions below its own, and never raises them", async () => {
    const { open } = fishTank({ minVersion: 3 });
    const [ada, bob] = [await open("/v3/ws"), await open("/v2/ws")];

    const refused = { type: "AuthenticationError", data: { error_code: "UNSUPPORTED_PROTOCOL_VERSION" } };
    expect(await ada.say("Authenticate", { app_id: "a", protocol_version: 1 })).toMatchObject([refused]);
    expect(ada.end).toBeDefined();
    expect(await bob.say("Authenticate", { app_id: "a" })).toMatchObject([refused]);
  });

  it("[SF18] can be held to version 2", async () => {
    const { open } = fishTank({ maxVersion: 2 });
    const client = await open("/v3/ws");

    const [, info] = await client.say("Authenticate", { app_id: "a", protocol_version: 3 });
    expect(info?.data).not.toHaveProperty("protocol_version");
  });
});
