import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { AuthProvider } from "../auth/auth.ts";
import { Refusal } from "../core/errors.ts";
import { ANONYMOUS, type Identity } from "../core/identity.ts";
import { roomId, spaceId } from "../core/ids.ts";
import { createLog } from "../observe/log.ts";
import { nativeServer, type WireFrame } from "../testing/native.ts";
import { TextSocket } from "../testing/text-socket.ts";
import { createServer } from "./embedding.ts";

const START = 1_700_000_000_000;
const types = (frames: readonly WireFrame[]) => frames.map(({ t }) => t);

/** Tokens of the tests, as what they stand for. */
const TOKENS: Readonly<Record<string, Partial<Identity>>> = {
  short: { user: "ada", tokenId: "short", expiresAt: START + 60_000 },
  long: { user: "ada", tokenId: "long", expiresAt: START + 600_000 },
  bob: { user: "bob", tokenId: "bob" },
  dated: { user: "ada", issuedAt: START },
  undated: { user: "ada", issuedAt: 0 },
  newer: { user: "ada", issuedAt: START + 1_000 },
  arena: { user: "ada", space: spaceId("arena") },
  lobby: { user: "ada", room: roomId("lobby") },
};

const auth: AuthProvider = {
  authenticate: async ({ token = "" }) => {
    const identity = TOKENS[token];
    if (!identity) throw new Refusal("unauthorized");
    return { ...ANONYMOUS, ...identity };
  },
};

describe("a token that ends", () => {
  it("[NT30] is announced, then ends the link, and the session can be gone on with", async () => {
    const { connect, forward } = nativeServer({ rooms: { seatGraceMs: 60_000 } }, { auth });
    const { client, welcome } = await connect({ token: "short" });
    await forward(29_999);
    expect(client.take()).toEqual([]);
    await forward(1);
    expect(client.take()).toEqual([{ t: "expiring", inMs: 30_000 }]);
    await forward(30_000);

    expect(client.take()).toEqual([{ t: "goodbye", reason: "token_expired", comeBack: false }]);
    expect(client.end?.code).toBe(3508);
    const resume = { session: welcome.session, token: welcome.resume, in: 0, rooms: {} };
    expect((await connect({ token: "long", resume })).welcome).toMatchObject({
      resumed: true,
      peer: welcome.peer,
    });
  });

  it("[NT30] is renewed in time, and warned of a minute before the new end", async () => {
    const { connect, forward } = nativeServer({}, { auth });
    const { client } = await connect({ token: "short" });
    expect(await client.say({ t: "token", id: 1, q: 1, token: "long" })).toEqual([{ t: "ok", re: 1 }]);
    client.take();
    await forward(60_000);
    expect(types(client.take())).toEqual(["ack"]);
    await forward(480_000);

    expect(client.take()).toEqual([{ t: "expiring", inMs: 60_000 }]);
    expect(client.end).toBeUndefined();
  });

  it("[NT31] is not replaced by one that is not good, or of somebody else", async () => {
    const { connect, forward } = nativeServer({}, { auth });
    const { client } = await connect({ token: "short" });
    for (const [token, code] of [
      ["bad", "unauthorized"],
      ["bob", "forbidden"],
      ["arena", "forbidden"],
    ]) {
      expect(await client.say({ t: "token", id: 1, token })).toMatchObject([{ t: "error", re: 1, code }]);
    }

    expect(await client.say({ t: "ping", id: 2 })).toEqual([{ t: "pong", re: 2 }]);
    await forward(60_000);
    expect(client.end?.code).toBe(3508);
  });
});

describe("tickets", () => {
  it("[NT32] let in once, and in time", async () => {
    const { server, open, connect, forward } = nativeServer({}, { auth });
    const ticket = server.tickets.issue({ user: "kim", space: spaceId("arena") });
    const late = server.tickets.issue({ user: "kim" }, { ttlMs: 1_000 });

    expect((await connect({ ticket })).welcome).toMatchObject({ t: "welcome" });
    expect(await open({ query: `ticket=${ticket}` }).say({ t: "hello", v: 1 })).toMatchObject([
      { t: "error", code: "unauthorized", fatal: true },
      { t: "goodbye" },
    ]);
    await forward(1_000);
    expect((await connect({ ticket: late })).welcome).toMatchObject({ t: "error", code: "unauthorized" });
    expect(server.tickets.size).toBe(0);
  });
});

it("[NT32] tickets are issued, and users revoked, by an embedder", async () => {
  const server = createServer({ auth, log: createLog({ level: "silent", format: "json" }) });
  expect(() => server.issueTicket({ user: "kim" })).toThrow();
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  try {
    const ticket = server.issueTicket({ user: "kim" });
    const socket = await TextSocket.open(`ws://127.0.0.1:${port}/parlor?ticket=${ticket}`, {});
    socket.send({ t: "hello", v: 1 });
    expect(await socket.json()).toMatchObject({ t: "welcome" });

    expect(server.revoke({ user: "kim" })).toBe(1);
    expect((await socket.closed).code).toBe(3509);
  } finally {
    await server.close({ drainMs: 0 });
  }
});

