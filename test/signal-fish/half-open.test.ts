import { afterEach, describe, expect, it } from "vitest";
import { type ConfigInput, configOf } from "../../src/config/index.ts";
import { createLog } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";
import { Fish } from "../../src/testing/fish-socket.ts";
import { openRaw, type RawWebSocket } from "../../src/testing/raw-web-socket.ts";
import type { FishMessage } from "../../src/testing/signal-fish.ts";

const servers: Server[] = [];
const dead: RawWebSocket[] = [];
afterEach(async () => {
  for (const { socket } of dead.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close({ drainMs: 0 })));
});

async function serve(signalFish: ConfigInput["signalFish"] = {}): Promise<string> {
  const log = createLog({ level: "silent", format: "json" });
  const server = new Server(configOf({ host: "127.0.0.1", port: 0, signalFish }), { log });
  servers.push(server);
  return `127.0.0.1:${(await server.listen()).port}`;
}

/** Joins as a client that then answers nothing any more, not even a ping: what a server sees of a lost network. */
async function halfOpen(at: string, code: string) {
  const raw = openRaw(Number(at.split(":")[1]), { path: "/v3/ws" });
  dead.push(raw);
  const say = (type: string, data: object) => raw.text(JSON.stringify({ type, data }));
  say("Authenticate", { app_id: "e2e-test-app" });
  say("JoinRoom", { game_name: "reef", player_name: "bob", room_code: code });
  const joined = (): FishMessage | undefined =>
    raw.texts.map((text) => JSON.parse(text) as FishMessage).find((message) => message.type === "RoomJoined");
  await expect.poll(joined).toBeDefined();
  const { player_id, room_id, reconnection_token } = joined()?.data ?? {};
  return { raw, claim: { player_id, room_id, auth_token: reconnection_token } };
}

/** How long Godot's client waits before each of its tries, in ms. */
const GODOTS_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000];

describe("a player whose old link is dead without anybody knowing", () => {
  it("[SF87] gets in with Godot's schedule, by a new link for each try", { timeout: 30_000 }, async () => {
    const at = await serve();
    const ada = await Fish.connect(at, 3);
    await ada.join("ada", "ABC123");
    const { raw, claim } = await halfOpen(at, "ABC123");
    const { player_id: bob } = claim;

    const answers: unknown[] = [];
    for (const delayMs of GODOTS_DELAYS_MS) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const fish = await Fish.connect(at, 3);
      fish.say("Reconnect", claim);
      const answer = await fish.hear(["Reconnected", "ReconnectionFailed"]);
      answers.push(answer.data?.error_code ?? answer.type);
      if (answer.type === "Reconnected") break;
      fish.socket.close();
    }

    expect(answers).toEqual(["PLAYER_ALREADY_CONNECTED", "PLAYER_ALREADY_CONNECTED", "Reconnected"]);
    expect(raw.closed).toEqual({ code: 4003, reason: "activity_timeout" });
    expect(await ada.hear("PlayerLeft")).toMatchObject({ data: { player_id: bob, epoch: 1 } });
    expect(await ada.hear("PlayerReconnected")).toMatchObject({ data: { player_id: bob, epoch: 2 } });
  });

  it("[SF87] is not helped by a wrong token, and a link that lives is left alone", async () => {
    const at = await serve({ probeTimeoutMs: 50 });
    const bob = await Fish.connect(at, 3);
    const { data } = await bob.join("bob", "ABC123");
    const thief = await Fish.connect(at, 3);

    for (const auth_token of ["00000000-0000-4000-8000-000000000000", data?.reconnection_token]) {
      thief.say("Reconnect", { player_id: data?.player_id, room_id: data?.room_id, auth_token });
      expect(await thief.hear("ReconnectionFailed")).toMatchObject({
        data: { error_code: "PLAYER_ALREADY_CONNECTED" },
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    bob.say("Ping");
    expect(await bob.hear("Pong")).toEqual({ type: "Pong" });
  });

  it("[SF87] takes its seat at once where the old link gives way", async () => {
    const at = await serve({ takeover: true });
    const { raw, claim } = await halfOpen(at, "ABC123");
    const fish = await Fish.connect(at, 3);
    fish.say("Reconnect", claim);

    expect(await fish.hear("Reconnected")).toMatchObject({ data: { player_id: claim.player_id } });
    await expect.poll(() => raw.closed).toEqual({ code: 1000, reason: "unregistered" });
  });
});
