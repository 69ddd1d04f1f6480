import { Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { frameOf, type Incoming } from "../lib/frame.ts";
import { describeLink } from "../testing/link-contract.ts";
import { OPCODES, openRaw, type RawWebSocket, rawFrame } from "../testing/raw-web-socket.ts";
import { type HttpListener, listenHttp } from "./http.ts";
import type { Link, LinkEnd, LinkFault, LinkListener } from "./link.ts";
import type { WebSocketClock, WebSocketOptions } from "./websocket.ts";

const opened: HttpListener[] = [];
const sockets: { destroy(): void }[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(
    opened.splice(0).map((listener) => {
      for (const link of listener.links) link.destroy();
      return listener.close();
    }),
  );
});

/** A listener that accepts everybody and keeps what each link told. */
async function listen(webSocket: WebSocketOptions = {}) {
  const links: { link: Link; messages: Incoming[]; faults: LinkFault[]; ends: LinkEnd[]; lost: number }[] =
    [];
  const errors: unknown[] = [];
  const answers = {
    message: (_link: Link, _data: Incoming): void => {},
    fault: (_link: Link, _fault: LinkFault): void => {},
  };
  const listener = await listenHttp({
    host: "127.0.0.1",
    webSocket,
    onUpgrade: () => ({ accept: true }),
    onLink(link) {
      const one = {
        link,
        messages: [] as Incoming[],
        faults: [] as LinkFault[],
        ends: [] as LinkEnd[],
        lost: 0,
      };
      links.push(one);
      link.listen({
        message: (data) => {
          one.messages.push(data);
          answers.message(link, data);
        },
        fault: (fault) => {
          one.faults.push(fault);
          answers.fault(link, fault);
        },
        closed: (end) => void one.ends.push(end),
        dropped: (count) => {
          one.lost += count;
        },
      });
    },
    onError: (error) => void errors.push(error),
  });
  opened.push(listener);
  return { listener, links, errors, answers };
}

type Listened = Awaited<ReturnType<typeof listen>>;

