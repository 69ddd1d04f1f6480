import { readdirSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ConfigInput, configOf } from "../src/config/index.ts";
import { createLog } from "../src/observe/log.ts";
import { METRICS } from "../src/observe/metrics.ts";
import { Server } from "../src/server/server.ts";
import { openRaw } from "../src/testing/raw-web-socket.ts";
import { TestClient } from "./peer-server/client.ts";
import { join, liveServer } from "./peer-server/live-server.ts";

const PLAIN = {
  connection: "close",
  upgrade: undefined,
  "sec-websocket-version": undefined,
  "sec-websocket-key": undefined,
};

/** What the server answers to a request written as it stands, which `fetch` would tidy up. */
async function asked(
  port: number,
  path: string,
  { method = "GET", ...headers }: Record<string, string> = {},
) {
  const raw = openRaw(port, { path, method, headers: { ...PLAIN, ...headers } });
  await expect.poll(() => raw.isEnded, { message: `${method} ${path}`, timeout: 5_000 }).toBe(true);
  const { status, body, head } = raw;
  return { status, body, head };
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

describe("health", () => {
  it.each(METHODS)("[HT1] answers to %s", async (method) => {
    const { http, inLobby } = await liveServer({ maxPeers: 77 });
    await inLobby("ada", "bob");

    const response = await fetch(`${http}/health`, { method });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    if (method === "HEAD") return;
    const health = (await response.json()) as { timestamp: number };
    expect(health).toEqual({
      status: "ok",
      peers: 2,
      max_peers: 77,
      timestamp: expect.any(Number),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      services: expect.objectContaining({
        accepting: "healthy",
        http: "up",
        relay: "up",
        sessions: "up",
      }),
      checks: expect.arrayContaining([
        { name: "accepting", status: "healthy", message: null, duration_ms: expect.any(Number) },
      ]),
    });
    expect(Math.abs(health.timestamp - Date.now() / 1000)).toBeLessThan(5);
  });

  it("[HT2] has the original's shape for Peer Server's readers", async () => {
    const { http } = await liveServer();

    const health = await (await fetch(`${http}/peer-server/health`)).json();
    expect(Object.keys(health as object)).toEqual(["status", "peers", "max_peers", "timestamp"]);
    expect(health).toMatchObject({ status: "ok", peers: 0, max_peers: 100_000 });
  });

  it("[HT3] [HT4] of a server that runs is alive and ready", async () => {
    const { http } = await liveServer();

    for (const path of ["/health/liveness", "/health/readiness"]) {
      const response = await fetch(http + path, { method: "POST", body: "ignored" });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ status: "ok", timestamp: expect.any(Number) });
    }
  });

  it("[HT4] of a server that stops is alive and not ready, and no link is taken", async () => {
    const { http, port, url, server } = await liveServer();
    // It never answers the close frame, so the server waits for it.
    const stubborn = openRaw(port, { path: "/ws" });
    await expect.poll(() => stubborn.status).toBe(101);
    const closing = server.close({ drainMs: 20_000 });

    expect((await fetch(`${http}/health/readiness`)).status).toBe(503);
    const readiness = (await (await fetch(`${http}/health/readiness`)).json()) as object;
    expect(readiness).toMatchObject({
      status: "unavailable",
      checks: expect.arrayContaining([
        expect.objectContaining({
          name: "accepting",
          status: "unhealthy",
          message: "the server is stopping",
        }),
      ]),
    });
    expect((await fetch(`${http}/health/liveness`)).status).toBe(200);
    expect(((await (await fetch(`${http}/health`)).json()) as { services: object }).services).toMatchObject({
      accepting: "unhealthy",
      http: "stopping",
      relay: "stopping",
      sessions: "stopping",
    });
    await expect(TestClient.open(url)).rejects.toThrow("503");
    expect(
      (await fetch(`${http}/metrics`).then((response) => response.text())).match(/^parlor_draining 1$/m),
    ).toBeTruthy();

    stubborn.socket.destroy();
    await closing;
    await expect(fetch(`${http}/health`)).rejects.toThrow();
  });
});

