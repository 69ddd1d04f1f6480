import { describe, expect, it } from "vitest";
import { readEnv } from "./env.ts";

const valuesOf = (env: Record<string, string>) =>
  Object.fromEntries([...readEnv(env).values].map(([path, { value }]) => [path, value]));

describe("settings in the environment", () => {
  it("are read by kind", () => {
    const env = {
      PARLOR_PORT: "9000",
      PARLOR_DRAIN_MS: "1m30s",
      PARLOR_WEBSOCKET_MAX_MESSAGE_BYTES: "128KiB",
      PARLOR_WEBSOCKET_COMPRESSION: "On",
      PARLOR_LOG_LEVEL: "debug",
      PARLOR_ALLOWED_ORIGINS: "https://a.example, https://*.b.example,",
    };

    expect(valuesOf(env)).toEqual({
      port: 9000,
      drainMs: 90_000,
      "websocket.maxMessageBytes": 131_072,
      "websocket.compression": true,
      logLevel: "debug",
      allowedOrigins: ["https://a.example", "https://*.b.example"],
    });
  });

  it("go by the names of other systems too", () => {
    const env = {
      PORT: "3000",
      PEER_HOST: "127.0.0.1",
      PEER_MAX_PEERS: "50",
      PEER_BROKER: "local",
      PEER_COMPRESSION: "1",
      REDIS_ADDR: "cache:6379",
      REDIS_PASSWORD: "hunter2",
      TLS_CERT: "/c.pem",
      TLS_KEY: "/k.pem",
      DATABASE_URL: "postgres://db/parlor",
      NODE_ENV: "production",
    };

    expect(valuesOf(env)).toEqual({
      port: 3000,
      host: "127.0.0.1",
      maxPeers: 50,
      "broker.kind": "memory",
      "websocket.compression": true,
      "broker.redisUrl": "redis://cache:6379",
      "broker.redisPassword": "hunter2",
      "tls.certPath": "/c.pem",
      "tls.keyPath": "/k.pem",
      "database.url": "postgres://db/parlor",
      mode: "production",
    });
  });

  it("win by our own name, then by the earlier alias", () => {
    expect(valuesOf({ PEER_PORT: "1", PORT: "2", PARLOR_PORT: "3" })).toEqual({ port: 3 });
    expect(valuesOf({ PEER_PORT: "1", PORT: "2" })).toEqual({ port: 2 });
    expect(valuesOf({ REDIS_ADDR: "a:1", REDIS_URL: "rediss://b" })).toEqual({
      "broker.redisUrl": "rediss://b",
    });
  });

  it("count as unset when empty, so that the next name is asked", () => {
    expect(valuesOf({ PARLOR_PORT: "", PORT: "2", PARLOR_MODE: "" })).toEqual({ port: 2 });
  });

  it("leave the mode alone when NODE_ENV is none of ours", () => {
    expect(valuesOf({ NODE_ENV: "test" })).toEqual({});
    expect(valuesOf({ NODE_ENV: "production", PARLOR_MODE: "development" })).toEqual({ mode: "development" });
  });

  it.each([
    ["PARLOR_PORT", "80a"],
    ["PARLOR_PORT", "-1"],
    ["PARLOR_PORT", "8080.5"],
    ["PARLOR_PORT", "65536"],
    ["PARLOR_PORT", " 80"],
    ["PARLOR_PORT", "0x50"],
    ["PARLOR_HOST", "a b"],
    ["PARLOR_DRAIN_MS", "10 parsecs"],
    ["PARLOR_DRAIN_MS", "25h"],
    ["PARLOR_WEBSOCKET_MAX_MESSAGE_BYTES", "1TB"],
    ["PARLOR_WEBSOCKET_COMPRESSION", "maybe"],
    ["PARLOR_MODE", "Production"],
    ["PARLOR_ALLOWED_ORIGINS", "play.example.com"],
    ["PARLOR_BROKER_REDIS_URL", "localhost:6379"],
    ["PEER_BROKER", "kafka"],
  ])("are refused under the name that was used: %s=%s", (name, text) => {
    const { problems, values } = readEnv({ [name]: text });

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      source: `env ${name}`,
      message: expect.stringContaining("expected"),
    });
    expect(values.size).toBe(0);
  });

  it("are reported when unknown, with the name that may have been meant", () => {
    const { notices, problems } = readEnv({
      PARLOR_ROOM_CAPACITY: "8",
      PARLOR_XYZZY_FOO: "1",
      PARLOR_CONFIG: "f",
    });

    expect(notices).toEqual([
      "env PARLOR_ROOM_CAPACITY is no setting; did you mean PARLOR_ROOMS_CAPACITY?",
      "env PARLOR_XYZZY_FOO is no setting",
    ]);
    expect(problems).toEqual([]);
  });

  it("are told apart from what Kubernetes says about a service called parlor", () => {
    const env = {
      PARLOR_PORT: "tcp://10.0.0.7:8080",
      PARLOR_SERVICE_HOST: "10.0.0.7",
      PARLOR_SERVICE_PORT: "8080",
      PARLOR_PORT_8080_TCP_ADDR: "10.0.0.7",
      PORT: "3000",
    };

    expect(valuesOf(env)).toEqual({ port: 3000 });
    expect(readEnv(env).notices).toEqual([
      "env PARLOR_PORT was ignored: it is Kubernetes' description of a service, not a port",
    ]);
  });

  it("are accepted without effect where there is no counterpart", () => {
    expect(readEnv({ PEER_SEND_BUFFER: "32" })).toMatchObject({
      notices: [expect.stringMatching(/^env PEER_SEND_BUFFER has no effect here: /)],
      problems: [],
    });
  });
});
