import { describe, expect, it } from "vitest";
import { OPCODES, openRaw, rawFrame } from "../../src/testing/raw-web-socket.ts";
import { error } from "./client.ts";
import { join, liveServer } from "./live-server.ts";

const LIMITED = error(429, "rate limited");

/** A ping of exactly so many bytes. */
function pingOf(bytes: number): string {
  const empty = '{"type":"ping","payload":""}';
  return empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`);
}

describe("the rate limit", () => {
  it("[PS62] lets a burst through, then discards frame by frame and answers each, and the socket stays", async () => {
    // A bucket that hardly fills, so that the figures are exact.
    const { register } = await liveServer({ limits: { messagesPerSecond: 1, messagesBurst: 200 } });
    const ada = await register("ada");
    for (let i = 0; i < 260; i++) ada.send({ type: "ping" });

    const heard = await ada.take(260);
    const pongs = heard.filter(({ type }) => type === "pong").length;
    expect(pongs).toBeGreaterThanOrEqual(200);
    expect(pongs).toBeLessThan(205);
    expect(heard.slice(0, 200).every(({ type }) => type === "pong")).toBe(true);
    expect(heard.filter(({ type }) => type === "error")).toEqual(Array(260 - pongs).fill(LIMITED));
    expect(ada.isOpen).toBe(true);
  });

  it("[PS62] discards what it refuses: of 600 relays each one arrives or is answered with 429", async () => {
    const { inLobby, metric } = await liveServer({ limits: { messagesPerSecond: 10, messagesBurst: 200 } });
    const [ada, bob] = await inLobby("ada", "bob");
    const before = await metric("parlor_messages_received_total");
    for (let i = 0; i < 600; i++) ada.send({ type: "relay", to: "bob", payload: i });
    await expect.poll(() => metric("parlor_messages_received_total")).toBe(before + 600);

    const numbers = (await bob.rest()).map(({ payload }) => Number(payload));
    expect(numbers.length).toBeGreaterThanOrEqual(199);
    expect(numbers.length).toBeLessThan(300);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(await ada.take(600 - numbers.length)).toEqual(Array(600 - numbers.length).fill(LIMITED));
  });

  it("[PS62] counts everything after the registration, garbage included, and is full again on a new connection", async () => {
    const { register } = await liveServer({ limits: { messagesPerSecond: 1, messagesBurst: 3 } });
    const ada = await register("ada");
    ada.send("garbage", join("lobby"), { type: "ping" }, { type: "ping" }, "garbage");

    expect((await ada.take(5)).map(({ type, payload }) => payload?.code ?? type)).toEqual([
      400,
      "peer_list",
      "pong",
      429,
      429,
    ]);
    expect(await (await register("ada")).ask({ type: "ping" })).toEqual({ type: "pong" });
  });

  it("[PS62] comes back with time", async () => {
    const { register } = await liveServer({ limits: { messagesPerSecond: 1000, messagesBurst: 1 } });
    const ada = await register("ada");
    ada.send({ type: "ping" });
    for (let i = 0; i < 20; i++) ada.send({ type: "ping" });
    await ada.take(21);

    await expect.poll(async () => (await ada.ask({ type: "ping" })).type).toBe("pong");
  });

  it("[PS62] lets bursts of 190 relays and 190 broadcasts through whole", async () => {
    const { inLobby } = await liveServer();
    const [ada, bob, eve] = await inLobby("ada", "bob", "eve");
    for (let i = 0; i < 190; i++) ada.send({ type: "relay", to: "bob", payload: i });
    for (let i = 0; i < 190; i++) eve.send({ type: "broadcast", payload: { namespace: "lobby", data: i } });

    const heard = await bob.take(380);
    expect(heard.filter(({ type }) => type === "relay").map(({ payload }) => payload)).toEqual([
      ...Array(190).keys(),
    ]);
    expect(heard.filter(({ type }) => type === "broadcast").map(({ payload }) => payload?.data)).toEqual([
      ...Array(190).keys(),
    ]);
    expect(await ada.take(190)).toHaveLength(190);
  });
});

describe("the size limit", () => {
  it("[PS63] takes a message of 65536 bytes, and closes with 1009 for one byte more", async () => {
    const { register, server } = await liveServer();
    const ada = await register("ada");

    expect(await ada.ask(pingOf(65_536))).toEqual({ type: "pong" });
    ada.send(pingOf(65_537));
    expect(await ada.closed()).toEqual({ code: 1009, reason: "read limited at 65537 bytes" });
    await expect(ada.nextText()).rejects.toThrow("closed");
    expect(server.hub.counts.peers).toBe(0);
  });

  it("[PS63] counts bytes, not characters, before the registration too, and in binary frames", async () => {
    const { open } = await liveServer();
    for (const frame of [`"${"é".repeat(40_000)}"`, Buffer.alloc(65_537)]) {
      const client = await open();
      client.send(frame);
      expect(await client.closed()).toMatchObject({ code: 1009 });
    }
  });

  it("[PS63] is configured as in the original", async () => {
    const { register } = await liveServer({ websocket: { maxMessageBytes: 1024 } });
    const ada = await register("ada");

    ada.send(pingOf(1025));
    expect(await ada.closed()).toEqual({ code: 1009, reason: "read limited at 1025 bytes" });
  });
});

describe("a slow reader", () => {
  it("[PS64] loses nothing while it is within the budget, and its socket beyond it; the others hear of it", async () => {
    const { inLobby, metric } = await liveServer({
      limits: { messagesPerSecond: 100_000, messagesBurst: 100_000 },
      websocket: { queueBytes: 262_144 },
    });
    const [ada, bob, eve] = await inLobby("ada", "bob", "eve");
    bob.isReading = false;
    const text = "x".repeat(60_000);
    // The kernel's buffers take some megabytes before the server has to queue.
    for (let i = 0; i < 400; i++) ada.send({ type: "relay", to: "bob", payload: text });

    expect(await eve.next()).toMatchObject({ type: "peer_left", from: bob.fp });
    bob.isReading = true;
    expect((await bob.closed()).code).toSatisfy((code) => code === 1008 || code === 1006);
    expect(await eve.ask({ type: "ping" })).toEqual({ type: "pong" });
    expect(await metric('parlor_goodbyes_total{reason="slow_consumer"}')).toBe(1);
  });
});

describe("the end", () => {
  it("[PS69] of the server closes every socket with 1001", async () => {
    const { server, register, open } = await liveServer();
    const [ada, silent] = [await register("ada"), await open()];

    await server.close({ drainMs: 1000 });

    for (const client of [ada, silent]) {
      expect(await client.closed()).toEqual({ code: 1001, reason: "server shutting down" });
    }
  });
});

describe("the end of the server", () => {
  it("[PS69] is waited for by everybody who asks for it", async () => {
    const { server, port } = await liveServer();
    const stubborn = openRaw(port, { path: "/ws" });
    await expect.poll(() => stubborn.status).toBe(101);

    const ends: string[] = [];
    const first = server.close({ drainMs: 20_000 }).then(() => ends.push("first"));
    const second = server.close({ drainMs: 20_000 }).then(() => ends.push("second"));
    await expect.poll(() => stubborn.closed?.code).toBe(1001);
    expect(ends).toEqual([]);
    stubborn.socket.destroy();
    await Promise.all([first, second]);
    expect(ends.toSorted()).toEqual(["first", "second"]);
  });
});

describe("the handshake", () => {
  it("[PS68] agrees on no subprotocol and no compression", async () => {
    const { url } = await liveServer();
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(url, [], { perMessageDeflate: true });
    await new Promise((resolve) => socket.once("open", resolve));

    expect([socket.protocol, socket.extensions]).toEqual(["", ""]);
    socket.terminate();
  });

  it("[PS68] is done on /peer-server/ws too", async () => {
    const { port } = await liveServer();
    const { TestClient } = await import("./client.ts");
    const ada = await TestClient.open(`ws://127.0.0.1:${port}/peer-server/ws`);

    expect((await ada.register("ada")).fp).toMatch(/^[0-9a-f]{64}$/);
    await ada.close();
  });
});

describe("the number of fragments", () => {
  it("[PS70] of one message is limited as configured", async () => {
    const { port, metric } = await liveServer({ websocket: { maxFragments: 3 } });
    const raw = openRaw(port, { path: "/ws" });
    const part = (text: string, opcode: number = OPCODES.continuation, isFinal = false) =>
      rawFrame({ opcode, payload: Buffer.from(text), isFinal });
    const parts = [part("{", OPCODES.text), part(" "), part("}", OPCODES.continuation, true)];
    raw.socket.write(Buffer.concat(parts));
    await expect.poll(() => raw.texts.length).toBe(1);

    const second = openRaw(port, { path: "/ws" });
    second.socket.write(Buffer.concat([...parts.slice(0, 2), part(" "), part(" "), part("}")]));
    await expect.poll(() => second.closed?.code).toBe(1002);
    expect(second.texts).toEqual([]);
    expect(await metric("parlor_errors_total")).toBe(0);
  });
});
