import { afterEach, describe, expect, it } from "vitest";
import { type ConfigInput, configOf } from "../config/index.ts";
import { createLog } from "../observe/log.ts";
import { Server } from "../server/server.ts";
import { TextSocket } from "../testing/text-socket.ts";
import { consoleRoutes } from "./routes.ts";

const TOKEN = "the token of these tests";
const running: Server[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close({ drainMs: 0 })));
});

/** What tests look at in any of the answers. */
interface Body extends Readonly<Record<string, unknown>> {
  readonly rooms: readonly { readonly space: string }[];
  readonly peers: readonly { readonly address: string }[];
  readonly messages: { readonly received: number; readonly delivered: number };
  readonly memory: { readonly rssBytes: number };
  readonly samples: readonly object[];
  readonly settings: readonly { readonly path: string }[];
  readonly list: readonly object[];
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** A real server with a console, its log, and ways to ask it. */
async function serve(input: ConfigInput = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    level: "info",
    format: "json",
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const clock = { now: 1_700_000_000_000 };
  const stopped = { times: 0 };
  const config = configOf({ host: "127.0.0.1", port: 0, ...input });
  const server = new Server(config, {
    log,
    world: { now: () => clock.now },
    operate: (operator) => consoleRoutes({ operator, token: TOKEN, stop: () => void stopped.times++ }),
  });
  running.push(server);
  const { port } = await server.listen();
  const base = `http://127.0.0.1:${port}`;

  async function ask(
    path: string,
    { token = TOKEN, headers = {}, post }: { token?: string; headers?: object; post?: unknown } = {},
  ): Promise<Answer> {
    const response = await fetch(`${base}/console/api/${path}`, {
      headers: { ...(token !== "" && { authorization: `Bearer ${token}` }), ...headers },
      ...(post !== undefined && {
        method: "POST",
        body: typeof post === "string" ? post : JSON.stringify(post),
      }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Body,
    };
  }

  /** A native peer on a real socket. */
  async function connect(alias: string): Promise<{ socket: TextSocket; peer: string }> {
    const socket = await TextSocket.open(`ws://127.0.0.1:${port}/parlor`, ["parlor.v1"]);
    socket.send({ t: "hello", v: 1, alias });
    const welcome = await socket.until(({ t }) => t === "welcome");
    return { socket, peer: String(welcome.peer) };
  }

  /** The same, in a room that only its members know. */
  async function connectIn(room: string, alias: string, how: "create" | "enter" = "create") {
    const client = await connect(alias);
    client.socket.send({ t: "join", id: 1, q: 1, room, ...(how === "create" && { create: {} }) });
    await client.socket.until(({ re }) => re === 1);
    return client;
  }

  const actions = () => lines.filter(({ msg }) => msg === "console.action");
  return { ask, base, clock, connect, connectIn, lines, actions, server, stopped };
}

describe("the console's door", () => {
  it.each(["overview", "rooms", "peers", "settings", "no/such/thing", ""])(
    "[CN1] is shut for who asks for %s without the token",
    async (path) => {
      const { ask } = await serve();

      for (const token of ["", "wrong"]) {
        const { status, headers, body } = await ask(path, { token });
        expect(status).toBe(401);
        expect(headers.get("www-authenticate")).toBe("Bearer");
        expect(body).toEqual({ error: "unauthorized", message: "the console needs its token" });
      }
    },
  );

  it("[CN1] is shut for actions too", async () => {
    const { ask, connect } = await serve();
    const { peer } = await connect("ada");

    expect((await ask("peers/end", { token: "wrong", post: { peer } })).status).toBe(401);
    expect((await ask("drain", { token: "", post: {} })).status).toBe(401);

    expect((await ask("peers")).body.total).toBe(1);
  });

  it("[CN3] is locked for a while after ten wrong tokens, for the right one too", async () => {
    const { ask, clock } = await serve();
    for (let time = 0; time < 10; time++) await ask("overview", { token: `guess ${time}` });

    const locked = await ask("overview");
    clock.now += 6_001;
    const unlocked = await ask("overview");

    expect(locked).toMatchObject({ status: 429, body: { error: "slow_down" } });
    expect(locked.headers.get("retry-after")).toBe("6");
    expect(unlocked.status).toBe(200);
  });

  it("[CN3] believes X-Forwarded-For as far as trustProxy says, and no further", async () => {
    const [trusting, careful] = [await serve({ trustProxy: 1 }), await serve()];
    const from = (address: string) => ({ headers: { "x-forwarded-for": address } });

    for (const { ask } of [trusting, careful])
      for (let time = 0; time < 10; time++) await ask("overview", { token: "guess", ...from("192.0.2.1") });

    expect((await trusting.ask("overview", from("192.0.2.1"))).status).toBe(429);
    expect((await trusting.ask("overview", from("192.0.2.2"))).status).toBe(200);
    expect((await careful.ask("overview", from("192.0.2.2"))).status).toBe(429);
  });

  it("[CN6] shows its page to everybody, with a strict policy, and stores no answers", async () => {
    const { base, ask } = await serve();

    const page = await fetch(`${base}/console/`);
    const moved = await fetch(`${base}/console`, { redirect: "manual" });

    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toMatch(
      /^default-src 'self'; .*frame-ancestors 'none'/,
    );
    expect(page.headers.get("content-security-policy")).not.toMatch(/unsafe|data:|\*/);
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "/console/"]);
    expect((await ask("overview")).headers.get("cache-control")).toBe("no-store");
    expect((await fetch(`${base}/console/..%2fserver/server.js`)).status).toBe(404);
    expect((await fetch(`${base}/console/assets/..%2findex.html`)).status).toBe(404);
  });
});

describe("what the console tells", () => {
  it("[CN7] tells how the server is doing", async () => {
    const { ask, connectIn, server, clock } = await serve();
    const { socket } = await connectIn("lobby", "ada");
    socket.send({ t: "join", id: 2, q: 2, room: "nowhere" });
    await socket.until(({ re }) => re === 2);
    clock.now += 5_000;
    server.tick();

    const { status, body } = await ask("overview");

    expect(status).toBe(200);
    expect(body).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      mode: "development",
      uptimeMs: 5_000,
      draining: false,
      peers: 1,
      links: 1,
      rooms: 1,
      errors: 0,
      refusals: { room_not_found: 1 },
      linksAccepted: { native: 1 },
    });
    expect(body.messages.received).toBe(3);
    expect(body.messages.delivered).toBeGreaterThanOrEqual(2);
    expect(body.memory.rssBytes).toBeGreaterThan(1e6);
    expect(body.samples.at(-1)).toMatchObject({ at: clock.now, peers: 1, rooms: 1 });
    expect((await ask(`overview?since=${clock.now}`)).body.samples).toEqual([]);
  });

