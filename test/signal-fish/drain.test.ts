import { afterEach, describe, expect, it } from "vitest";
import { Fish } from "../../src/testing/fish-socket.ts";
import { TextSocket } from "../../src/testing/text-socket.ts";
import { ServerProcess } from "../server-process.ts";

const running: ServerProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop("SIGKILL")));
});

async function started(env: Readonly<Record<string, string>> = {}) {
  const server = await ServerProcess.start({ env });
  running.push(server);
  return { server, at: new URL(server.url).host };
}

const graceOf = (seconds: number) => ({ SIGNAL_FISH__SERVER__DRAIN_GRACE_SECS: String(seconds) });

describe("a server that is told to stop while games are on", () => {
  it("[SF98] lets them go on until the moment that it tells", async () => {
    const { server, at } = await started(graceOf(3));
    const [ada, bob, eve, zoe] = [
      await Fish.connect(at, 3),
      await Fish.connect(at, 2),
      await Fish.connect(at, 3),
      await Fish.connect(at, 3),
    ];
    const joined = await ada.join("ada", "ABC123");
    await bob.join("bob", "ABC123");
    const native = await TextSocket.open(`ws://${at}/parlor`);
    const gone = await eve.join("eve", "ABC123");
    await eve.socket.drop();
    await bob.hear("PlayerLeft");

    const began = Date.now();
    const ended = server.stop("SIGTERM");
    const going = await ada.hear("GoingAway");
    expect(going.data).toEqual({ deadline_ms: expect.any(Number), retry_after_secs: 3 });
    expect(Math.abs(Number(going.data?.deadline_ms) - (began + 3_000))).toBeLessThan(1_000);
    expect(await native.closed).toMatchObject({ code: 3001 });
    expect((await fetch(`${server.url}health/readiness`)).status).toBe(503);

    // What was begun goes on; nothing is begun.
    bob.say("GameData", { data: { n: 1 } });
    expect(await ada.hear("GameData")).toMatchObject({ data: { data: { n: 1 } } });
    const late = await Fish.connect(at, 3);
    await late.hear("GoingAway");
    await late.join("late", "ABC123");
    await zoe.hear("GoingAway");
    zoe.say("JoinRoom", { game_name: "reef", player_name: "zoe", room_code: "XYZ789" });
    expect(await zoe.hear("RoomJoinFailed")).toMatchObject({ data: { error_code: "SERVER_DRAINING" } });
    zoe.say("JoinAsSpectator", { game_name: "reef", spectator_name: "zoe", room_code: "ABC123" });
    expect(await zoe.hear("SpectatorJoinFailed")).toMatchObject({ data: { error_code: "SERVER_DRAINING" } });
    const { player_id, room_id, reconnection_token: auth_token } = gone.data ?? {};
    zoe.say("Reconnect", { player_id, room_id, auth_token });
    expect(await zoe.hear("ReconnectionFailed")).toMatchObject({ data: { error_code: "SERVER_DRAINING" } });
    expect(joined.data?.room_id).toBe(room_id);
    await expect(TextSocket.open(`ws://${at}/parlor`)).rejects.toMatchObject({ status: 503 });

    for (const fish of [ada, bob, late, zoe]) {
      expect(await fish.socket.closed).toEqual({ code: 4000, reason: "server_shutdown" });
    }
    expect(Math.abs(Date.now() - Number(going.data?.deadline_ms))).toBeLessThan(1_500);
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it("[SF98] ends as soon as the last has left, and at once when nobody plays", async () => {
    const { server, at } = await started(graceOf(30));
    const ada = await Fish.connect(at, 3);
    const ended = server.stop("SIGTERM");
    await ada.hear("GoingAway");
    ada.socket.close();
    expect(await ended).toEqual({ code: 0, signal: null });

    const { server: idle } = await started(graceOf(30));
    const began = Date.now();
    expect(await idle.stop("SIGINT")).toEqual({ code: 0, signal: null });
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it("[SF98] ends at once on a second signal", async () => {
    const { server, at } = await started(graceOf(30));
    const ada = await Fish.connect(at, 3);
    const first = server.stop("SIGTERM");
    await ada.hear("GoingAway");

    expect(await server.stop("SIGINT")).toEqual({ code: 130, signal: null });
    await first;
  });

  it("[SF98] ends at once without a grace, and tells no time to come back", async () => {
    const { server, at } = await started(graceOf(0));
    const [ada, bob] = [await Fish.connect(at, 3), await Fish.connect(at, 2)];
    const ended = server.stop("SIGTERM");

    expect((await ada.hear("GoingAway")).data).toEqual({ deadline_ms: expect.any(Number) });
    expect(await ada.socket.closed).toEqual({ code: 4000, reason: "server_shutdown" });
    expect(await bob.socket.closed).toEqual({ code: 4000, reason: "server_shutdown" });
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});
