import { describe, expect, it } from "vitest";
import type { Room } from "../../src/client/room.ts";
import type { RoomEvents } from "../../src/client/room-events.ts";
import { realServer } from "./real-server.ts";

const { open, trouble } = realServer();
let count = 0;

/** Ada, who hosts a room of its own, and Bob, who is in it. */
async function two(create: object = {}) {
  const [ada, bob] = [open({ alias: "ada" }), open({ alias: "bob" })];
  const room = `room-${++count}`;
  const adas = await ada.join({ room, create });
  const bobs = await bob.join({ room });
  await ada.settled();
  return { ada, bob, adas, bobs, room };
}

/** The next event of that name. */
function told<Name extends keyof RoomEvents>(room: Room, name: Name): Promise<RoomEvents[Name]> {
  return new Promise((resolve) => {
    const stop = room.on(name, (event) => {
      stop();
      resolve(event);
    });
  });
}

describe("rooms, as the SDK shows them", () => {
  it("are opened with a code, and found by it", async () => {
    const [ada, bob] = [open(), open()];
    const adas = await ada.join({ create: { code: true, capacity: 3, meta: { mode: "duel" } } });

    const bobs = await bob.join({ code: String(adas.code).toLowerCase() });

    expect(bobs.name).toBe(adas.name);
    expect(bobs.meta).toEqual({ mode: "duel" });
    expect([bobs.capacity, bobs.host, adas.role, bobs.role]).toEqual([3, ada.peer, "host", "member"]);
  });

  it("are changed, locked and handed on by their host", async () => {
    const { ada, bob, adas, bobs, room } = await two();
    const changed = told(bobs, "room");
    await adas.change({ isLocked: true, meta: { map: "hill" }, visibility: "public" });
    await changed;
    expect([bobs.isLocked, bobs.meta, bobs.visibility]).toEqual([true, { map: "hill" }, "public"]);
    await expect(open().join({ room })).rejects.toMatchObject({ code: "room_locked" });
    await expect(bobs.change({ isLocked: false })).rejects.toMatchObject({ code: "not_host" });

    const handedOn = told(bobs, "host");
    await adas.makeHost(bob.peer);

    expect((await handedOn).peer).toBe(bob.peer);
    expect([bobs.role, bobs.members.get(ada.peer)?.role]).toEqual(["host", "member"]);
  });

  it("are sealed with a password from their birth, and later by their host", async () => {
    const [ada, bob] = [open({ alias: "ada" }), open({ alias: "bob" })];
    const adas = await ada.join({ room: "vault", create: { visibility: "public" } }, { password: "coral" });
    expect(adas.isSealed).toBe(true);
    await expect(bob.join("vault")).rejects.toMatchObject({ code: "password_required" });
    await expect(bob.join("vault", { password: "x" })).rejects.toMatchObject({ code: "password_required" });
    const bobs = await bob.join("vault", { password: "coral" });
    expect(await bob.info("vault")).toMatchObject({ isSealed: true });

    const opened = told(bobs, "room");
    await adas.change({ password: null });
    await opened;
    expect([adas.isSealed, bobs.isSealed]).toEqual([false, false]);
    await (await open().join("vault")).leave();
    await adas.change({ password: "wave" });
    await expect(open().join("vault", { password: "coral" })).rejects.toMatchObject({
      code: "password_required",
    });
    await open().join("vault", { password: "wave" });
    await expect(bobs.change({ password: "mine" })).rejects.toMatchObject({ code: "not_host" });
  });

  it("are given another code by their host, who may ban and unban", async () => {
    const [ada, bob, eve] = [open(), open(), open()];
    const adas = await ada.join({ create: { code: true } });
    const before = String(adas.code);
    const bobs = await bob.join({ code: before });
    const renewed = told(bobs, "room");

    const code = await adas.renewCode();

    await renewed;
    expect(code).not.toBe(before);
    expect([adas.code, bobs.code]).toEqual([code, code]);
    await expect(eve.join({ code: before })).rejects.toMatchObject({ code: "room_not_found" });
    expect((await eve.join({ code })).name).toBe(adas.name);
    await expect(bobs.renewCode()).rejects.toMatchObject({ code: "not_host" });
    const kicked = told(bobs, "kicked");
    await adas.ban(bob.peer);
    await kicked;
    await expect(bob.join({ code })).rejects.toMatchObject({ code: "banned" });
    await adas.unban(bob.peer);
    expect((await bob.join({ code })).name).toBe(adas.name);
  });

  it("are listed when they are public, page by page", async () => {
    const ada = open({ space: "listing" });
    for (const n of [1, 2, 3])
      await ada.join({ room: `open-${n}`, create: { visibility: "public", meta: { n } } });
    await ada.join({ room: "hidden", create: {} });

    const first = await ada.list({ limit: 2 });
    const second = await ada.list({ limit: 2, ...(first.next !== undefined && { after: first.next }) });
    const third = await ada.list({ filter: { n: 3 } });

    expect([...first.rooms, ...second.rooms].map(({ name }) => name)).toEqual(["open-1", "open-2", "open-3"]);
    expect(third.rooms.map(({ name, members }) => [name, members])).toEqual([["open-3", 1]]);
    expect((await ada.info("open-1")).host).toBe(ada.peer);
  });

  it("lose who is kicked or banned, and are closed for them", async () => {
    const { bob, adas, bobs, room } = await two();
    const closed = told(bobs, "closed");
    await adas.kick(bob.peer, { reason: "mind your words" });
    expect((await closed).reason).toBe("kicked");
    const again = await bob.join({ room });

    const banned = told(again, "closed");
    await adas.ban(bob.peer);

    expect((await banned).reason).toBe("kicked");
    await expect(bob.join({ room })).rejects.toMatchObject({ code: "banned" });
    await adas.unban(bob.peer);
    expect((await bob.join({ room })).members.size).toBe(2);
  });

  it("answer questions, with an answer or with a reason", async () => {
    const { bob, adas, bobs } = await two();
    bobs.answer("double", (n) => Number(n) * 2);
    bobs.answer("fail", () => {
      throw new Error("my own affair");
    });

    expect(await adas.ask(bob.peer, "double", 21)).toBe(42);
    await expect(adas.ask(bob.peer, "riddle", null)).rejects.toMatchObject({
      message: 'nobody answers "riddle" here',
    });
    const failed = adas.ask(bob.peer, "fail", null);
    await expect(failed).rejects.toMatchObject({ message: "the answerer failed" });
    await expect(adas.ask("nobody", "double", 1)).rejects.toMatchObject({ code: "peer_not_found" });
    expect(trouble.splice(0)).toEqual([new Error("my own affair")]);
  });

  it("remember what was said", async () => {
    const { ada, adas, bobs, bob } = await two();
    for (const n of [1, 2, 3, 4, 5]) adas.send("word", n);
    await ada.settled();

    const last = await bobs.history({ limit: 3 });
    const before = last.before;
    const rest = await bobs.history({ limit: 100, ...(before !== undefined && { before }) });

    expect(last.messages.map(({ data }) => data)).toEqual([3, 4, 5]);
    expect(last.hasMore).toBe(true);
    expect(rest.messages.map(({ data, from }) => [data, from])).toEqual([
      [1, ada.peer],
      [2, ada.peer],
    ]);
    expect((await adas.page({ limit: 1 })).hasMore).toBe(true);
    expect((await adas.page({ limit: 1, after: ada.peer })).members.map(({ peer }) => peer)).toEqual([
      bob.peer,
    ]);
  });

  it("show what their members tell about themselves", async () => {
    const { ada, bob, adas, bobs } = await two();
    const everywhere = told(bobs, "updated");
    await ada.setMeta({ colour: "red" });
    expect((await everywhere).member.meta).toMatchObject({ colour: "red" });
    const here = told(adas, "updated");

    await bobs.setMeta({ team: 2 });

    expect((await here).member).toMatchObject({ peer: bob.peer, meta: { team: 2 } });
  });

  it("start when everybody is ready", async () => {
    const { adas, bobs, ada } = await two({ lobby: true, capacity: 2 });
    const everybody = new Promise((resolve) =>
      adas.on("ready", ({ isEverybody }) => isEverybody && resolve(true)),
    );
    await adas.ready();
    await bobs.ready();
    await everybody;
    const started = told(bobs, "started");

    await adas.start();

    expect(await started).toMatchObject({ by: ada.peer, members: [{ alias: "ada" }, { alias: "bob" }] });
    expect(bobs.lobby?.phase).toBe("finalized");
  });

  it("let spectators watch", async () => {
    const { adas, room } = await two({ spectators: 5 });
    const watching = await open({ alias: "eve" }).join({ room }, { as: "spectator" });
    const heard = told(watching, "message");

    adas.send("move", "e4");

    expect((await heard).data).toBe("e4");
    expect(watching.role).toBe("spectator");
  });
});

