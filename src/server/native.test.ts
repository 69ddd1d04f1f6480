import { describe, expect, it } from "vitest";
import type { AuthProvider } from "../auth/auth.ts";
import { Refusal } from "../core/errors.ts";
import { ANONYMOUS } from "../core/identity.ts";
import { spaceId } from "../core/ids.ts";
import { pack } from "../dialects/native/msgpack-writer.ts";
import { type NativeClient, nativeServer, type WireFrame } from "../testing/native.ts";

const types = (frames: readonly WireFrame[]) => frames.map(({ t }) => t);
const resumeOf = (welcome: WireFrame, seen: WireFrame = {}) => ({
  session: welcome.session,
  token: welcome.resume,
  in: 0,
  rooms: {},
  ...seen,
});

/** ada and bob in one room; what they heard until now is forgotten. */
async function two(hellos: { ada?: WireFrame; bob?: WireFrame } = {}, world = nativeServer()) {
  const { client: ada, welcome } = await world.connect({ alias: "ada", ...hellos.ada });
  const { client: bob, welcome: bobs } = await world.connect({ alias: "bob", ...hellos.bob });
  const [snapshot = {}] = await ada.say({ t: "join", id: 1, q: 1, room: "lobby", create: {} });
  await bob.say({ t: "join", id: 1, q: 1, room: "lobby" });
  // Both are told how far their joins were processed.
  await world.forward(50);
  for (const client of [ada, bob]) client.take();
  return { ...world, ada, bob, welcome, bobs, snapshot };
}

async function heardBy(client: NativeClient): Promise<readonly WireFrame[]> {
  await client.settle();
  return client.take();
}

