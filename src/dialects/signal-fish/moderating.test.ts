import { describe, expect, it } from "vitest";
import { type FishClient, type FishMessage, fishTank } from "../../testing/signal-fish.ts";

const NOBODY = "9a9a9a9a-5555-4b5b-8c5c-0000000000dd";
const V3 = { path: "/v3/ws", requested_capabilities: ["room_operation_ids"] };

let operations = 0;

/** Asks within an operation, and answers its result; everything else that was heard comes before it. */
async function operate(client: FishClient, type: string, data?: object) {
  const id = `aaaa1111-0000-4000-8000-${String(++operations).padStart(12, "0")}`;
  const heard = await client.say("RoomOperation", {
    operation_id: id,
    operation: { type, ...(data && { data }) },
  });
  const at = heard.findIndex((each) => each.type === "RoomOperationResult");
  expect(heard.filter((each) => each.type === "RoomOperationResult")).toHaveLength(1);
  expect(heard[at]?.data?.operation_id).toBe(id);
  return {
    result: heard[at]?.data?.result as FishMessage,
    before: heard.slice(0, at).map((each) => each.type),
  };
}

const resultOf = async (client: FishClient, type: string, data?: object) =>
  (await operate(client, type, data)).result;
const failure = (error_code: string) => ({ type: "OperationFailed", data: { error_code } });
const player = (player_id: string) => ({ player_id });

/** A game of ada, who is its authority, bob and eve. */
async function reef(settings = {}) {
  const tank = fishTank(settings);
  const [ada, bob, eve] = [await tank.connect(V3), await tank.connect(V3), await tank.connect(V3)];
  const joined: Record<string, FishMessage> = {};
  for (const [name, client] of Object.entries({ ada, bob, eve })) {
    joined[name] = await tank.join(client, name, "ABC123");
  }
  const idOf = (name: string) => String(joined[name]?.data?.player_id);
  const claimOf = (name: string) => ({
    player_id: idOf(name),
    room_id: joined[name]?.data?.room_id,
    auth_token: joined[name]?.data?.reconnection_token,
  });
  for (const client of tank.clients) client.take();
  return { ...tank, ada, bob, eve, ids: { ada: idOf("ada"), bob: idOf("bob"), eve: idOf("eve") }, claimOf };
}

/** What was heard since the last look, by type. */
const types = (client: FishClient) => client.take().map(({ type }) => type);
const complaints = (clients: readonly FishClient[]) =>
  clients.map(({ complaint }) => complaint).filter((each) => each !== undefined);

