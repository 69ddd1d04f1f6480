import { createServer, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { frameOf } from "../lib/frame.ts";
import { OPCODES, openRaw, type RawOptions, type RawWebSocket, rawFrame } from "../testing/raw-web-socket.ts";
import { type HttpListener, type HttpOptions, listenHttp } from "./http.ts";
import type { Link, LinkEnd, Opening } from "./link.ts";

const opened: HttpListener[] = [];
const sockets: { destroy(): void }[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(
    opened.splice(0).map((listener) => {
      for (const link of listener.links) link.destroy();
      return listener.close();
    }),
  );
});

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

/** A listener that accepts everybody and echoes, unless told otherwise. */
async function listen(options: Partial<HttpOptions> = {}) {
  const openings: Opening[] = [];
  const ends: LinkEnd[] = [];
  const errors: unknown[] = [];
  const listener = await listenHttp({
    host: "127.0.0.1",
    onUpgrade: () => ({ accept: true }),
    onLink(link, opening) {
      openings.push(opening);
      echo(link, ends);
    },
    onError: (error) => void errors.push(error),
    ...options,
  });
  opened.push(listener);
  return { listener, openings, ends, errors };
}

function echo(link: Link, ends: LinkEnd[] = []): void {
  link.listen({
    message: (data) => link.send(frameOf(data)),
    fault: () => {},
    closed: (end) => void ends.push(end),
  });
}

/** Sends one upgrade request and waits for the answer. */
async function ask({ listener }: { listener: HttpListener }, options?: RawOptions): Promise<RawWebSocket> {
  const raw = openRaw(listener.port, options);
  sockets.push(raw.socket);
  await until(() => expect(raw.status).toBeGreaterThan(0));
  return raw;
}

/** One ordinary request. */
function fetchText(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers }, (response: IncomingMessage) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
  });
}