describe("opening", () => {
  it("[NT1] refuses every other first frame, says goodbye and closes", async () => {
    const { open } = nativeServer();
    const wrong = [
      { t: "join", room: "x" },
      "no JSON",
      "[]",
      "null",
      { t: "hello", v: 2 },
      { t: "hello" },
      pack({ t: "hello", v: 1 }),
    ];
    for (const frame of wrong) {
      const client = open();
      const heard = await client.say(frame);

      expect(heard).toMatchObject([
        { t: "error", code: "bad_message", fatal: true },
        { t: "goodbye", reason: "bad_handshake", comeBack: false },
      ]);
      expect(client.end?.code).toBe(3501);
    }
  });

  it("[NT2] is welcomed first, with everything that it must know", async () => {
    const { connect } = nativeServer({ rooms: { seatGraceMs: 5_000 }, native: { maxMessageBytes: 2_048 } });
    const { welcome } = await connect({ alias: "ada" });

    expect(welcome).toEqual({
      t: "welcome",
      v: 1,
      peer: expect.stringMatching(/^[0-9a-f]{16}$/),
      session: expect.any(String),
      resume: expect.any(String),
      alias: "ada",
      heartbeatMs: 30_000,
      graceMs: 5_000,
      limits: { maxMessageBytes: 2_048, messagesPerSecond: 100, burst: 200, queueBytes: 1_048_576 },
      server: expect.stringMatching(/^parlor\//),
      resumed: false,
      lastq: 0,
      in: 0,
      rooms: [],
    });
  });

  const byToken: AuthProvider = {
    authenticate: async ({ token }) => {
      if (token !== "good") throw new Refusal("unauthorized");
      return { ...ANONYMOUS, user: "ada", space: spaceId("arena") };
    },
  };

  it("[NT3] refuses credentials that are not good, or not good for that space", async () => {
    const { open } = nativeServer({}, { auth: byToken });
    const stranger = open();
    expect(await stranger.say({ t: "hello", v: 1, token: "bad" })).toMatchObject([
      { t: "error", code: "unauthorized", fatal: true },
      { t: "goodbye", reason: "unauthorized" },
    ]);
    expect(stranger.end?.code).toBe(3502);

    const [refused] = await open().say({ t: "hello", v: 1, token: "good", space: "elsewhere" });
    expect(refused).toMatchObject({ code: "forbidden" });
    expect(types(await open().say({ t: "hello", v: 1, token: "good", space: "arena" }))).toEqual(["welcome"]);
  });

  it("[NT4] speaks MessagePack when asked, and still takes text", async () => {
    const { connect } = nativeServer();
    const { client, welcome } = await connect({ enc: "msgpack" });

    expect(welcome).toMatchObject({ t: "welcome", v: 1 });
    expect(await client.say({ t: "ping", id: 1 })).toEqual([{ t: "pong", re: 1 }]);
    expect(await client.say('{"t":"ping","id":2}')).toEqual([{ t: "pong", re: 2 }]);
  });

  it("[NT5] keeps spaces apart", async () => {
    const { connect } = nativeServer();
    const { client: ada } = await connect({ space: "one" });
    const { client: bob } = await connect({ space: "two" });
    const { client: eve } = await connect();
    const { client: kim } = await connect({ space: "default" });
    await ada.say({ t: "join", id: 1, room: "lobby", create: {} });
    await eve.say({ t: "join", id: 1, room: "lobby", create: {} });

    expect(await bob.say({ t: "join", id: 1, room: "lobby" })).toMatchObject([{ code: "room_not_found" }]);
    expect(await kim.say({ t: "join", id: 1, room: "lobby" })).toMatchObject([{ t: "snapshot", total: 2 }]);
  });
});

describe("asking and answering", () => {
  it("[NT6] answers a request once, and nothing else", async () => {
    const { ada } = await two();

    expect(await ada.say({ t: "send", id: 7, room: "lobby", d: 1 })).toEqual([{ t: "ok", re: 7 }]);
    expect(await ada.say({ t: "info", id: 8, room: "lobby" })).toMatchObject([{ t: "info", re: 8 }]);
    expect(await ada.say({ t: "info", id: 9, room: "nowhere" })).toMatchObject([
      { t: "error", re: 9, code: "room_not_found" },
    ]);
    expect(await ada.say({ t: "send", room: "lobby", d: 1 })).toEqual([]);
    expect(await ada.say({ t: "set", meta: { a: 1 } })).toEqual([]);
  });

  it("[NT7] tells of the failure of a frame that asked for nothing", async () => {
    const { ada } = await two();

    expect(await ada.say({ t: "send", q: 2, room: "nowhere", d: 1 })).toEqual([
      { t: "error", q: 2, code: "room_not_found", message: "no such room", details: { room: "nowhere" } },
    ]);
    expect(await ada.say({ t: "leave", room: "nowhere" })).toMatchObject([
      { t: "error", code: "room_not_found" },
    ]);
  });

  it("[NT8] says what is wrong with a frame, and ignores what it does not know", async () => {
    const { ada } = await two();

    expect(await ada.say({ t: "dance", id: 1 })).toMatchObject([{ re: 1, code: "unknown_command" }]);
    expect(await ada.say({ t: "toString", id: 1 })).toMatchObject([{ re: 1, code: "unknown_command" }]);
    expect(await ada.say({ id: 1 })).toMatchObject([{ re: 1, code: "bad_message", details: { path: "t" } }]);
    expect(await ada.say({ t: "send", id: 1, room: "lobby" })).toMatchObject([
      { re: 1, details: { path: "d" } },
    ]);
    expect(await ada.say({ t: "send", id: 1, room: 7, d: 1 })).toMatchObject([{ details: { path: "room" } }]);
    expect(await ada.say({ t: "send", id: 1, room: "lobby", d: 1, to: ["bob", 1] })).toMatchObject([
      { details: { path: "to.1" } },
    ]);
    expect(await ada.say({ t: "send", id: "x", room: "lobby", d: 1 })).toMatchObject([
      { t: "error", details: { path: "id" } },
    ]);
    expect(await ada.say({ t: "ping", id: 3, shoe: 44 })).toEqual([{ t: "pong", re: 3 }]);
  });

  it("[NT9] refuses what is no message, and the link stays", async () => {
    const { ada, connect } = await two();
    const deep = `{"t":"send","room":"lobby","d":${"[".repeat(64)}${"]".repeat(64)}}`;
    for (const text of ["", "{", "[]", '"x"', "null", deep, pack({ t: "ping" })]) {
      expect(await ada.say(text)).toMatchObject([{ t: "error", code: "bad_message" }]);
    }
    const { client: eve } = await connect({ enc: "msgpack" });
    const extension = Uint8Array.of(
      0x82,
      0xa1,
      0x74,
      0xa4,
      0x70,
      0x69,
      0x6e,
      0x67,
      0xa1,
      0x64,
      0xd4,
      0x72,
      0x40,
    );
    const endless = Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff);
    for (const bytes of [
      Uint8Array.of(),
      Uint8Array.of(0x91, 1),
      Uint8Array.of(0x81, 1, 1),
      extension,
      endless,
    ]) {
      expect(await eve.say(bytes)).toMatchObject([{ t: "error", code: "bad_message" }]);
    }

    expect(types(await ada.say({ t: "ping", id: 1 }))).toEqual(["pong"]);
    expect(types(await eve.say({ t: "ping", id: 1 }))).toEqual(["pong"]);
  });

  it("[NT10] refuses what is too large, and ends the link for what is far too large", async () => {
    const { ada, bob } = await two({}, nativeServer({ native: { maxMessageBytes: 1_024 } }));
    const frame = (length: number) => ({ t: "send", id: 2, q: 2, room: "lobby", d: "é".repeat(length / 2) });

    expect(await ada.say(frame(1_024))).toMatchObject([
      { t: "error", re: 2, code: "too_large", details: { maxBytes: 1_024 } },
    ]);
    expect(await ada.say({ ...frame(900), q: 3 })).toMatchObject([{ t: "ok" }]);
    expect(await ada.say(frame(4_096))).toMatchObject([{ t: "goodbye", reason: "message_too_large" }]);
    expect(ada.end?.code).toBe(1009);
    expect(types(await heardBy(bob))).toEqual(["msg", "away"]);
  });

  it("[NT11] reads later what comes too fast, and loses none", async () => {
    const limits = { messagesPerSecond: 10, messagesBurst: 20 };
    const { ada, bob, forward } = await two({}, nativeServer({ limits }));
    for (let q = 2; q <= 60; q++) ada.sayAtOnce({ t: "send", q, room: "lobby", d: q });
    await ada.settle();
    const atOnce = (await heardBy(bob)).length;
    for (let second = 0; second < 6; second++) await forward(1_000);

    expect(atOnce).toBeGreaterThan(10);
    expect(atOnce).toBeLessThan(25);
    const later = (await heardBy(bob)).map(({ d }) => d);
    expect(atOnce + later.length).toBe(59);
    expect(later.at(-1)).toBe(60);
    expect(types(await heardBy(ada))).not.toContain("error");
  });
});

