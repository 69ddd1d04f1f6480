import { describe, expect, it } from "vitest";
import type { ConfigInput } from "../../src/server/index.ts";
import { error, type TestClient } from "./client.ts";
import { join, liveServer } from "./live-server.ts";

const create = (room_id: unknown, max_size?: unknown) => ({
  type: "create_room",
  payload: { room_id, max_size },
});
const joinRoom = (room_id: unknown) => ({ type: "join_room", payload: { room_id } });
const info = (room_id: unknown) => ({ type: "room_info", payload: { room_id } });
const kick = (room_id: unknown, fingerprint: unknown) => ({
  type: "kick",
  payload: { room_id, fingerprint },
});
const leave = (namespace: string) => ({ type: "leave", payload: { namespace } });
const member = (client: TestClient, alias: string) => ({ fingerprint: client.fp, alias, app_type: "room" });
const left = (client: TestClient) => ({
  type: "peer_left",
  from: client.fp,
  namespace: "den",
  payload: null,
});

/** ada owns the room "den", bob and eve are in it, kim is not. */
async function den(config: ConfigInput = {}) {
  const live = await liveServer(config);
  const [ada, bob, eve, kim] = await Promise.all(
    ["ada", "bob", "eve", "kim"].map((name) => live.register(name)),
  );
  await ada!.ask(create("den", 3));
  await bob!.ask(joinRoom("den"));
  await eve!.ask(joinRoom("den"));
  await ada!.take(2);
  await bob!.next();
  return { ...live, ada: ada!, bob: bob!, eve: eve!, kim: kim! };
}

describe("creating a room", () => {
  it("[PS52] is answered with its size and owner, and with nothing else", async () => {
    const { register } = await liveServer();
    const ada = await register("ada");

    expect(await ada.send(create("den", 5)).nextText()).toBe(
      `{"type":"room_created","payload":{"room_id":"den","max_size":5,"owner":"${ada.fp}"}}`,
    );
    expect(await ada.rest()).toEqual([]);
    expect((await ada.ask(joinRoom("den"))).payload?.peers).toEqual([member(ada, "ada")]);
  });

  it.each([
    [undefined, 20],
    [null, 20],
    [0, 20],
    [-4, 20],
    [1, 1],
    [30, 30],
    [31, 30],
    [1000, 30],
    [9_007_199_254_740_991, 30],
  ])("[PS52] of size %j makes one of %i", async (asked, size) => {
    const ada = await (await liveServer()).register("ada");

    expect((await ada.ask(create("den", asked))).payload?.max_size).toBe(size);
  });

  it("[PS52] takes its sizes from the configuration", async () => {
    const ada = await (await liveServer({ peerServer: { roomDefaultSize: 2, roomMaxSize: 3 } })).register(
      "ada",
    );

    expect((await ada.ask(create("one"))).payload?.max_size).toBe(2);
    expect((await ada.ask(create("two", 9))).payload?.max_size).toBe(3);
  });

  it("[PS53] is refused for a name that a room or a namespace has", async () => {
    const { register } = await liveServer();
    const [ada, bob] = [await register("ada"), await register("bob")];
    await ada.ask(create("den"));
    await ada.ask(join("lobby"));

    for (const client of [ada, bob]) {
      expect(await client.ask(create("den"))).toEqual(error(409, "room already exists"));
      expect(await client.ask(create("lobby"))).toEqual(error(409, "room already exists"));
    }
    expect(await ada.rest()).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{}, "room_id required"],
    [null, "room_id required"],
    [{ room_id: "" }, "room_id required"],
    [undefined, "invalid create_room payload"],
    ["den", "invalid create_room payload"],
    [{ room_id: 5 }, "invalid create_room payload"],
    [{ room_id: "den", max_size: 1.5 }, "invalid create_room payload"],
    [{ room_id: "den", max_size: "5" }, "invalid create_room payload"],
    [{ room_id: "den", max_size: true }, "invalid create_room payload"],
    [{ room_id: "n".repeat(129) }, "room_id too long"],
  ])("[PS53] [PS65] with payload %j is refused: %s", async (payload, message) => {
    const { register, server } = await liveServer();
    const ada = await register("ada");

    expect(await ada.ask({ type: "create_room", payload })).toEqual(error(400, message));
    expect(server.hub.counts.rooms).toBe(0);
  });
});

