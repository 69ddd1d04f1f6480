import { describe, expect, it } from "vitest";
import type { FishMessage } from "../../src/testing/signal-fish.ts";
import { fishServer, pipelined, ticketOf } from "./signal-fish-server.ts";

/** The client leaves out whatever its game does not set. */
const HELLO = [
  "Authenticate",
  { app_id: "reef-race", platform: "godot", sdk_version: "0.1.0-godot" },
] as const;
const join = (name: string, code?: string) =>
  ["JoinRoom", { game_name: "reef-rally", player_name: name, ...(code && { room_code: code }) }] as const;

describe("a client such as the Godot one", () => {
  it("[SF10] [SF82] is version 3 by its path alone, and plays", async () => {
    const at = await fishServer();
    const ada = await pipelined(at, 3, HELLO);
    await ada.hear("ProtocolInfo");
    ada.say(...join("ada"));
    const { data = {} } = await ada.hear("RoomJoined");
    const bob = await pipelined(at, 3, HELLO, join("bob", String(data.room_code)));

    await bob.hear("RoomJoined");
    bob.say("GameData", { data: { op: "move" } });
    expect((await ada.hear("GameData")).data).toMatchObject({ data: { op: "move" }, seq: 1, epoch: 1 });
    bob.say("LeaveRoom");
    await bob.hear("RoomLeft");
    expect((await ada.hear("PlayerLeft")).data).toMatchObject({ epoch: 1, final_seq: 1 });
  });

  it("[SF83] asks for its seat right behind Authenticated, before it has read ProtocolInfo", async () => {
    const at = await fishServer();
    const ada = await pipelined(at, 3, HELLO, join("ada"));
    const seat = await ada.hear("RoomJoined");
    await ada.socket.drop();

    const again = await pipelined(at, 3, HELLO);
    await again.hear("Authenticated");
    again.say("Reconnect", ticketOf(seat));

    expect((await again.hear("Reconnected")).data).toMatchObject({
      player_id: seat.data?.player_id,
      is_authority: true,
    });
    again.say("Ping");
    await again.hear("Pong");
  });

  it("[SF86] tries again on a new line after each failure, and its token lives on", async () => {
    const at = await fishServer();
    const ada = await pipelined(at, 3, HELLO, join("ada"));
    const seat = await ada.hear("RoomJoined");
    const attempt = async () => {
      const line = await pipelined(at, 3, HELLO, ["Reconnect", ticketOf(seat)]);
      const answer: FishMessage = await line.hear(["Reconnected", "ReconnectionFailed"]);
      if (answer.type === "ReconnectionFailed") await line.socket.close();
      return answer;
    };

    for (let i = 0; i < 2; i++) {
      expect((await attempt()).data).toMatchObject({
        reason: expect.any(String),
        error_code: "PLAYER_ALREADY_CONNECTED",
      });
    }
    await ada.socket.drop();
    expect((await attempt()).type).toBe("Reconnected");
    expect((await attempt()).type).toBe("ReconnectionFailed");
  });

  it("[SF84] is told no message that is longer than it reads, in a full room with a full gallery", async () => {
    const at = await fishServer({ SECURITY__MAX_CONNECTIONS_PER_IP: "0", SERVER__EVENT_BUFFER_SIZE: "1000" });
    const code = "CROWD2";
    const first = await pipelined(at, 3, HELLO, [
      "JoinRoom",
      { ...join("player 0", code)[1], max_players: 100 },
    ]);
    const seat = await first.hear("RoomJoined");
    const crowd = [];
    for (let i = 1; i < 40; i++) {
      const player = await pipelined(at, 3, HELLO, join(`player ${i}`, code));
      await player.hear("RoomJoined");
      crowd.push(player);
    }
    await first.socket.drop();
    await crowd[0]?.hear("PlayerLeft");
    for (let i = 0; i < 30; i++) {
      const watcher = await pipelined(at, 3, HELLO, [
        "JoinAsSpectator",
        { game_name: "reef-rally", room_code: code, spectator_name: `${i} ${"ß".repeat(12)}` },
      ]);
      await watcher.hear("SpectatorJoined");
      watcher.say("LeaveSpectator");
      await watcher.hear("SpectatorLeft");
      watcher.say("JoinAsSpectator", {
        game_name: "reef-rally",
        room_code: code,
        spectator_name: `again ${i}`,
      });
      await watcher.hear("SpectatorJoined");
    }

    // Whoever reads it checks its length.
    const again = await pipelined(at, 3, HELLO, ["Reconnect", ticketOf(seat)]);
    expect((await again.hear("Reconnected")).data).toMatchObject({ replay: "truncated" });
  }, 30_000);
});
