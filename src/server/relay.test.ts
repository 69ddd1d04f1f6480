import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { openRelay, type RelayedMessage, type RelayOptions } from "../client/relay.ts";
import { configOf } from "../config/index.ts";
import { roomId } from "../core/ids.ts";
import { RELAY_ENDS, type RelayEnd } from "../core/relay-ends.ts";
import type { Grant } from "../dialects/pulsar/tokens.ts";
import { prefixed } from "../lib/length-prefix.ts";
import { createLog } from "../observe/log.ts";
import { frame, hello, opened, quic, say, serve } from "../testing/relay-scene.ts";
import { TextSocket } from "../testing/text-socket.ts";
import { FRAME, http3Frame } from "../transports/http3-frames.ts";
import { encodeFields } from "../transports/qpack.ts";
import { QuicUnavailable } from "../transports/quic.ts";
import { joinTokensOf } from "./pulsar.ts";
import { Server } from "./server.ts";

const log = createLog({ level: "error", format: "json" });

describe.skipIf(quic === undefined)("relay over QUIC", () => {
  it("[QR1] passes frames between peers on QUIC and WebSocket", async () => {
    const { enter } = await serve();
    const ada = await enter("ada", { carriers: ["quic"] });
    const bob = await enter("bob", { carriers: ["websocket"] });
    const eve = await enter("eve", { carriers: ["quic"] });
    const heard: string[] = [];
    for (const peer of [ada, bob, eve]) {
      peer.on("message", ({ from, payload, kind }) =>
        heard.push(`${from}>${peer.peer} ${kind} ${Buffer.from(payload)}`),
      );
    }

    await ada.send("bob", Buffer.from("hello"));
    await bob.send("eve", Buffer.from("hi"));
    await eve.send("ada", Buffer.from("hey"));
    ada.sendDatagram("eve", Buffer.from("quick"));

    await vi.waitFor(() =>
      expect(heard.sort()).toEqual([
        "ada>bob stream hello",
        "ada>eve datagram quick",
        "bob>eve stream hi",
        "eve>ada stream hey",
      ]),
    );
  });

  it("[QR3] lets in with a join token, whichever of the two protocols is asked for", async () => {
    const { connect, tokenFor } = await serve();
    for (const alpn of ["parlor-relay", "pulsar-relay"]) {
      const { heard } = say(await connect(alpn), hello(tokenFor("s1"), { from: alpn }));
      await vi.waitFor(() => expect(heard()).toContain('"type":"joined"'));
    }
    await expect(connect("something-else")).rejects.toThrow();
  });

  it.each<[string, string, (tokenFor: (session: string, more?: Partial<Grant>) => string) => Uint8Array]>([
    ["unauthorized", "a forged token", (tokenFor) => hello(`${tokenFor("s1")}x`)],
    ["unauthorized", "no token", () => hello("")],
    [
      "unauthorized",
      "an expired token",
      (tokenFor) => hello(tokenFor("s1", { expiresAt: Date.now() - 5000 })),
    ],
    ["forbidden", "another session's token", (tokenFor) => hello(tokenFor("s2"))],
    ["forbidden", "another peer's token", (tokenFor) => hello(tokenFor("s1", { peer: "bob" }))],
    [
      "forbidden",
      "a single-use token of nobody",
      (tokenFor) => hello(tokenFor("s1", { once: true, id: "x" })),
    ],
    ["bad_frame", "a frame to somebody first", (tokenFor) => hello(tokenFor("s1"), { to: "bob" })],
    ["bad_frame", "no name", (tokenFor) => hello(tokenFor("s1"), { from: "" })],
    ["bad_frame", "bytes that are no frame", () => prefixed(Uint8Array.of(255, 255))],
    ["bad_frame", "[QR2] a length above the limit", () => Uint8Array.of(0, 255, 255, 255)],
    [
      "overrun",
      "much before the answer",
      (tokenFor) =>
        Buffer.concat([hello(tokenFor("s1")), ...Array(3).fill(prefixed(new Uint8Array(30_000)))]),
    ],
  ])("[QR3] ends the line with %s for %s", async (end, _what, first) => {
    const { connect, tokenFor } = await serve();
    const raw = await connect("parlor-relay");
    say(raw, first(tokenFor));
    expect((await raw.ended).code).toBe(RELAY_ENDS[end as RelayEnd].code);
  });

  it("[QR3] sends away who shows no token in time, and [QW5] who says nothing at all", async () => {
    const { connect, port } = await serve({ registrationTimeoutMs: "1s" });
    const [silent, slow] = [await connect("parlor-relay"), await connect("parlor-relay")];
    say(slow, Uint8Array.of(0, 0));
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/relay`);
    const closed = new Promise<number>((resolve) =>
      socket.addEventListener("close", ({ code }) => resolve(code)),
    );

    expect((await silent.ended).code).toBe(3);
    expect((await slow.ended).code).toBe(3);
    expect(await closed).toBe(3003);
  });

  it("[QR4] takes no stream of a peer that is not in", async () => {
    const { connect, tokenFor } = await serve();
    const raw = await connect("parlor-relay");
    const first = say(raw, Uint8Array.of(0));
    const second = say(raw, frame("ada", "bob"));
    await vi.waitFor(() => expect(second.isOver()).toBe(true));

    first.stream.write(hello(tokenFor("s1")).subarray(1));
    await vi.waitFor(() => expect(first.heard()).toContain("joined"));
    const third = say(raw, frame("ada", "nobody"));

    await vi.waitFor(() => expect(first.heard()).toContain('"peer_not_found"'));
    expect(third.isOver()).toBe(false);
  });

  it("[QR3] admits over WebSocket by the same rules", async () => {
    const { enter, tokenFor } = await serve();
    const bad = enter("ada", { carriers: ["websocket"], token: `${tokenFor("s1")}x` });
    await expect(bad).rejects.toMatchObject({ code: "unauthorized" });
    const other = enter("ada", { carriers: ["websocket"], token: tokenFor("s2") });
    await expect(other).rejects.toMatchObject({ code: "forbidden" });
  });

  it("[QR3] shows its token to nobody whose certificate it cannot check", async () => {
    const { tokenFor, place } = await serve();
    const options = { session: "s1", peer: "ada", token: tokenFor("s1"), carriers: ["quic"] } as const;
    const elsewhere = openRelay({ ...options, url: "https://192.0.2.1:8443", certificateHash: "AAAA" });
    await expect(elsewhere).rejects.toMatchObject({ code: "no_carrier" });
    const unknown = openRelay({ ...options, url: `https://127.0.0.1:${place?.port}` });
    await expect(unknown).rejects.toMatchObject({ code: "no_carrier" });
  });

  it("[QR5] gives a place to a new line that has the key", async () => {
    const { enter } = await serve();
    const [ada, bob] = [
      await enter("ada", { carriers: ["quic"] }),
      await enter("bob", { carriers: ["quic"] }),
    ];
    const ended = new Promise((resolve) => bob.on("closed", resolve));

    await expect(enter("bob", { carriers: ["quic"] })).rejects.toMatchObject({ code: "peer_taken" });
    const again = await enter("bob", { carriers: ["websocket"], key: bob.key });
    const heard = new Promise<string>((resolve) => again.on("message", ({ from }) => resolve(from)));
    await ada.send("bob", Uint8Array.of(1));

    expect(await ended).toMatchObject({ code: RELAY_ENDS.replaced.code, comeBack: false });
    expect(await heard).toBe("ada");
  });

  it("[QR8] carries 64 MiB in order and unharmed, [QR10] with no more waiting than the window", async () => {
    const { enter, server } = await serve({ relay: { sessionRateBytes: 0 } });
    const [ada, bob] = [
      await enter("ada", { carriers: ["quic"] }),
      await enter("bob", { carriers: ["quic"] }),
    ];
    const [sent, received] = [createHash("sha256"), createHash("sha256")];
    const total = 64 * 1024 * 1024;
    let got = 0;
    let mostHeld = 0;
    const done = new Promise<void>((resolve) => {
      bob.on("message", ({ payload }) => {
        received.update(payload);
        got += payload.length;
        mostHeld = Math.max(mostHeld, server.relayCounts.heldBytes);
        if (got >= total) resolve();
      });
    });

    for (let at = 0; at < total; ) {
      const payload = new Uint8Array(Math.min(total - at, 1 + ((at * 7919) % 200_000))).fill(at % 251);
      sent.update(payload);
      await ada.send("bob", payload);
      at += payload.length;
    }
    await done;

    expect(received.digest("hex")).toBe(sent.digest("hex"));
    expect(mostHeld).toBeLessThanOrEqual(2 * 1024 * 1024);
  }, 60_000);

  it("[QR11] holds a session to 1 MB/s within a tenth while its neighbour is not slowed", async () => {
    const { enter } = await serve({ relay: { sessionRateBytes: 1_000_000 } });
    const ways = ["quic"] as const;
    const [ada, bob] = [await enter("ada", { carriers: ways }), await enter("bob", { carriers: ways })];
    const near = await enter("ada", { session: "s2", carriers: ways });
    const far = await enter("bob", { session: "s2", carriers: ways });
    let bytes = 0;
    bob.on("message", ({ payload }) => {
      bytes += payload.length;
    });
    const delaysMs: number[] = [];
    far.on("message", ({ payload }) => {
      delaysMs.push(performance.now() - new DataView(payload.buffer, payload.byteOffset).getFloat64(0));
    });

    let isOver = false;
    const flood = (async () => {
      while (!isOver) await ada.send("bob", new Uint8Array(20_000));
    })().catch(() => {});
    const start = performance.now();
    const neighbour = setInterval(() => {
      const stamp = new Uint8Array(1000);
      new DataView(stamp.buffer).setFloat64(0, performance.now());
      void near.send("bob", stamp);
    }, 20);
    // A limit is about time: this test takes as long as it measures.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const perSecond = bytes / ((performance.now() - start) / 1000);
    clearInterval(neighbour);
    isOver = true;
    ada.close();
    await flood;

    expect(perSecond).toBeGreaterThan(900_000);
    expect(perSecond).toBeLessThan(1_100_000);
    expect(delaysMs.length).toBeGreaterThan(100);
    expect(delaysMs.sort((a, b) => a - b)[Math.floor(delaysMs.length / 2)]).toBeLessThan(50);
  });

  it("[QR12] carries datagrams at 10,000 a second", async () => {
    const { enter } = await serve({ relay: { sessionRateBytes: 0 } });
    const [ada, bob] = [
      await enter("ada", { carriers: ["quic"] }),
      await enter("bob", { carriers: ["quic"] }),
    ];
    let got = 0;
    bob.on("message", ({ kind }) => {
      if (kind === "datagram") got++;
    });

    let sent = 0;
    const start = performance.now();
    while (sent < 20_000) {
      // A machine that is busy elsewhere does not make up for it in one burst.
      const due = Math.min(20_000, sent + 100, (performance.now() - start) * 10);
      for (; sent < due; sent++) ada.sendDatagram("bob", new Uint8Array(100));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(got).toBeGreaterThan(19_000), { timeout: 5000 });
  });

  it("[QR13] tells everybody to come back when the server stops", async () => {
    const { enter, server } = await serve();
    const ada = await enter("ada", { carriers: ["quic"] });
    const bob = await enter("bob", { carriers: ["websocket"] });
    const ends = Promise.all([ada, bob].map((peer) => new Promise((resolve) => peer.on("closed", resolve))));

    await server.close({ drainMs: 0 });

    const told = { code: RELAY_ENDS.draining.code, comeBack: true };
    expect(await ends).toEqual([expect.objectContaining(told), expect.objectContaining(told)]);
  });

  it("[QR16] shows in the metrics what went through", async () => {
    const { enter, port } = await serve();
    const [ada, bob] = [
      await enter("ada", { carriers: ["quic"] }),
      await enter("bob", { carriers: ["websocket"] }),
    ];
    const heard = new Promise((resolve) => bob.on("message", resolve));
    await ada.send("bob", new Uint8Array(10));
    await ada.send("nobody", new Uint8Array(10));
    await heard;

    await vi.waitFor(async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(text).toContain('parlor_relay_frames_total{kind="stream"} 1\n');
      expect(text).toContain('parlor_relay_dropped_total{reason="refused"} 1\n');
      expect(text).toContain('parlor_relay_refusals_total{code="peer_not_found"} 1\n');
      expect(text).toContain("parlor_relay_peers 2\n");
      expect(text).toContain("parlor_quic_connections 1\n");
    });
  });

  it("[QW5] lets in no more connections than are allowed, in all and from one address", async () => {
    const { connect, tokenFor } = await serve({ maxLinksPerAddress: 1 });
    const first = say(await connect("parlor-relay"), hello(tokenFor("s1")));
    await vi.waitFor(() => expect(first.heard()).toContain("joined"));
    const second = await connect("parlor-relay");
    expect((await second.ended).code).toBe(RELAY_ENDS.server_full.code);
  });

  it("[QW1] takes a connection that begins as HTTP/3 does for HTTP/3", async () => {
    const { connect } = await serve();
    const { heard, stream } = say(
      await connect("h3"),
      http3Frame(FRAME.headers, encodeFields([[":method", "GET"]])),
    );
    await vi.waitFor(() => expect(heard().length).toBeGreaterThan(0));
    expect(stream.id).toBe(0);
    // The prefix that `heard` takes off is the frame's type, its length, and two bytes of nothing.
    expect(heard()).toContain(":status");
  });

  it("[QW6] survives any bytes, and serves the next", async () => {
    const { connect, enter, server } = await serve();
    let seed = 1;
    const next = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed & 255;
    };
    const noise = (bytes: number) => Uint8Array.from({ length: bytes }, next);
    for (let i = 0; i < 20; i++) {
      const raw = await connect(i % 2 ? "h3" : "parlor-relay");
      for (let stream = 0; stream < 3; stream++)
        say(raw, i % 4 < 2 ? noise(200) : Uint8Array.of(0, 0, 0, 100, ...noise(100)));
      raw.connection.sendDatagram(noise(100));
    }
    const ada = await enter("ada", { carriers: ["quic"] });
    expect(ada.carrier).toBe("quic");
    expect(server.relayCounts.peers).toBe(1);
  });
});