describe("moderation", () => {
  const TARGETED = ["KickPlayer", "BanPlayer", "UnbanPlayer", "TransferAuthority"];

  it.each([
    ...TARGETED.map((type) => [type, player(NOBODY)] as const),
    ["SetRoomAccess", { password: "x" }] as const,
    ["RegenerateRoomCode", undefined] as const,
  ])("[SF93] by %s is for the authority of the room that one plays in", async (type, data) => {
    const { ada, bob, connect, join, clients } = await reef();
    const outside = await connect(V3);
    const watcher = await connect(V3);
    await watcher.say("JoinAsSpectator", { game_name: "reef", room_code: "ABC123", spectator_name: "w" });
    const noAuthority = await connect(V3);
    await join(noAuthority, "kim", "NOAUTH", { supports_authority: false });

    expect(await resultOf(outside, type, data)).toMatchObject(failure("NOT_IN_ROOM"));
    expect(await resultOf(watcher, type, data)).toMatchObject(failure("NOT_IN_ROOM"));
    expect(await resultOf(bob, type, data)).toMatchObject(failure("NOT_ROOM_AUTHORITY"));
    expect(await resultOf(noAuthority, type, data)).toMatchObject(failure("NOT_ROOM_AUTHORITY"));
    expect(await ada.say(type, data)).toMatchObject([
      { type: "Error", data: { error_code: "INVALID_INPUT" } },
    ]);
    expect(complaints(clients)).toEqual([]);
  });

  it.each(TARGETED)("[SF93] by %s is about another player", async (type) => {
    const { ada, ids, connect, join, clients } = await reef();
    const elsewhere = await connect(V3);
    const stranger = String((await join(elsewhere, "kim", "XYZ789")).data?.player_id);
    const watcher = await connect(V3);
    const watch = { game_name: "reef", room_code: "ABC123", spectator_name: "w" };
    const [seen] = await watcher.say("JoinAsSpectator", watch);
    const spectator = String(seen?.data?.spectator_id);

    expect(await resultOf(ada, type, player(ids.ada))).toMatchObject(failure("INVALID_INPUT"));
    expect(await resultOf(ada, type, player("nobody"))).toMatchObject(failure("INVALID_INPUT"));
    for (const target of [NOBODY, stranger, spectator]) {
      const code = type === "TransferAuthority" ? "TRANSFER_TARGET_NOT_FOUND" : "KICK_TARGET_NOT_FOUND";
      const expected = type === "UnbanPlayer" ? { type: "PlayerUnbanned" } : failure(code);
      expect(await resultOf(ada, type, player(target))).toMatchObject(expected);
    }
    expect(complaints(clients)).toEqual([]);
  });

  it("[SF93] kicks: others hear it, the link ends, and nothing brings the seat back", async () => {
    const { ada, bob, eve, ids, claimOf, connect, settle, clients } = await reef();
    const { result, before } = await operate(ada, "KickPlayer", player(ids.bob));
    await settle();

    expect([before, result]).toEqual([
      ["PlayerLeft"],
      { type: "PlayerKicked", data: { player_id: ids.bob } },
    ]);
    expect(types(eve)).toEqual(["PlayerLeft"]);
    expect(bob.take()).toEqual([{ type: "Error", data: { message: "Removed from the room" } }]);
    expect(bob.end).toMatchObject({ code: 4007, reason: "kicked" });
    const again = await connect(V3);
    expect(await again.say("Reconnect", claimOf("bob"))).toMatchObject([
      { type: "ReconnectionFailed", data: { error_code: "RECONNECTION_FAILED" } },
    ]);
    expect(await resultOf(ada, "KickPlayer", player(ids.bob))).toMatchObject(
      failure("KICK_TARGET_NOT_FOUND"),
    );
    expect(complaints(clients)).toEqual([]);
  });

  it("[SF93] kicks who has only a seat to come back to, and nobody hears of it", async () => {
    const { ada, bob, eve, ids, claimOf, connect, settle } = await reef();
    await bob.cut();
    await settle();
    for (const client of [ada, eve]) client.take();

    expect(await operate(ada, "KickPlayer", player(ids.bob))).toMatchObject({
      before: [],
      result: { type: "PlayerKicked" },
    });
    await settle();
    expect(types(eve)).toEqual([]);
    const again = await connect(V3);
    expect(await again.say("Reconnect", claimOf("bob"))).toMatchObject([
      { type: "ReconnectionFailed", data: { error_code: "RECONNECTION_FAILED" } },
    ]);
  });

  it("[SF93] bans who has only a seat to come back to, and lets it back when the ban is lifted", async () => {
    const { ada, bob, ids, claimOf, connect, settle, clients } = await reef();
    await bob.cut();
    await settle();
    expect(await resultOf(ada, "BanPlayer", player(ids.bob))).toEqual({
      type: "PlayerBanned",
      data: { player_id: ids.bob },
    });
    const again = await connect(V3);
    const reconnect = () => again.say("Reconnect", claimOf("bob"));

    // A client that has not asked for anything new is not told the new code.
    expect(await reconnect()).toMatchObject([
      { type: "ReconnectionFailed", data: { error_code: "RECONNECTION_FAILED" } },
    ]);
    await operate(again, "SetRoomAccess", { password: null });
    expect(await reconnect()).toMatchObject([{ type: "ReconnectionFailed", data: { error_code: "BANNED" } }]);
    for (let i = 0; i < 2; i++) {
      expect(await resultOf(ada, "UnbanPlayer", player(ids.bob))).toMatchObject({ type: "PlayerUnbanned" });
    }
    expect((await reconnect())[0]).toMatchObject({ type: "Reconnected", data: { replay: "complete" } });
    await settle();
    expect(complaints(clients)).toEqual([]);
  });

  it("[SF93] bans by address where that is configured", async () => {
    const { ada, bob, ids, connect, join, settle } = await reef({ banByIp: true });
    await operate(ada, "BanPlayer", player(ids.bob));
    await settle();
    const [old, later] = [await connect(V3), await connect(V3)];

    expect(bob.end).toMatchObject({ code: 4007 });
    expect(await join(old, "rob", "ABC123")).toEqual({
      type: "RoomJoinFailed",
      data: { reason: "Banned from this room" },
    });
    expect(await join(later, "rob", "ABC123", { join_only: true })).toMatchObject({
      data: { error_code: "BANNED" },
    });
    const watch = { game_name: "reef", room_code: "ABC123", spectator_name: "w" };
    expect(await later.say("JoinAsSpectator", watch)).toMatchObject([
      { type: "SpectatorJoinFailed", data: { error_code: "BANNED" } },
    ]);
    expect((await join(old, "rob", "XYZ789")).type).toBe("RoomJoined");
  });

  it("[SF93] bans by address who has only a seat to come back to, too", async () => {
    const { ada, bob, ids, connect, join, settle } = await reef({ banByIp: true });
    await bob.cut();
    await settle();
    await operate(ada, "BanPlayer", player(ids.bob));
    const later = await connect(V3);

    const more = { join_only: true };
    expect(await join(later, "rob", "ABC123", more)).toMatchObject({ data: { error_code: "BANNED" } });
    await operate(ada, "UnbanPlayer", player(ids.bob));
    expect((await join(later, "rob", "ABC123", more)).type).toBe("RoomJoined");
  });

  it("[SF64] tells a client that knows the word that it was kicked", async () => {
    const { ada, bob, ids, settle } = await reef();
    await operate(bob, "UnbanPlayer", player(NOBODY));
    bob.take();
    await operate(ada, "KickPlayer", player(ids.bob));
    await settle();

    expect(bob.take().at(-1)).toMatchObject({ type: "Error", data: { error_code: "KICKED" } });
  });

  it("[SF93] hands the part of the authority on, and with it what it may do", async () => {
    const { ada, bob, eve, ids, settle } = await reef();

    expect(await operate(ada, "TransferAuthority", player(ids.bob))).toEqual({
      before: ["AuthorityChanged"],
      result: { type: "AuthorityTransferred", data: { player_id: ids.bob } },
    });
    await settle();
    expect([types(bob), types(eve)]).toEqual([["AuthorityChanged"], ["AuthorityChanged"]]);
    expect(await resultOf(ada, "KickPlayer", player(ids.eve))).toMatchObject(failure("NOT_ROOM_AUTHORITY"));
    expect(await resultOf(bob, "KickPlayer", player(ids.ada))).toMatchObject({ type: "PlayerKicked" });
  });
});

