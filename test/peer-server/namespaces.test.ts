import { describe, expect, it } from "vitest";
import { error, type TestClient } from "./client.ts";
import { join, liveServer } from "./live-server.ts";

const leave = (namespace: unknown) => ({ type: "leave", payload: { namespace } });
const discover = (namespace: unknown, limit?: unknown) => ({
  type: "discover",
  payload: { namespace, ...(limit !== undefined && { limit }) },
});
const create = (room_id: string, max_size?: number) => ({
  type: "create_room",
  payload: { room_id, max_size },
});
const peer = (client: TestClient, alias: string, more: object = {}) => ({
  fingerprint: client.fp,
  alias,
  ...more,
});

describe("joining a namespace", () => {
  it("[PS21] tells those who are there, then lists everybody to the newcomer, itself included", async () => {
    const { register } = await liveServer();
    const ada = await register("ada", { meta: { level: 3 } });
    expect(await ada.ask(join("lobby", { app_type: "chess" }))).toEqual({
      type: "peer_list",
      payload: {
        namespace: "lobby",
        peers: [peer(ada, "ada", { app_type: "chess", meta: { level: 3 } })],
        total: 1,
      },
    });

    const bob = await register("bob");
    const list = await bob.ask(join("lobby"));

    expect(await ada.nextText()).toBe(
      `{"type":"peer_joined","from":"${bob.fp}","namespace":"lobby","payload":{"fingerprint":"${bob.fp}","alias":"bob"}}`,
    );
    expect(list).toEqual({
      type: "peer_list",
      payload: {
        namespace: "lobby",
        peers: [peer(ada, "ada", { app_type: "chess", meta: { level: 3 } }), peer(bob, "bob")],
        total: 2,
      },
    });
  });

  it("[PS21] tells the others before it answers, so that whoever is listed knows of the newcomer", async () => {
    const { register, url } = await liveServer();
    const ada = await register("ada");
    await ada.ask(join("lobby"));
    const bob = await register("bob");

    await bob.ask(join("lobby"));
    bob.send({ type: "signal", to: "ada", payload: "hello" });

    expect((await ada.take(2)).map(({ type }) => type)).toEqual(["peer_joined", "signal"]);
    expect(url).toContain("/ws");
  });

  it("[PS22] leaves out what is empty, and shows per-join metadata over the peer's own", async () => {
    const { register } = await liveServer();
    const ada = await register("ada", { meta: { a: 1, b: 1 } });
    const joined = await ada.ask(join("lobby", { app_type: "", version: "1.2", meta: { b: 2 } }));
    expect(joined.payload?.peers).toEqual([peer(ada, "ada", { version: "1.2", meta: { a: 1, b: 2 } })]);

    const elsewhere = await ada.ask(join("other", { app_type: null, version: null, meta: null }));
    expect(elsewhere.payload?.peers).toEqual([peer(ada, "ada", { meta: { a: 1, b: 1 } })]);
  });

  it("[PS23] lists at most 50, the newcomer among them, and counts all", async () => {
    const { register } = await liveServer();
    const members = [];
    for (let i = 0; i < 52; i++) {
      const member = await register(`p${i}`);
      members.push(await member.ask(join("crowd")));
    }

    const { peers, total } = members.at(-1)?.payload ?? {};
    expect([peers?.length, total]).toEqual([50, 52]);
    expect(peers?.map(({ alias }) => alias)).toContain("p51");
  });

  it("[PS24] again replaces what was told, and is told again", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");

    const list = await bob.ask(join("lobby", { app_type: "go" }));

    expect(list.payload).toMatchObject({
      total: 2,
      peers: [peer(ada, "ada"), peer(bob, "bob", { app_type: "go" })],
    });
    expect(await ada.rest()).toEqual([
      {
        type: "peer_joined",
        from: bob.fp,
        namespace: "lobby",
        payload: peer(bob, "bob", { app_type: "go" }),
      },
    ]);
  });

  it.each<[unknown, string]>([
    [{}, "namespace required"],
    [null, "namespace required"],
    [{ namespace: "" }, "namespace required"],
    [{ namespace: null }, "namespace required"],
    [undefined, "invalid join payload"],
    ["lobby", "invalid join payload"],
    [["lobby"], "invalid join payload"],
    [{ namespace: 5 }, "invalid join payload"],
    [{ namespace: "a", app_type: 5 }, "invalid join payload"],
    [{ namespace: "a", version: 5 }, "invalid join payload"],
    [{ namespace: "a", meta: "m" }, "invalid join payload"],
    [{ namespace: "n".repeat(129) }, "namespace too long"],
    [{ namespace: "a", app_type: "n".repeat(129) }, "app_type too long"],
    [{ namespace: "a", version: "n".repeat(129) }, "version too long"],
  ])("[PS25] [PS65] with payload %j is refused: %s", async (payload, message) => {
    const { register, server } = await liveServer();
    const ada = await register("ada");

    expect(await ada.ask({ type: "join", payload })).toEqual(error(400, message));
    expect(server.hub.counts.rooms).toBe(0);
    expect(ada.isOpen).toBe(true);
  });

  it("[PS25] has as many places as the server, so that one who takes over finds its own free again", async () => {
    const { register, server } = await liveServer({ maxPeers: 2 });
    const ada = await register("ada");
    const bob = await register("bob");
    await ada.ask(join("lobby"));
    await bob.ask(join("lobby"));
    const room = [...server.hub.world.spaces.values()][0]?.rooms.values().next().value;
    expect(room?.policy.capacity).toBe(2);
    expect(room?.isFull).toBe(true);

    const again = await register("bob");
    expect((await again.ask(join("lobby"))).payload?.total).toBe(2);
  });

  it("[PS26] enters a room of that name, as long as it has a free place", async () => {
    const { register } = await liveServer();
    const [ada, bob, eve] = [await register("ada"), await register("bob"), await register("eve")];
    await ada.ask(create("den", 2));

    expect((await bob.ask(join("den"))).payload).toMatchObject({ namespace: "den", total: 2 });
    expect((await ada.next()).type).toBe("peer_joined");
    expect(await eve.ask(join("den"))).toEqual(error(429, "room full"));
    expect(await ada.rest()).toEqual([]);
  });

  it("[PS26] of a room that is gone makes a namespace, as clients do that come back", async () => {
    const { register } = await liveServer();
    const ada = await register("ada");
    await ada.ask(create("den", 1));
    ada.send(leave("den"));

    expect((await ada.ask(join("den"))).payload).toMatchObject({ namespace: "den", total: 1 });
    expect((await ada.ask(discover("den"))).payload?.total).toBe(1);
  });

  it("[PS66] is refused beyond 100 namespaces, rooms counted", async () => {
    const { register } = await liveServer();
    const ada = await register("ada");
    await ada.ask(create("den"));
    for (let i = 0; i < 99; i++) await ada.ask(join(`n${i}`));

    const tooMany = error(429, "too many namespaces");
    expect(await ada.ask(join("one more"))).toEqual(tooMany);
    expect(await ada.ask(create("one more"))).toEqual(tooMany);
    expect((await ada.ask(join("n5"))).type).toBe("peer_list");
    ada.send(leave("n5"));
    expect((await ada.ask(join("one more"))).type).toBe("peer_list");
  });

  it("[PS66] is refused when the server has no room for another namespace", async () => {
    const { register } = await liveServer({ rooms: { maxRooms: 1 } });
    const ada = await register("ada");
    await ada.ask(join("lobby"));

    expect(await ada.ask(join("other"))).toEqual(error(429, "too many namespaces"));
    expect((await ada.ask(join("lobby"))).type).toBe("peer_list");
  });
});