  it("[CN8] names hidden rooms, which nobody else is told of", async () => {
    const { ask, base, connectIn } = await serve();
    const { peer } = await connectIn("Secret Cellar", "ada");

    const { body } = await ask("rooms?search=cellar");
    const members = await ask(`rooms/members?space=${body.rooms[0]?.space}&room=Secret%20Cellar`);
    const others = await Promise.all(
      ["health", "stats", "metrics/json", "peer-server/stats"].map(async (path) =>
        (await fetch(`${base}/${path}`)).text(),
      ),
    );

    expect(body.rooms).toMatchObject([{ room: "Secret Cellar", hidden: true, members: 1 }]);
    expect(members.body.list).toMatchObject([{ peer, alias: "ada", away: false }]);
    expect(others.join()).not.toContain("Cellar");
  });

  it("[CN8] finds rooms by kind, and none that is not there", async () => {
    const { ask, connectIn } = await serve();
    await connectIn("lobby", "ada");

    expect((await ask("rooms?kind=room")).body.rooms).toHaveLength(1);
    expect((await ask("rooms?kind=match")).body.rooms).toEqual([]);
    expect(await ask("rooms/members?space=nowhere&room=lobby")).toMatchObject({
      status: 404,
      body: { error: "room_not_found" },
    });
  });

