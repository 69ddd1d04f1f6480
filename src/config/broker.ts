import { choice, count } from "./fields.ts";
import { fromRedisAddress, unlessEmpty } from "./peer-server-file.ts";
import { secret, url } from "./text-fields.ts";

const local = (value: unknown): unknown => (value === "local" ? "memory" : value);

/** What carries messages between the nodes of a cluster. */
export const broker = {
  kind: choice(["memory", "redis", "nats"], "memory", {
    doc: "How nodes reach each other; `memory` is one node alone.",
    env: [{ name: "PEER_BROKER", read: local }],
    keys: [{ name: "broker_type", read: local }],
  }),
  redisUrl: url("redis://localhost:6379", {
    doc: "Address of Redis, for `redis`.",
    schemes: ["redis", "rediss"],
    env: ["REDIS_URL", fromRedisAddress("REDIS_ADDR")],
    keys: [fromRedisAddress("redis_addr")],
  }),
  redisPassword: secret({
    doc: "Password of Redis, where `redisUrl` has none.",
    env: ["REDIS_PASSWORD"],
    keys: [unlessEmpty("redis_password")],
  }),
  redisDb: count(0, {
    doc: "Database number of Redis, where `redisUrl` names none.",
    min: 0,
    max: 65_535,
    keys: ["redis_db"],
  }),
  natsUrl: url("nats://localhost:4222", {
    doc: "Address of NATS, for `nats`.",
    schemes: ["nats", "tls", "ws", "wss"],
    env: ["NATS_URL"],
  }),
};
