import { describe, expect, it } from "vitest";
import { error } from "./client.ts";
import { join, liveServer } from "./live-server.ts";

describe.each([["signal"], ["relay"]])("a %s", (type) => {
  it("[PS33] reaches the one it means with the true sender, whatever was written", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob, eve] = await inLobby("ada", "bob", "eve");
    const before = Date.now();

    ada.send({ type, from: eve.fp, to: bob.fp, ts: 5, node_id: "n", extra: 1, payload: { x: [1, "é"] } });
    const heard = await bob.next();

    expect(heard).toEqual({
      type,
      from: ada.fp,
      to: bob.fp,
      payload: { x: [1, "é"] },
      ts: expect.any(Number),
    });
    expect(heard.ts).toBeGreaterThanOrEqual(before);
    expect(heard.ts).toBeLessThanOrEqual(Date.now());
    expect(await ada.rest()).toEqual([]);
    expect(await eve.rest()).toEqual([]);
  });

  it("[PS4] [PS33] is written in exactly this form", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");

    ada.send({ type, to: "bob", payload: { a: 1 } });

    expect(await bob.nextText()).toMatch(
      new RegExp(`^{"type":"${type}","from":"${ada.fp}","to":"${bob.fp}","payload":{"a":1},"ts":\\d{13}}$`),
    );
  });

  it.each([
    ['"text"'],
    ["5"],
    ["null"],
    ["false"],
    ["[]"],
    ["{}"],
    ["12345678901234567890.123456789"],
    ['{ "spaced" : [ 1 , 2 ] }'],
    ['{"signal_type":"candidate","candidate":"{\\"sdpMid\\":\\"0\\"}"}'],
    ['"\\ud83d\\ude00 \\u0000 \\ud800"'],
    ['{"__proto__":1,"a":1,"a":2}'],
    ['{"type":"x","from":"y","payload":{"payload":1}}'],
    [`${"[".repeat(20_000)}${"]".repeat(20_000)}`],
  ])("[PS34] carries %s as it is", async (payload) => {
    const { inLobby, metric } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");

    for (const frame of [
      `{"type":"${type}","to":"bob","payload":${payload}}`,
      `{ "payload" : ${payload} , "to" : "bob", "type":"${type}" }`,
    ]) {
      ada.send(frame);
      expect(await bob.nextText()).toContain(`"to":"${bob.fp}","payload":${payload},"ts":`);
    }
    expect(await metric("parlor_errors_total")).toBe(0);
  });

  it("[PS34] without a payload has none when it arrives", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    ada.send({ type, to: "bob" });

    expect(Object.keys(await bob.next())).toEqual(["type", "from", "to", "ts"]);
  });

  it("[PS34] with two payloads carries the last one, however its name is written", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");

    ada.send(`{"type":"${type}","to":"bob","payload":1,"p\\u0061yload":2}`);
    ada.send(`{"type":"${type}","to":"bob","p\\u0061yload":1,"payload":2}`);
    ada.send(`{"type":"${type}","to":"bob","payload":1,"payload":2}`);
    expect((await bob.take(3)).map(({ payload }) => payload)).toEqual([2, 2, 2]);
  });

  it("[PS1] is understood in a binary frame, and answered in text", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");

    ada.send(Buffer.from(JSON.stringify({ type, to: "bob", payload: "ü" })));
    expect((await bob.next()).payload).toBe("ü");
    expect(await ada.ask(Buffer.from('{"type":"ping"}'))).toEqual({ type: "pong" });
    expect(await ada.ask(Uint8Array.of(0xc3, 0x28))).toEqual(error(400, "invalid message"));
  });

  it("[PS35] passes on a namespace that both are in, and no other", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    await ada.ask(join("only ada"));

    for (const namespace of ["lobby", "only ada", "nowhere", "", null]) {
      ada.send({ type, to: "bob", namespace, payload: 1 });
    }
    expect((await bob.take(5)).map((frame) => frame.namespace)).toEqual([
      "lobby",
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each([[undefined], [""], [null]])("[PS36] to %j is refused", async (to) => {
    const { inLobby } = await liveServer();
    const [ada] = await inLobby("ada");

    expect(await ada.ask({ type, to, payload: 1 })).toEqual(error(400, "target peer required"));
  });

  it("[PS36] needs a common namespace or room", async () => {
    const { register } = await liveServer();
    const [ada, bob] = [await register("ada"), await register("bob")];
    await ada.ask(join("one"));
    await bob.ask(join("two"));

    expect(await ada.ask({ type, to: bob.fp, payload: 1 })).toEqual(error(403, "no shared namespace"));
    await ada.ask({ type: "create_room", payload: { room_id: "den" } });
    await bob.ask({ type: "join_room", payload: { room_id: "den" } });
    await ada.next();
    ada.send({ type, to: bob.fp, payload: 2 });
    expect((await bob.next()).payload).toBe(2);
    expect(await bob.rest()).toEqual([]);
  });

  it("[PS36] to oneself arrives for whoever is in anything", async () => {
    const ada = await (await liveServer()).register("ada");

    expect(await ada.ask({ type, to: ada.fp, payload: 1 })).toEqual(error(403, "no shared namespace"));
    await ada.ask(join("lobby"));
    expect(await ada.ask({ type, to: "ada", payload: 1 })).toMatchObject({
      type,
      from: ada.fp,
      to: ada.fp,
      payload: 1,
    });
  });

  it("[PS37] to nobody is answered with 404", async () => {
    const { inLobby } = await liveServer();
    const [ada] = await inLobby("ada");

    for (const to of ["nobody", "0".repeat(64), "__proto__", "x".repeat(60_000)]) {
      expect(await ada.ask({ type, to, payload: 1 })).toEqual(error(404, "peer not found"));
    }
  });

  it("[PS37] to nobody is silent when so configured", async () => {
    const { inLobby } = await liveServer({ peerServer: { unknownTarget: "silent" } });
    const [ada] = await inLobby("ada");

    expect(await ada.send({ type, to: "nobody", payload: 1 }).rest()).toEqual([]);
  });
});

describe("a broadcast", () => {
  const broadcast = (payload: unknown, more: object = {}) => ({ type: "broadcast", payload, ...more });

  it("[PS38] reaches all other members as it was sent, and not its sender", async () => {
    const { inLobby, register } = await liveServer();
    const [ada, bob, eve] = await inLobby("ada", "bob", "eve");
    const outsider = await register("outsider");

    ada.send(
      '{"type":"broadcast","from":"x","payload":{"namespace":"lobby", "data":1.0,"more":true},"ts":1}',
    );

    for (const member of [bob, eve]) {
      expect(await member.nextText()).toMatch(
        new RegExp(
          `^{"type":"broadcast","from":"${ada.fp}","payload":{"namespace":"lobby", "data":1.0,"more":true},"ts":\\d{13}}$`,
        ),
      );
    }
    expect(await ada.rest()).toEqual([]);
    expect(await outsider.rest()).toEqual([]);
  });

  it("[PS39] is not heard by whom it excludes, by fingerprint or alias", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob, eve] = await inLobby("ada", "bob", "eve");

    ada.send(broadcast({ namespace: "lobby", data: 1, exclude: [bob.fp] }));
    ada.send(broadcast({ namespace: "lobby", data: 2, exclude: "eve" }));
    ada.send(broadcast({ namespace: "lobby", data: 3, exclude: ["bob", "eve", "nobody", ada.fp] }));
    ada.send(broadcast({ namespace: "lobby", data: 4, exclude: [] }));
    ada.send(broadcast({ namespace: "lobby", data: 5, exclude: null }));
    await ada.rest();

    expect((await bob.rest()).map(({ payload }) => payload?.data)).toEqual([2, 4, 5]);
    const heard = await eve.rest();
    expect(heard.map(({ payload }) => payload?.data)).toEqual([1, 4, 5]);
    expect(heard[0]?.payload).toEqual({ namespace: "lobby", data: 1, exclude: [bob.fp] });
  });

  it("[PS40] says a top-level namespace only when it is the true one", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    const payload = { namespace: "lobby", data: 1 };

    ada.send(broadcast(payload, { namespace: "lobby" }), broadcast(payload, { namespace: "elsewhere" }));
    ada.send(broadcast({ data: 2 }, { namespace: "lobby" }));
    expect((await bob.take(3)).map(({ namespace }) => namespace)).toEqual(["lobby", undefined, "lobby"]);
  });

  it("[PS40] goes where its readers think it went, also with two namespaces in the payload", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    await ada.ask(join("other"));
    await bob.ask(join("other"));
    await ada.next();

    ada.send('{"type":"broadcast","payload":{"namespace":"lobby"},"p\\u0061yload":{"namespace":"other"}}');
    ada.send('{"type":"broadcast","payload":{"namespace":"lobby","n\\u0061mespace":"other"}}');
    expect((await bob.take(2)).map(({ payload }) => payload?.namespace)).toEqual(["other", "other"]);
  });

  it("[PS41] to a namespace one is not in is refused, to one that nobody is in is silent", async () => {
    const { inLobby, register } = await liveServer();
    const [ada] = await inLobby("ada");
    const eve = await register("eve");

    expect(await eve.ask(broadcast({ namespace: "lobby", data: 1 }))).toEqual(error(403, "not in namespace"));
    expect(await eve.send(broadcast({ namespace: "nowhere", data: 1 })).rest()).toEqual([]);
    expect(await ada.rest()).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{ data: 1 }, "namespace required"],
    [{ namespace: "", data: 1 }, "namespace required"],
    [null, "namespace required"],
    [undefined, "invalid broadcast payload"],
    ["lobby", "invalid broadcast payload"],
    [[{ namespace: "lobby" }], "invalid broadcast payload"],
    [{ namespace: 1 }, "invalid broadcast payload"],
    [{ namespace: "lobby", exclude: 5 }, "invalid broadcast payload"],
    [{ namespace: "lobby", exclude: ["a", 5] }, "invalid broadcast payload"],
    [{ namespace: "lobby", exclude: {} }, "invalid broadcast payload"],
  ])("[PS41] with payload %j is refused: %s", async (payload, message) => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");

    expect(await ada.ask(broadcast(payload))).toEqual(error(400, message));
    expect(await bob.rest()).toEqual([]);
  });

  it("[PS42] arrives in order, between relays of the same sender", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob] = await inLobby("ada", "bob");
    for (let i = 0; i < 90; i++) {
      ada.send(
        { type: "relay", to: "bob", payload: 2 * i },
        broadcast({ namespace: "lobby", data: 2 * i + 1 }),
      );
    }

    const heard = (await bob.take(180)).map(({ type, payload }) =>
      type === "relay" ? payload : payload?.data,
    );
    expect(heard).toEqual(Array.from({ length: 180 }, (_, i) => i));
  });
});

