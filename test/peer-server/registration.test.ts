import { describe, expect, it } from "vitest";
import { error, fingerprint } from "./client.ts";
import { join, liveServer } from "./live-server.ts";

const register = (payload: unknown) => ({ type: "register", payload });

describe("registering", () => {
  it("[PS8] is answered with the fingerprint and the alias, and with nothing else", async () => {
    const ada = await (await liveServer()).open();
    const fp = fingerprint("key of ada");

    const text = await ada
      .send(register({ public_key: "key of ada", alias: "ada", meta: { a: 1 } }))
      .nextText();
    expect(text).toBe(`{"type":"registered","from":"${fp}","payload":{"fingerprint":"${fp}","alias":"ada"}}`);
    expect(await ada.rest()).toEqual([]);
  });

  it.each([
    ["key", "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"],
    ["ключ 🔑", fingerprint("ключ 🔑")],
    ["QUJD", fingerprint("QUJD")],
  ])("[PS9] names the peer of %j by the hash of the text itself", async (key, expected) => {
    const { open } = await liveServer();

    expect((await (await open()).ask(register({ public_key: key }))).from).toBe(expected);
  });

  const NOT_FIRST = error(400, "first message must be register");
  it.each([
    ["garbage", "garbage"],
    ["empty text", ""],
    ["an array", "[]"],
    ["null", "null"],
    ["an empty object", {}],
    ["a number", "5"],
    ["another type", { type: "ping" }],
    ["a type that is no text", { type: 5 }],
    ["a prototype's name", { type: "constructor" }],
    ["bytes that are no text", Uint8Array.of(0xff, 0xfe)],
    ["a truncated register", '{"type":"register","payload":{"public_key":"a"}'],
  ])("[PS10] by %s is refused, and the socket closed", async (_name, frame) => {
    const client = await (await liveServer()).open();

    expect(await client.ask(frame)).toEqual(NOT_FIRST);
    expect(await client.closed()).toEqual({ code: 1008, reason: "invalid registration" });
  });

  const NO_KEY = error(400, "public_key required");
  it.each<[string, unknown]>([
    ["no payload", undefined],
    ["payload null", null],
    ["payload text", "key"],
    ["payload list", ["key"]],
    ["an empty payload", {}],
    ["an empty key", { public_key: "" }],
    ["a key null", { public_key: null }],
    ["a key that is a number", { public_key: 7 }],
    ["a key that is an object", { public_key: { a: 1 } }],
    ["an alias that is a number", { public_key: "k", alias: 7 }],
    ["meta that is a list", { public_key: "k", meta: [] }],
    ["meta that is text", { public_key: "k", meta: "m" }],
  ])("[PS11] with %s is refused, and the socket closed", async (_name, payload) => {
    const client = await (await liveServer()).open();

    expect(await client.ask(register(payload))).toEqual(NO_KEY);
    expect(await client.closed()).toEqual({ code: 1008, reason: "missing public key" });
  });

  it("[PS12] is refused when the server is full, but not to one who takes over", async () => {
    const { open, register: enter } = await liveServer({ maxPeers: 1 });
    const first = await enter("ada");
    const late = await open();

    expect(await late.ask(register({ public_key: "bob" }))).toEqual(error(503, "server full"));
    expect(await late.closed()).toEqual({ code: 1013, reason: "server full" });
    await enter("ada");
    expect((await first.closed()).code).toBe(1008);
  });

  it("[PS13] must happen before the deadline", async () => {
    const { open, server } = await liveServer({ registrationTimeoutMs: 100 });
    const silent = await open();

    expect(await silent.closed()).toEqual({ code: 1008, reason: "registration timeout" });
    await expect(silent.nextText()).rejects.toThrow("closed");
    expect(server.hub.counts.peers).toBe(0);
  });

  it("[PS13] has no deadline any more once it is done", async () => {
    const { open, register: enter } = await liveServer({ registrationTimeoutMs: 100 });
    const ada = await enter("ada");
    const silent = await open();

    await silent.closed();
    expect(await ada.ask({ type: "ping" })).toEqual({ type: "pong" });
  });

  it.each([[""], [undefined], [null]])(
    "[PS14] with alias %j gives one that is always the same for a key",
    async (alias) => {
      const { open } = await liveServer();
      const aliasOf = async (key: string) => {
        const client = await open();
        return (await client.ask(register({ public_key: key, alias }))).payload?.alias;
      };

      const one = await aliasOf("one");
      expect(one).toMatch(/^[a-z]+-[a-z]+-(0[1-9]|[1-9][0-9])$/);
      expect(await aliasOf("one")).toBe(one);
      expect(await aliasOf("two")).not.toBe(one);
    },
  );

  it("[PS3] twice on one socket is an unknown message, and the peer stays who it was", async () => {
    const { register: enter } = await liveServer();
    const ada = await enter("ada");

    expect(await ada.ask(register({ public_key: "other" }))).toEqual(error(400, "unknown message type"));
    expect((await ada.ask(join("lobby"))).payload?.peers).toEqual([{ fingerprint: ada.fp, alias: "ada" }]);
  });

  it("[PS65] with an alias of more than 128 characters is refused", async () => {
    const client = await (await liveServer()).open();

    expect(await client.ask(register({ public_key: "k", alias: "a".repeat(129) }))).toEqual(
      error(400, "alias too long"),
    );
    expect(await client.closed()).toEqual({ code: 1008, reason: "invalid registration" });
  });

  it("[PS67] with metadata nested too deeply is refused, and leaves nothing", async () => {
    const { open, server } = await liveServer();
    const client = await open();
    const deep = `${'{"a":'.repeat(6000)}1${"}".repeat(6000)}`;

    const answer = await client.ask(`{"type":"register","payload":{"public_key":"k","meta":${deep}}}`);
    expect(answer).toEqual(error(400, "metadata: expected at most 64 levels"));
    expect(await client.closed()).toEqual({ code: 1008, reason: "invalid registration" });
    expect(server.hub.counts.peers).toBe(0);
    expect(server.hub.world.spaces.size).toBe(0);
  });

  it("[PS8] works for frames that were queued before the socket was open: register first, then the rest", async () => {
    const { open } = await liveServer();
    const ada = await open();
    ada.send(register({ public_key: "k" }), join("lobby"), { type: "ping" });

    expect((await ada.take(3)).map(({ type }) => type)).toEqual(["registered", "peer_list", "pong"]);
  });
});