describe("the handshake", () => {
  it("[WS13] opens a link and tells what it asked for", async () => {
    const all = await listen({
      onUpgrade: (opening) => ({ accept: true, subprotocol: opening.query.get("speak") ?? undefined }),
    });

    const raw = await ask(all, {
      path: "/v2/ws?speak=parlor.v1&room=a%20b",
      headers: { "sec-websocket-protocol": "chat, parlor.v1", "X-Game": "chess" },
    });
    raw.text("hello");

    await until(() => expect(raw.texts).toEqual(["hello"]));
    expect(raw.status).toBe(101);
    expect(raw.header("sec-websocket-accept")).toBe("ICX+Yqv66kxgM0FcWaLWlFLwTAI=");
    expect(raw.header("sec-websocket-protocol")).toBe("parlor.v1");
    expect(all.openings[0]).toMatchObject({
      path: "/v2/ws",
      subprotocol: "parlor.v1",
      remoteAddress: "127.0.0.1",
      secure: false,
      headers: { "x-game": "chess" },
    });
    expect(all.openings[0]?.query.get("room")).toBe("a b");
  });

  it("[WS13] never agrees on a subprotocol that was not offered", async () => {
    const all = await listen({ onUpgrade: () => ({ accept: true, subprotocol: "parlor.v1" }) });

    const raw = await ask(all, { headers: { "sec-websocket-protocol": "chat" } });

    expect(raw.status).toBe(101);
    expect(raw.header("sec-websocket-protocol")).toBeUndefined();
    await until(() => expect(all.openings).toHaveLength(1));
    expect(all.openings[0]?.subprotocol).toBeUndefined();
  });

  it("[WS13] takes a first message that came along with the request", async () => {
    const all = await listen({ onUpgrade: async () => ({ accept: true }) });
    const raw = openRaw(all.listener.port);
    sockets.push(raw.socket);

    raw.text("impatient");

    await until(() => expect(raw.texts).toEqual(["impatient"]));
  });

  it.each<{ what: string; options: RawOptions; status: number; header?: [string, string] }>([
    { what: "no key", options: { headers: { "sec-websocket-key": undefined } }, status: 400 },
    { what: "a key that is none", options: { headers: { "sec-websocket-key": "short" } }, status: 400 },
    {
      what: "an old version",
      options: { headers: { "sec-websocket-version": "8" } },
      status: 426,
      header: ["sec-websocket-version", "13"],
    },
    { what: "no version", options: { headers: { "sec-websocket-version": undefined } }, status: 426 },
    { what: "a POST", options: { method: "POST" }, status: 405, header: ["allow", "GET"] },
    { what: "no path", options: { path: "http://evil.net/" }, status: 400 },
    { what: "bad subprotocols", options: { headers: { "sec-websocket-protocol": "a,,b" } }, status: 400 },
    { what: "a subprotocol twice", options: { headers: { "sec-websocket-protocol": "a, a" } }, status: 400 },
  ])("[WS13] refuses an upgrade with $what", async ({ options, status, header }) => {
    const all = await listen();

    const raw = await ask(all, options);

    await until(() => expect(raw.isEnded).toBe(true));
    expect(raw.status).toBe(status);
    expect(raw.header("connection")).toMatch(/close/);
    expect(raw.body).not.toBe("");
    if (header) expect(raw.header(header[0])).toBe(header[1]);
    expect(all.openings).toEqual([]);
  });

  it.each([400, 401, 403, 404, 426, 429, 503])(
    "[WS13] refuses with %i when the caller says so",
    async (status) => {
      const all = await listen({
        onUpgrade: () => ({
          accept: false,
          status,
          text: '{"error":"ünwanted"}',
          headers: { "content-type": "application/json" },
        }),
      });

      const raw = await ask(all);

      await until(() => expect(raw.isEnded).toBe(true));
      expect([raw.status, raw.body]).toEqual([status, '{"error":"ünwanted"}']);
      expect(raw.header("content-type")).toBe("application/json");
      expect(raw.header("content-length")).toBe(String(Buffer.byteLength(raw.body)));
    },
  );

  it("[WS13] answers 500 when the caller's decision fails, and reports why", async () => {
    const all = await listen({ onUpgrade: () => Promise.reject(new Error("the database is gone")) });

    const raw = await ask(all);

    expect(raw.status).toBe(500);
    expect(all.errors).toEqual([new Error("the database is gone")]);
  });

  it("[WS13] lets go of a link that nobody takes over", async () => {
    const all = await listen({ onLink: () => {} });

    const raw = await ask(all);

    await until(() => expect(raw.isEnded).toBe(true));
    await until(() => expect(all.listener.links.size).toBe(0));
  });

  it("[WS15] refuses pages of other origins before the caller is asked", async () => {
    const onUpgrade = vi.fn(() => ({ accept: true }) as const);
    const all = await listen({ onUpgrade });

    const raw = await ask(all, { headers: { origin: "https://evil.net" } });

    expect(raw.status).toBe(403);
    await until(() => expect(raw.body).toContain("allowedOrigins"));
    expect(onUpgrade).not.toHaveBeenCalled();
  });

  it("[WS15] takes pages of its own host", async () => {
    const all = await listen();
    const { port } = all.listener;

    const raw = await ask(all, { headers: { origin: `http://127.0.0.1:${port}` } });

    expect(raw.status).toBe(101);
  });
});

