import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openRaw } from "../src/testing/raw-web-socket.ts";
import { command } from "./command.ts";
import { TestClient } from "./peer-server/client.ts";
import { ServerProcess, type ServerProcessOptions } from "./server-process.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "parlor-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const running: ServerProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function started(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const server = await ServerProcess.start(options);
  running.push(server);
  return server;
}

function fileOf(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const socketOf = ({ url }: ServerProcess) => `${url.replace("http", "ws")}ws`;

/** Peer Server's own file, with every key that it knows. */
const ORIGINAL = {
  host: "0.0.0.0",
  port: 8080,
  max_peers: 4321,
  shard_count: 64,
  write_timeout: "10s",
  read_timeout: "60s",
  ping_interval: 30000,
  pong_wait: "35s",
  max_message_size: 1024,
  broker_type: "local",
  redis_addr: "localhost:6379",
  redis_password: "",
  redis_db: 0,
  rate_limit_per_sec: 100,
  rate_limit_burst: 200,
  rate_limit_shards: 32,
  tls_cert: "",
  tls_key: "",
  metrics_enabled: true,
  metrics_port: 9090,
  compression_enabled: false,
  send_buffer_size: 32,
};

describe("parlor serve", () => {
  it("prints where everything is, and everything is there", async () => {
    const server = await started();
    const base = server.url.slice(0, -1);
    const pages = { playground: "/", health: "/health", metrics: "/metrics" };

    await expect.poll(() => server.output).toContain("websocket");
    for (const [name, path] of Object.entries(pages)) {
      expect(server.output).toMatch(new RegExp(`^ +${name} +${base}${path}$`, "m"));
      expect((await fetch(base + path)).status).toBe(200);
    }
    expect(server.output).toMatch(new RegExp(`^ +websocket +${base.replace("http", "ws")}/ws$`, "m"));
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "says goodbye to its peers on %s, and ends with 0",
    async (signal) => {
      const server = await started();
      const ada = await (await TestClient.open(socketOf(server))).register("ada");

      const ended = server.stop(signal);
      expect(await ada.closed()).toEqual({ code: 1001, reason: "server shutting down" });
      expect(await ended).toEqual({ code: 0, signal: null });
      expect(server.output).toContain("server.stopped");
    },
  );

  it("waits for peers that are slow to go, no longer than drainMs", async () => {
    const server = await started({ args: ["--drain-ms", "200"] });
    const stubborn = openRaw(Number(new URL(server.url).port), { path: "/ws" });
    await expect.poll(() => stubborn.status).toBe(101);

    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(stubborn.closed).toEqual({ code: 1001, reason: "server shutting down" });
  });

  it("ends at once on a second signal", async () => {
    const server = await started({ args: ["--drain-ms", "1h"] });
    const stubborn = openRaw(Number(new URL(server.url).port), { path: "/ws" });
    await expect.poll(() => stubborn.status).toBe(101);

    const first = server.stop("SIGTERM");
    await expect.poll(() => stubborn.closed?.code).toBe(1001);
    expect(await server.stop("SIGINT")).toEqual({ code: 130, signal: null });
    await first;
  });

  it("says when the port is in use, without a stack", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen({ port: 0, host: "127.0.0.1" }, resolve));
    const { port } = other.address() as { port: number };

    const { code, out, err } = await command(["serve", "--host", "127.0.0.1", "--port", String(port)]);
    other.close();
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(`cannot listen on 127.0.0.1, port ${port}: the port is in use\n`);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it("says when the TLS files are not usable, without a stack", async () => {
    const { code, err } = await command([
      ...["serve", "--port", "0"],
      ...["--tls-cert-path", fileOf("cert.pem", "no cert"), "--tls-key-path", fileOf("key.pem", "no key")],
    ]);

    expect(code).toBe(2);
    expect(err).toMatch(/^TLS: .*cert\.pem and .*key\.pem are no usable pair/m);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it("tells everything that is wrong with its configuration at once, and ends with 2", async () => {
    const config = fileOf("bad.json", { port: -1, rooms: { capacity: "many" }, colour: "red" });

    const { code, out, err } = await command(["serve", "--config", config, "--max-peers", "none"], {
      env: { PARLOR_DRAIN_MS: "soon" },
    });
    expect(code).toBe(2);
    expect(out).toBe("");
    for (const path of ["port", "rooms.capacity", "colour", "maxPeers", "drainMs"])
      expect(err).toContain(path);
    expect(err).toContain("5 problems");
    expect(err).not.toMatch(/^\s+at /m);
  });

  it("takes a Peer Server's own configuration as it is, and says what has no effect", async () => {
    const server = await started({ args: ["--config", fileOf("config.json", ORIGINAL)] });

    expect(await (await fetch(`${server.url}health`)).json()).toMatchObject({ max_peers: 4321 });
    expect(server.output).toContain("shard_count");
    const ada = await (await TestClient.open(socketOf(server))).register("ada");
    ada.send(" ".repeat(1025));
    expect(await ada.closed()).toEqual({ code: 1009, reason: "read limited at 1025 bytes" });
  });

  it("serves a peer that speaks while the server has nothing else to do", async () => {
    const server = await started({ env: { NODE_ENV: "production" } });
    const ada = await (await TestClient.open(socketOf(server))).register("ada");

    expect(await ada.ask({ type: "ping" })).toEqual({ type: "pong" });
    await ada.close();
    await expect
      .poll(
        async () =>
          ((await (await fetch(`${server.url}stats`)).json()) as { total_peers: number }).total_peers,
      )
      .toBe(0);
  });
});

describe("parlor token", () => {
  it("prints a token that the secret verifies", async () => {
    const secret = "a secret of more than thirty-two characters";
    const { code, out } = await command(["token", "--user", "ada", "--room", "lobby", "--ttl", "5m"], {
      env: { PARLOR_AUTH_SECRET: secret },
    });

    expect(code).toBe(0);
    const { payload } = await jwtVerify(out.trim(), new TextEncoder().encode(secret));
    expect(payload).toMatchObject({ sub: "ada", room: "lobby", typ: "access" });
    await expect(jwtVerify(out.trim(), new TextEncoder().encode(`another ${secret}`))).rejects.toThrow(
      "signature",
    );
  });
});

describe("parlor check", () => {
  it("ends with 0 for what serve would take, and with 2 for what it would not", async () => {
    const good = await command(["check", "--config", fileOf("good.json", ORIGINAL)]);
    expect(good.code).toBe(0);
    expect(good.out).toMatch(/maxPeers +4321/);

    const bad = await command(["check", "--config", fileOf("bad.json", '{ "port": 1,\n  "maxPeers": }')]);
    expect(bad.code).toBe(2);
    expect(bad.err).toContain("bad.json");
    expect(bad.err).toMatch(/line 2/);
  });
});