describe("leaving a namespace", () => {
  it("[PS27] tells the others, and answers nothing", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");

    expect(await bob.send(leave("lobby")).rest()).toEqual([]);
    expect(await ada.nextText()).toBe(
      `{"type":"peer_left","from":"${bob.fp}","namespace":"lobby","payload":null}`,
    );
  });

  it("[PS27] that one is not in is silent, for the members too", async () => {
    const { inLobby, register } = await liveServer();
    const [ada] = await inLobby("ada");
    const eve = await register("eve");

    expect(await eve.send(leave("lobby"), leave("nowhere")).rest()).toEqual([]);
    expect(await ada.rest()).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{}, "namespace required"],
    [{ namespace: "" }, "namespace required"],
    [undefined, "invalid leave payload"],
    [7, "invalid leave payload"],
    [{ namespace: {} }, "invalid leave payload"],
  ])("[PS27] with payload %j is refused: %s", async (payload, message) => {
    const ada = await (await liveServer()).register("ada");

    expect(await ada.ask({ type: "leave", payload })).toEqual(error(400, message));
  });

  it.each([["member"], ["outsider"]])("[PS28] takes back a match that a %s waits for there", async (who) => {
    const { register, server } = await liveServer();
    const [ada, bob] = [await register("ada"), await register("bob")];
    if (who === "member") await ada.ask(join("lobby"));
    await ada.ask({ type: "match", payload: { namespace: "lobby" } });

    expect(await ada.send(leave("lobby")).rest()).toEqual([]);
    expect(server.hub.counts.waiting).toBe(0);
    expect((await bob.ask({ type: "match", payload: { namespace: "lobby" } })).payload).toEqual({
      status: "waiting",
    });
  });

  it("[PS29] frees the name at once, for rooms and namespaces alike", async () => {
    const { register, server } = await liveServer();
    const ada = await register("ada");
    for (let i = 0; i < 5; i++) {
      expect((await ada.ask(create("den"))).type).toBe("room_created");
      ada.send(leave("den"));
      await ada.ask(join("den"));
      ada.send(leave("den"));
    }

    expect(await ada.rest()).toEqual([]);
    expect(server.hub.counts.rooms).toBe(0);
  });

  it("[PS29] by closing the socket frees the name too", async () => {
    const { register } = await liveServer();
    const [ada, bob] = [await register("ada"), await register("bob")];
    await ada.ask(create("den"));
    await ada.close();

    await expect.poll(async () => (await bob.ask(create("den"))).type).toBe("room_created");
  });

  it("[PS32] by losing the line tells every neighbour once per namespace", async () => {
    const { inLobby, server } = await liveServer();
    const [ada, bob, eve] = await inLobby("ada", "bob", "eve");
    await ada.ask(join("other"));
    await bob.ask(join("other"));
    await ada.next();
    await bob.ask({ type: "match", payload: { namespace: "x" } });

    bob.cut();

    const left = (namespace: string) => ({ type: "peer_left", from: bob.fp, namespace, payload: null });
    expect(await ada.take(2)).toEqual([left("lobby"), left("other")]);
    expect(await eve.next()).toEqual(left("lobby"));
    expect(await eve.rest()).toEqual([]);
    expect(server.hub.counts).toEqual({ peers: 2, rooms: 2, waiting: 0 });
  });
});

