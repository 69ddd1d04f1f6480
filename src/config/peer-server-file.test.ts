import { describe, expect, it } from "vitest";
import { loadConfig } from "./index.ts";

const load = (file: object) =>
  loadConfig({ argv: ["-config", "config.json"], env: {}, readFile: () => JSON.stringify(file) });

/** Every key of Peer Server's own configuration, each different from our default where it can be. */
const whole = {
  host: "127.0.0.1",
  port: 9090,
  max_peers: 500,
  shard_count: 64,
  write_timeout: "7s",
  read_timeout: "1m0s",
  ping_interval: "25s",
  pong_wait: 40_000,
  max_message_size: 32_768,
  broker_type: "redis",
  redis_addr: "cache:6380",
  redis_password: "hunter2",
  redis_db: 3,
  rate_limit_per_sec: 50,
  rate_limit_burst: 60,
  rate_limit_shards: 32,
  tls_cert: "c.pem",
  tls_key: "k.pem",
  metrics_enabled: false,
  metrics_port: 9090,
  compression_enabled: true,
  send_buffer_size: 32,
};

describe("a config.json of Peer Server", () => {
  it("works as it is", () => {
    const { config, notices } = load(whole);

    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 9090,
      maxPeers: 500,
      registrationTimeoutMs: 40_000,
      websocket: { pongWaitMs: 7000, pingIntervalMs: 25_000, maxMessageBytes: 32_768, compression: true },
      broker: { kind: "redis", redisUrl: "redis://cache:6380", redisPassword: "hunter2", redisDb: 3 },
      limits: { messagesPerSecond: 50, messagesBurst: 60 },
      tls: { certPath: "c.pem", keyPath: "k.pem" },
      metrics: { enabled: false },
    });
    expect(notices.map((notice) => notice.split(" ")[0])).toEqual([
      "shard_count",
      "read_timeout",
      "rate_limit_shards",
      "metrics_port",
      "send_buffer_size",
      "broker.kind",
    ]);
  });

  it("works with its defaults, where empty text means nothing", () => {
    const { config } = load({
      broker_type: "local",
      redis_addr: "",
      redis_password: "",
      tls_cert: "",
      tls_key: "",
    });

    expect(config).toMatchObject({ broker: { kind: "memory", redisUrl: "redis://localhost:6379" }, tls: {} });
    expect(config.broker).not.toHaveProperty("redisPassword");
  });

  it("may be large-spoken: the queue grows with the largest message", () => {
    expect(load({ max_message_size: 4 * 2 ** 20 }).config.websocket.queueBytes).toBe(16 * 2 ** 20);
  });

  it("gives way to our own names, wherever they stand", () => {
    const { config } = load({
      write_timeout: "7s",
      websocket: { pongWaitMs: "8s" },
      maxPeers: 2,
      max_peers: 1,
    });

    expect(config.websocket.pongWaitMs).toBe(8000);
    expect(config.maxPeers).toBe(2);
  });

  it("is told what is wrong by its own key", () => {
    expect(() => load({ rate_limit_per_sec: "fast", broker_type: "kafka" })).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({
            path: "limits.messagesPerSecond",
            source: "file config.json, rate_limit_per_sec",
          }),
          expect.objectContaining({ path: "broker.kind", source: "file config.json, broker_type" }),
        ],
      }),
    );
  });
});