  it("[CN9] masks addresses unless it is asked for them", async () => {
    const { ask, connectIn } = await serve();
    const { peer } = await connectIn("lobby", "ada");

    const [masked, full, other] = [
      await ask("peers?search=ADA"),
      await ask(`peers?search=${peer}&addresses=full`),
      await ask("peers?search=bob"),
    ];

    expect(masked.body.peers).toMatchObject([
      { peer, alias: "ada", dialect: "native", address: "127.0.•.•", rooms: ["lobby"] },
    ]);
    expect(full.body.peers[0]?.address).toBe("127.0.0.1");
    expect(other.body).toEqual({ peers: [], next: null, total: 1 });
  });

  it.each(["limit=0", "limit=201", "limit=many", "limit=-1", "limit=1.5", "after=-1", "after=1e9", "limit="])(
    "[CN10] refuses a page with %s",
    async (query) => {
      const { ask } = await serve();

      for (const list of ["rooms", "peers"]) {
        const { status, body } = await ask(`${list}?${query}`);
        expect(status).toBe(400);
        expect(body).toMatchObject({ error: "bad_request", details: { path: query.split("=")[0] } });
      }
    },
  );

  it("[CN10] leads from page to page", async () => {
    const { ask, connect } = await serve();
    for (const alias of ["ada", "bob", "eve"]) await connect(alias);

    const first = await ask("peers?limit=2");
    const second = await ask(`peers?limit=2&after=${first.body.next}`);

    expect(first.body.peers).toMatchObject([{ alias: "ada" }, { alias: "bob" }]);
    expect(second.body).toMatchObject({ peers: [{ alias: "eve" }], next: null });
  });

  it("[CN10] refuses an endless search", async () => {
    const { ask } = await serve();

    expect((await ask(`rooms?search=${"x".repeat(257)}`)).status).toBe(400);
  });

  it("[CN11] shows every setting and no secret", async () => {
    const secret = "a secret that nobody may see, ever";
    const { ask } = await serve({ auth: { secret }, metrics: { token: "hush, a token" }, maxPeers: 7 });

    const { body } = await ask("settings");
    const byPath = new Map(body.settings.map((line) => [line.path, line]));

    expect(JSON.stringify(body)).not.toMatch(/nobody may see|hush/);
    expect(byPath.get("auth.secret")).toMatchObject({ value: "•••", isDefault: false });
    expect(byPath.get("maxPeers")).toMatchObject({ value: "7", isDefault: false });
    expect(byPath.get("mode")).toMatchObject({ value: "development", isDefault: true });
    expect(byPath.get("allowLocalhostOrigins")).toMatchObject({ value: "true", isDefault: true });
  });
});