describe("joining a room", () => {
  it("[PS54] tells those inside, then lists all to the newcomer", async () => {
    const { register } = await liveServer();
    const [ada, bob] = [await register("ada"), await register("bob")];
    await ada.ask(create("den"));

    expect(await bob.ask(joinRoom("den"))).toEqual({
      type: "peer_list",
      payload: { namespace: "den", peers: [member(ada, "ada"), member(bob, "bob")], total: 2 },
    });
    expect(await ada.next()).toEqual({
      type: "peer_joined",
      from: bob.fp,
      namespace: "den",
      payload: member(bob, "bob"),
    });
  });

  it("[PS54] again is fine, also when it is full", async () => {
    const { bob, ada, eve } = await den();

    expect((await bob.ask(joinRoom("den"))).payload?.total).toBe(3);
    expect(await ada.next()).toMatchObject({ type: "peer_joined", from: bob.fp });
    expect((await eve.next()).from).toBe(bob.fp);
  });

  it("[PS55] is refused when it is full, and the members hear nothing", async () => {
    const { ada, kim } = await den();

    expect(await kim.ask(joinRoom("den"))).toEqual(error(429, "room full"));
    expect(await ada.rest()).toEqual([]);
  });

  it.each<[unknown, number, string]>([
    [{ room_id: "nowhere" }, 404, "room not found"],
    [{ room_id: "lobby" }, 404, "room not found"],
    [{ room_id: "__proto__" }, 404, "room not found"],
    [{}, 400, "room_id required"],
    [{ room_id: "" }, 400, "room_id required"],
    [undefined, 400, "invalid join_room payload"],
    [5, 400, "invalid join_room payload"],
    [{ room_id: {} }, 400, "invalid join_room payload"],
  ])("[PS55] with payload %j is refused: %i %s", async (payload, code, message) => {
    const { inLobby } = await liveServer();
    const [ada] = await inLobby("ada");

    expect(await ada.ask({ type: "join_room", payload })).toEqual(error(code, message));
  });
});

describe("asking about a room", () => {
  it("[PS56] is open to outsiders", async () => {
    const { ada, kim } = await den();

    expect(await kim.send(info("den")).nextText()).toBe(
      `{"type":"room_info","payload":{"room_id":"den","peer_count":3,"max_size":3,"owner":"${ada.fp}"}}`,
    );
  });

  it.each<[unknown, number, string]>([
    [{ room_id: "nowhere" }, 404, "room not found"],
    [{ room_id: "lobby" }, 404, "room not found"],
    [{}, 400, "room_id required"],
    [undefined, 400, "invalid room_info payload"],
    [[], 400, "invalid room_info payload"],
    [{ room_id: 1 }, 400, "invalid room_info payload"],
  ])("[PS56] with payload %j is refused: %i %s", async (payload, code, message) => {
    const { inLobby } = await liveServer();
    const [ada] = await inLobby("ada");

    expect(await ada.ask({ type: "room_info", payload })).toEqual(error(code, message));
  });
});

describe("the owner of a room", () => {
  it.each([
    ["leaves", (ada: TestClient) => void ada.send(leave("den"))],
    ["disconnects", (ada: TestClient) => void ada.cut()],
    ["kicks itself", (ada: TestClient) => void ada.send(kick("den", ada.fp))],
  ])("[PS57] that %s is followed by the longest-standing member", async (_how, go) => {
    const { ada, bob, eve } = await den();
    go(ada);

    expect(await bob.next()).toEqual(left(ada));
    expect(await eve.next()).toEqual(left(ada));
    expect((await eve.ask(info("den"))).payload).toMatchObject({ owner: bob.fp, peer_count: 2 });
    expect(await eve.ask(kick("den", bob.fp))).toEqual(error(403, "only room owner can kick"));
    bob.send(kick("den", eve.fp));
    expect((await eve.next()).type).toBe("kick");
  });

  it("[PS57] that is gone may not kick any more", async () => {
    const { ada, bob } = await den();
    ada.send(leave("den"));

    expect(await ada.ask(kick("den", bob.fp))).toEqual(error(403, "only room owner can kick"));
    expect((await bob.rest()).map(({ type }) => type)).toEqual(["peer_left"]);
  });

  it("[PS29] that was the last one takes the room with it", async () => {
    const { ada, bob, eve, kim } = await den();
    for (const client of [ada, bob, eve]) await client.send(leave("den")).rest();

    expect(await kim.ask(info("den"))).toEqual(error(404, "room not found"));
    expect((await kim.ask(create("den"))).payload?.owner).toBe(kim.fp);
  });
});