describe("discovering", () => {
  it("[PS30] is open to outsiders, and holds whoever is a member", async () => {
    const { inLobby, register } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    const eve = await register("eve");

    const expected = {
      type: "peer_list",
      payload: { namespace: "lobby", peers: [peer(ada, "ada"), peer(bob, "bob")], total: 2 },
    };
    expect(await eve.ask(discover("lobby"))).toEqual(expected);
    expect(await ada.ask(discover("lobby", 20))).toEqual(expected);
    expect((await eve.ask(discover("lobby", 1))).payload).toMatchObject({
      peers: [peer(ada, "ada")],
      total: 2,
    });
  });

  it.each([[-1], [0], [undefined], [null]])(
    "[PS30] with limit %j lists 50, with more at most the maximum",
    async (limit) => {
      const { register } = await liveServer({ peerServer: { discoverMaxLimit: 55 } });
      let last = await register("p0");
      await last.ask(join("crowd"));
      for (let i = 1; i < 57; i++) {
        last = await register(`p${i}`);
        await last.ask(join("crowd"));
      }

      const listed = async (asked: unknown) =>
        (await last.ask(discover("crowd", asked))).payload?.peers?.length;
      expect(await listed(limit)).toBe(50);
      expect(await listed(51)).toBe(51);
      expect(await listed(9_007_199_254_740_991)).toBe(55);
    },
  );

  it.each([["nowhere"], [""], [null]])("[PS30] of %j finds nobody", async (namespace) => {
    const ada = await (await liveServer()).register("ada");

    expect(await ada.ask(discover(namespace))).toEqual({
      type: "peer_list",
      payload: { namespace: namespace ?? "", peers: [], total: 0 },
    });
  });

  it("[PS31] of a room is refused, to its members too", async () => {
    const { register } = await liveServer();
    const [ada, eve] = [await register("ada"), await register("eve")];
    await ada.ask(create("den"));

    const refused = error(403, "cannot discover room peers");
    expect(await eve.ask(discover("den"))).toEqual(refused);
    expect(await ada.ask(discover("den"))).toEqual(refused);
  });

  it.each<[unknown]>([
    [undefined],
    ["lobby"],
    [[]],
    [{ namespace: 1 }],
    [{ namespace: "a", limit: "9" }],
    [{ namespace: "a", limit: 1.5 }],
    [{ namespace: "a", limit: 1e300 }],
  ])("[PS31] with payload %j is refused", async (payload) => {
    const ada = await (await liveServer()).register("ada");

    expect(await ada.ask({ type: "discover", payload })).toEqual(error(400, "invalid discover payload"));
  });
});