describe("what the console does", () => {
  it("[CN12] ends the link of a peer, which is told why and not to come back", async () => {
    const { ask, connectIn, actions } = await serve();
    const ada = await connectIn("lobby", "ada");
    const bob = await connectIn("lobby", "bob", "enter");

    const { status } = await ask("peers/end", { post: { peer: bob.peer } });

    expect(status).toBe(200);
    expect(await bob.socket.until(({ t }) => t === "goodbye")).toMatchObject({
      reason: "kicked",
      comeBack: false,
    });
    expect((await bob.socket.closed).code).toBe(3506);
    expect(await ada.socket.until(({ t }) => t === "left")).toMatchObject({
      peer: bob.peer,
      reason: "kicked",
    });
    expect((await ask("overview")).body).toMatchObject({ peers: 1, away: 0, goodbyes: { kicked: 1 } });
    expect(actions()).toMatchObject([{ action: "end-peer", target: bob.peer, outcome: "done" }]);
  });

  it("[CN12] ends a peer that is only waited for", async () => {
    const { ask, connectIn, connect } = await serve();
    const watcher = await connect("ada");
    const bob = await connectIn("lobby", "bob");
    await bob.socket.drop();
    // Answered after the server has heard of the lost link, which came first.
    for (;;) {
      watcher.socket.send({ t: "ping", id: 9 });
      await watcher.socket.until(({ re }) => re === 9);
      if ((await ask("overview")).body.away === 1) break;
    }

    expect((await ask("peers/end", { post: { peer: bob.peer } })).status).toBe(200);

    expect((await ask("overview")).body).toMatchObject({ peers: 1, away: 0, rooms: 0 });
  });

  it("[CN13] closes a room, whose members are told and stay", async () => {
    const { ask, connectIn, actions } = await serve();
    const { socket } = await connectIn("lobby", "ada");
    const space = (await ask("rooms")).body.rooms[0]?.space;

    const { status } = await ask("rooms/close", { post: { space, room: "lobby" } });

    expect(status).toBe(200);
    expect(await socket.until(({ t }) => t === "closed")).toMatchObject({ reason: "closed" });
    expect((await ask("overview")).body).toMatchObject({ peers: 1, links: 1, rooms: 0 });
    expect(actions()).toMatchObject([{ action: "close-room", target: `${space}/lobby`, outcome: "done" }]);
  });

  it("[CN14] stops the server after it has answered, and once", async () => {
    const { ask, server, stopped, actions } = await serve();

    const first = await ask("drain", { post: {} });
    expect([first.status, stopped.times]).toEqual([202, 1]);

    const fetched = () =>
      server.fetch(
        new Request("http://localhost/console/api/drain", {
          method: "POST",
          headers: { authorization: `Bearer ${TOKEN}` },
        }),
        { remoteAddress: "127.0.0.1" },
      );
    await server.close({ drainMs: 0 });
    expect((await fetched()).status).toBe(503);
    expect(stopped.times).toBe(1);
    expect(actions().map(({ outcome }) => outcome)).toEqual(["done", "draining"]);
  });

  it.each([
    ["peers/end", { peer: "nobody" }, 404],
    ["peers/end", {}, 400],
    ["peers/end", { peer: 7 }, 400],
    ["peers/end", "no JSON", 400],
    ["peers/end", "null", 400],
    ["peers/end", '{"__proto__":{"peer":"x"}}', 400],
    ["rooms/close", { space: "x", room: "y" }, 404],
    ["rooms/close", { room: "lobby" }, 400],
    ["no-such-action", {}, 404],
  ])("[CN15] answers %s with %j by %d and changes nothing", async (path, post, status) => {
    const { ask, connectIn } = await serve();
    await connectIn("lobby", "ada");

    expect((await ask(path, { post })).status).toBe(status);

    expect((await ask("overview")).body).toMatchObject({ peers: 1, rooms: 1, errors: 0 });
  });

  it("[CN15] refuses names that are too long", async () => {
    const { ask } = await serve();

    const { status, body } = await ask("rooms/close", { post: { space: "x", room: "y".repeat(1025) } });

    expect(status).toBe(400);
    expect(body).toMatchObject({ error: "bad_request", details: { path: "room" } });
  });

  it("[CN15] writes to the log what was tried in vain, and never a token or an address", async () => {
    const { ask, actions, lines } = await serve();
    await ask("overview", { token: "a wrong one" });

    await ask("peers/end", { post: { peer: "nobody" } });

    expect(actions()).toMatchObject([{ action: "end-peer", target: "nobody", outcome: "peer_not_found" }]);
    expect(JSON.stringify(lines.filter(({ msg }) => String(msg).startsWith("console")))).not.toMatch(
      /a wrong one|the token of these|127\.0/,
    );
  });
});