describe("caps", () => {
  it("[WS14] refuses with 429 above the cap of one address, until a link has gone", async () => {
    const all = await listen({ maxLinksPerAddress: 2 });
    const first = await ask(all);
    await ask(all);

    expect((await ask(all)).status).toBe(429);

    first.socket.destroy();
    await vi.waitFor(async () => expect((await ask(all)).status).toBe(101), { timeout: 5000 });
  });

  it("[WS14] refuses with 503 above the cap of all", async () => {
    const all = await listen({ maxLinks: 1 });
    await ask(all);

    const raw = await ask(all);

    expect(raw.status).toBe(503);
    expect(raw.header("retry-after")).toBe("10");
  });

  it("[WS14] counts those who are still shaking hands, and not those who were refused", async () => {
    let decide = (_accept: boolean) => {};
    const all = await listen({
      maxLinks: 1,
      onUpgrade: () =>
        new Promise((resolve) => {
          decide = (accept) => resolve(accept ? { accept } : { accept, status: 401, text: "no" });
        }),
    });
    const first = openRaw(all.listener.port);
    sockets.push(first.socket);

    await vi.waitFor(async () => expect((await ask(all)).status).toBe(503), { timeout: 5000 });
    decide(false);
    await until(() => expect(first.isEnded).toBe(true));

    const next = openRaw(all.listener.port);
    sockets.push(next.socket);
    await until(() => {
      decide(true);
      expect(next.status).toBe(101);
    });
  });

  it("[WS16] counts by the forwarded address when a proxy is trusted", async () => {
    const all = await listen({ maxLinksPerAddress: 1, trustProxy: 1 });
    const from = (address: string) => ask(all, { headers: { "x-forwarded-for": address } });

    expect((await from("203.0.113.9")).status).toBe(101);
    expect((await from("203.0.113.10")).status).toBe(101);
    expect((await from("203.0.113.9")).status).toBe(429);
    expect(all.openings.map(({ remoteAddress }) => remoteAddress)).toEqual(["203.0.113.9", "203.0.113.10"]);
  });

  it("[WS16] believes no forwarded address by default", async () => {
    const all = await listen();

    await ask(all, { headers: { "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https" } });

    await until(() => expect(all.openings).toHaveLength(1));
    expect(all.openings[0]).toMatchObject({ remoteAddress: "127.0.0.1", secure: false });
  });
});

describe("deadlines", () => {
  it("[WS17] closes a connection whose headers do not come in time", async () => {
    const all = await listen({ handshakeTimeoutMs: 100 });
    const silent = connect({ port: all.listener.port, host: "127.0.0.1" });
    const slow = connect({ port: all.listener.port, host: "127.0.0.1" });
    sockets.push(silent, slow);
    const closed = [silent, slow].map(
      (socket) => new Promise((resolve) => socket.on("close", resolve).resume()),
    );
    slow.on("error", () => {});
    silent.on("error", () => {});

    slow.write("GET / HTTP/1.1\r\nX-Slow: ");
    const trickle = setInterval(() => slow.write("x"), 20);

    await Promise.all(closed);
    clearInterval(trickle);
  });

  it("[WS17] refuses when the caller does not decide in time", async () => {
    const all = await listen({ handshakeTimeoutMs: 50, onUpgrade: () => new Promise(() => {}) });

    expect((await ask(all)).status).toBe(503);
  });
});

describe("ordinary requests", () => {
  it("[WS18] are served by the caller", async () => {
    const all = await listen({
      onRequest: (request, response) => void response.end(`you asked ${request.url}`),
    });

    expect(await fetchText(`${all.listener.urls[0]}/health`)).toEqual({
      status: 200,
      text: "you asked /health",
    });
  });

  it("[WS18] get 404 when nobody serves them, and 500 when that fails", async () => {
    const none = await listen();
    const broken = await listen({ onRequest: () => Promise.reject(new Error("a bug")) });

    expect((await fetchText(`${none.listener.urls[0]}/`)).status).toBe(404);
    expect((await fetchText(`${broken.listener.urls[0]}/`)).status).toBe(500);
    expect(broken.errors).toEqual([new Error("a bug")]);
  });

  it("[WS18] are served although they offer an upgrade to something else", async () => {
    const all = await listen({ onRequest: (_request, response) => void response.end("plain") });
    const upgrade = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c" };

    expect(await fetchText(`${all.listener.urls[0]}/`, upgrade)).toEqual({ status: 200, text: "plain" });
  });

  it("[WS18] are refused when they offer an upgrade and have a body", async () => {
    const all = await listen({ onRequest: (_request, response) => void response.end("plain") });

    const raw = await ask(all, { method: "POST", headers: { upgrade: "h2c", "content-length": "5" } });

    expect(raw.status).toBe(400);
    await until(() => expect(raw.isEnded).toBe(true));
  });

  it("[WS18] that are no HTTP get 400 and do no harm", async () => {
    const all = await listen();
    const socket = connect({ port: all.listener.port, host: "127.0.0.1" });
    sockets.push(socket);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });

    socket.write("\x16\x03\x01 this is not HTTP\r\n\r\n");

    await until(() => expect(answer).toMatch(/^HTTP\/1\.1 400/));
    expect((await ask(all)).status).toBe(101);
  });
});