describe("metadata", () => {
  const metadata = (payload: unknown) => ({ type: "metadata", payload });

  it("[PS43] is merged key by key, silently, and seen by whoever asks", async () => {
    const { inLobby, register } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    const steps = [
      { meta: { a: 1, b: { c: 1 } } },
      { meta: { b: 2 } },
      { bare: true },
      { meta: null },
      null,
      {},
    ];

    for (const payload of steps) ada.send(metadata(payload));
    expect(await ada.rest()).toEqual([]);
    expect(await bob.rest()).toEqual([]);

    const found = (await bob.ask(discover("lobby"))).payload?.peers?.[0];
    expect(found).toEqual(peer(ada, "ada", { meta: { a: 1, b: 2, bare: true } }));
    const eve = await register("eve");
    expect((await eve.ask(join("lobby"))).payload?.peers?.[0]).toEqual(found);
  });

  it("[PS43] keeps names that mean something to JavaScript as they are", async () => {
    const ada = await (await liveServer()).register("ada");
    ada.send(
      '{"type":"metadata","payload":{"meta":{"__proto__":{"admin":true},"constructor":1,"toString":"x"}}}',
    );

    const text = await ada.send(join("lobby")).nextText();
    expect(text).toContain('"meta":{"__proto__":{"admin":true},"constructor":1,"toString":"x"}');
  });

  it.each<[unknown]>([[undefined], ["m"], [[1]], [5], [{ meta: 5 }], [{ meta: [1] }], [{ meta: "m" }]])(
    "[PS44] with payload %j is refused",
    async (payload) => {
      const ada = await (await liveServer()).register("ada");

      expect(await ada.ask(metadata(payload))).toEqual(error(400, "invalid metadata payload"));
    },
  );

  it("[PS67] that grows too large, or too deep, is refused and changes nothing", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    const deep = `{"type":"metadata","payload":{"meta":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}}`;
    ada.send(metadata({ meta: { a: "x".repeat(40_000) } }));

    expect(await ada.ask(metadata({ meta: { b: "x".repeat(40_000) } }))).toEqual(
      error(400, "payload too large"),
    );
    expect(await ada.ask(deep)).toEqual(error(400, "metadata: expected at most 64 levels"));
    const nested = JSON.parse(`${'{"a":'.repeat(70)}1${"}".repeat(70)}`);
    expect(await ada.ask(join("lobby", { meta: nested }))).toEqual(
      error(400, "metadata: expected at most 64 levels"),
    );
    const meta = (await bob.ask(discover("lobby"))).payload?.peers?.[0]?.meta;
    expect(meta).toEqual({ a: "x".repeat(40_000) });
  });

  it("[PS67] of many peers cannot blow up a list: those beyond 256 KiB are listed without theirs", async () => {
    const { register, metric } = await liveServer();
    const big = { text: "x".repeat(60_000) };
    for (let i = 0; i < 8; i++) await (await register(`p${i}`, { meta: big })).ask(join("lobby"));
    const eve = await register("eve");

    const text = await eve.send(discover("lobby")).nextText();
    const list = JSON.parse(text) as { payload: { peers: { meta?: object }[] } };
    expect(list.payload.peers.map(({ meta }) => meta !== undefined)).toEqual([
      ...Array(4).fill(true),
      ...Array(4).fill(false),
    ]);
    expect(text.length).toBeLessThan(300_000);
    expect(await metric("parlor_errors_total")).toBe(0);
  });
});

describe("announced metadata", () => {
  it("[PS43] is told to the others in every namespace, when so configured", async () => {
    const { inLobby } = await liveServer({ peerServer: { announceMetadata: true } });
    const [ada, bob] = await inLobby("ada", "bob");

    ada.send({ type: "metadata", payload: { meta: { score: 1 } } });

    const told = {
      type: "metadata",
      from: ada.fp,
      namespace: "lobby",
      payload: peer(ada, "ada", { meta: { score: 1 } }),
    };
    expect(await bob.next()).toEqual(told);
    expect(await ada.rest()).toEqual([]);
  });
});
