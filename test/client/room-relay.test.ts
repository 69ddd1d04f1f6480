import { afterEach, describe, expect, it, vi } from "vitest";
import { type Connection, connect } from "../../src/client/connection.ts";
import { openRelay, type RelayedMessage } from "../../src/client/relay.ts";
import { type ConfigInput, configOf } from "../../src/config/index.ts";
import { roomId } from "../../src/core/ids.ts";
import { RELAY_ENDS } from "../../src/core/relay-ends.ts";
import { createLog } from "../../src/observe/log.ts";
import { createServer } from "../../src/server/embedding.ts";
import { joinTokensOf } from "../../src/server/pulsar.ts";
import { relayPassesOf } from "../../src/server/relay-passes.ts";
import { Server } from "../../src/server/server.ts";
import { missing } from "../../src/testing/missing.ts";
import { TextSocket } from "../../src/testing/text-socket.ts";
import { currentspaceQuic } from "../../src/transports/quic-currentspace.ts";

const quic = await currentspaceQuic().catch((error: unknown) => {
  missing("tests over QUIC", error);
  return undefined;
});
const log = createLog({ level: "error", format: "json" });
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function serve(input: ConfigInput = {}) {
  const config = configOf({ host: "127.0.0.1", port: 0, ...input });
  const server = new Server(config, { log });
  opened.push({ close: () => server.close({ drainMs: 0 }) });
  const { port, quic: place } = await server.listen();
  const enter = async (room: string) => {
    const connection: Connection = connect(`ws://127.0.0.1:${port}/parlor`);
    opened.push(connection);
    return { connection, room: await connection.join(room) };
  };
  /** A client that says exactly what it is told to. */
  const raw = async (alias: string) => {
    const socket = await TextSocket.open(`ws://127.0.0.1:${port}/parlor`);
    opened.push({ close: () => socket.close() });
    socket.send({ t: "hello", v: 1, alias });
    const { peer } = await socket.until(({ t }) => t === "welcome");
    let id = 0;
    const ask = async (frame: object) => {
      socket.send({ ...frame, id: ++id, q: id });
      return await socket.until(({ re }) => re === id);
    };
    return { socket, peer: String(peer), ask };
  };
  return { config, server, port, place, enter, raw };
}

const QUIC: ConfigInput = { quic: { enabled: true, host: "127.0.0.1", port: 0 } };

