import { describe, expect, it } from "vitest";
import { type FishClient, fishTank } from "../../testing/signal-fish.ts";
import type { SignalFishSettings } from "./settings.ts";
import { SIGNAL_FISH_DEFAULTS } from "./settings.ts";

type Joined = { readonly data?: Record<string, unknown> };

/** What a client needs to have its seat again. */
const ticket = ({ data = {} }: Joined) => ({
  player_id: data.player_id,
  room_id: data.room_id,
  auth_token: data.reconnection_token,
});

const failed = (code: string) => [{ type: "ReconnectionFailed", data: { error_code: code } }];

/** Two players of version 3 in a room of their own. */
async function duo(settings: Partial<SignalFishSettings> = {}, more: object = {}) {
  const tank = fishTank(settings);
  const ada = await tank.connect({ path: "/v3/ws" });
  const bob = await tank.connect({ path: "/v3/ws" });
  const adas = await tank.join(ada, "ada", "ABC123", more);
  const bobs = await tank.join(bob, "bob", "ABC123");
  ada.take();
  bob.take();
  const start = async () => {
    for (const client of [ada, bob]) await client.say("PlayerReady");
    await ada.say("StartGame");
    await tank.settle();
  };
  /** A fresh link that asks for the seat; everybody hears of it. */
  const back = async (who: object, path = "/v3/ws") => {
    const client = await tank.connect({ path });
    const heard = await client.say("Reconnect", who);
    await tank.settle();
    return { client, heard };
  };
  const lose = async (client: FishClient) => {
    await client.cut();
    await tank.settle();
  };
  return { ...tank, ada, bob, adas, bobs, start, back, lose };
}