describe("stats", () => {
  it.each(["/stats", "/peer-server/stats"])("[HT5] at %s name namespaces and no room", async (path) => {
    const { http, inLobby } = await liveServer({ maxPeers: 50 });
    const [ada, bob] = await inLobby("ada", "bob");
    await ada.ask({ type: "create_room", payload: { room_id: "our secret den" } });
    await ada.ask(join("__proto__"));
    await ada.ask({ type: "match", payload: { namespace: "secret pool" } });
    await bob.ask({ type: "match", payload: { namespace: "secret pool" } });
    await bob.ask({ type: "match", payload: { namespace: "secret pool" } });

    const text = await (await fetch(http + path, { method: "POST" })).text();
    const stats = JSON.parse(text) as { namespaces: object };
    expect(stats).toMatchObject({
      total_peers: 2,
      max_peers: 50,
      namespaces_total: 2,
      rooms_total: 4,
      waiting_for_match: 1,
      shards: 1,
      uptime_seconds: 0,
    });
    expect(Object.entries(stats.namespaces)).toEqual([
      ["lobby", 2],
      ["__proto__", 1],
    ]);
    expect(text).not.toMatch(/secret|match:/);
  });

  it("[HT5] name at most a thousand namespaces, and count all", async () => {
    const { http, register } = await liveServer({
      limits: { messagesPerSecond: 100_000, messagesBurst: 100_000 },
      rooms: { maxRoomsPerPeer: 2_000 },
    });
    const ada = await register("ada");
    for (let i = 0; i < 1_100; i++) ada.send(join(`n${i}`));
    await ada.rest();

    const stats = (await (await fetch(`${http}/stats`)).json()) as {
      namespaces: object;
      namespaces_total: number;
    };
    expect([Object.keys(stats.namespaces).length, stats.namespaces_total]).toEqual([1_000, 1_100]);
  });
});

describe("metrics", () => {
  it("[HT6] are Prometheus text, with every metric and help", async () => {
    const { http } = await liveServer();

    for (const path of ["/metrics", "/metrics/prom"]) {
      const response = await fetch(http + path);
      expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
      const text = await response.text();
      for (const [name, { help, type }] of Object.entries(METRICS)) {
        expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
      }
      expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    }
  });

  it("[HT6] are JSON too, and count what happens", async () => {
    const { http, inLobby } = await liveServer();
    const [ada] = await inLobby("ada", "bob");
    await ada.ask("garbage");

    const json = (await (await fetch(`${http}/metrics/json`)).json()) as {
      total_metrics: number;
      metrics: { name: string; values: { value: number; labels: Record<string, string> }[] }[];
    };
    const figure = (name: string) => json.metrics.find((metric) => metric.name === name)?.values;
    expect(json.total_metrics).toBe(json.metrics.length);
    expect(figure("parlor_peers")).toEqual([{ value: 2, labels: {} }]);
    expect(figure("parlor_rooms")).toEqual([{ value: 1, labels: {} }]);
    expect(figure("parlor_messages_received_total")).toEqual([{ value: 5, labels: {} }]);
    expect(figure("parlor_refusals_total")).toEqual([{ value: 1, labels: { code: "bad_message" } }]);
    expect(figure("parlor_links_accepted_total")).toEqual([{ value: 2, labels: { dialect: "peer-server" } }]);
    expect(figure("parlor_errors_total")).toEqual([{ value: 0, labels: {} }]);
  });

  it("[HT15] are at a port of their own, too, with nothing beside them", async () => {
    const config = configOf({ host: "127.0.0.1", port: 0, metrics: { port: 0, token: "open sesame" } });
    const server = new Server(config, { log: createLog({ level: "silent", format: "json" }) });
    onTestFinished(() => server.close({ drainMs: 0 }));
    const { port, metricsPort } = await server.listen();
    const own = `http://127.0.0.1:${metricsPort}`;
    const headers = { authorization: "Bearer open sesame" };

    expect(metricsPort).not.toBe(port);
    for (const path of ["/metrics", "/metrics/prom", "/metrics/json"]) {
      expect((await fetch(own + path, { headers })).status).toBe(200);
      expect((await fetch(own + path)).status).toBe(401);
    }
    for (const path of ["/", "/health", "/metrics2", "/v1/sessions", "/console"])
      expect((await fetch(own + path, { headers })).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).status).toBe(200);
  });

  it("[HT6] hold nothing that a peer has chosen", async () => {
    const { http, register } = await liveServer();
    const ada = await register("chosen alias");
    await ada.ask(join("chosen namespace"));
    await ada.ask({ type: "chosen type" });
    await expect(TestClient.open(`${http.replace("http", "ws")}/chosen/path`)).rejects.toThrow("404");

    expect(await (await fetch(`${http}/metrics`)).text()).not.toContain("chosen");
  });

  it("[HT7] ask for the token, if there is one", async () => {
    const { http } = await liveServer({ metrics: { token: "open sesame" } });
    const read = (path: string, authorization?: string) =>
      fetch(http + path, { headers: authorization === undefined ? {} : { authorization } });

    for (const path of ["/metrics", "/metrics/prom", "/metrics/json"]) {
      for (const wrong of [
        undefined,
        "",
        "Bearer",
        "Bearer open",
        "Bearer open sesame!",
        "Basic open sesame",
      ]) {
        const refused = await read(path, wrong);
        expect(refused.status).toBe(401);
        expect(refused.headers.get("www-authenticate")).toBe("Bearer");
        expect(await refused.text()).toContain("metrics.token");
      }
      expect((await read(path, "Bearer open sesame")).status).toBe(200);
    }
    expect((await read("/health")).status).toBe(200);
  });

  it("[HT7] are not there when they are switched off", async () => {
    const { http } = await liveServer({ metrics: { enabled: false } });

    for (const path of ["/metrics", "/metrics/prom", "/metrics/json"]) {
      expect((await fetch(http + path)).status).toBe(404);
    }
  });
});

