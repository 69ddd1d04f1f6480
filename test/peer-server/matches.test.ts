import { describe, expect, it } from "vitest";
import { error } from "./client.ts";
import { join, liveServer } from "./live-server.ts";

const match = (payload: unknown) => ({ type: "match", payload });
const cancel = (payload?: unknown) => ({ type: "match_cancel", ...(payload !== undefined && { payload }) });
const status = (text: string) => ({ type: "match", payload: { status: text } });
const waiting = status("waiting");

describe("a match", () => {
  it("[PS45] waits for enough who want the same, then tells all of them the same", async () => {
    const { register } = await liveServer();
    const ada = await register("ada", { meta: { rating: 9 } });
    const bob = await register("bob");
    const eve = await register("eve");
    await bob.ask(join("lobby", { app_type: "chess" }));
    const wish = match({ namespace: "lobby", group_size: 3, criteria: { mode: "ranked" } });

    expect(await ada.ask(wish)).toEqual(waiting);
    expect(await bob.ask(wish)).toEqual(waiting);
    const told = await eve.send(wish).nextText();

    expect(JSON.parse(told)).toEqual({
      type: "matched",
      namespace: "lobby",
      payload: {
        namespace: "lobby",
        peers: [
          { fingerprint: ada.fp, alias: "ada", meta: { rating: 9 } },
          { fingerprint: bob.fp, alias: "bob", app_type: "chess" },
          { fingerprint: eve.fp, alias: "eve" },
        ],
        session_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    });
    expect(await ada.nextText()).toBe(told);
    expect(await bob.nextText()).toBe(told);
    for (const client of [ada, bob, eve]) expect(await client.rest()).toEqual([]);
  });

  it.each([[undefined], [null], [0], [1], [-7], [2]])(
    "[PS45] of group size %j is for two",
    async (group_size) => {
      const { register, server } = await liveServer();
      const [ada, bob] = [await register("ada"), await register("bob")];

      expect(await ada.ask(match({ namespace: "n", group_size }))).toEqual(waiting);
      expect((await bob.ask(match({ namespace: "n", group_size: 2 }))).type).toBe("matched");
      expect(server.hub.counts.waiting).toBe(0);
    },
  );

  it("[PS45] needs no namespace", async () => {
    const { register } = await liveServer();
    const [ada, bob] = [await register("ada"), await register("bob")];
    await ada.ask(match({}));

    expect(await bob.ask(match({ namespace: "" }))).toMatchObject({
      type: "matched",
      payload: { namespace: "", peers: [{ alias: "ada" }, { alias: "bob" }] },
    });
  });

  it("[PS45] is not made of other namespaces, sizes or criteria", async () => {
    const { register, server } = await liveServer();
    const wishes = [
      { namespace: "a" },
      { namespace: "b" },
      { namespace: "a", group_size: 3 },
      { namespace: "a", criteria: { mode: "x" } },
      { namespace: "a", criteria: { mode: "y" } },
    ];

    for (const [i, wish] of wishes.entries()) {
      expect(await (await register(`p${i}`)).ask(match(wish))).toEqual(waiting);
    }
    expect(server.hub.counts.waiting).toBe(5);
  });

  it("[PS46] compares criteria by value, in any order", async () => {
    const { register } = await liveServer();
    const wish = async (name: string, criteria: unknown) =>
      (await (await register(name)).ask(match({ namespace: "n", criteria }))).type;

    const different = [
      { a: "b,c=d" },
      { a: "b", c: "d" },
      { a: 1 },
      { a: "1" },
      { a: true },
      { a: "true" },
      {},
    ];
    for (const [i, criteria] of different.entries()) expect(await wish(`p${i}`, criteria)).toBe("match");
    expect(await wish("x", { c: "d", a: "b" })).toBe("matched");
    expect(await wish("y", null)).toBe("matched");
  });

  it("[PS47] asked for again still waits, once", async () => {
    const { register, server } = await liveServer();
    const [ada, bob] = [await register("ada"), await register("bob")];
    for (let i = 0; i < 3; i++) expect(await ada.ask(match({ namespace: "n" }))).toEqual(waiting);
    expect(server.hub.counts.waiting).toBe(1);

    expect((await bob.ask(match({ namespace: "n" }))).payload?.peers).toHaveLength(2);
    expect(await bob.ask(match({ namespace: "n" }))).toEqual(waiting);
  });

  it("[PS47] of one who wished for something else meanwhile is not made", async () => {
    const { register } = await liveServer();
    const [ada, bob, eve] = [await register("ada"), await register("bob"), await register("eve")];
    await ada.ask(match({ namespace: "n", criteria: { mode: "old" } }));
    await ada.ask(match({ namespace: "n", criteria: { mode: "new" } }));

    expect(await bob.ask(match({ namespace: "n", criteria: { mode: "old" } }))).toEqual(waiting);
    expect((await eve.ask(match({ namespace: "n", criteria: { mode: "new" } }))).type).toBe("matched");
    expect((await ada.next()).type).toBe("matched");
    expect(await ada.rest()).toEqual([]);
  });

  it("[PS47] of one who is gone, or came back, is not made", async () => {
    const { register, server } = await liveServer();
    const ada = await register("ada");
    await ada.ask(match({ namespace: "n" }));
    const again = await register("ada");
    expect(server.hub.counts.waiting).toBe(0);
    await again.ask(match({ namespace: "n" }));
    await again.close();
    await expect.poll(() => server.hub.counts.waiting).toBe(0);

    expect(await (await register("bob")).ask(match({ namespace: "n" }))).toEqual(waiting);
  });

  it("[PS48] can be cancelled, one or all", async () => {
    const { register, server } = await liveServer();
    const ada = await register("ada");
    for (const namespace of ["a", "b", "c"]) await ada.ask(match({ namespace }));

    expect(await ada.ask(cancel({ namespace: "a" }))).toEqual(status("cancelled"));
    expect(server.hub.counts.waiting).toBe(2);
    expect(await ada.ask(cancel())).toEqual(status("cancelled"));
    expect(server.hub.counts.waiting).toBe(0);
    expect(await ada.ask(cancel({}))).toEqual(status("cancelled"));
    expect(await ada.ask(cancel(5))).toEqual(error(400, "invalid match_cancel payload"));
    expect(await ada.ask(cancel({ namespace: 5 }))).toEqual(error(400, "invalid match_cancel payload"));
  });

  it("[PS48] that nobody shares expires", async () => {
    const { register, server } = await liveServer({ matchmaking: { maxWaitMs: 100 } });
    const ada = await register("ada");
    await ada.ask(match({ namespace: "n" }));

    expect(await ada.next()).toEqual(status("expired"));
    expect(server.hub.counts.waiting).toBe(0);
  });

  it("[PS49] lets its members reach each other, and nobody else", async () => {
    const { register } = await liveServer();
    const [ada, bob, eve] = [await register("ada"), await register("bob"), await register("eve")];
    await ada.ask(match({ namespace: "n" }));
    await bob.ask(match({ namespace: "n" }));
    await ada.next();

    ada.send({ type: "signal", to: bob.fp, payload: "offer" });
    expect(await bob.next()).toMatchObject({ type: "signal", from: ada.fp, payload: "offer" });
    bob.send({ type: "relay", to: "ada", payload: "hi" });
    expect((await ada.next()).payload).toBe("hi");
    expect(await eve.ask({ type: "signal", to: "ada" })).toEqual(error(403, "no shared namespace"));
    await bob.close();
    expect(await ada.rest()).toEqual([]);
  });

  it("[PS50] leaves its name free for a namespace or a room", async () => {
    const { register } = await liveServer();
    const [ada, bob] = [await register("ada"), await register("bob")];
    await ada.ask(match({ namespace: "n" }));
    const session = String((await bob.ask(match({ namespace: "n" }))).payload?.session_id);
    await ada.next();

    expect((await ada.ask(join(session))).payload).toMatchObject({ total: 1 });
    expect((await bob.ask(join(session))).payload).toMatchObject({ total: 2 });
    expect((await ada.next()).type).toBe("peer_joined");
    for (const client of [ada, bob]) client.send({ type: "leave", payload: { namespace: session } });
    await bob.next();
    await ada.rest();
    expect((await ada.ask({ type: "create_room", payload: { room_id: session } })).type).toBe("room_created");
  });

  it("[PS49] is over with its last member, and leaves nothing", async () => {
    const { register, server } = await liveServer();
    const [ada, bob] = [await register("ada"), await register("bob")];
    for (let i = 0; i < 20; i++) {
      await ada.ask(match({ namespace: "n" }));
      await bob.ask(match({ namespace: "n" }));
      await ada.next();
    }
    expect(server.hub.counts.rooms).toBeLessThanOrEqual(8);

    await Promise.all([ada.close(), bob.close()]);
    await expect.poll(() => server.hub.counts).toEqual({ peers: 0, rooms: 0, waiting: 0 });
    expect(server.hub.world.spaces.size).toBe(0);
  });

  it.each<[unknown]>([
    [undefined],
    ["n"],
    [[]],
    [{ namespace: 5 }],
    [{ namespace: "n", group_size: "2" }],
    [{ namespace: "n", group_size: 2.5 }],
    [{ namespace: "n", criteria: "ranked" }],
    [{ namespace: "n", criteria: ["ranked"] }],
    [{ namespace: "n", criteria: { mode: ["a"] } }],
    [{ namespace: "n", criteria: { mode: null } }],
  ])("[PS51] with payload %j is refused", async (payload) => {
    const { register, server } = await liveServer();
    const ada = await register("ada");

    expect(await ada.ask(match(payload))).toEqual(error(400, "invalid match payload"));
    expect(server.hub.counts.waiting).toBe(0);
  });

  it("[PS51] has its limits", async () => {
    const { register, server } = await liveServer();
    const ada = await register("ada");

    expect(await ada.ask('{"type":"match","payload":{"criteria":{"a":1e400}}}')).toEqual(
      error(400, "invalid match payload"),
    );
    expect(await ada.ask(match({ group_size: 101 }))).toEqual(error(400, "group_size must be at most 100"));
    expect(await ada.ask(match({ criteria: { a: "x".repeat(5_000) } }))).toEqual(
      error(400, "payload too large"),
    );
    expect(await ada.ask(match({ namespace: "x".repeat(5_000) }))).toEqual(error(400, "payload too large"));
    for (let i = 0; i < 16; i++) await ada.ask(match({ namespace: `n${i}` }));
    expect(await ada.ask(match({ namespace: "n16" }))).toEqual(error(429, "too many matches"));
    expect(await ada.ask(match({ namespace: "n15", group_size: 5 }))).toEqual(waiting);
    expect(server.hub.counts.waiting).toBe(16);
  });
});