describe("what peers say", () => {
  it("[NT12] arrives as the same text, or as the same bytes", async () => {
    const texts = two();
    const { ada, bob, connect } = await texts;
    const raw: string[] = [];
    // The text itself is looked at: JSON.parse would hide what became of it.
    const said = '{ "a" : [1.50, 1e3, "\\u00e9"] , "b":-0 }';
    const listen = JSON.parse;
    JSON.parse = ((text: string, reviver?: never) => {
      raw.push(text);
      return listen(text, reviver);
    }) as typeof JSON.parse;
    try {
      await ada.say(`{"t":"send","room":"lobby","d":${said}}`);
      await bob.settle();
    } finally {
      JSON.parse = listen;
    }
    expect(raw.at(-1)).toContain(`"d":${said}}`);

    const { client: eve } = await connect({ enc: "msgpack" });
    const { client: kim } = await connect({ enc: "msgpack" });
    await eve.say({ t: "join", id: 1, room: "bytes", create: {} });
    await kim.say({ t: "join", id: 1, room: "bytes" });
    kim.take();
    const d = { a: [1.5, Uint8Array.of(0, 255), null], b: "é" };
    await eve.say({ t: "send", room: "bytes", d });
    expect(await heardBy(kim)).toMatchObject([{ t: "msg", d }]);
  });

  it("[NT13] is converted where encodings differ, bytes included", async () => {
    const { ada, bob } = await two({ bob: { enc: "msgpack" } });
    await bob.say({ t: "send", room: "lobby", d: { at: Uint8Array.of(1, 2, 3), n: 1 } });
    expect(await heardBy(ada)).toMatchObject([{ t: "msg", d: { at: { $bytes: "AQID" }, n: 1 } }]);

    await ada.say({ t: "send", room: "lobby", d: { at: { $bytes: "AQID" }, not: { $bytes: "?" } } });
    expect(await heardBy(bob)).toMatchObject([
      { t: "msg", d: { at: Uint8Array.of(1, 2, 3), not: { $bytes: "?" } } },
    ]);
  });

  it("[NT14] takes no place in the log when it may be lost", async () => {
    const { ada, bob, bobs, connect, snapshot } = await two();
    for (const how of [{ lane: "low" }, { lane: "ephemeral" }, { ephemeral: true }, { lane: "high" }]) {
      await ada.say({ t: "send", room: "lobby", d: 1, ...how });
    }
    expect((await heardBy(bob)).map(({ o }) => o)).toEqual([undefined, undefined, undefined, 3]);

    await bob.cut();
    await ada.say({ t: "send", room: "lobby", d: 2, ephemeral: true });
    const { client } = await connect({
      resume: resumeOf(bobs, { rooms: { lobby: { e: snapshot.e, o: 3 } } }),
    });
    expect(await heardBy(client)).toEqual([]);
  });
});