describe("the playground", () => {
  /** Built by `npm run build`, which `npm test` runs first. */
  const assets = () => readdirSync(new URL("../dist/playground/assets/", import.meta.url));

  it("[HT8] is at /, with headers that keep it to itself", async () => {
    const { http } = await liveServer();

    const page = await fetch(`${http}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<!doctype html>");
    expect(Object.fromEntries(page.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "content-security-policy": expect.stringMatching(/default-src 'self'.*frame-ancestors 'none'/),
    });
  });

  it("[HT8] has its files, which may be kept", async () => {
    const { http } = await liveServer();
    const types = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };

    expect(assets().length).toBeGreaterThan(1);
    for (const name of assets()) {
      const file = await fetch(`${http}/assets/${name}`);
      const type = types[name.split(".").pop() as keyof typeof types];
      expect(file.headers.get("content-type")).toContain(type);
      expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(file.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  it.each([
    "/../package.json",
    "/../../package.json",
    "/%2e%2e/package.json",
    "/..%2fpackage.json",
    "/assets/../../cli/main.js",
    "/assets/..%2f..%2fcli%2fmain.js",
    "/assets/%2e%2e/%2e%2e/cli/main.js",
    "/assets/..\\..\\cli\\main.js",
    "/assets/....//main.js",
    "/assets//etc/passwd",
    "//etc/passwd",
    "/index.html%00.js",
    "/assets/.",
    "/assets/",
    "/.js",
    "/nothing.js",
    "/toString",
    "/index.html/",
  ])("[HT8] leads nowhere else: %s", async (path) => {
    const { port } = await liveServer();

    const { status, body } = await asked(port, path);
    expect([400, 404]).toContain(status);
    expect(body).not.toMatch(/"name": "parlor"|import|root:/);
  });

  it("[HT8] is not there when it is switched off", async () => {
    const { http } = await liveServer({ playground: { enabled: false } });

    expect((await fetch(`${http}/`)).status).toBe(404);
    expect((await fetch(`${http}/assets/${assets()[0]}`)).status).toBe(404);
  });
});

describe("other requests", () => {
  it.each(["/ws", "/peer-server/ws", "/ws?token=x"])(
    "[HT9] to %s that are no upgrade are told so",
    async (path) => {
      const { http } = await liveServer();

      for (const method of ["GET", "POST"]) {
        const response = await fetch(http + path, { method });
        expect(response.status).toBe(426);
        expect(response.headers.get("content-type")).toMatch(/^text\/plain/i);
        expect(response.headers.get("upgrade")).toBe("websocket");
      }
    },
  );

  it.each([
    "/nothing",
    "/health/",
    "/healthz",
    "/WS",
    "/ws/",
    "/ws/x",
    "/metrics2",
    "/stats/x",
    "/__proto__",
  ])("[HT10] to %s find nothing", async (path) => {
    const { http, port } = await liveServer();

    const response = await fetch(http + path);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/i);
    const upgrade = openRaw(port, { path });
    await expect.poll(() => upgrade.status).toBe(404);
  });

  it("[HT11] of HEAD are answered as GET, without a body", async () => {
    const { port } = await liveServer();

    for (const path of ["/health", "/stats", "/metrics", "/metrics/json", "/", "/nothing", "/ws"]) {
      const [get, head] = [await asked(port, path), await asked(port, path, { method: "HEAD" })];
      expect([path, head.status]).toEqual([path, get.status]);
      expect(head.body).toBe("");
      expect(/^content-type: .*$/im.exec(head.head)?.[0]).toBe(/^content-type: .*$/im.exec(get.head)?.[0]);
    }
  });

  it("[HT12] that are no requests of the web are refused, and the server goes on", async () => {
    const { port, http, metric } = await liveServer();

    expect((await asked(port, "/health", { host: "a b" })).status).toBe(400);
    expect((await asked(port, "/health", { host: "a:99999" })).status).toBe(400);
    expect((await asked(port, "/health", { method: "TRACE" })).status).toBe(400);
    expect((await asked(port, "/health", { method: "NONSENSE" })).status).toBe(400);
    expect((await asked(port, "/%")).status).toBe(404);
    expect((await asked(port, "http://elsewhere/health")).status).toBe(200);
    expect((await asked(port, "http://a b/health")).status).toBe(400);
    const body = new Uint8Array(1_048_577);
    expect((await fetch(`${http}/health`, { method: "POST", body })).status).toBe(413);
    expect((await fetch(`${http}/health`, { method: "POST", body: body.subarray(1) })).status).toBe(200);
    expect((await fetch(`${http}/health`)).status).toBe(200);
    expect(await metric("parlor_errors_total")).toBe(0);
  });
});

describe("the choice of a dialect", () => {
  const first = async (url: string) => {
    const client = await TestClient.open(url);
    const answer = await client.ask({ type: "register", payload: { public_key: "k" } });
    client.cut();
    return answer.type;
  };

  it("[HT13] on a shared listener goes by the path", async () => {
    const { port } = await liveServer({ native: { enabled: true } });
    const base = `ws://127.0.0.1:${port}`;

    expect(await first(`${base}/ws`)).toBe("registered");
    expect(await first(`${base}/peer-server/ws`)).toBe("registered");
    await expect(TestClient.open(`${base}/other`)).rejects.toThrow("404");
    const native = await TestClient.open(`${base}/parlor`);
    expect(await native.ask({ t: "hello", v: 1 })).toHaveProperty("t");
    native.cut();
  });

  it("[HT13] on a listener of one dialect is no choice", async () => {
    const others = Object.entries(configOf({})).filter(
      ([name, group]) =>
        name !== "peerServer" && typeof group === "object" && "enabled" in group && "space" in group,
    );
    const off = Object.fromEntries(others.map(([name]) => [name, { enabled: false }]));
    const { port, server } = await liveServer(off as ConfigInput);
    expect(server.dialects).toEqual(["peer-server"]);

    for (const path of ["/", "/ws", "/anything/at/all"]) {
      expect(await first(`ws://127.0.0.1:${port}${path}`)).toBe("registered");
    }
  });
});