describe("names", () => {
  it("[PS15] may be the same: the first holder is addressable, whatever becomes of the second", async () => {
    const { inLobby, register: enter } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    const second = await enter("ada", { public_key: "another ada" });
    await second.ask(join("lobby"));
    await Promise.all([ada.next(), bob.next()]);

    bob.send({ type: "relay", to: "ada", payload: 1 });
    expect((await ada.next()).payload).toBe(1);
    await second.close();
    await Promise.all([ada.next(), bob.next()]);
    bob.send({ type: "relay", to: "ada", payload: 2 });
    expect((await ada.next()).payload).toBe(2);
  });

  it("[PS15] are free again when their holder is gone", async () => {
    const { inLobby, register: enter } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    await ada.close();
    await bob.next();
    const again = await enter("ada", { public_key: "another ada" });
    await again.ask(join("lobby"));
    await bob.next();

    bob.send({ type: "relay", to: "ada", payload: 1 });
    expect((await again.next()).payload).toBe(1);
  });

  it("[PS16] that equal the fingerprint of somebody else take nothing away from it, also when that one is gone", async () => {
    const { inLobby, register: enter } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    const eve = await enter("eve", { alias: bob.fp });
    await eve.ask(join("lobby"));
    await Promise.all([ada.next(), bob.next()]);

    ada.send({ type: "signal", to: bob.fp, payload: "for bob" });
    expect((await bob.next()).payload).toBe("for bob");
    await bob.close();
    await Promise.all([ada.next(), eve.next()]);
    expect(await ada.ask({ type: "signal", to: bob.fp, payload: "for bob" })).toEqual(
      error(404, "peer not found"),
    );
    expect(await eve.rest()).toEqual([]);
  });
});

describe("a key that registers again", () => {
  it("[PS17] closes the old socket, tells its neighbours, and starts anew", async () => {
    const { inLobby, register: enter, server } = await liveServer();
    const [old, bob] = await inLobby("ada", "bob");
    await old.ask({ type: "create_room", payload: { room_id: "den", max_size: 2 } });
    await bob.ask({ type: "join_room", payload: { room_id: "den" } });
    await old.next();
    old.send({ type: "match", payload: { namespace: "lobby" } });
    await old.next();

    const ada = await enter("ada");

    expect(await old.closed()).toEqual({ code: 1008, reason: "replaced by a new connection" });
    expect(await bob.take(2)).toEqual([
      { type: "peer_left", from: ada.fp, namespace: "lobby", payload: null },
      { type: "peer_left", from: ada.fp, namespace: "den", payload: null },
    ]);
    expect(server.hub.counts).toEqual({ peers: 2, rooms: 2, waiting: 0 });
    expect(await ada.ask({ type: "ping" })).toEqual({ type: "pong" });

    bob.send({ type: "relay", to: ada.fp, payload: 1 });
    expect(await bob.next()).toEqual(error(403, "no shared namespace"));
    const info = await bob.ask({ type: "room_info", payload: { room_id: "den" } });
    expect(info.payload).toMatchObject({ peer_count: 1, owner: bob.fp });
    const list = await ada.ask(join("lobby"));
    expect(list.payload?.total).toBe(2);
    expect(list.payload?.peers?.map(({ fingerprint: fp }) => fp)).toEqual([bob.fp, ada.fp]);
    expect((await bob.next()).type).toBe("peer_joined");
  });

  it("[PS17] may do so over and over; the last one lives and nothing is left of the others", async () => {
    const { register: enter, server } = await liveServer();
    const sockets = [];
    for (let i = 0; i < 20; i++) {
      const ada = await enter("ada");
      await ada.ask(join("lobby"));
      sockets.push(ada);
    }

    for (const old of sockets.slice(0, -1)) expect((await old.closed()).code).toBe(1008);
    const last = sockets.at(-1)!;
    expect((await last.ask({ type: "discover", payload: { namespace: "lobby" } })).payload?.total).toBe(1);
    await last.close();
    await expect.poll(() => server.hub.counts.peers).toBe(0);
    expect(server.hub.world.spaces.size).toBe(0);
  });
});
