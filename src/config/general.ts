import { choice, count, duration, toggle } from "./fields.ts";
import { ofBind } from "./pulsar-env.ts";
import { fish, fishWord, whereFish } from "./signal-fish-env.ts";
import { list, text } from "./text-fields.ts";

/** What belongs to the process as a whole: top-level keys of a file. */
export const general = {
  mode: choice(["development", "production"], "development", {
    doc: "Whether strangers can reach this server. Production is stricter about secrets, origins and links.",
    // Other words in NODE_ENV ("test", "staging") are not ours to judge.
    env: [{ name: "NODE_ENV", read: (value) => (value === "production" ? value : undefined) }],
  }),
  host: text("0.0.0.0", {
    doc: "Address to listen on. `127.0.0.1` serves this machine only, `::` serves IPv6 too.",
    maxLength: 255,
    pattern: "^[A-Za-z0-9._:%-]+$",
    expected: "a host name or an IP address",
    placeholder: "address",
    env: ["PEER_HOST", ofBind("PULSAR_HTTP_BIND", "host")],
  }),
  port: count(8080, {
    doc: "Port to listen on; 0 takes any free one.",
    min: 0,
    max: 65_535,
    // Who asks for Signal Fish's port alone gets it even where others use 8080.
    env: ["PORT", "PEER_PORT", ofBind("PULSAR_HTTP_BIND", "port"), whereFish("PORT", 0)],
  }),
  allowedOrigins: list([], {
    doc: "Web origins whose pages may connect besides those of this server's own host, such as `https://play.example.com` or `https://*.example.com`; `*` lets every page in.",
    maxItems: 1000,
    maxLength: 255,
    pattern: "^(?:\\*|null|[a-z][a-z0-9+.-]*://[A-Za-z0-9.*_\\[\\]:-]+)$",
    expected: 'an origin such as "https://play.example.com"',
    placeholder: "origins",
  }),
  allowLocalhostOrigins: toggle(
    { from: ({ valueAt }) => valueAt("mode") === "development", text: "true in development" },
    { doc: "Whether pages served from localhost may connect too." },
  ),
  trustProxy: count(0, {
    doc: "How many reverse proxies stand in front: that many `X-Forwarded-For` entries are believed, counted from the right, and what they say of client certificates.",
    min: 0,
    max: 16,
  }),
  maxPeers: count(100_000, {
    doc: "Most registered peers of this process. The next one is refused as `server_full`.",
    min: 1,
    max: 10_000_000,
    env: ["PEER_MAX_PEERS"],
    keys: ["max_peers"],
  }),
  maxLinks: count(120_000, {
    doc: "Most open links of this process, registered or not.",
    min: 1,
    max: 10_000_000,
  }),
  maxLinksPerAddress: count(
    {
      from: ({ valueAt }) => (valueAt("mode") === "production" ? 1024 : 0),
      text: "1024 in production, else 0",
    },
    {
      doc: "Most open links of one remote address; 0 is no limit. Behind a proxy, set `trustProxy` too.",
      min: 0,
      max: 10_000_000,
    },
  ),
  registrationTimeoutMs: duration("35s", {
    doc: "How long a link may stay open without saying who it is.",
    min: "100ms",
    max: "1h",
    keys: ["pong_wait"],
  }),
  drainMs: duration("10s", {
    doc: "How long links that a stopping server has ended may take to go. Signal Fish's are ended after `signalFish.drainGraceMs` only.",
    min: "0",
    max: "1h",
  }),
  logLevel: choice(["trace", "debug", "info", "warn", "error", "silent"], "info", {
    doc: "The least important log lines to write.",
    env: ["PULSAR_LOG_LEVEL", fish("LOGGING__LEVEL")],
  }),
  logFormat: choice(
    ["pretty", "json"],
    { from: ({ isTerminal }) => (isTerminal ? "pretty" : "json"), text: "pretty on a terminal, else json" },
    {
      doc: "Log lines for people or for machines.",
      env: [fishWord("LOGGING__FORMAT", { json: "json", text: "pretty" })],
    },
  ),
};