describe("kicking", () => {
  it("[PS58] tells the target, then those who stay, and the owner nothing else", async () => {
    const { ada, bob, eve } = await den();

    ada.send(kick("den", bob.fp));

    expect(await bob.nextText()).toBe(
      `{"type":"kick","from":"${ada.fp}","payload":{"room_id":"den","fingerprint":"${bob.fp}"}}`,
    );
    expect(await eve.rest()).toEqual([left(bob)]);
    expect(await ada.rest()).toEqual([left(bob)]);
    expect(await bob.ask({ type: "broadcast", payload: { namespace: "den" } })).toEqual(
      error(403, "not in namespace"),
    );
    expect((await ada.ask(info("den"))).payload?.peer_count).toBe(2);
  });

  it("[PS58] oneself is allowed, and empties a room of one", async () => {
    const { register } = await liveServer();
    const ada = await register("ada");
    await ada.ask(create("den"));

    expect(await ada.ask(kick("den", ada.fp))).toMatchObject({ type: "kick", from: ada.fp });
    expect(await ada.ask(info("den"))).toEqual(error(404, "room not found"));
  });

  it("[PS59] is refused to others than the owner", async () => {
    const { bob, eve, kim } = await den();

    for (const client of [bob, kim]) {
      expect(await client.ask(kick("den", eve.fp))).toEqual(error(403, "only room owner can kick"));
    }
    expect(await eve.rest()).toEqual([]);
  });

  it("[PS59] somebody who is not in the room is refused, and nobody hears of it", async () => {
    const { ada, eve, kim } = await den();

    expect(await ada.ask(kick("den", kim.fp))).toEqual(error(404, "peer not found"));
    expect(await ada.ask(kick("den", "0".repeat(64)))).toEqual(error(404, "peer not found"));
    expect(await ada.ask(kick("den", "bob"))).toEqual(error(404, "peer not found"));
    expect(await kim.rest()).toEqual([]);
    expect(await eve.rest()).toEqual([]);
  });

  it.each<[unknown, number, string]>([
    [{ room_id: "nowhere", fingerprint: "x" }, 404, "room not found"],
    [{ room_id: "lobby", fingerprint: "x" }, 404, "room not found"],
    [{}, 400, "room_id and fingerprint required"],
    [{ room_id: "den" }, 400, "room_id and fingerprint required"],
    [{ fingerprint: "x" }, 400, "room_id and fingerprint required"],
    [{ room_id: "", fingerprint: "" }, 400, "room_id and fingerprint required"],
    [undefined, 400, "invalid kick payload"],
    ["x", 400, "invalid kick payload"],
    [{ room_id: 5, fingerprint: "x" }, 400, "invalid kick payload"],
    [{ room_id: "den", fingerprint: ["x"] }, 400, "invalid kick payload"],
  ])("[PS59] with payload %j is refused: %i %s", async (payload, code, message) => {
    const { inLobby } = await liveServer();
    const [ada] = await inLobby("ada");

    expect(await ada.ask({ type: "kick", payload })).toEqual(error(code, message));
  });

  it("[PS60] bans until the room ends, whichever way the one kicked comes", async () => {
    const { ada, bob, eve } = await den();
    ada.send(kick("den", bob.fp));
    await bob.next();

    expect(await bob.ask(joinRoom("den"))).toEqual(error(403, "banned from room"));
    expect(await bob.ask(join("den"))).toEqual(error(403, "banned from room"));
    await ada.send(leave("den")).rest();
    await eve.send(leave("den")).rest();
    expect((await bob.ask(join("den"))).type).toBe("peer_list");
  });

  it("[PS60] bans a key, not a socket", async () => {
    const { ada, bob, register } = await den();
    ada.send(kick("den", bob.fp));
    await bob.next();

    expect(await (await register("bob")).ask(joinRoom("den"))).toEqual(error(403, "banned from room"));
  });

  it("[PS60] does not ban when so configured, and never who kicks itself", async () => {
    const lenient = await den({ peerServer: { banAfterKick: false } });
    lenient.ada.send(kick("den", lenient.bob.fp));
    await lenient.bob.next();
    expect((await lenient.bob.ask(joinRoom("den"))).type).toBe("peer_list");

    const strict = await den();
    await strict.ada.ask(kick("den", strict.ada.fp));
    expect((await strict.ada.ask(joinRoom("den"))).payload?.total).toBe(3);
  });
});