describe("a server of the embedder's", () => {
  async function embed(options: Partial<HttpOptions> = {}) {
    const server = createServer((_request, response) => void response.end("the embedder's"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    sockets.push({
      destroy() {
        server.close();
        server.closeAllConnections();
      },
    });
    const all = await listen({ attachTo: server, claims: (path) => path === "/parlor", ...options });
    return { server, ...all };
  }

  it("[WS19] keeps its own requests and paths", async () => {
    const all = await embed();
    const url = `http://127.0.0.1:${all.listener.port}`;

    expect((await ask(all, { path: "/parlor" })).status).toBe(101);
    expect(await fetchText(`${url}/parlor`)).toEqual({ status: 200, text: "the embedder's" });
    const other = await ask(all, { path: "/other" });
    expect(other.status).toBe(200);
    await until(() => expect(other.body).toContain("the embedder's"));
  });

  it("[WS19] keeps its own upgrades", async () => {
    const all = await embed();
    all.server.on("upgrade", (request, socket) => {
      if (request.url === "/theirs") socket.end("HTTP/1.1 418 I'm a teapot\r\nConnection: close\r\n\r\n");
    });

    expect((await ask(all, { path: "/theirs" })).status).toBe(418);
    expect((await ask(all, { path: "/parlor" })).status).toBe(101);
  });

  it("[WS19] goes on when the listener is closed", async () => {
    const all = await embed();
    const raw = await ask(all, { path: "/parlor" });
    raw.socket.on("data", () => {
      if (raw.closed) raw.socket.write(rawFrame({ opcode: OPCODES.close }));
    });

    await all.listener.close();

    expect(raw.closed).toEqual({ code: 1001, reason: "the server is stopping" });
    expect((await fetchText(`http://127.0.0.1:${all.listener.port}/`)).text).toBe("the embedder's");
    expect(all.server.listenerCount("upgrade")).toBe(0);
  });
});

describe("opening and closing", () => {
  it("[WS20] says why it cannot listen", async () => {
    const { listener } = await listen();

    await expect(listen({ port: listener.port })).rejects.toThrow(
      `cannot listen on 127.0.0.1, port ${listener.port}: the port is in use`,
    );
  });

  it("[WS20] names where it can be reached", async () => {
    const one = await listen();
    const every = await listen({ host: "0.0.0.0" });

    expect(one.listener.urls).toEqual([`http://127.0.0.1:${one.listener.port}`]);
    expect(every.listener.urls[0]).toBe(`http://localhost:${every.listener.port}`);
  });

  it("[WS20] lets links go by themselves while it drains, and takes no new ones", async () => {
    const all = await listen();
    const raw = await ask(all);
    let isClosed = false;

    const closed = all.listener.close({ drainMs: 10_000 }).then(() => {
      isClosed = true;
    });
    raw.text("still here");
    await until(() => expect(raw.texts).toEqual(["still here"]));
    expect(isClosed).toBe(false);
    raw.socket.end(rawFrame({ opcode: OPCODES.close }));

    await closed;
    expect(all.ends).toEqual([{ code: 1005, reason: "", clean: true }]);
  });

  it("[WS20] closes with 1001 those who stay, and ends those who do not answer", async () => {
    const all = await listen({ webSocket: { closeTimeoutMs: 50 } });
    const raw = await ask(all);
    await until(() => expect(all.openings).toHaveLength(1));

    await all.listener.close({ drainMs: 1 });

    expect(raw.closed).toEqual({ code: 1001, reason: "the server is stopping" });
    expect(all.ends).toHaveLength(1);
    expect(all.listener.links.size).toBe(0);
  });

  it("[WS20] may be closed twice", async () => {
    const { listener } = await listen();

    await Promise.all([listener.close(), listener.close()]);
    await listener.close();

    expect(listener.server.listening).toBe(false);
  });
});
