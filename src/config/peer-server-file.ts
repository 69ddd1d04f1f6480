import type { Alias } from "./field.ts";

/**
 * Peer Server's own configuration, taken as it is: its flat file keys and environment names are aliases in the groups
 * they belong to. Here is what does not map one to one.
 */

/** An alias whose empty text means "none", as Peer Server writes it. */
export function unlessEmpty(name: string): Alias {
  return { name, read: (value) => (value === "" ? undefined : value) };
}

/** An alias that holds `host:port` where we want an address with a scheme. */
export function fromRedisAddress(name: string): Alias {
  return {
    name,
    read: (value) => {
      if (value === "") return undefined;
      return typeof value === "string" && !value.includes("://") ? `redis://${value}` : value;
    },
  };
}

/** File keys of other servers that have no counterpart: accepted, with a notice why they change nothing. */
export const KEYS_WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map([
  ["shard_count", "peers are not kept in shards"],
  ["rate_limit_shards", "rates are counted per peer, without shards"],
  ["read_timeout", "a silent link is found by pings (websocket.pingIntervalMs)"],
  ["send_buffer_size", "queues are bounded by bytes (websocket.queueBytes), not by messages"],
  ["metrics_port", "metrics are served on the main port, at /metrics"],
]);

/** Environment names of other servers that have no counterpart. */
export const ENV_WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map([
  ["PULSAR_STORAGE_DIR", "sessions are kept in memory"],
  ["PULSAR_OTLP_ENDPOINT", "traces are not exported; metrics are served at /metrics"],
  ["PEER_SEND_BUFFER", "queues are bounded by bytes (PARLOR_WEBSOCKET_QUEUE_BYTES), not by messages"],
]);
