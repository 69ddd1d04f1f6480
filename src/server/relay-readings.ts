import type { Relay } from "../core/relay.ts";

/** What the metrics say about a relay. */
export function relayReadings(relay: Relay) {
  const { tally } = relay.flow;
  return {
    parlor_relay_sessions: () => relay.counts.sessions,
    parlor_relay_peers: () => relay.counts.peers,
    parlor_relay_held_bytes: () => relay.counts.heldBytes,
    parlor_relay_frames_total: () => byKind(tally.frames, tally.datagrams),
    parlor_relay_bytes_total: () => byKind(tally.bytes, tally.datagramBytes),
    parlor_relay_dropped_total: () => tally.dropped,
    parlor_relay_refusals_total: () => tally.refusals,
    parlor_relay_throttled_total: () => tally.throttled,
  };
}

function byKind(streams: number, datagrams: number): [label: string, value: number][] {
  return [
    ["stream", streams],
    ["datagram", datagrams],
  ];
}
