import { afterEach, describe, expect, it } from "vitest";
import { type JwtAuth, jwtAuth } from "../auth/jwt.ts";
import { configOf } from "../config/index.ts";
import { createLog } from "../observe/log.ts";
import { TextSocket } from "../testing/text-socket.ts";
import { Server } from "./server.ts";

const auth = jwtAuth({ secret: "a secret of the tests, and of nobody else" });
const log = createLog({ level: "silent", format: "json" });
const running: Server[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close({ drainMs: 0 })));
});

/** The server as `parlor serve` runs it, and sockets to it by user and room. */
async function serve({ capacity = 100, checkedBy = auth }: { capacity?: number; checkedBy?: JwtAuth } = {}) {
  const config = configOf({
    host: "127.0.0.1",
    port: 0,
    tapaculo: { capacity },
    playground: { enabled: false },
  });
  const server = new Server(config, { log, auth: checkedBy });
  running.push(server);
  const { port } = await server.listen();
  const url = `ws://127.0.0.1:${port}/ws`;
  return {
    url,
    async join(
      userId: string,
      { roomId = "lobby", role = undefined as string | undefined, query = "" } = {},
    ) {
      const token = await checkedBy.signAccess({ userId, roomId, role });
      return TextSocket.open(`${url}?token=${token}${query}`);
    },
  };
}

/** Everything sent before has been dealt with, and `to` has heard nothing of it: the next that it hears is this. */
async function expectSilence(from: TextSocket, to: TextSocket): Promise<void> {
  from.send({ from: "x", data: "settled" });
  expect(await to.json()).toMatchObject({ data: "settled" });
}

describe("a client of tapaculo", () => {
  it("[TP1] opens by query, header or subprotocol and hears the others", async () => {
    const { join, url } = await serve();
    const ada = await join("ada");
    const token = await auth.signAccess({ userId: "bob", roomId: "lobby" });
    const bob = await TextSocket.open(url.replace("/ws", "/tapaculo/ws"), {
      headers: { authorization: `Bearer ${token}` },
    });

    const hidden = await auth.signAccess({ userId: "eve", roomId: "lobby" });
    const eve = await TextSocket.open(url, ["tapaculo", `bearer.${hidden}`]);

    bob.send({ from: "bob", data: { text: "hi" } });

    expect(await eve.next()).toBe('{"from":"bob","data":{"text":"hi"}}');
    expect(await ada.next()).toBe('{"from":"bob","data":{"text":"hi"}}');
  });

  it("[TP2] is refused by HTTP without a good token", async () => {
    const { url } = await serve();
    const refresh = await auth.signRefresh({ userId: "ada" });
    const reason = (why: string) => ({ status: 401, body: expect.stringContaining(`"reason":"${why}"`) });

    await expect(TextSocket.open(`${url}?token=`)).rejects.toMatchObject(reason("missing"));
    await expect(TextSocket.open(`${url}?token=nonsense`)).rejects.toMatchObject(reason("malformed"));
    await expect(TextSocket.open(`${url}?token=${refresh}`)).rejects.toMatchObject(reason("wrong_type"));
  });

  it("[TP5] is told when the room is full, and closed without a code", async () => {
    const { join } = await serve({ capacity: 1 });
    await join("ada");

    const bob = await join("bob");

    expect(await bob.next()).toBe('{"error":"Room is full (max 1 players)"}');
    expect(await bob.closed).toEqual({ code: 1005, reason: "" });
  });

  it("[TP7] cannot speak for somebody else", async () => {
    const { join } = await serve();
    const [ada, eve] = [await join("ada"), await join("eve")];

    eve.send('{"from":"ada","data":"I resign","from":"ada"}');

    expect(await ada.json()).toEqual({ from: "eve", data: "I resign" });
  });

  it("[TP8] may send nonsense and lives on", async () => {
    const { join } = await serve();
    const [ada, bob] = [await join("ada"), await join("bob")];

    for (const nonsense of ["", "nonsense", "[]", '{"from":"bob"}', '{"data":1}', Uint8Array.of(1, 2)])
      bob.send(nonsense);
    await expectSilence(bob, ada);

    expect(bob.unread).toEqual([]);
  });

  it("[TP9] is cut off only by messages of four times the limit", async () => {
    const { join } = await serve();
    const [ada, bob] = [await join("ada"), await join("bob")];

    bob.send({ from: "bob", data: "x".repeat(65_536) });
    await expectSilence(bob, ada);
    bob.send({ from: "bob", data: "x".repeat(4 * 65_536) });

    expect(await bob.closed).toMatchObject({ code: 1009 });
  });

  it("[TP10] hears nothing of a spectator", async () => {
    const { join } = await serve();
    const [ada, eve, bob] = [await join("ada"), await join("eve", { role: "spectator" }), await join("bob")];

    eve.send({ from: "eve", data: "look at me" });
    await expectSilence(bob, ada);

    expect(await eve.json()).toEqual({ from: "bob", data: "settled" });
  });

  it("[TP12] is told who comes and goes where it asks for it", async () => {
    const { join } = await serve();
    const ada = await join("ada", { query: "&events=1" });
    expect(await ada.json()).toMatchObject({ type: "welcome", room: "lobby", members: [{ user: "ada" }] });

    const bob = await join("bob");
    expect(await ada.json()).toMatchObject({ type: "joined", user: "bob", role: "player" });
    await bob.close();

    expect(await ada.json()).toEqual({ type: "left", user: "bob", reason: "disconnected" });
  });

  it("[TP15] is told of a user with two links once", async () => {
    const { join } = await serve();
    const ada = await join("ada", { query: "&events=1" });
    const tabs = [await join("bob"), await join("bob")];
    await tabs[0]?.close();
    await tabs[1]?.close();

    const heard = [await ada.json(), await ada.json(), await ada.json()] as { type: string }[];

    expect(heard.map(({ type }) => type)).toEqual(["welcome", "joined", "left"]);
  });

  it("[TP16] is closed when its token ends", async () => {
    const before = Date.now() - 3_600_000;
    const short = jwtAuth({ secret: "s".repeat(32), now: () => before });
    const expiring: JwtAuth = {
      ...short,
      // The check runs an hour ago, so the token is good; by the clock of the server it has ended.
      authenticate: (credentials, context) => short.authenticate(credentials, context),
    };
    const { join } = await serve({ checkedBy: expiring });

    const ada = await join("ada");

    expect(await ada.closed).toEqual({ code: 4001, reason: "the token has expired" });
  });
});