describe("revoking", () => {
  it("[NT33] a token closes its links, ends its sessions, and keeps it out", async () => {
    const { server, connect } = nativeServer({}, { auth });
    const { client: ada } = await connect({ token: "short" });
    const { client: bob } = await connect({ token: "bob" });

    expect(server.revoke({ tokenId: "short" })).toBe(1);
    await ada.settle();
    expect(ada.take()).toEqual([{ t: "goodbye", reason: "token_revoked", comeBack: false }]);
    expect(ada.end?.code).toBe(3509);
    expect(server.hub.counts.peers).toBe(1);
    expect((await connect({ token: "short" })).welcome).toMatchObject({ code: "unauthorized" });
    expect(types(await bob.say({ t: "ping", id: 1 }))).toEqual(["pong"]);
  });

  it("[NT33] a user ends the sessions that wait for a link too", async () => {
    const { server, connect } = nativeServer({}, { auth });
    const { client: away } = await connect({ token: "short" });
    await connect({ token: "long" });
    await away.cut();
    expect([server.hub.counts.peers, server.hub.away]).toEqual([2, 1]);

    expect(server.revoke({ user: "ada" })).toBe(1);
    expect(server.hub.counts.peers).toBe(0);
  });

  it("[NT33] a user keeps out what was made before, on every way in, and nothing newer", async () => {
    const { server, connect, clock } = nativeServer({}, { auth });
    const ticket = server.tickets.issue({ user: "ada" });
    const { client: renewing } = await connect({ token: "bob" });
    const { client: here } = await connect({ token: "dated" });

    expect(server.revoke({ user: "ada" })).toBe(1);
    await here.settle();

    expect(here.end?.code).toBe(3509);
    const refused = { code: "unauthorized", details: { reason: "revoked" } };
    for (const credentials of [{ token: "dated" }, { token: "undated" }, { ticket }])
      expect((await connect(credentials)).welcome).toMatchObject(refused);
    expect(await renewing.say({ t: "token", id: 1, q: 1, token: "dated" })).toMatchObject([refused]);
    clock.now += 1_000;
    for (const credentials of [{ token: "newer" }, { ticket: server.tickets.issue({ user: "ada" }) }])
      expect((await connect(credentials)).welcome).toMatchObject({ t: "welcome" });
  });
});

it("[NT34] credentials for one room are good for no other", async () => {
  const { connect } = nativeServer({}, { auth });
  const { client } = await connect({ token: "lobby" });

  expect(await client.say({ t: "join", id: 1, room: "lobby", create: {} })).toMatchObject([
    { t: "snapshot" },
  ]);
  expect(await client.say({ t: "join", id: 2, room: "den", create: {} })).toMatchObject([
    { code: "forbidden" },
  ]);
  expect(await client.say({ t: "join", id: 3, create: {} })).toMatchObject([{ code: "forbidden" }]);
});

describe("ways between peers", () => {
  const ice = {
    stunUrls: ["stun:stun.example.com:3478"],
    turnUrls: ["turn:turn.example.com:3478?transport=udp"],
    turnSecret: "the secret of the TURN server",
    turnTtlMs: "1h",
  };

  it("[NT35] are told with credentials that end by themselves", async () => {
    const { connect } = nativeServer({ ice }, { auth });
    const { client } = await connect({ token: "bob" });
    const username = `${(START + 3_600_000) / 1_000}:bob`;
    const credential = createHmac("sha1", ice.turnSecret).update(username).digest("base64");

    expect(await client.say({ t: "ice", id: 1, q: 1 })).toEqual([
      {
        t: "ice",
        re: 1,
        servers: [{ urls: ice.stunUrls }, { urls: ice.turnUrls, username, credential }],
        ttlMs: 3_600_000,
      },
    ]);
    expect(await client.say({ t: "ping", id: 2, q: 2 })).toEqual([{ t: "pong", re: 2 }]);
  });

  it("[NT35] are none where none are configured, and no TURN server without its secret", async () => {
    const { connect } = nativeServer();
    const { client } = await connect();
    expect(await client.say({ t: "ice", id: 1 })).toEqual([{ t: "ice", re: 1, servers: [] }]);

    const { turnSecret: _, ...known } = ice;
    const { client: other } = await nativeServer({ ice: known }).connect();
    expect(await other.say({ t: "ice", id: 1 })).toEqual([
      { t: "ice", re: 1, servers: [{ urls: ice.stunUrls }] },
    ]);
  });
});
