import { unpack } from "msgpackr";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type ConfigInput, configOf } from "../../src/config/index.ts";
import { createLog } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";
import { CertificateOffice, hasOpenssl, type Issued } from "../../src/testing/certificates.ts";
import { FishSigner } from "../../src/testing/fish-signer.ts";
import { BoundFish, type BoundFishOptions, type Joined } from "./bound-fish.ts";

const V1 = "signalfish.tokenbinding.v1";
const V2 = "signalfish.tokenbinding.v2";

const servers: Server[] = [];
const fishes: BoundFish[] = [];
afterEach(async () => {
  for (const fish of fishes.splice(0)) fish.cut();
  await Promise.all(servers.splice(0).map((server) => server.close({ drainMs: 0 })));
});

describe.skipIf(!hasOpenssl("token binding"))("token binding over TLS", () => {
  let office: CertificateOffice;
  let certificates: { server: Issued; issuer: Issued; ada: Issued; bob: Issued; eve: Issued };
  beforeAll(() => {
    office = new CertificateOffice();
    const issuer = office.issue("issuer");
    certificates = {
      server: office.issue("server"),
      issuer,
      ada: office.issue("ada", issuer),
      bob: office.issue("bob", issuer),
      eve: office.issue("eve"),
    };
  });
  afterAll(() => office.close());

  /** A server on free ports: the shared listener, and Signal Fish's own. */
  async function serve({ signalFish, tls, ...more }: ConfigInput = {}) {
    const { certPath, keyPath } = certificates.server;
    const config = configOf({
      host: "127.0.0.1",
      port: 0,
      tls: { certPath, keyPath, ...tls },
      signalFish: { port: 0, tokenBinding: true, ...signalFish },
      ...more,
    });
    const server = new Server(config, { log: createLog({ level: "silent", format: "json" }) });
    servers.push(server);
    const { port, own } = await server.listen();
    const scheme = config.tls.enabled ? "wss" : "ws";
    return { server, shared: `${scheme}://127.0.0.1:${port}`, own: `${scheme}://127.0.0.1:${own[0]?.port}` };
  }

  async function open(url: string, options: BoundFishOptions = { subprotocol: V2 }): Promise<BoundFish> {
    const fish = await BoundFish.open(url, options);
    fishes.push(fish);
    return fish;
  }

  /** How the server takes an attempt to open a link. */
  const outcome = (url: string, options: BoundFishOptions) =>
    open(url, options).then(
      (fish) => fish.subprotocol || "unbound",
      (error: Error) => error.message,
    );

  const asked = (clientAuth: "optional" | "require") => ({
    clientAuth,
    clientCaPath: certificates.issuer.certPath,
  });
  const shown = ({ cert, key, fingerprint }: Issued): BoundFishOptions => ({
    cert,
    key,
    fingerprint,
    subprotocol: V2,
  });

  it("[SF111] [SF112] [SF114] lets bound and ordinary clients join, play and come back", async () => {
    const { shared, own } = await serve();
    const ada = await (await open(`${shared}/v3/ws`)).authenticate({ game_data_format: "message_pack" });
    const bob = await (await open(`${shared}/v3/ws`, {})).authenticate({ game_data_format: "message_pack" });
    const joined = await ada.join("Ada", "ABC123");
    await bob.join("Bob", "ABC123");

    ada.say("GameData", { data: { "😀": [1, "é"], a: null } });
    expect((await bob.hear("GameData")).data?.data).toEqual({ "😀": [1, "é"], a: null });
    ada.sayRaw(ada.signer.bytes(Uint8Array.of(0x81, 0xa1, 0x78, 7)));
    const { payload } = unpack(await bob.hearBytes()) as { payload: Buffer };
    expect(unpack(payload)).toEqual({ x: 7 });
    ada.say("Ping");
    await ada.hear("Pong");

    ada.cut();
    await bob.hear("PlayerLeft");
    const again = await (await open(`${shared}/v3/ws`)).authenticate();
    expect(await again.reconnect(joined)).toMatchObject({
      type: "Reconnected",
      data: { player_id: joined.player_id },
    });
    again.say("GameData", { data: "back" });
    expect((await bob.hear("GameData")).data?.data).toBe("back");

    const elsewhere = await open(`${own}/v2/ws`);
    elsewhere.say("Ping");
    await elsewhere.hear("Pong");
  });

  it("[SF110] is agreed on in the client's spelling, and refused where it must be", async () => {
    const { shared, own } = await serve({ signalFish: { requireTokenBinding: true } });

    for (const at of [`${shared}/v2/ws`, `${own}/v3/ws`, `${shared}/signal-fish/ws`]) {
      expect(await outcome(at, { subprotocol: "SignalFish.TokenBinding.V2" })).toBe(
        "SignalFish.TokenBinding.V2",
      );
      expect(await outcome(at, {})).toBe("400");
      expect(await outcome(at, { subprotocol: V1 })).toBe("400");
    }
  });

  it.each<[what: string, spoil: (fish: BoundFish) => void]>([
    [
      "a message that was said before",
      (fish) => {
        const text = fish.signer.text({ type: "Ping" });
        fish.sayRaw(text);
        fish.sayRaw(text);
      },
    ],
    [
      "a message of another link",
      (fish) => {
        const { webSocketKey } = fish;
        const nonce = Buffer.alloc(32, 7).toString("base64");
        fish.sayRaw(new FishSigner({ webSocketKey, nonce }).text({ type: "Ping" }));
      },
    ],
    [
      "a message after one that never came",
      (fish) => {
        fish.signer.sequence++;
        fish.say("Ping");
      },
    ],
    ["a message whose proof is gone", (fish) => fish.sayRaw('{"type":"Ping"}')],
    [
      "a message that was changed",
      (fish) => fish.sayRaw(fish.signer.text({ type: "Ping" }).replace("Ping", "LeaveRoom")),
    ],
    ["bytes whose proof is gone", (fish) => fish.sayRaw(Uint8Array.of(0x81, 0xa1, 0x78, 7))],
    [
      "bytes that were changed",
      (fish) => {
        const bytes = fish.signer.bytes(Uint8Array.of(1, 2, 3));
        bytes[bytes.length - 1] = 4;
        fish.sayRaw(bytes);
      },
    ],
    ["an Authenticate without proof", (fish) => fish.sayRaw('{"type":"Authenticate","data":{"app_id":"a"}}')],
  ])("[SF113] [SF115] ends with UNAUTHORIZED on %s, and nobody hears of it", async (_, spoil) => {
    const { shared } = await serve();
    const ada = await open(`${shared}/v3/ws`);
    const bob = await (await open(`${shared}/v3/ws`, {})).authenticate();
    await bob.join("Bob", "ABC123");
    await ada.authenticate({ game_data_format: "message_pack" });
    await ada.join("Ada", "ABC123");
    await bob.hear("PlayerJoined");

    spoil(ada);

    expect((await ada.hear("Error")).data?.error_code).toBe("UNAUTHORIZED");
    await vi.waitFor(() => expect(ada.end).toEqual({ code: 1000, reason: "unregistered" }));
    await bob.hear("PlayerLeft");
    expect(bob.heard.some((message) => Buffer.isBuffer(message) || message.type === "GameData")).toBe(false);
  });

  it("[SF113] [SF5] goes on after a message that is proven and refused", async () => {
    const { shared } = await serve();
    const ada = await open(`${shared}/v3/ws`);

    ada.say("GameData", { data: "x".repeat(70_000) });
    expect((await ada.hear("Error")).data?.error_code).toBe("MESSAGE_TOO_LARGE");
    ada.say("Dance");
    expect((await ada.hear("Error")).data?.error_code).toBe("INVALID_INPUT");
    ada.say("Ping");
    await ada.hear("Pong");
  });

  it("[SF115] stays when something is not read, and ends when it is no object", async () => {
    const { shared } = await serve();
    const ada = await open(`${shared}/v2/ws`);
    for (const text of ["{", ada.signer.text({ type: "Ping" }).replace("{", '{"n":1.5,')]) {
      ada.sayRaw(text);
      expect((await ada.hear("Error")).data?.error_code).toBe("INVALID_INPUT");
    }
    ada.signer.sequence = 1;
    ada.say("Ping");
    await ada.hear("Pong");

    ada.sayRaw("[]");
    expect((await ada.hear("Error")).data?.error_code).toBe("INVALID_INPUT");
    await vi.waitFor(() => expect(ada.end?.code).toBe(1000));
  });

  it("[SF111] challenges before an app has said which it is", async () => {
    const { shared } = await serve({ signalFish: { appAccess: "listed", apps: ["reef;name=Reef Race"] } });
    const ada = await open(`${shared}/v3/ws`);

    ada.say("Authenticate", { app_id: "reef" });

    expect((await ada.hear("Authenticated")).data?.app_name).toBe("Reef Race");
  });

  it("[SF116] [WS26] lets in who shows a good certificate and names it, and nobody else", async () => {
    const { shared } = await serve({
      tls: asked("optional"),
      signalFish: { requireTokenBinding: true, requireFingerprint: true },
    });
    const { ada, bob, eve } = certificates;
    const url = `${shared}/v3/ws`;

    expect(await outcome(url, { subprotocol: V2 })).toBe("401");
    expect(await outcome(url, { ...shown(ada), headers: {} })).toBe(V2);
    expect(await outcome(url, { cert: ada.cert, key: ada.key })).toBe("400");
    expect(await outcome(url, shown(eve))).toBe("cut");
    const forged = { subprotocol: V2, headers: { "x-signalfish-client-cert-sha256": ada.fingerprint } };
    expect(await outcome(url, forged)).toBe("401");

    const good = await (await open(url, shown(ada))).authenticate();
    await good.join("Ada", "ABC123");
    const bad = await open(url, { ...shown(bob), fingerprint: ada.fingerprint });
    bad.say("Ping");
    expect((await bad.hear("Error")).data?.error_code).toBe("UNAUTHORIZED");
    await vi.waitFor(() => expect(bad.end?.code).toBe(1000));
  });

  it("[WS26] refuses the handshake itself where every client must show a certificate", async () => {
    const { shared, own } = await serve({ tls: asked("require") });
    const { ada, eve } = certificates;

    for (const at of [`${shared}/v3/ws`, `${own}/v3/ws`]) {
      expect(await outcome(at, {})).toBe("cut");
      expect(await outcome(at, shown(eve))).toBe("cut");
      expect(await outcome(at, shown(ada))).toBe(V2);
      expect(await outcome(at, { cert: ada.cert, key: ada.key })).toBe("unbound");
    }
  });

  it("[SF118] gives a seat back to the same certificate, bound as before, and to no other", async () => {
    const { shared } = await serve({ tls: asked("optional") });
    const { ada, bob } = certificates;
    const url = `${shared}/v3/ws`;
    const player = await (await open(url, shown(ada))).authenticate();
    const watcher = await (await open(url, {})).authenticate();
    await watcher.join("Watcher", "ABC123");
    const joined = await player.join("Ada", "ABC123");
    player.cut();
    await watcher.hear("PlayerLeft");
    const claim = async (options: BoundFishOptions, seat: Joined) =>
      (await (await open(url, options)).authenticate()).reconnect(seat);

    for (const options of [shown(bob), { subprotocol: V2 }, {}, { cert: ada.cert, key: ada.key }]) {
      expect(await claim(options, joined)).toMatchObject({
        type: "ReconnectionFailed",
        data: { error_code: "RECONNECTION_TOKEN_INVALID" },
      });
    }
    expect((await claim(shown(ada), joined)).type).toBe("Reconnected");
  });

  it("[SF117] speaks with the clients of version 1", async () => {
    const { shared } = await serve({ signalFish: { bindingScheme: "sec_websocket_key_sha256" } });
    const url = `${shared}/v2/ws`;
    const ada = await (await open(url, { subprotocol: V1 })).authenticate();
    await ada.join("Ada", "ABC123");
    expect(ada.heard[0]).toMatchObject({ type: "Authenticated" });

    const signed = ada.signer.text({ type: "Ping" });
    ada.sayRaw(signed);
    await ada.hear("Pong");
    ada.sayRaw(signed.replace("Ping", "PlayerReady"));
    expect((await ada.hear("Error")).data?.error_code).toBe("UNAUTHORIZED");
    await vi.waitFor(() => expect(ada.end?.code).toBe(1000));
  });

  it("[SF116] [WS24] believes the proxy that it was told to believe", async () => {
    const fingerprint = "ab".repeat(32);
    const { shared } = await serve({
      trustProxy: 1,
      signalFish: { requireTokenBinding: true, requireFingerprint: true },
    });
    const url = `${shared}/v3/ws`;
    const headers = { "x-forwarded-client-cert-sha256": fingerprint.toUpperCase() };

    expect(await outcome(url, { subprotocol: V2 })).toBe("401");
    const ada = await open(url, { subprotocol: V2, headers, fingerprint });
    ada.say("Ping");
    await ada.hear("Pong");
  });

  it("[SF105] [SF94] tells how large messages may be, and sends no larger one", async () => {
    const { server, shared, own } = await serve({
      signalFish: { maxMessageBytes: "1KiB", maxOutboundBytes: 1_280, tokenBinding: false },
    });
    const ada = await (await open(`${shared}/v3/ws`, {})).authenticate();
    const bob = await (await open(`${own}/v3/ws`, {})).authenticate();
    expect([ada.outboundHeader, bob.outboundHeader]).toEqual(["1280", "1280"]);
    await ada.join("Ada", "ABC123");
    await bob.join("Bob", "ABC123");

    // Who starts is told how everybody is reached: more than may be said at once.
    ada.say("ProvideConnectionInfo", {
      connection_info: { type: "webrtc", sdp: "x".repeat(700), ice_candidates: [] },
    });
    bob.say("ProvideConnectionInfo", {
      connection_info: { type: "webrtc", sdp: "y".repeat(700), ice_candidates: [] },
    });
    for (const fish of [ada, bob]) fish.say("PlayerReady");
    await vi.waitFor(async () => {
      expect((await ada.hear("LobbyStateChanged")).data?.all_ready).toBe(true);
    });
    ada.say("StartGame");

    const end = { code: 1009, reason: "outbound_message_too_large" };
    await vi.waitFor(() => expect([ada.end, bob.end]).toEqual([end, end]));
    expect(server.hub.world.kept.size).toBe(2);
    const types = bob.heard.map((message) => ("type" in message ? message.type : "bytes"));
    expect(types).not.toContain("GameStarting");
    expect(types).not.toContain("SessionPlan");
  });
});