/** Connects a raw peer and waits for its link. */
async function join({
  listener,
  links,
}: Listened): Promise<{ raw: RawWebSocket; at: Listened["links"][number] }> {
  const before = links.length;
  const raw = openRaw(listener.port);
  sockets.push(raw.socket);
  await vi.waitFor(() => expect(raw.status).toBe(101));
  await vi.waitFor(() => expect(links).toHaveLength(before + 1));
  const at = links[before];
  if (!at) throw new Error("no link");
  return { raw, at };
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

describeLink("WebSocket", async ({ maxQueueBytes, listener: heard }) => {
  let link: Link | undefined;
  const listener = await listenHttp({
    host: "127.0.0.1",
    webSocket: { maxQueueBytes },
    onUpgrade: () => ({ accept: true }),
    onLink(accepted) {
      link = accepted;
      link.listen(heard);
    },
  });
  opened.push(listener);

  const peer = new WebSocket(`ws://127.0.0.1:${listener.port}/`);
  sockets.push({ destroy: () => peer.terminate() });
  const received: Incoming[] = [];
  let ended: { code: number; reason: string } | undefined;
  peer.on("message", (data: Buffer, isBinary) => received.push(isBinary ? data : data.toString()));
  peer.on("close", (code, reason) => {
    ended = { code, reason: reason.toString() };
  });
  await until(() => expect(link).toBeDefined());
  await until(() => expect(peer.readyState).toBe(WebSocket.OPEN));
  return {
    link: link as unknown as Link,
    peer: {
      send: (data) => peer.send(data),
      received,
      get ended() {
        return ended;
      },
      stopReading: () => peer.pause(),
      goOnReading: () => peer.resume(),
    },
    carry: () => {},
  };
});

describe("writing", () => {
  it("[WS1] builds the frame of a broadcast once for all its recipients", async () => {
    const all = await listen();
    const joined = [await join(all), await join(all), await join(all)];
    const frame = frameOf("to all of you");

    joined[0]?.at.link.send(frame);
    const { prepared } = frame;
    for (const { at } of joined.slice(1)) at.link.send(frame);

    await until(() => expect(joined.map(({ raw }) => raw.texts)).toEqual(Array(3).fill(["to all of you"])));
    expect(prepared).toBeDefined();
    expect(frame.prepared).toBe(prepared);
  });

  it("[WS2] writes everything of one turn with one call per socket", async () => {
    const all = await listen();
    const [ada, bob] = [await join(all), await join(all)];
    const write = vi.spyOn(Socket.prototype, "write");

    for (let i = 0; i < 100; i++) {
      ada.at.link.send(frameOf(`ada ${i}`));
      bob.at.link.send(frameOf(`bob ${i}`));
    }

    await until(() => expect(bob.raw.texts).toHaveLength(100));
    await until(() => expect(ada.raw.texts).toEqual(Array.from({ length: 100 }, (_, i) => `ada ${i}`)));
    expect(write).toHaveBeenCalledTimes(2);
  });

  it("[WS3] does not take a healthy peer for a slow one when much is said in one turn", async () => {
    const all = await listen({ maxQueueBytes: 256 * 1024 });
    const { raw, at } = await join(all);

    for (let i = 0; i < 2000; i++) at.link.send(frameOf(`${i} ${"x".repeat(500)}`));

    await until(() => expect(raw.texts).toHaveLength(2000));
    expect(at.faults).toEqual([]);
  });

  it("[WS4] bounds what it keeps for a peer that stops reading, and lets go of it soon", async () => {
    const all = await listen({ maxQueueBytes: 256 * 1024 });
    const { raw, at } = await join(all);
    raw.socket.pause();
    let most = 0;

    for (let sent = 0; at.faults.length === 0; sent++) {
      if (sent > 10_000) throw new Error("never called slow");
      at.link.send(frameOf("x".repeat(16 * 1024)));
      most = Math.max(most, at.link.queuedBytes);
      if (sent % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }

    expect(at.faults).toEqual(["slow_consumer"]);
    expect(most).toBeLessThanOrEqual(256 * 1024 + 32 * 1024);
    await until(() => expect(at.ends).toHaveLength(1));
    expect(at.link.queuedBytes).toBe(0);
  });

  it("[WS4] lets the dialect have the last word with a slow peer", async () => {
    const all = await listen({ maxQueueBytes: 256 * 1024 });
    const { raw, at } = await join(all);
    all.answers.fault = (link) => {
      link.send(frameOf("you are too slow", "critical"));
      link.close(3002, "too slow");
    };
    raw.socket.pause();

    for (let sent = 0; at.faults.length === 0; sent++) {
      at.link.send(frameOf("x".repeat(16 * 1024)));
      if (sent % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    raw.socket.resume();

    await until(() => expect(raw.closed).toEqual({ code: 3002, reason: "too slow" }));
    expect(raw.texts.at(-1)).toBe("you are too slow");
  });

  it("[WS5] compresses when both sides want it, in order and whole", async () => {
    const all = await listen({ compression: true });
    const peer = new WebSocket(`ws://127.0.0.1:${all.listener.port}/`);
    sockets.push({ destroy: () => peer.terminate() });
    const received: string[] = [];
    let code = 0;
    peer.on("message", (data) => received.push(String(data)));
    peer.on("close", (closeCode) => {
      code = closeCode;
    });
    await until(() => expect(all.links).toHaveLength(1));
    await until(() => expect(peer.readyState).toBe(WebSocket.OPEN));
    const sent = Array.from({ length: 200 }, (_, i) => `${i} ${"parlor ".repeat(i * 4)}`);

    expect(peer.extensions).toContain("permessage-deflate");
    for (const text of sent) all.links[0]?.link.send(frameOf(text));
    all.links[0]?.link.close(3000, "done");

    await until(() => expect(code).toBe(3000));
    expect(received).toEqual(sent);
  });

  it("[WS5] keeps the budget of a compressed link", async () => {
    const all = await listen({ compression: true, maxQueueBytes: 256 * 1024 });
    const peer = new WebSocket(`ws://127.0.0.1:${all.listener.port}/`);
    sockets.push({ destroy: () => peer.terminate() });
    await until(() => expect(all.links).toHaveLength(1));
    await until(() => expect(peer.readyState).toBe(WebSocket.OPEN));
    const [at] = all.links;
    peer.pause();

    for (let i = 0; i < 64; i++) at?.link.send(frameOf("x".repeat(16 * 1024)));
    for (let i = 0; i < 64; i++) at?.link.send(frameOf("x".repeat(16 * 1024), "ephemeral"));

    await until(() => expect(at?.faults).toEqual(["slow_consumer"]));
    expect(at?.link.queuedBytes).toBeLessThan(512 * 1024);
  });
});

describe("closing", () => {
  it("[WS6] answers what came before the peer's close, then the close", async () => {
    const all = await listen();
    const { raw, at } = await join(all);
    all.answers.message = (link, data) => link.send(frameOf(`${data}!`));

    raw.socket.write(
      Buffer.concat([
        rawFrame({ opcode: OPCODES.text, payload: Buffer.from("ada") }),
        rawFrame({ opcode: OPCODES.close, payload: Buffer.from([0x0b, 0xb8, 0x6f, 0x6b]) }),
      ]),
    );

    await until(() => expect(raw.isEnded).toBe(true));
    expect(raw.frames.map(({ opcode }) => opcode)).toEqual([OPCODES.text, OPCODES.close]);
    expect(raw.texts).toEqual(["ada!"]);
    expect(raw.closed).toEqual({ code: 3000, reason: "ok" });
    await until(() => expect(at.ends).toEqual([{ code: 3000, reason: "ok", clean: true }]));
  });

  it("[WS7] ends the connection of a peer that does not answer a close", async () => {
    const all = await listen({ closeTimeoutMs: 50 });
    const { raw, at } = await join(all);

    at.link.close(3001, "bye");

    await until(() => expect(at.ends).toEqual([{ code: 1006, reason: "", clean: false }]));
    expect(raw.closed).toEqual({ code: 3001, reason: "bye" });
  });

  it("[WS8] never puts on the wire what a close frame cannot hold", async () => {
    const all = await listen();
    const [ada, bob, eve] = [await join(all), await join(all), await join(all)];

    ada.at.link.close(1006, "not a code for the wire");
    bob.at.link.close(3000, "ü".repeat(100));
    eve.at.link.close(1005, "");

    await until(() => expect(ada.raw.closed?.code).toBe(1011));
    await until(() => expect(bob.raw.closed).toEqual({ code: 3000, reason: "ü".repeat(61) }));
    await until(() => expect(eve.raw.closed).toEqual({ code: 1005, reason: "" }));
  });

  it("[WS9] reports what a listener throws and lets the link live on", async () => {
    const all = await listen();
    const { raw, at } = await join(all);
    all.answers.message = (link, data) => {
      if (data === "bug") throw new Error("a bug");
      link.send(frameOf("still here"));
    };

    raw.text("bug");
    raw.text("ada");

    await until(() => expect(raw.texts).toEqual(["still here"]));
    expect(all.errors).toEqual([new Error("a bug")]);
    expect(at.ends).toEqual([]);
  });
});

describe("what peers may send", () => {
  const text = (payload: Uint8Array) => rawFrame({ opcode: OPCODES.text, payload });

  it.each<{ what: string; bytes: Buffer; code: number; fault: LinkFault }>([
    {
      what: "a message above the limit",
      bytes: text(Buffer.alloc(1001)),
      code: 1009,
      fault: "message_too_large",
    },
    {
      what: "fragments that together are above the limit",
      bytes: Buffer.concat([
        rawFrame({ opcode: OPCODES.text, payload: Buffer.alloc(600), isFinal: false }),
        rawFrame({ opcode: OPCODES.continuation, payload: Buffer.alloc(600), isFinal: false }),
      ]),
      code: 1009,
      fault: "message_too_large",
    },
    {
      what: "a length beyond all numbers",
      bytes: Buffer.from([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
      code: 1009,
      fault: "message_too_large",
    },
  ])("[WS10] calls $what too large", async ({ bytes, code, fault }) => {
    const all = await listen({ maxMessageBytes: 1000 });
    const { raw, at } = await join(all);

    raw.text("x".repeat(1000));
    raw.socket.write(bytes);

    await until(() => expect(raw.closed?.code).toBe(code));
    expect(at.faults).toEqual([fault]);
    expect(at.messages).toEqual(["x".repeat(1000)]);
  });

  it("[WS10] gives one link another limit than the others when the caller says so", async () => {
    const listener = await listenHttp({
      host: "127.0.0.1",
      webSocket: { maxMessageBytes: 10 },
      onUpgrade: ({ path }) => ({ accept: true, maxMessageBytes: path === "/large" ? 1000 : undefined }),
      onLink: (link) => link.listen(echo(link)),
    });
    opened.push(listener);
    const large = openRaw(listener.port, { path: "/large" });
    const small = openRaw(listener.port);
    sockets.push(large.socket, small.socket);

    for (const raw of [large, small]) raw.text("more than ten");

    await until(() => expect(large.texts).toEqual(["more than ten"]));
    await until(() => expect(small.closed?.code).toBe(1009));
  });

  it("[WS23] ends a link that is probed and shows no sign of life, and no other", async () => {
    const { listener, links } = await listen({ pingIntervalMs: 0 });
    const { port } = listener;
    const dead = openRaw(port);
    const living = new WebSocket(`ws://127.0.0.1:${port}`);
    const talking = openRaw(port);
    sockets.push(dead.socket, { destroy: () => living.terminate() }, talking.socket);
    await until(() => expect(links).toHaveLength(3));

    for (const { link } of links) {
      link.probe?.(300);
      link.probe?.(1);
    }
    await until(() => expect(talking.frames.some(({ opcode }) => opcode === OPCODES.ping)).toBe(true));
    talking.text("still here");
    await until(() => expect(links.some(({ faults }) => faults.length > 0)).toBe(true));

    const faults = links.map((each) => each.faults);
    expect(faults.flat()).toEqual(["heartbeat_timeout"]);
    await until(() => expect(dead.closed).toEqual({ code: 1001, reason: "no sign of life" }));
    expect(dead.frames.filter(({ opcode }) => opcode === OPCODES.ping)).toHaveLength(1);
    expect([living.readyState, talking.closed]).toEqual([WebSocket.OPEN, undefined]);
  });

  it("[WS22] takes larger messages from the moment it is told to", async () => {
    const listener = await listenHttp({
      host: "127.0.0.1",
      webSocket: { maxMessageBytes: 10 },
      onUpgrade: () => ({ accept: true }),
      onLink: (link) =>
        link.listen({
          message: (data) => {
            link.limit?.(100);
            link.send(frameOf(String(data)));
          },
          fault: () => {},
          closed: () => {},
        }),
    });
    opened.push(listener);
    const raw = openRaw(listener.port);
    sockets.push(raw.socket);
    raw.text("short");
    await until(() => expect(raw.texts).toEqual(["short"]));

    raw.text("x".repeat(100));
    await until(() => expect(raw.texts).toHaveLength(2));
    raw.text("x".repeat(101));
    await until(() => expect(raw.closed?.code).toBe(1009));
  });

  it.each<{ what: string; bytes: Buffer; code: number }>([
    {
      what: "an unmasked frame",
      bytes: rawFrame({ opcode: OPCODES.text, payload: Buffer.from("ada"), isMasked: false }),
      code: 1002,
    },
    { what: "text that is not UTF-8", bytes: text(Buffer.from([0xc3, 0x28])), code: 1007 },
    { what: "a reserved bit", bytes: rawFrame({ opcode: OPCODES.text, reservedBits: 4 }), code: 1002 },
    { what: "an unknown opcode", bytes: rawFrame({ opcode: 5 }), code: 1002 },
    { what: "a continuation of nothing", bytes: rawFrame({ opcode: OPCODES.continuation }), code: 1002 },
    {
      what: "a control frame in pieces",
      bytes: rawFrame({ opcode: OPCODES.ping, isFinal: false }),
      code: 1002,
    },
    {
      what: "a close frame with half a code",
      bytes: rawFrame({ opcode: OPCODES.close, payload: Buffer.of(3) }),
      code: 1002,
    },
    {
      what: "a close code that is never sent",
      bytes: rawFrame({ opcode: OPCODES.close, payload: Buffer.from([0x03, 0xee]) }),
      code: 1002,
    },
    {
      what: "a flood of empty fragments",
      bytes: Buffer.concat([
        rawFrame({ opcode: OPCODES.text, isFinal: false }),
        ...Array.from({ length: 1100 }, () => rawFrame({ opcode: OPCODES.continuation, isFinal: false })),
      ]),
      code: 1008,
    },
  ])("[WS11] calls $what a protocol error", async ({ bytes, code }) => {
    const all = await listen();
    const { raw, at } = await join(all);

    raw.socket.write(bytes);

    await until(() => expect(raw.closed?.code).toBe(code));
    expect(at.faults).toEqual(["protocol_error"]);
    expect(at.messages).toEqual([]);
    raw.socket.end();
    await until(() => expect(at.ends).toHaveLength(1));
  });

  it("[WS11] survives any bytes", async () => {
    const all = await listen({ closeTimeoutMs: 50 });
    const random = randomBytes(Number(process.env.SEED ?? 4711));

    for (let i = 0; i < 40; i++) {
      const { raw } = await join(all);
      raw.socket.write(random(i * 40));
      raw.socket.end();
    }

    const { raw } = await join(all);
    raw.socket.write(rawFrame({ opcode: OPCODES.ping }));
    await until(() => expect(raw.frames.map(({ opcode }) => opcode)).toEqual([OPCODES.pong]));
    await until(() => expect(all.links.filter(({ ends }) => ends.length === 1)).toHaveLength(40));
    expect(all.errors).toEqual([]);
  });

  it("[WS11] lets the dialect word the close", async () => {
    const all = await listen();
    const { raw } = await join(all);
    all.answers.fault = (link, fault) => link.close(3504, fault);

    raw.socket.write(rawFrame({ opcode: 5 }));

    await until(() => expect(raw.closed).toEqual({ code: 3504, reason: "protocol_error" }));
  });

  it("[WS11] answers a ping with its own bytes", async () => {
    const all = await listen();
    const { raw } = await join(all);

    raw.socket.write(rawFrame({ opcode: OPCODES.ping, payload: Buffer.from("ada") }));

    await until(() => expect(raw.frames).toEqual([{ opcode: OPCODES.pong, payload: Buffer.from("ada") }]));
  });
});

describe("the heartbeat", () => {
  /** A clock that the test moves, and the sweep that hangs on it. */
  function handClock() {
    let now = 0;
    let run = () => {};
    const clock: WebSocketClock = {
      now: () => now,
      every: (_ms, sweep) => {
        run = sweep;
        return () => {};
      },
    };
    const forward = (ms: number) => {
      now += ms;
      run();
    };
    return { clock, forward };
  }

  it("[WS12] finds a peer that is gone without a word", async () => {
    const { clock, forward } = handClock();
    const all = await listen({ clock, pingIntervalMs: 30_000, pongWaitMs: 10_000 });
    const { raw, at } = await join(all);

    forward(30_000);
    await until(() => expect(raw.frames.map(({ opcode }) => opcode)).toEqual([OPCODES.ping]));
    forward(9_999);
    expect(at.faults).toEqual([]);
    forward(1);

    expect(at.faults).toEqual(["heartbeat_timeout"]);
    await until(() => expect(at.ends).toHaveLength(1));
  });

  it("[WS12] takes bytes that leave a congested socket for a sign of life", async () => {
    const { clock, forward } = handClock();
    const all = await listen({ clock, pingIntervalMs: 30_000, pongWaitMs: 10_000 });
    const { raw, at } = await join(all);
    raw.socket.pause();
    while (at.link.queuedBytes < 256 * 1024) {
      at.link.send(frameOf("x".repeat(16 * 1024)));
      await new Promise((resolve) => setImmediate(resolve));
    }

    forward(30_000);
    raw.socket.resume();
    await until(() => expect(at.link.queuedBytes).toBe(0));
    forward(10_000);

    expect(at.faults).toEqual([]);
  });

  it("[WS12] takes a pong, a ping and a message for a sign of life", async () => {
    const { clock, forward } = handClock();
    const all = await listen({ clock, pingIntervalMs: 30_000, pongWaitMs: 10_000 });
    const { raw, at } = await join(all);
    const signs = [OPCODES.pong, OPCODES.ping, OPCODES.text];

    for (const [round, opcode] of signs.entries()) {
      forward(30_000);
      await until(() =>
        expect(raw.frames.filter((frame) => frame.opcode === OPCODES.ping)).toHaveLength(round + 1),
      );
      raw.socket.write(rawFrame({ opcode }));
      // The echo of a later ping says that the sign was read.
      raw.socket.write(rawFrame({ opcode: OPCODES.text, payload: Buffer.from(`read ${round}`) }));
      await until(() => expect(at.messages).toContain(`read ${round}`));
      forward(10_000);
    }

    expect(at.faults).toEqual([]);
  });
});

/** Bytes that look random and are the same for the same seed (a linear congruential generator). */
function randomBytes(seed: number): (count: number) => Buffer {
  let state = seed;
  return (count) =>
    Buffer.from(
      Array.from({ length: count }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state >>> 24;
      }),
    );
}

function echo(link: Link): LinkListener {
  return {
    message: (data) => link.send(frameOf(data)),
    fault: () => {},
    closed: () => {},
  };
}
