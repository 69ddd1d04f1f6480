import { describe, expect, it } from "vitest";
import type { Fish } from "../../src/testing/fish-socket.ts";
import { TextSocket } from "../../src/testing/text-socket.ts";
import { fishServer, pipelined } from "./signal-fish-server.ts";

const APP = "crowd";
const HELLO = ["Authenticate", { app_id: APP }] as const;

/** As many clients as that, all at once. */
async function crowd(at: string, size: number): Promise<Fish[]> {
  const all = await Promise.all(Array.from({ length: size }, () => pipelined(at, 2, HELLO)));
  await Promise.all(all.map((fish) => fish.hear("ProtocolInfo")));
  return all;
}

/** How often each answer was given. */
async function answers(all: readonly Fish[], types: readonly string[]): Promise<Record<string, number>> {
  const count: Record<string, number> = {};
  for (const { type, data } of await Promise.all(all.map((fish) => fish.hear(types)))) {
    const answer = String(data?.error_code ?? type);
    count[answer] = (count[answer] ?? 0) + 1;
  }
  return count;
}

describe("many clients at once", () => {
  it("[SF32] take exactly the seats that there are", async () => {
    const all = await crowd(await fishServer(), 24);
    for (const [i, fish] of all.entries()) {
      fish.say("JoinRoom", { game_name: "reef", player_name: `p${i}`, room_code: "CROWD2", max_players: 8 });
    }
    expect(await answers(all, ["RoomJoined", "RoomJoinFailed"])).toEqual({ RoomJoined: 8, ROOM_FULL: 16 });
  });

  it("[SF32] open exactly the rooms of a game that there may be", async () => {
    const all = await crowd(await fishServer({ SERVER__MAX_ROOMS_PER_GAME: "5" }), 24);
    for (const [i, fish] of all.entries()) fish.say("JoinRoom", { game_name: "reef", player_name: `p${i}` });
    expect(await answers(all, ["RoomJoined", "RoomJoinFailed"])).toEqual({
      RoomJoined: 5,
      MAX_ROOMS_PER_GAME_EXCEEDED: 19,
    });
  });

  it("[SF42] claim an authority that one of them gets", async () => {
    const all = await crowd(await fishServer(), 8);
    for (const [i, fish] of all.entries()) {
      fish.say("JoinRoom", { game_name: "reef", player_name: `p${i}`, room_code: "CROWD2" });
      await fish.hear("RoomJoined");
    }
    const [first, ...others] = all as [Fish, ...Fish[]];
    first.say("AuthorityRequest", { become_authority: false });
    await first.hear("AuthorityResponse");
    for (const fish of others) fish.say("AuthorityRequest", { become_authority: true });
    expect(await answers(others, ["AuthorityResponse"])).toEqual({
      AuthorityResponse: 1,
      AUTHORITY_CONFLICT: 6,
    });
  });

  it("[SF15] of one app shake hands exactly as often as it may", async () => {
    const at = await fishServer({
      SECURITY__REQUIRE_WEBSOCKET_AUTH: "true",
      SECURITY__MAX_CONNECTIONS_PER_IP: "100",
      SECURITY__AUTHORIZED_APPS: JSON.stringify([
        { app_id: APP, app_secret: "s", app_name: APP, rate_limit_per_minute: 20 },
      ]),
    });
    const all = await Promise.all(Array.from({ length: 60 }, () => pipelined(at, 2, HELLO)));
    expect(await answers(all, ["Authenticated", "AuthenticationError"])).toEqual({
      Authenticated: 20,
      RATE_LIMIT_EXCEEDED: 40,
    });
  });

  it("[SF97] of one address are as many as may be, and again when they have gone", async () => {
    const at = await fishServer({ SECURITY__MAX_CONNECTIONS_PER_IP: "6" });
    for (let round = 0; round < 2; round++) {
      const all = await Promise.all(
        Array.from({ length: 12 }, async () => {
          const socket = await TextSocket.open(`ws://${at}/v2/ws`);
          socket.send('{"type":"Ping"}');
          const text = await socket.next();
          return { socket, isIn: text === '{"type":"Pong"}' };
        }),
      );
      expect(all.filter(({ isIn }) => isIn)).toHaveLength(6);
      await Promise.all(all.map(({ socket }) => socket.close()));
    }
  });
});