describe("continuity", () => {
  it("[NT15] processes every number once, and tells how far", async () => {
    const { ada, bob, forward } = await two();
    await ada.say('{"t":"send","q":2,"room":7}');
    await ada.say({ t: "dance", q: 3 });
    await ada.say({ t: "send", q: 4, room: "lobby", d: "once" });
    await ada.say({ t: "send", q: 4, room: "lobby", d: "once" });
    expect((await ada.say({ t: "send", q: 9, room: "lobby", d: "x" })).at(-1)).toMatchObject({
      code: "gap",
      q: 9,
    });
    ada.take();
    await forward(50);

    expect(ada.take()).toEqual([{ t: "ack", q: 4 }]);
    expect((await heardBy(bob)).map(({ d }) => d)).toEqual(["once"]);
    for (let q = 5; q < 5 + 32; q++) ada.sayAtOnce({ t: "send", q, room: "lobby", d: q });
    await ada.settle();
    expect(ada.take()).toEqual([{ t: "ack", q: 36 }]);
  });

  it.each(["json", "msgpack"] as const)(
    "[NT15] counts a %s message of which only the beginning makes sense",
    async (enc) => {
      const { ada, bob } = await two({ ada: { enc } });
      const before = { t: "send", id: 7, q: 2, room: "lobby" };
      const deep = JSON.stringify(before).replace("}", `,"d":${"[".repeat(64)}${"]".repeat(64)}}`);
      const [head = 0, ...fields] = pack(before);
      const extension = Uint8Array.of(head + 1, ...fields, 0xa1, 0x64, 0xd4, 0x72, 0x40);

      expect(await ada.say(enc === "json" ? deep : extension)).toMatchObject([
        { t: "error", re: 7, q: 2, code: "bad_message" },
      ]);
      expect(await ada.say({ t: "send", id: 8, q: 3, room: "lobby", d: "sense" })).toMatchObject([
        { t: "ok", re: 8 },
      ]);
      expect((await heardBy(bob)).map(({ d }) => d)).toEqual(["sense"]);
    },
  );

  it("[NT15] answers a repeated request as before", async () => {
    const { ada } = await two();
    await ada.say({ t: "send", q: 2, id: 2, room: "nowhere", d: 1 });
    ada.take();

    expect(await ada.say({ t: "send", q: 2, id: 2, room: "nowhere", d: 1 })).toMatchObject([
      { t: "error", re: 2, code: "room_not_found" },
    ]);
    expect(await ada.say({ t: "join", q: 1, id: 1, room: "lobby", create: {} })).toMatchObject([
      { t: "snapshot", re: 1, total: 2 },
    ]);
  });

  it("[NT16] goes on with a session: what was missed, rooms told anew, seats that are lost", async () => {
    const { ada, bob, welcome, snapshot, connect } = await two();
    await ada.say({ t: "join", id: 2, q: 2, room: "den", create: {} });
    await ada.cut();
    await bob.say({ t: "send", room: "lobby", d: "hi" });
    await bob.say({ t: "signal", to: "ada", d: { sdp: 1 }, room: "lobby" });
    const { client, welcome: again } = await connect({
      enc: "msgpack",
      resume: resumeOf(welcome, { rooms: { lobby: { e: snapshot.e, o: 2 }, old: { e: "x", o: 1 } } }),
    });

    expect(again).toMatchObject({
      t: "welcome",
      resumed: true,
      peer: welcome.peer,
      lastq: 2,
      in: 1,
      rooms: [
        { room: "lobby", recovered: true, o: 4 },
        { room: "den", recovered: false, snapshot: { t: "snapshot", r: "den", you: { role: "host" } } },
        { room: "old", lost: true, reason: "unknown" },
      ],
    });
    expect(again.resume).not.toBe(welcome.resume);
    expect(client.heard).toEqual([]);
    expect(types(await heardBy(bob))).toEqual(["away", "back"]);
  });

  it("[NT16] replays room events, then direct events, as they were", async () => {
    const { ada, bob, welcome, snapshot, open } = await two();
    await ada.cut();
    await bob.say({ t: "signal", to: "ada", d: { sdp: 1 }, room: "lobby" });
    await bob.say({ t: "send", room: "lobby", d: "hi", type: "chat" });
    const client = open();
    const rooms = { lobby: { e: snapshot.e, o: 2 } };
    const heard = await client.say({ t: "hello", v: 1, resume: resumeOf(welcome, { rooms }) });

    expect(heard.slice(1)).toMatchObject([
      { t: "msg", r: "lobby", o: 4, d: "hi", type: "chat" },
      { t: "signal", n: 1, d: { sdp: 1 }, r: "lobby" },
    ]);
  });

  it("[NT17] closes the link that another one took over", async () => {
    const { ada, bob, welcome, connect } = await two();
    await connect({ resume: resumeOf(welcome) });
    await ada.settle();

    expect(ada.take()).toEqual([{ t: "goodbye", reason: "superseded", comeBack: false }]);
    expect(ada.end?.code).toBe(3500);
    expect(await heardBy(bob)).toEqual([]);
  });

  it("[NT18] ends the session with bye", async () => {
    const { ada, bob, welcome, connect } = await two();
    await ada.say({ t: "bye" });

    expect(ada.take()).toEqual([{ t: "goodbye", reason: "bye", comeBack: false }]);
    expect(ada.end?.code).toBe(3510);
    expect(await heardBy(bob)).toMatchObject([{ t: "left", reason: "left" }, { t: "host" }]);
    expect((await connect({ resume: resumeOf(welcome) })).welcome).toMatchObject({ resumed: false });
  });

  it("[NT18] without bye the seat is held, then given up", async () => {
    const { ada, bob, forward } = await two();
    await ada.cut();
    await forward(30_000);

    expect(await heardBy(bob)).toMatchObject([
      { t: "away" },
      { t: "left", reason: "timeout" },
      { t: "host" },
    ]);
  });
});