describe("version 3", () => {
  it("[SF81] [SF1] plans the session of those who play", async () => {
    const { connect, ada, bob, start, join, settle } = await duo();
    const eve = await connect({ path: "/v3/ws" });
    await eve.say("JoinAsSpectator", { game_name: "reef", room_code: "ABC123", spectator_name: "eve" });
    const two = await connect();
    ada.drain();

    await start();
    const plan = String(ada.raw.at(-1));
    expect(plan).toMatch(
      /^\{"type":"SessionPlan","data":\{"generation":"[0-9a-f-]{36}","topology":"relay","transport":"relay","peers":\[\],"fallback":"relay"\}\}$/,
    );
    expect(bob.raw.at(-1)).toBe(plan);
    await settle();
    expect(eve.take().map(({ type }) => type)).not.toContain("SessionPlan");

    await join(two, "two", "ABC123");
    await settle();
    expect(two.raw.map(String).join()).not.toContain("SessionPlan");
    expect(ada.raw.at(-1)).toContain("SessionPlan");
    expect(ada.raw.at(-1)).not.toBe(plan);
    expect(bob.raw.at(-1)).toBe(ada.raw.at(-1));
    expect([ada, bob, eve, two].map(({ complaint }) => complaint)).toEqual(Array(4).fill(undefined));
  });

  it("[SF82] gives a token to version 3, and to version 2 only if so configured", async () => {
    const { adas, bobs, connect, join, lose, back } = await duo({}, { max_players: 3 });
    expect(adas.data?.reconnection_token).toMatch(/^[0-9a-f-]{36}$/);
    expect(bobs.data?.reconnection_token).not.toBe(adas.data?.reconnection_token);
    const two = await connect();
    const joined = await join(two, "two", "ABC123");
    expect(joined.data).not.toHaveProperty("reconnection_token");

    await lose(two);
    expect((await back({ ...ticket(joined), auth_token: "x" })).heard).toMatchObject(
      failed("RECONNECTION_FAILED"),
    );
    const again = await connect();
    expect((await join(again, "two", "ABC123")).data?.current_players).toHaveLength(3);
  });

  it("[SF82] [SF84] lets version 2 come back where it is given a token", async () => {
    const tank = fishTank({ reconnection: { ...SIGNAL_FISH_DEFAULTS.reconnection, tokenInVersion2: true } });
    const ada = await tank.connect();
    const joined = await tank.join(ada, "ada", "ABC123");
    await ada.cut();
    const again = await tank.connect();

    const [answer] = await again.say("Reconnect", ticket(joined));

    expect(answer).toMatchObject({ type: "Reconnected", data: { missed_events: [] } });
    for (const name of ["replay", "sender_watermarks", "reconnection_token"]) {
      expect(answer?.data).not.toHaveProperty(name);
    }
    await again.cut();
    const third = await tank.connect();
    expect((await third.say("Reconnect", ticket(joined)))[0]?.type).toBe("Reconnected");
  });

  it("[SF83] [SF84] [SF1] gives a player its seat again, in the very words of the original", async () => {
    const { ada, lose, back, bobs, bob, adas, start, connect, clients } = await duo();
    await start();
    await bob.say("GameData", { data: 1 });
    const eve = await connect();
    await lose(bob);
    await eve.say("JoinAsSpectator", { game_name: "reef", room_code: "ABC123", spectator_name: "Bruce" });
    await ada.say("GameData", { data: 2 });
    ada.take();

    const { client } = await back(ticket(bobs));

    const { room_id, player_id } = ticket(bobs);
    const at = "2026-03-04T05:06:07.250Z";
    const texts = client.raw.map(String).slice(2);
    const token = /"reconnection_token":"([0-9a-f-]{36})"/.exec(texts[0] ?? "")?.[1];
    const bruce = JSON.stringify(eve.take()[0]?.data?.current_spectators ?? []).slice(1, -1);
    const watcher = String(/"id":"([^"]+)","name":"Bruce"/.exec(texts[0] ?? "")?.[1]);
    const info = `{"id":"${watcher}","name":"Bruce","connected_at":"${at}"}`;
    expect(texts[0]).toBe(
      `{"type":"Reconnected","data":{"room_id":"${room_id}","room_code":"ABC123","player_id":"${player_id}","game_name":"reef","max_players":8,"supports_authority":true,"current_players":[{"id":"${adas.data?.player_id}","name":"ada","is_authority":true,"is_ready":true,"connected_at":"${at}","epoch":1,"seq":1},{"id":"${player_id}","name":"bob","is_authority":false,"is_ready":true,"connected_at":"${at}","epoch":2,"seq":0}],"is_authority":false,"lobby_state":"finalized","ready_players":["${adas.data?.player_id}","${player_id}"],"relay_type":"matchbox","current_spectators":[${info}],"missed_events":[{"type":"NewSpectatorJoined","data":{"spectator":${info},"current_spectators":[${info}],"reason":"joined"}}],"replay":"complete","sender_watermarks":[{"player_id":"${adas.data?.player_id}","epoch":1,"seq":1},{"player_id":"${player_id}","epoch":2,"seq":0}],"reconnection_token":"${token}"}}`,
    );
    expect(texts[1]).toContain('{"type":"SessionPlan"');
    expect(token).not.toBe(bobs.data?.reconnection_token);
    expect(bruce).toBe("");
    await client.say("GameData", { data: 3 });
    await ada.settle();
    expect(ada.take().at(-1)).toMatchObject({ type: "GameData", data: { epoch: 2, seq: 1 } });
    expect(clients.map(({ complaint }) => complaint)).toEqual(clients.map(() => undefined));
  });

  it("[SF83] has the authority again that it had, if nobody else does", async () => {
    const { ada, bob, adas, lose, back } = await duo();
    await lose(ada);
    expect(bob.take().map(({ type }) => type)).toEqual(["PlayerLeft", "AuthorityChanged"]);

    const { client, heard } = await back(ticket(adas));

    expect(heard.map(({ type }) => type)).toEqual(["Reconnected", "AuthorityChanged"]);
    expect(heard[1]).toMatchObject({ data: { you_are_authority: true } });
    expect(bob.take()).toMatchObject([
      { type: "PlayerJoined", data: { player: { name: "ada", is_authority: true, epoch: 2, seq: 0 } } },
      { type: "PlayerReconnected", data: { epoch: 2 } },
      {
        type: "AuthorityChanged",
        data: { authority_player: adas.data?.player_id, you_are_authority: false },
      },
    ]);
    expect([bob.complaint, client.complaint]).toEqual([undefined, undefined]);
  });

  it("[SF84] keeps its message within its bound, and says that some is missing", async () => {
    const reconnection = { ...SIGNAL_FISH_DEFAULTS.reconnection, maxMessageBytes: 3_000 };
    const { ada, bob, bobs, lose, back } = await duo({ reconnection });
    await lose(bob);
    for (let i = 0; i < 60; i++) await ada.say("PlayerReady");

    const { client, heard } = await back(ticket(bobs));

    const [answer] = heard;
    const size = Buffer.byteLength(String(client.raw[2]));
    expect(answer?.data?.replay).toBe("truncated");
    expect(size).toBeLessThanOrEqual(3_000);
    expect(size).toBeGreaterThan(2_800);
    const missed = answer?.data?.missed_events;
    expect(Array.isArray(missed) && missed.at(-1)).toMatchObject({ data: { ready_players: [] } });
  });

  it.each([
    [3, 2, "complete"],
    [2, 3, "truncated"],
    [0, 1, "unavailable"],
  ])("[SF84] with %i events remembered of %i is %s", async (maxEvents, happened, replay) => {
    const reconnection = { ...SIGNAL_FISH_DEFAULTS.reconnection, maxEvents };
    const { ada, bob, bobs, lose, back } = await duo({ reconnection });
    await lose(bob);
    for (let i = 0; i < happened; i++) await ada.say("PlayerReady");

    const { heard } = await back(ticket(bobs));
    expect(heard[0]?.data?.replay).toBe(replay);
  });

  it("[SF85] is announced to the others", async () => {
    const { ada, bob, bobs, lose, back, connect, join } = await duo();
    const two = await connect();
    await join(two, "two", "ABC123");
    await lose(bob);
    ada.take();
    two.take();

    await back(ticket(bobs));

    const id = bobs.data?.player_id;
    expect(ada.take()).toMatchObject([
      { type: "PlayerJoined", data: { player: { id, epoch: 2, seq: 0 } } },
      { type: "PlayerReconnected", data: { player_id: id, epoch: 2 } },
    ]);
    expect(two.take()).toEqual([
      expect.objectContaining({ type: "PlayerJoined" }),
      { type: "PlayerReconnected", data: { player_id: id } },
    ]);
    expect([ada.complaint, two.complaint]).toEqual([undefined, undefined]);
  });

  it("[SF86] fails for a reason, and may be tried again", async () => {
    const { server, bob, ada, bobs, adas, lose, back, clock } = await duo();
    const mine = ticket(bobs);
    expect((await back(mine)).heard).toMatchObject(failed("PLAYER_ALREADY_CONNECTED"));
    await lose(bob);

    expect((await back({ ...mine, player_id: "9a9a9a9a-5555-4b5b-8c5c-0000000000dd" })).heard).toEqual([
      {
        type: "ReconnectionFailed",
        data: { reason: "No disconnection record found", error_code: "RECONNECTION_FAILED" },
      },
    ]);
    expect((await back({ ...mine, auth_token: "wrong" })).heard).toMatchObject(
      failed("RECONNECTION_TOKEN_INVALID"),
    );
    expect((await back({ ...mine, room_id: mine.player_id })).heard).toMatchObject(
      failed("RECONNECTION_TOKEN_INVALID"),
    );
    expect(await ada.say("Reconnect", mine)).toMatchObject(failed("RECONNECTION_FAILED"));
    server.hub.world.isDraining = true;
    expect((await back(mine)).heard).toMatchObject(failed("SERVER_DRAINING"));
    server.hub.world.isDraining = false;

    clock.now += 300_000;
    const { heard, client } = await back(mine);
    expect(heard[0]?.type).toBe("Reconnected");
    await lose(client);
    expect((await back(mine)).heard).toMatchObject(failed("RECONNECTION_TOKEN_INVALID"));
    await lose(ada);
    clock.now += 300_001;
    expect((await back(ticket(adas))).heard).toMatchObject(failed("RECONNECTION_EXPIRED"));
  });

  it("[SF86] fails when the seat was not reserved and is gone", async () => {
    const reconnection = { ...SIGNAL_FISH_DEFAULTS.reconnection, reserveSeat: false };
    const { bob, bobs, lose, back, connect, join } = await duo({ reconnection }, { max_players: 2 });
    await lose(bob);
    await join(await connect(), "eve", "ABC123");

    expect((await back(ticket(bobs))).heard).toMatchObject(failed("ROOM_FULL"));
  });

  it("[SF86] fails where it is switched off, or in another app", async () => {
    const off = { ...SIGNAL_FISH_DEFAULTS.reconnection, enabled: false };
    const { bobs, back } = await duo({ reconnection: off });
    expect(bobs.data).not.toHaveProperty("reconnection_token");
    const who = { ...ticket(bobs), auth_token: "t" };
    expect((await back(who)).heard).toMatchObject(failed("RECONNECTION_FAILED"));

    const apps = [
      { id: "one", name: "One" },
      { id: "two", name: "Two" },
    ];
    const tank = fishTank({ appAccess: "listed", apps });
    const ada = await tank.connect({ path: "/v3/ws", app_id: "one" });
    const joined = await tank.join(ada, "ada", "ABC123");
    await ada.cut();
    const other = await tank.connect({ path: "/v3/ws", app_id: "two" });
    expect(await other.say("Reconnect", ticket(joined))).toMatchObject(failed("ROOM_NOT_FOUND"));
  });

  it("[SF83] has one winner, however many ask at once", async () => {
    const { bob, bobs, lose, connect, settle } = await duo();
    await lose(bob);
    const rivals = await Promise.all([1, 2, 3].map(() => connect({ path: "/v3/ws" })));
    const text = JSON.stringify({ type: "Reconnect", data: ticket(bobs) });

    for (const rival of rivals) {
      rival.take();
      rival.sayAtOnce(text);
    }
    await settle();

    const answers = rivals.map((rival) => rival.take()[0]?.type);
    expect(answers.sort()).toEqual(["Reconnected", "ReconnectionFailed", "ReconnectionFailed"]);
  });
});
