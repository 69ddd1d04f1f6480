import { Agent, get as httpGet } from "node:http";
import { describe, expect, it } from "vitest";
import { Editor } from "./pulsar-editor.ts";
import { afterwards, createSession, serve } from "./pulsar-server.ts";

const others = {
  peerServer: { enabled: false },
  tapaculo: { enabled: false },
  native: { enabled: false },
  signalFish: { enabled: false },
};

/** Asks by an agent of its own, which keeps its connection. */
function askOn(agent: Agent, url: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { agent }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode, body }));
    });
    request.on("error", reject);
  });
}

async function get(url: string) {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("health in the words of Pulsar", () => {
  it("[PU60] is told below its name", async () => {
    const { http } = await serve();

    const { status, body } = await get(`${http}/pulsar/health`);

    expect(status).toBe(200);
    expect(Math.abs(Number(body.timestamp) - Date.now() / 1000)).toBeLessThan(5);
    expect(body).toEqual({
      status: "healthy",
      timestamp: expect.any(Number),
      services: { http: "up", relay: "up", sessions: "up" },
      checks: [
        { name: "system_resources", status: "healthy", message: "0 of 10000 sessions", duration_ms: 0 },
        { name: "accepting", status: "healthy", message: null, duration_ms: 0 },
      ],
    });
    expect((await get(`${http}/health`)).body).toMatchObject({
      status: "ok",
      services: { http: "up", relay: "up", sessions: "up" },
      checks: expect.any(Array),
    });
  });

  it("[PU61] is red while the server is stopping, but it lives", async () => {
    const { http, server } = await serve();
    server.hub.world.isDraining = true;

    expect(await get(`${http}/pulsar/health/readiness`)).toMatchObject({
      status: 503,
      body: { status: "unhealthy" },
    });
    expect(await get(`${http}/pulsar/health`)).toMatchObject({ status: 200, body: { status: "unhealthy" } });
    expect(await get(`${http}/pulsar/health/liveness`)).toMatchObject({
      status: 200,
      body: { status: "healthy", checks: [{ name: "liveness", message: "Service is running" }] },
    });
  });

  it("[PU61] is red from the moment the server begins to stop until the last link is gone", async () => {
    const { http, ws, server } = await serve();
    const { session, token } = await createSession(http);
    const { editor } = await Editor.join(ws, { peer: "ada", session, token });
    const agent = new Agent({ keepAlive: true });
    afterwards(() => agent.destroy());
    // Asked on a connection that is open already: a server that stops takes no new ones.
    const ask = (path: string) => askOn(agent, http + path);
    expect((await ask("/health/readiness")).status).toBe(200);
    editor.stall();

    const closed = server.close({ drainMs: 500 });
    const [ready, pulsarReady, live, health] = [
      await ask("/health/readiness"),
      await ask("/pulsar/health/readiness"),
      await ask("/health/liveness"),
      await ask("/pulsar/health"),
    ];
    editor.close();
    await closed;

    expect([ready.status, pulsarReady.status, live.status, health.status]).toEqual([503, 503, 200, 200]);
    expect(JSON.parse(health.body)).toMatchObject({
      status: "unhealthy",
      services: { http: "stopping", relay: "stopping", sessions: "stopping" },
    });
  });

  it("[PU62] gets worse with the number of sessions", async () => {
    const { http } = await serve({ pulsar: { maxSessions: 20 } });
    const seen: string[] = [];
    for (let made = 1; made <= 19; made++) {
      await createSession(http);
      const { status, body } = await get(`${http}/pulsar/health/readiness`);
      seen.push(`${status} ${body.status}`);
    }

    expect(seen.slice(14)).toEqual([
      "200 healthy",
      "200 degraded",
      "200 degraded",
      "200 degraded",
      "503 unhealthy",
    ]);
  });

  it("[PU63] has metrics that count what happens", async () => {
    const { http, ws } = await serve();
    const { session, token } = await createSession(http);
    const { editor } = await Editor.join(ws, { peer: "ada", session, token });
    afterwards(() => editor.close());
    editor.tell("chat_message", { message: "hi" });
    await editor.next();
    await fetch(`${http}/v1/sessions/none`);
    await fetch(`${http}/v1/sessions/${(await createSession(http)).session}/close`, { method: "POST" });

    const response = await fetch(`${http}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const lines = (await response.text()).split("\n");

    for (const line of [
      "pulsar_sessions_total 2",
      "pulsar_sessions_active 1",
      'pulsar_sessions_closed{reason="user_requested"} 1',
      'pulsar_signaling_messages_total{message_type="chat"} 1',
      'pulsar_signaling_messages_total{message_type="received"} 1',
      'pulsar_signaling_messages_total{message_type="peer_joined"} 1',
      'pulsar_http_requests_total{method="POST",path="/v1/sessions",status="200"} 2',
      'pulsar_http_requests_total{method="GET",path="/v1/sessions/:id",status="404"} 1',
      'pulsar_http_requests_total{method="POST",path="/v1/sessions/:id/close",status="204"} 1',
    ])
      expect(lines).toContain(line);
    const { body } = await get(`${http}/metrics/json`);
    expect(body.metrics).toContainEqual(
      expect.objectContaining({
        name: "pulsar_sessions_active",
        metrics: 1,
        values: [{ value: 1, labels: {} }],
      }),
    );
  });
});

describe("a server that speaks nothing but Pulsar", () => {
  it("[PU60] has its pages where the original has them", async () => {
    const { http, ws } = await serve(others);

    expect((await get(`${http}/health`)).body.status).toBe("healthy");
    expect((await get(`${http}/health/readiness`)).body.status).toBe("healthy");
    expect((await get(`${http}/health/liveness`)).body.status).toBe("healthy");
    expect((await fetch(`${http}/metrics`)).status).toBe(200);
    const { session, token } = await createSession(http);
    const { editor, first } = await Editor.join(ws, { peer: "ada", session, token });
    afterwards(() => editor.close());
    expect(first).toMatchObject({ type: "joined" });
  });
});