describe("passwords", () => {
  const JOIN = { game_name: "reef", player_name: "kim", room_code: "ABC123" };
  const WATCH = { game_name: "reef", spectator_name: "kim", room_code: "ABC123" };
  const required = (type: string) => ({ type, data: { error_code: "PASSWORD_REQUIRED" } });

  it("[SF63] seal a room from its birth, for players and spectators, in operations and outside", async () => {
    const { connect, join, clients } = fishTank();
    const ada = await connect(V3);
    await join(ada, "ada", "ABC123", { password: "coral-7" });
    const kim = await connect(V3);

    for (const password of ["coral-8", "CORAL-7", "x"]) {
      expect(await kim.say("JoinRoom", { ...JOIN, password })).toMatchObject([required("RoomJoinFailed")]);
      expect(await kim.say("JoinAsSpectator", { ...WATCH, password })).toMatchObject([
        required("SpectatorJoinFailed"),
      ]);
      expect(await resultOf(kim, "JoinRoom", { ...JOIN, password })).toMatchObject(
        required("RoomJoinFailed"),
      );
      expect(await resultOf(kim, "JoinAsSpectator", { ...WATCH, password })).toMatchObject(
        required("SpectatorJoinFailed"),
      );
    }
    expect(await kim.say("JoinRoom", JOIN)).toMatchObject([required("RoomJoinFailed")]);
    expect(await resultOf(kim, "JoinRoom", { ...JOIN, password: "coral-7" })).toMatchObject({
      type: "RoomJoined",
    });
    await kim.say("LeaveRoom");
    expect(await kim.say("JoinAsSpectator", { ...WATCH, password: "coral-7" })).toMatchObject([
      { type: "SpectatorJoined" },
    ]);
    expect(complaints(clients)).toEqual([]);
  });

  it("[SF64] are named to clients that know of them, and to others only described", async () => {
    const { connect, join } = fishTank();
    await join(await connect(), "ada", "ABC123", { password: "coral-7" });
    const kim = await connect();

    expect(await kim.say("JoinRoom", JOIN)).toEqual([
      { type: "RoomJoinFailed", data: { reason: "The room is entered with its password only" } },
    ]);
    expect(await kim.say("JoinAsSpectator", WATCH)).toEqual([
      { type: "SpectatorJoinFailed", data: { reason: "The room is entered with its password only" } },
    ]);
    expect(await kim.say("JoinRoom", { ...JOIN, join_only: true })).toMatchObject([
      required("RoomJoinFailed"),
    ]);
    expect(kim.complaint).toBeUndefined();
  });

  it("[SF63] for an open room are refused like wrong ones, and those that are none as invalid", async () => {
    const { connect, join } = await reef();
    const kim = await connect(V3);

    expect(await kim.say("JoinRoom", { ...JOIN, password: "x" })).toMatchObject([required("RoomJoinFailed")]);
    for (const password of ["", "ß".repeat(129)]) {
      expect(await kim.say("JoinRoom", { ...JOIN, password })).toMatchObject([
        { type: "RoomJoinFailed", data: { error_code: "INVALID_INPUT" } },
      ]);
      expect(await kim.say("JoinAsSpectator", { ...WATCH, password })).toMatchObject([
        { type: "SpectatorJoinFailed", data: { error_code: "INVALID_INPUT" } },
      ]);
    }
    expect((await join(kim, "kim", "XYZ789", { password: "ß".repeat(128) })).type).toBe("RoomJoined");
  });

  it("[SF89] are set and taken away by the authority; who is inside or comes back is not asked", async () => {
    const { ada, bob, connect, settle, claimOf, clients } = await reef();
    const kim = await connect(V3);
    const set = (data: object) => resultOf(ada, "SetRoomAccess", data);

    expect(await set({ password: "reef" })).toEqual({
      type: "RoomAccessUpdated",
      data: { requires_password: true },
    });
    await settle();
    expect(types(bob)).toEqual([]);
    expect(await kim.say("JoinRoom", { ...JOIN, password: "x" })).toMatchObject([required("RoomJoinFailed")]);
    await bob.cut();
    expect((await kim.say("Reconnect", claimOf("bob")))[0]).toMatchObject({ type: "Reconnected" });
    await kim.say("LeaveRoom");
    for (const bad of [{ password: "" }, { password: "x".repeat(257) }, { password: 7 }, undefined]) {
      expect(await resultOf(ada, "SetRoomAccess", bad)).toMatchObject(failure("INVALID_INPUT"));
    }
    for (const open of [{ password: null }, {}]) {
      await set({ password: "reef" });
      expect(await set(open)).toEqual({ type: "RoomAccessUpdated", data: { requires_password: false } });
      expect((await kim.say("JoinRoom", JOIN))[0]).toMatchObject({ type: "RoomJoined" });
      await kim.say("LeaveRoom");
    }
    expect(complaints(clients)).toEqual([]);
  });

  it("[SF63] are guessed only so often", async () => {
    const { connect, join } = fishTank({ maxJoins: 1_000 });
    await join(await connect(), "ada", "ABC123", { password: "coral-7" });
    const kim = await connect(V3);
    for (let i = 0; i < 20; i++) await kim.say("JoinRoom", { ...JOIN, password: `${i}` });

    const limited = { error_code: "RATE_LIMIT_EXCEEDED", reason: expect.stringContaining("2 seconds") };
    expect(await resultOf(kim, "JoinRoom", { ...JOIN, password: "coral-7" })).toMatchObject({
      type: "RoomJoinFailed",
      data: limited,
    });
  });
});

