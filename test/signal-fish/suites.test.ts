import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { TextSocket } from "../../src/testing/text-socket.ts";
import { command } from "../command.ts";
import { ServerProcess } from "../server-process.ts";

const running: ServerProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

/** The suites choose a port by themselves, and tell it by the environment. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

/** What each suite of the clients says to the server that it starts, and nothing else. */
const SUITES = {
  rust: {
    LOGGING__LEVEL: "warn",
    SECURITY__REQUIRE_METRICS_AUTH: "false",
    SECURITY__REQUIRE_WEBSOCKET_AUTH: "false",
    PROTOCOL__SDK_COMPATIBILITY__ENFORCE: "false",
    WEBSOCKET__SEND_QUEUE_CAPACITY: "8",
    WEBSOCKET__SLOW_CONSUMER_TIMEOUT_MS: "500",
  },
  dotnet: {
    SECURITY__ENFORCE_APP_ID_ALLOWLIST: "false",
    SECURITY__REQUIRE_METRICS_AUTH: "false",
    SECURITY__CORS_ORIGINS: "*",
    RATE_LIMIT__MAX_ROOM_CREATIONS: "100",
    RATE_LIMIT__MAX_JOIN_ATTEMPTS: "100",
    SESSION__DEFAULT_TOPOLOGY: "mesh",
    SERVER__PING_TIMEOUT: "3",
    WEBSOCKET__IDLE_TIMEOUT_SECS: "3",
    WEBSOCKET__SERVER_PING_INTERVAL_SECS: "0",
    WEBSOCKET__SLOW_CONSUMER_TIMEOUT_MS: "2000",
  },
  godot: { SECURITY__REQUIRE_METRICS_AUTH: "false", SECURITY__REQUIRE_WEBSOCKET_AUTH: "false" },
} as const;

describe("the server as the clients' suites start it", () => {
  it.each(Object.entries(SUITES))("[SF124] listens within ten seconds for %s", async (_, settings) => {
    const port = await freePort();
    const env = Object.fromEntries(
      Object.entries({ ...settings, PORT: String(port) }).map(([name, value]) => [
        `SIGNAL_FISH__${name}`,
        value,
      ]),
    );
    const server = await ServerProcess.start({ place: [], env, startWithinMs: 10_000 });
    running.push(server);

    const socket = await TextSocket.open(`ws://127.0.0.1:${port}/v2/ws`);
    socket.send('{"type":"Authenticate","data":{"app_id":"e2e-test-app"}}');
    expect(JSON.parse(await socket.next())).toMatchObject({ type: "Authenticated" });
    expect(JSON.parse(await socket.next())).toMatchObject({ type: "ProtocolInfo" });
    socket.close();
  });

  it("[SF124] runs twice on one machine, each with a port of its own", async () => {
    for (const port of [await freePort(), await freePort()]) {
      const env = { SIGNAL_FISH__PORT: String(port) };
      running.push(await ServerProcess.start({ place: [], env }));
      expect(await (await fetch(`http://127.0.0.1:${port}/v2/health`)).text()).toBe("OK");
    }
  });
});

describe("the original's command line", () => {
  const asJson = (object: object) => ({ env: { SIGNAL_FISH_CONFIG_JSON: JSON.stringify(object) } });

  it.each([["--validate-config"], ["-c"]])(
    "[SF121] ends with 0 for a good configuration and with 1 for a bad one: %s",
    async (flag) => {
      const good = await command(["serve", flag], asJson({ server: { ping_timeout: 3 } }));
      expect(good.code).toBe(0);
      expect(good.out).toMatch(/signalFish.activityTimeoutMs +3s +env SIGNAL_FISH_CONFIG_JSON/);

      const bad = await command(["serve", flag], asJson({ server: { ping_timeout: "soon" } }));
      expect(bad.code).toBe(1);
      expect(bad.err).toContain("server.ping_timeout");
    },
  );

  it("[SF121] prints the whole configuration, but no secret", async () => {
    const { code, out } = await command(
      ["serve", "--print-config"],
      asJson({ security: { metrics_auth_token: "hush-hush", require_metrics_auth: true } }),
    );

    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ signalFish: { metricsToken: "•••" } });
    expect(out).not.toContain("hush");
  });
});
