import { describe, expect, it } from "vitest";
import type { ConfigInput } from "../src/config/index.ts";
import { liveServer } from "./peer-server/live-server.ts";

const DIALECTS = ["native", "peerServer", "signalFish", "tapaculo", "pulsar"] as const;
type Name = (typeof DIALECTS)[number];

/** A server of these dialects, and what it answers: status, kind of body, body. */
async function serve(names: readonly Name[] = DIALECTS, input: ConfigInput = {}) {
  const enabled = Object.fromEntries(DIALECTS.map((name) => [name, { enabled: names.includes(name) }]));
  const { http } = await liveServer({ ...input, ...enabled });
  return async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(http + path, { headers });
    const kind = response.headers.get("content-type")?.split(";")[0];
    return { status: response.status, kind, text: await response.text() };
  };
}

const keysOf = (text: string) => Object.keys(JSON.parse(text)).sort();
const PEER_SERVER_HEALTH = ["max_peers", "peers", "status", "timestamp"];

describe("pages below /<dialect>/", () => {
  it("[HT17] have the shapes of the original", async () => {
    const get = await serve();

    expect(keysOf((await get("/peer-server/health")).text)).toEqual(PEER_SERVER_HEALTH);
    expect(keysOf((await get("/peer-server/stats")).text)).toEqual(
      expect.arrayContaining(["max_peers", "namespaces", "shards", "total_peers"]),
    );
    expect(await get("/signal-fish/health")).toEqual({ status: 200, kind: "text/plain", text: "OK" });
    for (const path of ["/signal-fish/metrics", "/signal-fish/v1/metrics", "/signal-fish/v2/metrics"]) {
      expect(JSON.parse((await get(path)).text)).toHaveProperty("timeRange");
      expect((await get(`${path}/prom`)).text).toContain("signal_fish_connections_total");
    }
    expect(JSON.parse((await get("/pulsar/health")).text)).toMatchObject({ status: "healthy" });
    expect((await get("/pulsar/metrics")).text).toContain("pulsar_");
    expect(keysOf((await get("/pulsar/metrics/json")).text)).toEqual(["metrics", "total_metrics"]);
  });

  it("[HT17] are the server's where the original has none", async () => {
    const get = await serve();

    for (const dialect of ["native", "tapaculo", "peer-server", "pulsar"]) {
      expect(await get(`/${dialect}/metrics`)).toMatchObject({ status: 200, kind: "text/plain" });
      expect(await get(`/${dialect}/health/liveness`)).toMatchObject({ status: 200 });
      expect(await get(`/${dialect}/stats`)).toMatchObject({ status: 200, kind: "application/json" });
      expect(await get(`/${dialect}/nowhere`)).toMatchObject({ status: 404 });
    }
    expect(await get("/signal-fish/nowhere")).toMatchObject({ status: 200, kind: "text/plain" });
  });

  it("[HT9] [HT17] are told apart from the paths of links", async () => {
    const get = await serve();

    for (const dialect of ["native", "tapaculo", "peer-server", "signal-fish", "pulsar"]) {
      for (const path of ["", "/", "/ws"]) expect((await get(`/${dialect}${path}`)).status).toBe(426);
    }
    for (const path of ["/native/parlor", "/signal-fish/v3/ws", "/pulsar/v1/signaling"]) {
      expect((await get(path)).status).toBe(426);
    }
    expect((await get("/native/v2/ws")).status).toBe(404);
    // Nobody is served there.
    expect((await (await serve(["native", "signalFish"]))("/ws")).status).toBe(404);
    expect((await (await serve(["pulsar"]))("/v1/signaling")).status).toBe(426);
  });

  it("[HT7] [HT17] ask for the token of metrics", async () => {
    const get = await serve(DIALECTS, { metrics: { token: "a token of the tests" } });

    for (const path of ["/pulsar/metrics", "/native/metrics/json", "/peer-server/metrics/prom"]) {
      expect((await get(path)).status).toBe(401);
      expect((await get(path, { authorization: "Bearer a token of the tests" })).status).toBe(200);
    }
  });
});

describe("a listener of one dialect", () => {
  it("[HT17] has the shapes of the original at its root", async () => {
    expect(keysOf((await (await serve(["peerServer"]))("/health")).text)).toEqual(PEER_SERVER_HEALTH);
    const fish = await serve(["signalFish"]);
    expect(await fish("/health")).toEqual({ status: 200, kind: "text/plain", text: "OK" });
    expect(JSON.parse((await fish("/metrics")).text)).toHaveProperty("timeRange");
    expect(await fish("/nowhere")).toMatchObject({ status: 200, kind: "text/plain" });
    expect(await fish("/v1/relay/place")).toMatchObject({ kind: "application/json" });
    const pulsar = await serve(["pulsar"]);
    expect(JSON.parse((await pulsar("/health")).text)).toMatchObject({ status: "healthy" });
    expect((await pulsar("/nowhere")).status).toBe(404);
  });
});