describe("another code", () => {
  it("[SF89] is told the authority alone; the old one opens another room, and seats stay", async () => {
    const { ada, bob, eve, claimOf, connect, join, settle, clients } = await reef();
    const result = await resultOf(ada, "RegenerateRoomCode");
    const code = String(result?.data?.room_code);
    await settle();
    expect(result).toEqual({ type: "RoomCodeRegenerated", data: { room_code: code } });
    expect(code).toMatch(/^[2-9A-HJ-NP-Z]{6}$/);
    expect([types(bob), types(eve)]).toEqual([[], []]);

    const [kim, liz] = [await connect(V3), await connect(V3)];
    expect(await join(kim, "kim", "ABC123", { join_only: true })).toMatchObject({
      data: { error_code: "ROOM_NOT_FOUND" },
    });
    const watch = { game_name: "reef", room_code: "ABC123", spectator_name: "w" };
    expect(await kim.say("JoinAsSpectator", watch)).toMatchObject([
      { type: "SpectatorJoinFailed", data: { error_code: "ROOM_NOT_FOUND" } },
    ]);
    const other = await join(kim, "kim", "ABC123");
    expect(other).toMatchObject({ data: { room_code: "ABC123", current_players: [{ name: "kim" }] } });
    expect(await join(liz, "liz", code.toLowerCase())).toMatchObject({
      data: { room_code: code, room_id: claimOf("bob").room_id },
    });
    await bob.cut();
    const again = await connect(V3);
    expect((await again.say("Reconnect", claimOf("bob")))[0]).toMatchObject({
      type: "Reconnected",
      data: { room_code: code },
    });
    expect(await kim.say("GameData", { data: 1 })).toEqual([]);
    await settle();
    expect(types(again)).not.toContain("GameData");
    expect(complaints(clients)).toEqual([]);
  });

  it("[SF89] is what spectators are told when they go", async () => {
    const { ada, connect, forward } = await reef({ emptyRoomMs: 1_000 });
    const [kim, liz] = [await connect(V3), await connect(V3)];
    for (const client of [kim, liz]) {
      await client.say("JoinAsSpectator", { game_name: "reef", room_code: "ABC123", spectator_name: "w" });
    }
    const code = (await resultOf(ada, "RegenerateRoomCode"))?.data?.room_code;

    kim.take();
    expect((await kim.say("LeaveSpectator")).at(-1)).toMatchObject({
      type: "SpectatorLeft",
      data: { room_code: code },
    });
    await forward(10_000_000);
    expect(liz.take().at(-1)).toMatchObject({
      type: "SpectatorLeft",
      data: { reason: "room_closed", room_code: code },
    });
  });
});

