import { afterEach, describe, expect, it } from "vitest";
import { configOf } from "../../src/config/index.ts";
import { createLog } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";
import { Fish } from "../../src/testing/fish-socket.ts";
import type { FishMessage } from "../../src/testing/signal-fish.ts";
import { TextSocket } from "../../src/testing/text-socket.ts";

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ drainMs: 0 })));
});

async function serve(): Promise<string> {
  const log = createLog({ level: "silent", format: "json" });
  const server = new Server(configOf({ host: "127.0.0.1", port: 0 }), { log });
  servers.push(server);
  return `127.0.0.1:${(await server.listen()).port}`;
}

/** A client as the Rust one is: it asks for operations, and does everything about rooms by them. */
async function connect(at: string): Promise<Fish> {
  const fish = new Fish(await TextSocket.open(`ws://${at}/v3/ws`), 3);
  fish.say("Authenticate", {
    app_id: "e2e-test-app",
    protocol_version: 3,
    supported_transports: ["relay"],
    supported_topologies: ["relay"],
    requested_capabilities: ["room_operation_ids"],
  });
  const info = await fish.hear("ProtocolInfo");
  expect(info.data?.capabilities).toContain("room_operation_ids");
  return fish;
}

let operations = 0;

/** Asks, and answers the result that carries the id of this very request. */
async function operate(fish: Fish, type: string, data?: object): Promise<FishMessage> {
  const operation_id = `cccc2222-0000-4000-8000-${String(++operations).padStart(12, "0")}`;
  fish.say("RoomOperation", { operation_id, operation: data ? { type, data } : { type } });
  const answer = await fish.hear("RoomOperationResult");
  expect(answer.data?.operation_id).toBe(operation_id);
  return answer.data?.result as FishMessage;
}

const joining = (player_name: string, more: object = {}) => ({
  game_name: "reef",
  player_name,
  room_code: "QX7M2K",
  ...more,
});

describe("moderation over real sockets", () => {
  it("[SF63] [SF92] [SF93] seals, kicks, bans and lets in again, as the strictest client reads it", async () => {
    const at = await serve();
    const [ada, bob, eve] = [await connect(at), await connect(at), await connect(at)];
    await operate(ada, "JoinRoom", joining("ada", { password: "coral-7" }));
    const refused = await operate(bob, "JoinRoom", joining("bob"));
    expect(refused).toMatchObject({ type: "RoomJoinFailed" });
    const joined = await operate(bob, "JoinRoom", joining("bob", { password: "coral-7" }));
    const { player_id, room_id, reconnection_token: auth_token } = joined.data ?? {};
    await operate(eve, "JoinRoom", joining("eve", { password: "coral-7" }));
    ada.say("GameData", { data: { n: 1 } });
    expect(await bob.hear("GameData")).toMatchObject({ data: { seq: 1 } });

    // The link is lost without a word; the seat is kept, and not for who is banned.
    bob.socket.close();
    await eve.hear("PlayerLeft");
    expect(await operate(ada, "BanPlayer", { player_id })).toMatchObject({ type: "PlayerBanned" });
    const again = await connect(at);
    const claim = { player_id, room_id, auth_token };
    expect(await operate(again, "Reconnect", claim)).toMatchObject({
      type: "ReconnectionFailed",
      data: { error_code: "RECONNECTION_FAILED" },
    });
    await operate(ada, "UnbanPlayer", { player_id });
    expect(await operate(again, "Reconnect", claim)).toMatchObject({ type: "Reconnected" });

    expect(await operate(ada, "KickPlayer", { player_id })).toMatchObject({ type: "PlayerKicked" });
    expect(await again.hear("Error")).toEqual({ type: "Error", data: { message: "Removed from the room" } });
    expect(await again.socket.closed).toMatchObject({ code: 4007, reason: "kicked" });
    await eve.hear("PlayerReconnected");
    expect(await eve.hear("PlayerLeft")).toMatchObject({ data: { player_id, epoch: 2, final_seq: 0 } });
    expect(await operate(eve, "LeaveRoom")).toEqual({ type: "RoomLeft" });
  });

  it("[SF89] sends joins with the old code elsewhere while the new one is told", async () => {
    const at = await serve();
    const [ada, bob] = [await connect(at), await connect(at)];
    const { data: home } = await operate(ada, "JoinRoom", joining("ada"));
    // Both are on their way at once: whichever comes first, bob is in a room whose code is the one that it asked for.
    const [renewed, joined] = await Promise.all([
      operate(ada, "RegenerateRoomCode"),
      operate(bob, "JoinRoom", joining("bob")),
    ]);

    const code = renewed.data?.room_code;
    expect(code).not.toBe("QX7M2K");
    expect(joined).toMatchObject({ type: "RoomJoined" });
    const isBefore = joined.data?.room_id === home?.room_id;
    expect(joined.data?.current_players).toHaveLength(isBefore ? 2 : 1);
    const eve = await connect(at);
    expect(await operate(eve, "JoinRoom", joining("eve", { room_code: code }))).toMatchObject({
      type: "RoomJoined",
      data: { room_id: home?.room_id, room_code: code },
    });
    expect(await operate(eve, "LeaveRoom")).toEqual({ type: "RoomLeft" });
    const refused = await operate(eve, "JoinRoom", joining("eve", { join_only: true }));
    expect(refused).toMatchObject(
      isBefore ? { data: { error_code: "ROOM_NOT_FOUND" } } : { type: "RoomJoined" },
    );
  });
});
