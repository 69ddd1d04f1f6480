import { count, duration, toggleOrAuto } from "./fields.ts";
import { ofBind } from "./pulsar-env.ts";

/** Helping peers through their NATs, over UDP. */
export const nat = {
  enabled: toggleOrAuto({
    doc: "Whether STUN and introductions are served over UDP: browsers may name this server as `stun:host:7000`, and peers of a session find a way to each other. `auto`: `parlor serve` does it where it can, a server in a program does not.",
  }),
  port: count(7000, {
    doc: "UDP port for STUN, requests and the first probe; 0 takes any free one.",
    min: 0,
    max: 65_535,
    env: [ofBind("PULSAR_UDP_BIND", "port")],
  }),
  probePort: count(7001, {
    doc: "UDP port for the second probe: what two ports see tells what a NAT does. 0 takes any free one.",
    min: 0,
    max: 65_535,
  }),
  punchTimeoutMs: duration("10s", {
    doc: "How long two peers try to reach each other before they are told to use the relay.",
    min: "500ms",
    max: "1m",
  }),
  datagramsPerSecond: count(50, {
    doc: "Datagrams that one address may send in a second in the long run; four times as many at once. More are dropped.",
    min: 1,
    max: 1_000_000,
  }),
};