describe("an encrypted room on the server", () => {
  it("[CL51] carries what is said in both encodings, while members come and go", async () => {
    const [ada, bob] = [open(), open({ encoding: "msgpack" })];
    const options = { encrypt: true } as const;
    const adas = await ada.join("vault", options);
    const bobs = await bob.join("vault", options);
    const heard: unknown[] = [];
    const faults: unknown[] = [];
    for (const room of [adas, bobs]) room.on("invalid", ({ error }) => faults.push(error));
    const all = new Promise((resolve) => {
      bobs.on("word", (data) => heard.push(data) === 40 && resolve(true));
    });

    for (let n = 0; n < 40; n++) {
      adas.send("word", { n, bytes: Uint8Array.of(n) });
      if (n % 10 === 0) await (await open().join("vault", options)).leave();
    }
    await all;

    expect(heard).toEqual(Array.from({ length: 40 }, (_, n) => ({ n, bytes: Uint8Array.of(n) })));
    expect(faults).toEqual([]);
  });
});

describe("matches, as the SDK finds them", () => {
  it("bring those together who want the same, in a room of their own", async () => {
    const [ada, bob, eve] = [open({ alias: "ada" }), open({ alias: "bob" }), open({ alias: "eve" })];
    const waiting = new AbortController();
    const other = eve.match("duel", { size: 2, criteria: { mode: "blitz" }, signal: waiting.signal });

    const terms = { size: 2, criteria: { mode: "slow" } };
    const [adas, bobs] = await Promise.all([ada.match("duel", terms), bob.match("duel", terms)]);

    expect(adas.room.name).toBe(bobs.room.name);
    expect(adas.members.map(({ alias }) => alias).sort()).toEqual(["ada", "bob"]);
    const heard = told(bobs.room, "message");
    adas.room.send("word", "well met");
    expect((await heard).data).toBe("well met");

    expect((await eve.explainMatch("duel")).fitting).toBe(1);
    waiting.abort(new Error("enough"));
    await expect(other).rejects.toThrow("enough");
    await eve.settled();
    await expect(eve.explainMatch("duel")).rejects.toMatchObject({ name: "ParlorError" });
  });

  it("expire", async () => {
    const match = open().match("lonely", { size: 2, maxWaitMs: 300 });

    await expect(match).rejects.toMatchObject({ code: "match_expired" });
  });
});
