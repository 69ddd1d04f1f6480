import { execFile, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { roomId } from "../../src/core/ids.ts";
import { joinTokens } from "../../src/dialects/pulsar/tokens.ts";
import { listenNat, type NatListener } from "../../src/server/nat.ts";
import { seededRandom } from "../../src/testing/hub.ts";
import { missing } from "../../src/testing/missing.ts";
import { detectNat, punch } from "../../src/transports/punch-client.ts";
import { decodePunch, encodePunch, type PunchMessage } from "../../src/transports/punch-message.ts";
import { serve } from "../interop/pulsar-server.ts";

const tokens = joinTokens({
  secret: new Uint8Array(32).fill(1),
  seed: new Uint8Array(32).fill(2),
  form: "HS256",
});
const tokenOf = (session: string, peer?: string) =>
  tokens.mint({
    session: roomId(session),
    role: "editor",
    issuedAt: Date.now(),
    expiresAt: Date.now() + 60_000,
    ...(peer !== undefined && { peer }),
  });

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function listen(
  options: { host?: string; timeoutMs?: number; perSecond?: number } = {},
): Promise<NatListener> {
  const listener = await listenNat({
    host: "127.0.0.1",
    ports: [0, 0],
    timeoutMs: 10_000,
    perSecond: 1_000,
    tokens,
    random: seededRandom(7),
    now: Date.now,
    onError: (error) => expect.unreachable(String(error)),
    ...options,
  });
  open.push(listener);
  return listener;
}

/** A socket that says something and counts what it hears. */
async function endpoint(port: number) {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  open.push(socket);
  const heard: Buffer[] = [];
  const waiting: (() => void)[] = [];
  socket.on("message", (bytes) => {
    heard.push(bytes);
    for (const wake of waiting.splice(0)) wake();
  });
  return {
    port: socket.address().port,
    heard,
    send: (bytes: Uint8Array) => socket.send(bytes, port, "127.0.0.1"),
    say: (message: PunchMessage) => socket.send(encodePunch(message, "bincode2"), port, "127.0.0.1"),
    async next(): Promise<Buffer> {
      while (heard.length === 0) await new Promise<void>((wake) => waiting.push(wake));
      return heard.shift() as Buffer;
    },
  };
}
const kind = (bytes: Uint8Array) => decodePunch(bytes)?.message.type;

describe("a server that helps through NATs", () => {
  it("[NAT6] is understood by a STUN client", async (context) => {
    if (spawnSync("turnutils_stunclient", ["-h"]).error) {
      const why = "turnutils_stunclient is not installed (apt-get install coturn)";
      missing("STUN by another client", why);
      return context.skip(why);
    }
    const { ports } = await listen();

    const said = await new Promise<string>((resolve, reject) => {
      execFile("turnutils_stunclient", ["-p", String(ports[0]), "127.0.0.1"], (error, stdout, stderr) =>
        error ? reject(error) : resolve(stdout + stderr),
      );
    });

    expect(said).toMatch(/UDP reflexive addr: 127\.0\.0\.1:\d+/);
  });

  it("[NAT11] does not answer who has no token of the session", async () => {
    const { ports } = await listen();
    const eve = await endpoint(ports[0]);

    eve.say({ type: "request", token: "short", session: "s1" });
    eve.say({ type: "request", token: "x".repeat(300), session: "s1" });
    eve.say({ type: "request", token: tokenOf("s2"), session: "s1" });
    eve.say({ type: "request", token: tokenOf("s1", "bob"), session: "s1\neve\nada" });
    eve.send(Uint8Array.of(99, 1, 2, 3));
    eve.say({ type: "request", token: tokenOf("s1"), session: "s1" });

    expect(decodePunch(await eve.next())?.message).toEqual({ type: "ack", session: "s1" });
    expect(kind(await eve.next())).toBe("observed");
    expect(eve.heard).toEqual([]);
  });

  it("[NAT17] sends nobody more than came from there", async () => {
    const { ports } = await listen();
    const [ada, bob] = [await endpoint(ports[0]), await endpoint(ports[0])];
    const probe = encodePunch({ type: "probe", sequence: 7 }, "bincode2");

    ada.send(probe);
    expect(await ada.next()).toEqual(Buffer.from(probe));
    const padded = new Uint8Array(64).fill(0xff);
    padded.set(probe);
    ada.send(padded);
    const observed = await ada.next();
    expect(decodePunch(observed)?.message).toEqual({
      type: "observed",
      sequence: 7,
      endpoint: `127.0.0.1:${ada.port}`,
    });

    const request = { type: "request", token: tokenOf("s1"), session: "s1" } as const;
    bob.say(request);
    ada.say(request);
    let received = 0;
    while (true) {
      const answer = await bob.next();
      received += answer.length;
      if (kind(answer) === "introduce") break;
    }
    expect(received).toBeLessThanOrEqual(encodePunch(request, "bincode2").length);
  });

  it("[NAT18] hears one address only so often", async () => {
    const { ports, counts } = await listen({ perSecond: 1 });
    const ada = await endpoint(ports[0]);
    const probe = encodePunch({ type: "probe", sequence: 1 }, "bincode2");
    for (let sent = 0; sent < 20; sent++) ada.send(probe);
    for (let heard = 0; heard < 4; heard++) await ada.next();

    await expect.poll(() => counts.dropped).toBe(16);
    expect(ada.heard).toEqual([]);
  });

  it.each(["bincode1", "bincode2"] as const)("[NAT13] brings two peers together: %s", async (encoding) => {
    const { ports, counts } = await listen();
    const meet = (name: string, wants: string) =>
      punch({ server: "127.0.0.1", ports, token: tokenOf("s1"), session: "s1", name, wants, encoding });

    const [ada, bob] = await Promise.all([meet("ada", "bob"), meet("bob", "ada")]);

    if (ada.is !== "direct" || bob.is !== "direct") return expect.unreachable("they did not meet");
    open.push(ada.line, bob.line);
    const heard = new Promise((resolve) => bob.line.on("message", ({ payload }) => resolve(payload)));
    const again = setInterval(() => ada.line.send(Uint8Array.of(0, 1, 255)), 20);
    expect(await heard).toEqual(Buffer.of(0, 1, 255));
    clearInterval(again);
    expect(counts.met).toEqual(new Map([["cone", 2]]));
  });

  it("[NAT16] sends to the relay whom nobody meets", async () => {
    const { tick, ports, counts } = await listen({ timeoutMs: 500 });
    const request = { type: "request", token: tokenOf("s1"), session: "s1" } as const;
    const [ada, bob] = [await endpoint(ports[0]), await endpoint(ports[0])];
    ada.say(request);
    await ada.next();
    bob.say(request);
    await bob.next();

    const ticking = setInterval(tick, 50);
    const last = async (who: typeof ada) => {
      for (;;) if (kind(await who.next()) === "fallback") return true;
    };

    expect(await Promise.all([last(ada), last(bob)])).toEqual([true, true]);
    clearInterval(ticking);
    expect(counts.fallbacks).toEqual(new Map([["unknown", 2]]));
  });

  it("[NAT22] tells a peer that there is no NAT", async () => {
    const { ports } = await listen();

    const report = await detectNat({ server: "127.0.0.1", ports });

    expect(report).toEqual({ type: "open", endpoint: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
  });

  it.each(["localhost", "::1"])("[NAT30] is found by a program as %s", async (server) => {
    const { ports } = await listen(server === "::1" ? { host: server } : {});
    const meet = (name: string, wants: string) =>
      punch({ server, ports, token: tokenOf("s1"), session: "s1", name, wants });

    const results = await Promise.all([meet("ada", "bob"), meet("bob", "ada")]);

    for (const result of results) {
      if (result.is !== "direct") return expect.unreachable("they did not meet");
      open.push(result.line);
      expect(result.line.address).toBe(server === "::1" ? "::1" : "127.0.0.1");
    }
    const { endpoint } = await detectNat({ server, ports });
    expect(endpoint).toMatch(server === "::1" ? /^\[::1\]:\d+$/ : /^127\.0\.0\.1:\d+$/);
    const asked = { server, ports, token: "none", session: "s1", name: "ada", wants: "bob", timeoutMs: 50 };
    expect((await punch(asked)).is).toBe("relay");
    await expect(punch({ ...asked, wants: "bob\nada" })).rejects.toThrow("line feed");
  });

  it.each(["bincode1", "bincode2"] as const)(
    "[NAT31] is asked by no shorter datagrams than it answers: %s",
    async (encoding) => {
      const socket = createSocket("udp4").bind(0, "127.0.0.1");
      await once(socket, "listening");
      open.push(socket);
      const { port } = socket.address();
      const asked = once(socket, "message");
      const options = { server: "127.0.0.1", ports: [port] as const, token: "t", session: "s1", encoding };
      void punch({ ...options, name: "ada", wants: "bob", timeoutMs: 50 });
      const [request] = (await asked) as [Buffer];
      const far = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535";
      const longest = {
        type: "introduce",
        token: "f".repeat(32),
        nat: "symmetric",
        endpoints: Array(10).fill(far),
      } as const;

      expect(decodePunch(request)).toEqual({
        message: { type: "request", token: "t", session: "s1\nada\nbob" },
        encoding,
      });
      expect(encodePunch(longest, encoding).length).toBeLessThan(request.length);
    },
  );

  it("[NAT12] is part of the server when it is asked for", async () => {
    const { server, http } = await serve({ nat: { enabled: true, port: 0, probePort: 0 } });
    const [port = 0] = server.natPorts ?? [];
    const made = await fetch(`${http}/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"host_id":"ada"}',
    });
    const { session_id: session, join_token: token } = (await made.json()) as Record<string, string>;
    const ada = await endpoint(port);

    ada.say({ type: "request", token: token ?? "", session: session ?? "" });

    expect(decodePunch(await ada.next())?.message).toEqual({ type: "ack", session });
    expect((await serve()).server.natPorts).toBeUndefined();
  });
});