describe("rooms", () => {
  it("[NT20] are opened as asked, and entered by name or code", async () => {
    const { connect } = nativeServer({ native: { maxRoomCapacity: 50 } });
    const { client: ada } = await connect();
    const { client: bob } = await connect();
    const create = {
      capacity: 4,
      spectators: 1,
      visibility: "public",
      meta: { map: "x" },
      code: true,
      locked: false,
      lobby: true,
    };
    const [room = {}] = await ada.say({ t: "join", id: 1, create, meta: { hat: 1 } });

    expect(room).toMatchObject({
      t: "snapshot",
      you: { role: "host" },
      capacity: 4,
      visibility: "public",
      locked: false,
      meta: { map: "x" },
      lobby: { phase: "waiting", ready: [] },
      members: [{ role: "host", state: "online", meta: { hat: 1 } }],
    });
    expect(room.r).toMatch(/^[0-9a-f]{16}$/);
    const [watching] = await bob.say({
      t: "join",
      id: 1,
      code: String(room.code).toLowerCase(),
      as: "spectator",
    });
    expect(watching).toMatchObject({ r: room.r, you: { role: "spectator" }, total: 2 });
    for (const wrong of [{ capacity: 51 }, { spectators: 51 }]) {
      expect(await ada.say({ t: "join", id: 2, create: wrong })).toMatchObject([{ code: "bad_message" }]);
    }
    expect(await ada.say({ t: "join", id: 2, code: "XXXXXX" })).toMatchObject([{ code: "room_not_found" }]);
    expect(await ada.say({ t: "join", id: 2 })).toMatchObject([
      { code: "bad_message", details: { path: "room" } },
    ]);
  });

  it("[NT38] are sealed with a password, and entered with it", async () => {
    const { connect } = nativeServer();
    const [{ client: ada }, { client: bob }] = [await connect(), await connect()];
    const [room = {}] = await ada.say({
      t: "join",
      id: 1,
      room: "vault",
      create: { visibility: "public" },
      password: "coral",
    });
    const join = (id: number, more: object = {}) => bob.say({ t: "join", id, room: "vault", ...more });

    expect(room).toMatchObject({ t: "snapshot", sealed: true });
    const refused = [{ t: "error", code: "password_required", details: { room: "vault" } }];
    expect(await join(1)).toMatchObject(refused);
    expect(await join(2, { password: "Coral", as: "spectator" })).toMatchObject(refused);
    for (const password of ["", "x".repeat(257), 7]) {
      expect(await join(3, { password })).toMatchObject([
        { code: "bad_message", details: { path: "password" } },
      ]);
    }
    expect(await bob.say({ t: "info", id: 4, room: "vault" })).toMatchObject([{ sealed: true }]);
    expect(await bob.say({ t: "list", id: 5 })).toMatchObject([{ rooms: [{ r: "vault", sealed: true }] }]);
    expect(await join(6, { password: "coral" })).toMatchObject([{ t: "snapshot", sealed: true }]);
    expect(await ada.say({ t: "room-set", id: 2, room: "vault", password: null })).toEqual([
      { t: "room", r: "vault", o: 3, sealed: false },
      { t: "ok", re: 2 },
    ]);
    await ada.say({ t: "room-set", id: 3, room: "vault", password: "wave" });
    expect((await bob.say({ t: "ping", id: 7 })).at(-1)).toMatchObject({ t: "pong" });
    expect(JSON.stringify([...ada.heard, ...bob.heard])).not.toContain("wave");
  });

  it("[NT39] are given another code", async () => {
    const { connect } = nativeServer();
    const [{ client: ada }, { client: bob }] = [await connect(), await connect()];
    const [room = {}] = await ada.say({ t: "join", id: 1, create: { code: true } });
    await bob.say({ t: "join", id: 1, code: room.code });
    expect(await bob.say({ t: "code", id: 2, room: room.r })).toMatchObject([{ code: "not_host" }]);

    const [told = {}, answer = {}] = await ada.say({ t: "code", id: 2, room: room.r });
    expect(told).toEqual({ t: "room", r: room.r, o: 3, code: answer.code });
    expect(answer).toMatchObject({ t: "code", re: 2, r: room.r });
    await bob.settle();
    expect(bob.heard.at(-1)).toMatchObject({ t: "room", code: answer.code });
    expect(await bob.say({ t: "leave", id: 3, room: room.r })).toMatchObject([{ t: "ok" }]);
    expect(await bob.say({ t: "join", id: 4, code: room.code })).toMatchObject([{ code: "room_not_found" }]);
    expect(await bob.say({ t: "join", id: 5, code: answer.code })).toMatchObject([{ t: "snapshot" }]);
  });

  it("[NT21] are governed by their host", async () => {
    const { ada, bob, bobs, welcome } = await two();
    const change = { meta: { map: 2 }, locked: true, visibility: "public", capacity: 9 };

    expect(await ada.say({ t: "room-set", id: 2, room: "lobby", ...change })).toEqual([
      { t: "room", r: "lobby", o: 3, ...change },
      { t: "ok", re: 2 },
    ]);
    expect(await bob.say({ t: "room-set", id: 2, room: "lobby", locked: false })).toMatchObject([
      { t: "error", re: 2, code: "not_host" },
    ]);
    await ada.say({ t: "host", id: 3, room: "lobby", peer: bobs.peer });
    expect(
      await bob.say({ t: "ban", id: 3, room: "lobby", peer: welcome.peer, reason: "rude" }),
    ).toMatchObject([{ t: "left", reason: "banned" }, { t: "ok" }]);
    expect((await heardBy(ada)).at(-1)).toEqual({
      t: "kicked",
      n: 1,
      r: "lobby",
      by: bobs.peer,
      reason: "rude",
    });
    expect(await ada.say({ t: "join", id: 4, room: "lobby" })).toMatchObject([{ code: "banned" }]);
    await bob.say({ t: "unban", id: 4, room: "lobby", peer: welcome.peer });
    await bob.say({ t: "room-set", id: 5, room: "lobby", locked: false });
    expect(await ada.say({ t: "join", id: 5, room: "lobby" })).toMatchObject([{ t: "snapshot" }]);
    await bob.say({ t: "kick", id: 6, room: "lobby", peer: welcome.peer });
    expect((await heardBy(ada)).at(-1)).toEqual({ t: "kicked", n: 2, r: "lobby", by: bobs.peer });
  });

  it("[NT22] are looked through page by page", async () => {
    const { ada, bob } = await two();
    for (const room of ["one", "two", "three"]) {
      const create = { visibility: "public", meta: { odd: room !== "two" } };
      await ada.say({ t: "join", room, create });
    }

    const [first = {}] = await bob.say({ t: "list", id: 2, filter: { odd: true }, limit: 1 });
    expect(first).toMatchObject({ t: "list", re: 2, rooms: [{ r: "one", kind: "room", members: 1 }] });
    const [second = {}] = await bob.say({
      t: "list",
      id: 3,
      filter: { odd: true },
      limit: 1,
      after: first.next,
    });
    expect(second).toMatchObject({ rooms: [{ r: "three" }] });
    expect(second).not.toHaveProperty("next");

    const [page] = await bob.say({ t: "members", id: 4, room: "lobby", limit: 1 });
    expect(page).toMatchObject({ t: "members", members: [{ alias: "ada" }], total: 2, more: true });
    await ada.say({ t: "send", room: "lobby", d: { n: 1 }, type: "chat" });
    bob.take();
    expect(await bob.say({ t: "history", id: 5, room: "lobby" })).toMatchObject([
      {
        t: "history",
        re: 5,
        r: "lobby",
        more: false,
        events: [{ t: "msg", o: 3, d: { n: 1 }, type: "chat" }],
      },
    ]);
    expect(await bob.say({ t: "info", id: 6, room: "one" })).toMatchObject([
      { t: "info", r: "one", members: 1, meta: { odd: true } },
    ]);
    expect(await bob.say({ t: "set", id: 7, room: "lobby", meta: { hat: 1 } })).toEqual([{ t: "ok", re: 7 }]);
    expect((await heardBy(ada)).at(-1)).toMatchObject({
      t: "updated",
      m: { alias: "bob", meta: { hat: 1 } },
    });
  });

  it("[NT23] members ask each other, over a lost link too", async () => {
    const { ada, bob, bobs, welcome, snapshot, open } = await two({ bob: { enc: "msgpack" } });
    const ask = { t: "ask", id: 5, q: 2, room: "lobby", to: "bob", d: "2+2", type: "sum" };
    expect(await ada.say(ask)).toEqual([]);
    const [asked = {}] = await heardBy(bob);
    expect(asked).toMatchObject({ t: "asked", n: 1, from: welcome.peer, r: "lobby", d: "2+2", type: "sum" });
    expect(await ada.say(ask)).toEqual([]);
    expect(await heardBy(bob)).toEqual([]);

    await ada.cut();
    await bob.say({ t: "reply", id: 2, ask: asked.ask, d: 4 });
    const resume = resumeOf(welcome, { rooms: { lobby: { e: snapshot.e, o: 2 } } });
    const heard = await open().say({ t: "hello", v: 1, resume });
    expect(heard.slice(1)).toEqual([{ t: "reply", n: 1, re: 5, from: bobs.peer, d: 4 }]);
  });

  it("[NT23] a question that is not answered fails", async () => {
    const { ada, bob, bobs, forward } = await two();
    await ada.say({ t: "ask", id: 5, room: "lobby", to: "bob", d: 1, ms: 100 });
    await ada.say({ t: "ask", id: 6, room: "lobby", to: "bob", d: 1 });
    await bob.say({ t: "reply", ask: 2, error: "no idea" });
    await forward(100);

    expect(ada.take()).toEqual([
      { t: "error", n: 1, re: 6, code: "ask_refused", message: "no idea", details: { peer: bobs.peer } },
      { t: "error", n: 2, re: 5, code: "timeout", message: expect.any(String), details: { peer: bobs.peer } },
    ]);
  });

  it("[NT24] get ready and start", async () => {
    const { connect, settle } = nativeServer();
    const { client: ada, welcome } = await connect({ alias: "ada" });
    const { client: bob } = await connect({ alias: "bob" });
    await ada.say({ t: "join", id: 1, room: "game", create: { lobby: true } });
    await bob.say({ t: "join", id: 1, room: "game" });
    await ada.say({ t: "ready", id: 2, room: "game", ready: true });
    expect(await ada.say({ t: "start", id: 3, room: "game" })).toMatchObject([{ code: "not_ready" }]);
    bob.take();

    expect(await bob.say({ t: "ready", id: 2, room: "game", ready: true })).toMatchObject([
      { t: "ready", all: true, ready: [welcome.peer, expect.any(String)] },
      { t: "ok", re: 2 },
    ]);
    expect(await bob.say({ t: "start", id: 3, room: "game" })).toMatchObject([{ code: "not_host" }]);
    await ada.say({ t: "start", id: 4, room: "game" });
    await settle();
    expect(bob.take().at(-1)).toMatchObject({ t: "started", by: welcome.peer, members: [{}, {}] });
  });

  it("[NT25] what is told about peers and rooms is bounded", async () => {
    const { ada, open } = await two();
    const meta = { text: "x".repeat(4_096) };

    for (const frame of [
      { t: "set", meta },
      { t: "join", room: "x", create: {}, meta },
      { t: "join", room: "x", create: { meta } },
      { t: "room-set", room: "lobby", meta },
    ]) {
      expect(await ada.say({ id: 9, ...frame })).toMatchObject([{ t: "error", re: 9, code: "too_large" }]);
    }
    expect(await open().say({ t: "hello", v: 1, meta })).toMatchObject([
      { t: "error", code: "too_large", fatal: true },
      { t: "goodbye" },
    ]);
  });
});

it("[NT19] says goodbye with a reason before it closes a link", async () => {
  const { ada, server } = await two();
  const closing = server.close({ drainMs: 0 });
  await ada.settle();
  await closing;

  expect(ada.take()).toEqual([
    { t: "goodbye", reason: "server_shutdown", comeBack: true, retryAfterMs: 1_000 },
  ]);
  expect(ada.end?.code).toBe(3001);
});
