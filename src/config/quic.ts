import { count, duration, size, toggle, toggleOrAuto } from "./fields.ts";
import { optionalText } from "./text-fields.ts";

/** The relay over QUIC and WebTransport. Its certificate is that of `tls`, or one made at start. */
export const quic = {
  enabled: toggleOrAuto({
    doc: "Whether peers are relayed over QUIC and WebTransport. Needs the package `@currentspace/http3`. `auto`: `parlor serve` does it where it can, a server in a program does not.",
  }),
  host: optionalText({
    doc: "Address to listen on, where it is not that of `host`.",
    maxLength: 255,
    pattern: "^[A-Za-z0-9._:%-]+$",
    expected: "a host name or an IP address",
    placeholder: "address",
  }),
  port: count(8443, { doc: "UDP port; 0 takes a free one.", min: 0, max: 65_535 }),
  publicUrl: optionalText({
    doc: "Where clients find it, such as `https://play.example.com:443`, where that is not the host that they talk to and `port`.",
    maxLength: 255,
    pattern: "^https://[A-Za-z0-9._:\\[\\]-]+$",
    expected: 'an address such as "https://play.example.com:8443"',
    placeholder: "url",
  }),
  idleMs: duration("30s", {
    doc: "How long a connection may be silent, keep-alives included, before it is over.",
    min: "1s",
    max: "10m",
  }),
  maxConnections: count(10_000, { doc: "Most connections.", min: 1, max: 1_000_000 }),
  maxStreams: count(8, { doc: "Most streams a peer has open at a time.", min: 1, max: 1000 }),
  proveAddress: toggle(false, {
    doc: "Whether a peer must prove its address before anything is kept for it: one more round trip.",
  }),
};

/** What passes between peers of one session by way of the server. */
export const relay = {
  sessionRateBytes: size("10MiB", {
    doc: "Most bytes a second of one session, all peers together. 0: no limit.",
    min: "0B",
    max: "1024GiB",
    keys: ["max_bandwidth_per_session"],
  }),
  peerRateBytes: size("0B", {
    doc: "Most bytes a second that one peer sends. 0: no limit.",
    min: "0B",
    max: "1024GiB",
  }),
  maxFrameBytes: size("1MiB", { doc: "Largest frame.", min: "1KiB", max: "1MiB" }),
  windowBytes: size("2MiB", {
    doc: "What a peer may have under way on one stream before it must wait for credit.",
    min: "2MiB",
    max: "64MiB",
  }),
  maxHeldBytes: size("256MiB", {
    doc: "What all peers together may have waiting for slow receivers and bandwidth.",
    min: "1MiB",
    max: "1024GiB",
  }),
  maxSessions: count(10_000, { doc: "Most sessions.", min: 1, max: 1_000_000 }),
  maxPeersPerSession: count(100, { doc: "Most peers in one session.", min: 1, max: 10_000 }),
  maxPeersPerConnection: count(16, {
    doc: "Most peers that share one connection of QUIC or WebTransport.",
    min: 1,
    max: 1000,
  }),
  idleMs: duration("5m", {
    doc: "How long a peer may neither send nor be sent anything before its line ends.",
    min: "1s",
    max: "24h",
  }),
};