describe.skipIf(quic === undefined)("relay and the members of a collaboration session", () => {
  /** A session made over HTTP, a Pulsar client in it, and a way in for peers of the relay. */
  async function session() {
    const scene = await serve();
    const made = await fetch(`http://127.0.0.1:${scene.port}/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ host_id: "studio" }),
    });
    const {
      session_id: id,
      join_token: token,
      host_token: hostToken,
    } = (await made.json()) as Record<string, string>;
    if (id === undefined || token === undefined || hostToken === undefined) throw new Error("no session");
    const joinAs = async (peer: string, joinToken: string) => {
      const socket = await TextSocket.open(`ws://127.0.0.1:${scene.port}/v1/signaling`);
      opened.push({ close: () => socket.close() });
      socket.send({ type: "join", session_id: id, peer_id: peer, join_token: joinToken });
      const joined = (await socket.json()) as { type: string; resume_token: string };
      expect(joined.type).toBe("joined");
      return { socket, joined };
    };
    const enter = (peer: string, options: Partial<RelayOptions> = {}) =>
      scene.enter(peer, { session: id, token, carriers: ["quic"], ...options });
    return { ...scene, id, token, hostToken, joinAs, enter };
  }

  it("[QR17] reaches a Pulsar client over its link, and is reached by it", async () => {
    const { id, joinAs, hostToken, enter } = await session();
    const { socket } = await joinAs("ada", hostToken);
    const bob = await enter("bob");
    const heard = new Promise<RelayedMessage>((resolve) => bob.on("message", resolve));

    await bob.send("ada", Uint8Array.of(1, 2, 255));
    expect(await socket.json()).toEqual({
      type: "relay",
      from: "bob",
      to: "ada",
      session_id: id,
      data_base64: "AQL/",
    });
    socket.send({ type: "relay", session_id: id, peer_id: "ada", to: "bob", data: { x: "ü" } });

    const { from, payload } = await heard;
    expect([from, Buffer.from(payload).toString()]).toEqual(["ada", '{"x":"ü"}']);
    socket.send({ type: "relay", session_id: id, peer_id: "ada", to: "nobody", data: 1 });
    expect(await socket.json()).toMatchObject({ type: "error" });
  });

  it("[QR18] gives the name of a member only to who has a token for it", async () => {
    const { joinAs, hostToken, enter } = await session();
    const { joined } = await joinAs("ada", hostToken);

    await expect(enter("ada")).rejects.toMatchObject({ code: "forbidden" });
    const ada = await enter("ada", { token: joined.resume_token });
    expect(ada.carrier).toBe("quic");
  });

  it("[QR18] ends the line of who is kicked, and keeps it out", async () => {
    const { id, token, joinAs, hostToken, enter } = await session();
    const host = await joinAs("ada", hostToken);
    const { joined } = await joinAs("bob", token);
    const bob = await enter("bob", { token: joined.resume_token });
    const ended = new Promise((resolve) => bob.on("closed", resolve));

    host.socket.send({ type: "kick_user", session_id: id, peer_id: "ada", target_peer_id: "bob" });

    expect(await ended).toMatchObject({ code: RELAY_ENDS.forbidden.code });
    await expect(enter("bob", { token: joined.resume_token })).rejects.toMatchObject({ code: "forbidden" });
  });

  it("[QR18] ends all lines of a session that ends", async () => {
    const { id, hostToken, port, enter } = await session();
    const bob = await enter("bob");
    const ended = new Promise((resolve) => bob.on("closed", resolve));

    const closed = await fetch(`http://127.0.0.1:${port}/v1/sessions/${id}/close`, {
      method: "POST",
      headers: { authorization: `Bearer ${hostToken}` },
    });

    expect(closed.status).toBe(204);
    expect(await ended).toMatchObject({ code: RELAY_ENDS.forbidden.code });
  });
});

describe("a server without QUIC", () => {
  it("[QW2] says what is missing, and relays over WebSocket", async () => {
    const said: object[] = [];
    const config = configOf({ host: "127.0.0.1", port: 0, quic: { enabled: true, port: 0 } });
    const server = new Server(config, {
      log: { ...log, warn: (name, fields) => said.push({ name, ...fields }) },
      quic: () => Promise.reject(new QuicUnavailable("QUIC is not available: it needs a package")),
    });
    opened.push({ close: () => server.close({ drainMs: 0 }) });

    const { quic: place, port } = await server.listen();

    expect(place).toBeUndefined();
    expect(said).toEqual([{ name: "quic.unavailable", reason: "QUIC is not available: it needs a package" }]);
    const token = joinTokensOf(config).mint({
      session: roomId("s1"),
      role: "editor",
      issuedAt: Date.now(),
      expiresAt: Date.now() + 60_000,
    });
    const ada = await openRelay({
      webSocketUrl: `ws://127.0.0.1:${port}`,
      session: "s1",
      peer: "ada",
      token,
    });
    expect(ada.carrier).toBe("websocket");
    ada.close();
  });
});