describe("the envelope", () => {
  it.each<[string | object, string]>([
    ["garbage", "invalid message"],
    ["", "invalid message"],
    ["[]", "invalid message"],
    ['[{"type":"ping"}]', "invalid message"],
    ["5", "invalid message"],
    ['"ping"', "invalid message"],
    ['{"type":"ping"', "invalid message"],
    ['{"type":"ping"}{"type":"ping"}', "invalid message"],
    ['{"type":"ping",}', "invalid message"],
    ["\ufeff{}", "invalid message"],
    [{ type: 5 }, "invalid message"],
    [{ type: ["ping"] }, "invalid message"],
    [{ type: "relay", to: 5 }, "invalid message"],
    [{ type: "relay", to: {} }, "invalid message"],
    [{ type: "relay", to: "x", namespace: [] }, "invalid message"],
  ])("[PS2] %j is refused: %s", async (frame, message) => {
    const ada = await (await liveServer()).register("ada");

    expect(await ada.ask(frame)).toEqual(error(400, message));
    expect(await ada.ask({ type: "ping" })).toEqual({ type: "pong" });
  });

  it.each<[string | object]>([
    ["{}"],
    ["null"],
    [{ type: null }],
    [{ type: "" }],
    [{ type: "pong" }],
    [{ type: "PING" }],
    [{ type: "registered" }],
    [{ type: "prove", payload: { signature: "x" } }],
    [{ type: "room_closed", payload: { room_id: "x" } }],
    [{ type: "constructor" }],
    [{ type: "__proto__" }],
    [{ type: "x".repeat(60_000) }],
  ])("[PS3] %j is an unknown message", async (frame) => {
    const ada = await (await liveServer()).register("ada");

    expect(await ada.ask(frame)).toEqual(error(400, "unknown message type"));
  });

  it("[PS5] of an error is code and message, in that order, and no request is answered twice", async () => {
    const ada = await (await liveServer()).register("ada");

    expect(await ada.send({ type: "nonsense" }).nextText()).toBe(
      '{"type":"error","payload":{"code":400,"message":"unknown message type"}}',
    );
    expect(await ada.rest()).toEqual([]);
  });

  it("[PS6] carries a time only on what peers say to each other", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob, eve] = await inLobby("ada", "bob", "eve");
    const room = { room_id: "den" };
    const asked = [
      { type: "ping", ts: 5 },
      { type: "discover", payload: { namespace: "lobby" } },
      { type: "create_room", payload: room },
      { type: "room_info", payload: room },
      { type: "match", payload: { namespace: "lobby" } },
      { type: "nonsense" },
    ];
    for (const frame of asked) expect(await ada.ask(frame)).not.toHaveProperty("ts");
    await bob.ask({ type: "join_room", payload: room });
    ada.send({ type: "kick", payload: { ...room, fingerprint: bob.fp } });
    expect(await bob.next()).not.toHaveProperty("ts");
    for (const frame of await ada.take(2)) expect(frame).not.toHaveProperty("ts");

    eve.send({ type: "signal", to: "ada" }, { type: "relay", to: "ada" });
    eve.send({ type: "broadcast", payload: { namespace: "lobby" } });
    for (const frame of await ada.take(3)) expect(frame).toHaveProperty("ts");
  });

  it("[PS7] does not tell a missing field from null", async () => {
    const ada = await (await liveServer()).register("ada");

    expect(await ada.ask({ type: "create_room", payload: { room_id: "den", max_size: null } })).toMatchObject(
      {
        payload: { max_size: 20 },
      },
    );
    expect(await ada.ask({ type: "room_info", payload: { room_id: null } })).toEqual(
      error(400, "room_id required"),
    );
  });

  it("[PS61] of a ping may hold anything", async () => {
    const ada = await (await liveServer()).register("ada");

    expect(await ada.send({ type: "ping", payload: { a: 1 }, id: 5, ts: 1, from: "x" }).nextText()).toBe(
      '{"type":"pong"}',
    );
  });
});