describe("the relay of a room", () => {
  it("[NT37] tells a member where it is and lets it in, over QUIC where there is QUIC", async (context) => {
    if (!quic) return context.skip();
    const { enter, raw, port, place } = await serve(QUIC);
    const [ada, bob] = [await enter("den"), await enter("den")];
    const eve = await raw("eve");
    await eve.ask({ t: "join", room: "den" });

    expect(await eve.ask({ t: "relay", room: "den" })).toMatchObject({
      t: "relay",
      r: "den",
      session: expect.stringMatching(/^room:[0-9a-f]{32}$/),
      peer: eve.peer,
      ttlMs: 60_000,
      ws: "/v1/relay",
      url: `https://127.0.0.1:${place?.port}`,
      hash: place?.certificateHash,
    });
    const [adas, bobs] = [await ada.room.relay(), await bob.room.relay({ carriers: ["websocket"] })];
    opened.push(adas, bobs);
    const heard = new Promise<RelayedMessage>((resolve) => bobs.on("message", resolve));
    await adas.send(bob.connection.peer, Uint8Array.of(1, 2));

    expect([adas.carrier, bobs.carrier]).toEqual(["quic", "websocket"]);
    expect(await heard).toMatchObject({ from: ada.connection.peer, payload: Uint8Array.of(1, 2) });
    expect(port).toBeGreaterThan(0);
  });

  it("[NT37] names the address that is configured, and none without QUIC", async (context) => {
    const { raw } = await serve();
    const ada = await raw("ada");
    await ada.ask({ t: "join", room: "den", create: {} });
    const plain = await ada.ask({ t: "relay", room: "den" });
    expect(plain).not.toHaveProperty("url");
    expect(plain).not.toHaveProperty("hash");

    if (!quic) return context.skip();
    const named = await serve({ quic: { ...QUIC.quic, publicUrl: "https://quic.example.com" } });
    const bob = await named.raw("bob");
    await bob.ask({ t: "join", room: "den", create: {} });
    expect(await bob.ask({ t: "relay", room: "den" })).toMatchObject({ url: "https://quic.example.com" });
  });

  it("[NT37] refuses outsiders, and says nothing of rooms that are not there", async () => {
    const { raw } = await serve();
    const [ada, eve] = [await raw("ada"), await raw("eve")];
    await ada.ask({ t: "join", room: "den", create: {} });

    expect(await eve.ask({ t: "relay", room: "den" })).toMatchObject({ t: "error", code: "not_in_room" });
    expect(await eve.ask({ t: "relay", room: "lair" })).toMatchObject({ t: "error", code: "room_not_found" });
  });

  it("[QR19] lets in members only, under their own names, with tokens that are good for nothing else", async () => {
    const { raw, port, config } = await serve();
    const ada = await raw("ada");
    await ada.ask({ t: "join", room: "den", create: {} });
    const { session, token } = await ada.ask({ t: "relay", room: "den" });
    const now = Date.now();
    const grant = {
      session: roomId(String(session)),
      role: "editor",
      issuedAt: now,
      expiresAt: now + 60_000,
    } as const;
    const enter = (more: object) =>
      openRelay({
        webSocketUrl: `ws://127.0.0.1:${port}`,
        session: String(session),
        peer: ada.peer,
        token: String(token),
        ...more,
      });

    await expect(enter({ peer: "bob" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(enter({ session: "room:elsewhere" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(enter({ session: "a session" })).rejects.toMatchObject({ code: "unauthorized" });
    await expect(enter({ token: joinTokensOf(config).mint(grant) })).rejects.toMatchObject({
      code: "unauthorized",
    });
    await expect(enter({ token: relayPassesOf(config).mint(grant) })).rejects.toMatchObject({
      code: "forbidden",
    });
    const stranger = relayPassesOf(config).mint({ ...grant, peer: "nobody" });
    await expect(enter({ token: stranger, peer: "nobody" })).rejects.toMatchObject({ code: "forbidden" });

    const line = await enter({});
    opened.push(line);
    expect(line.carrier).toBe("websocket");
    await ada.ask({ t: "leave", room: "den" });
    await ada.ask({ t: "join", room: "den", create: {} });
    // Another room of the same name.
    await expect(enter({})).rejects.toMatchObject({ code: "forbidden" });
  });

  it("[QR19] ends the line of a member that leaves", async () => {
    const { enter } = await serve();
    const [ada] = [await enter("den"), await enter("den")];
    const line = await ada.room.relay();
    const ended = new Promise((resolve) => line.on("closed", resolve));

    await ada.room.leave();

    expect(await ended).toMatchObject({ code: RELAY_ENDS.forbidden.code, comeBack: false });
  });

  it("[QR19] sends to spectators, and nothing for them", async () => {
    const { enter, port } = await serve();
    const ada = await enter("den");
    const connection = connect(`ws://127.0.0.1:${port}/parlor`);
    opened.push(connection);
    const watching = await connection.join("den", { as: "spectator" });
    const [adas, theirs] = [await ada.room.relay(), await watching.relay()];
    opened.push(adas, theirs);
    const heard = new Promise((resolve) => theirs.on("message", resolve));
    const refused = new Promise((resolve) => theirs.on("refused", resolve));

    await adas.send(connection.peer, Uint8Array.of(1));
    await theirs.send(ada.connection.peer, Uint8Array.of(2));

    expect(await heard).toMatchObject({ from: ada.connection.peer });
    expect(await refused).toMatchObject({ code: "forbidden" });
  });

  it("[QR5] gives a name's place to who has a token for that name", async () => {
    const { enter } = await serve();
    const ada = await enter("den");
    const first = await ada.room.relay();
    const ended = new Promise((resolve) => first.on("closed", resolve));

    const second = await ada.room.relay();
    opened.push(second);

    expect(await ended).toMatchObject({ code: RELAY_ENDS.replaced.code });
  });

  it("[QR17] [NT36] reaches members who have only a link, who can answer", async () => {
    const { enter, raw } = await serve();
    const ada = await enter("den");
    const bob = await raw("bob");
    await bob.ask({ t: "join", room: "den" });
    const line = await ada.room.relay();
    opened.push(line);
    const heard: unknown[] = [];
    ada.connection.on("direct", (message) => heard.push(message));

    await line.send(bob.peer, Uint8Array.of(1, 2));
    expect(await bob.socket.until(({ t }) => t === "direct")).toMatchObject({
      from: ada.connection.peer,
      r: "den",
      d: { $bytes: "AQI=" },
    });
    expect(await bob.ask({ t: "direct", room: "den", to: ada.connection.peer, d: "thanks" })).toMatchObject({
      t: "ok",
    });
    expect(await bob.ask({ t: "direct", to: "nobody", d: 1 })).toMatchObject({ code: "peer_not_found" });

    await vi.waitFor(() => expect(heard).toEqual([{ from: bob.peer, data: "thanks" }]));
  });

  it("[EM52] is not to be had in a room whose server decides what is said", async () => {
    const server = createServer({ secret: "x".repeat(32), log });
    opened.push({ close: () => server.close({ drainMs: 0 }) });
    const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
    const token = await server.tokens.signAccess({ userId: "ada", roomId: "den" });
    const connection = connect(`ws://127.0.0.1:${port}/parlor`, { token });
    opened.push(connection);
    const room = await connection.join("den");

    await expect(room.relay()).rejects.toMatchObject({ code: "forbidden" });
  });
});