describe("at the same time", () => {
  it("[SF93] two kicks of one player are one kick and one answer that there is nobody", async () => {
    const { ada, ids } = await reef();
    const kick = (n: number) =>
      ada.sayAtOnce(
        JSON.stringify({
          type: "RoomOperation",
          data: {
            operation_id: `bbbb1111-0000-4000-8000-00000000000${n}`,
            operation: { type: "KickPlayer", data: player(ids.bob) },
          },
        }),
      );
    kick(1);
    kick(2);
    await ada.settle();

    const results = ada
      .take()
      .flatMap(({ type, data }) => (type === "RoomOperationResult" ? [data?.result] : []));
    expect(results).toMatchObject([{ type: "PlayerKicked" }, failure("KICK_TARGET_NOT_FOUND")]);
    expect(ada.complaint).toBeUndefined();
  });

  it.each([
    ["before", "PlayerBanned", "ReconnectionFailed"],
    ["after", "PlayerBanned", "Reconnected"],
  ])(
    "[SF93] a ban that arrives %s the reconnection keeps its player out all the same",
    async (when, told, heard) => {
      const { ada, bob, ids, claimOf, connect, settle, clients } = await reef();
      await bob.cut();
      const again = await connect(V3);
      const ban = () =>
        ada.sayAtOnce(
          JSON.stringify({
            type: "RoomOperation",
            data: {
              operation_id: "bbbb1111-0000-4000-8000-000000000003",
              operation: { type: "BanPlayer", data: player(ids.bob) },
            },
          }),
        );
      const reconnect = () => again.sayAtOnce(JSON.stringify({ type: "Reconnect", data: claimOf("bob") }));
      again.take();
      ada.take();
      if (when === "before") ban();
      else reconnect();
      await ada.settle();
      await again.settle();
      if (when === "before") reconnect();
      else ban();
      await settle();

      const result = ada.take().find(({ type }) => type === "RoomOperationResult")?.data?.result;
      expect(result).toMatchObject({ type: told });
      expect(types(again)[0]).toBe(heard);
      expect(again.end?.code).toBe(when === "after" ? 4007 : undefined);
      const later = await connect(V3);
      expect((await later.say("Reconnect", claimOf("bob")))[0]).toMatchObject({ type: "ReconnectionFailed" });
      expect(complaints(clients)).toEqual([]);
    },
  );
});
