import { afterEach, describe, expect, it } from "vitest";
import { liveServer } from "./live-server.ts";
import { OriginalClient } from "./original-client.ts";

const clients: OriginalClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function clientOf(
  url: string,
  key: string,
  more: { alias?: string; pingEveryMs?: number } = {},
): OriginalClient {
  const client = new OriginalClient(url, { key, ...more });
  clients.push(client);
  return client;
}

async function connected(url: string, key: string, more: { alias?: string; pingEveryMs?: number } = {}) {
  const client = clientOf(url, key, more);
  await client.connect();
  return client;
}

describe("the original's client", () => {
  it("[PS8] [PS14] registers with alias '' and meta {}", async () => {
    const { url } = await liveServer();
    const ada = await connected(url, "ada");

    expect(ada.alias).toMatch(/^[a-z]+-[a-z]+-\d\d$/);
    expect((await ada.join("lobby")).payload).toEqual({
      namespace: "lobby",
      peers: [{ fingerprint: ada.fingerprint, alias: ada.alias }],
      total: 1,
    });
  });

  it("[PS8] sends what was queued while it was offline right behind the register", async () => {
    const { url } = await liveServer();
    const bob = await connected(url, "bob");
    await bob.join("lobby");
    const heard = bob.once("broadcast");
    const ada = clientOf(url, "ada");
    const joined = ada.join("lobby");
    ada.broadcast("lobby", "queued");

    await ada.connect();

    expect((await joined).payload?.total).toBe(2);
    expect((await heard).payload).toEqual({ namespace: "lobby", data: "queued" });
    expect(ada.unsolicited).toEqual([]);
  });

  it("[PS15] registers alice and bob over and over", async () => {
    const { url, server } = await liveServer();
    for (let round = 0; round < 15; round++) {
      const alice = await connected(url, `alice ${round}`, { alias: "alice" });
      const bob = await connected(url, `bob ${round}`, { alias: "bob" });
      expect([alice.alias, bob.alias]).toEqual(["alice", "bob"]);
      await Promise.all([alice.join("ns"), bob.join("ns")]);
      if (round % 2 === 0) for (const client of [alice, bob]) client.close();
    }
    await expect.poll(() => server.hub.counts.peers).toBe(14);
  });

  it("[PS17] [PS26] comes back after a lost line with every namespace and room, as the same peer", async () => {
    const { url } = await liveServer();
    const [ada, bob] = [await connected(url, "ada"), await connected(url, "bob")];
    await ada.join("lobby", { app_type: "chess" });
    await bob.join("lobby");
    await bob.createRoom("den", 2);
    await ada.joinRoom("den");
    const before = ada.fingerprint;
    const left = bob.once("peer_left", ({ namespace }) => namespace === "den");
    await ada.loseLine();
    await left;

    const back = [
      bob.once("peer_joined", ({ namespace }) => namespace === "lobby"),
      bob.once("peer_joined", ({ namespace }) => namespace === "den"),
    ];
    await ada.connect();

    expect(ada.fingerprint).toBe(before);
    const [inLobby, inDen] = await Promise.all(back);
    expect(inLobby?.payload).toMatchObject({ fingerprint: before, app_type: "chess" });
    expect(inDen?.from).toBe(before);
    expect((await bob.discover("lobby")).payload?.total).toBe(2);
    expect(ada.unsolicited).toEqual([]);
  });

  it("[PS17] takes over from a line that the server still holds for alive, without a loop", async () => {
    const { url, server } = await liveServer();
    const [old, bob] = [await connected(url, "ada"), await connected(url, "bob")];
    await Promise.all([old.join("lobby"), bob.join("lobby")]);
    const left = bob.once("peer_left");
    const joined = bob.once("peer_joined");
    const closed = old.once("closed");

    const ada = await connected(url, "ada");
    await ada.join("lobby");

    expect((await left).from).toBe(ada.fingerprint);
    expect((await joined).from).toBe(ada.fingerprint);
    await closed;
    expect(old.closes).toEqual([1008]);
    expect(ada.isRegistered).toBe(true);
    expect((await ada.discover("lobby")).payload?.total).toBe(2);
    expect(server.hub.counts.peers).toBe(2);
  });

  it("[PS26] finds its room as a namespace when everybody was gone meanwhile", async () => {
    const { url } = await liveServer();
    const ada = await connected(url, "ada");
    await ada.createRoom("gr-all", 2);
    await ada.loseLine();
    await ada.connect();

    expect((await ada.discover("gr-all")).payload?.total).toBe(1);
  });

  it("[PS52] [PS55] makes a direct room of two", async () => {
    const { url } = await liveServer();
    const [ada, bob, eve] = [await connected(url, "a"), await connected(url, "b"), await connected(url, "c")];
    expect((await ada.createRoom("direct", 2)).payload).toMatchObject({
      max_size: 2,
      owner: ada.fingerprint,
    });
    const joined = ada.once("peer_joined");
    const list = await bob.joinRoom("direct");

    expect((await joined).payload?.fingerprint).toBe(bob.fingerprint);
    expect(list.payload?.peers?.map((peer) => peer.fingerprint)).toEqual([ada.fingerprint, bob.fingerprint]);
    await expect(eve.joinRoom("direct")).rejects.toThrow("room full");
    await expect(eve.createRoom("direct", 2)).rejects.toThrow("room already exists");
    await expect(eve.joinRoom("nowhere")).rejects.toThrow("room not found");
  });

  it("[PS29] uses the same room names test after test", async () => {
    const { url } = await liveServer();
    for (const room of ["gr-all", "gr-count", "dr-imm-close", "gr-all", "gr-count", "dr-imm-close"]) {
      const ada = await connected(url, `ada of ${room}`);
      await expect.poll(() => ada.createRoom(room).then(({ type }) => type, String)).toBe("room_created");
      ada.close();
    }
  });

  it("[PS34] signals an offer, an answer and candidates that are JSON within JSON", async () => {
    const { url } = await liveServer();
    const [ada, bob] = [await connected(url, "ada"), await connected(url, "bob")];
    await Promise.all([ada.join("lobby"), bob.join("lobby")]);
    const candidate = JSON.stringify({
      candidate: "candidate:1 1 UDP 2122 192.0.2.1 5 typ host",
      sdpMid: "0",
    });
    const payloads = [
      { signal_type: "offer", sdp: "v=0\r\no=- 123 2 IN IP4 127.0.0.1\r\n" },
      { signal_type: "candidate", candidate },
    ];
    for (const payload of payloads) {
      const heard = bob.once("signal");
      ada.send({ type: "signal", to: bob.fingerprint, payload });
      expect(await heard).toMatchObject({ from: ada.fingerprint, to: bob.fingerprint, payload });
    }
    const answered = ada.once("signal");
    bob.send({ type: "signal", to: ada.fingerprint, payload: { signal_type: "answer", sdp: "v=0" } });
    expect((await answered).payload?.signal_type).toBe("answer");
  });

  it("[PS34] [PS38] synchronises state by broadcasts and relays with markers of its own", async () => {
    const { url } = await liveServer();
    const [ada, bob] = [await connected(url, "ada"), await connected(url, "bob")];
    await Promise.all([ada.join("state"), bob.join("state")]);

    const asked = ada.once("broadcast");
    bob.broadcast("state", { _sync: true, type: "request_full" });
    const question = await asked;
    expect(question.payload).toEqual({ namespace: "state", data: { _sync: true, type: "request_full" } });

    const full = {
      _sync: true,
      type: "full",
      state: { pieces: Array.from({ length: 500 }, (_, i) => ({ i })) },
    };
    const answered = bob.once("relay");
    ada.send({ type: "relay", to: question.from, payload: full });
    expect((await answered).payload).toEqual(full);

    const told = bob.once("relay");
    ada.send({
      type: "relay",
      to: bob.fingerprint,
      payload: { _room: "state", data: { _crdt_sync: [1, 2] } },
    });
    expect((await told).payload).toEqual({ _room: "state", data: { _crdt_sync: [1, 2] } });
  });

  it("[PS45] is matched with others", async () => {
    const { url } = await liveServer();
    const three = [await connected(url, "a"), await connected(url, "b"), await connected(url, "c")];
    await Promise.all(three.map((client) => client.join("queue", { app_type: "game" })));

    const matched = await Promise.all(three.map((client) => client.match("queue", 3, { mode: "ranked" })));
    const [first] = matched;
    expect(first?.namespace).toBe("queue");
    expect(first?.payload?.peers).toHaveLength(3);
    for (const told of matched) expect(told).toEqual(first);
  });

  it("[PS61] [PS3] pings, and answers pings: a pong that nobody asked for is its own mistake, and no more", async () => {
    const { url } = await liveServer();
    const ada = await connected(url, "ada", { pingEveryMs: 10 });
    await expect.poll(() => ada.pongs).toBeGreaterThan(3);

    ada.send({ type: "pong" });
    await expect.poll(() => ada.unsolicited.length).toBe(1);
    expect(ada.unsolicited[0]?.payload?.code).toBe(400);
    expect(ada.isRegistered).toBe(true);
  });

  it("[PS5] hears no error that it did not ask for, whatever the others do", async () => {
    const { url } = await liveServer();
    const [ada, bob] = [await connected(url, "ada"), await connected(url, "bob")];
    await Promise.all([ada.join("lobby"), bob.join("lobby")]);
    await bob.createRoom("den", 2);
    await ada.joinRoom("den");

    const kicked = ada.once("kick");
    bob.send({ type: "kick", payload: { room_id: "den", fingerprint: ada.fingerprint } });
    expect((await kicked).payload?.room_id).toBe("den");
    bob.send({ type: "metadata", payload: { status: "away" } });
    bob.leave("den");
    bob.leave("nowhere");
    bob.broadcast("nowhere", 1);
    const left = ada.once("peer_left", ({ namespace }) => namespace === "lobby");
    await bob.loseLine();
    await left;
    expect((await ada.discover("lobby")).payload?.total).toBe(1);
    expect([...ada.unsolicited, ...bob.unsolicited]).toEqual([]);
  });
});
