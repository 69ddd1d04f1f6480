import type { CollabWord } from "../core/collab-words.ts";
import type { Collabs } from "../core/collabs.ts";
import type { RoomEnd } from "../core/room-events.ts";
import type { MetricName, Readings } from "../observe/metrics.ts";
import type { NatCounts } from "./nat.ts";
import type { RelayDesk } from "./relay-desk.ts";
import type { Tally } from "./tally.ts";

/** What the original calls the words of a session. */
const MESSAGE_TYPES: Readonly<Record<CollabWord, string>> = {
  chat: "chat",
  "file-changed": "file_changed",
  replication: "replication_update",
  "request-manifest": "forwarded_to_host",
  manifest: "file_manifest",
  "request-files": "forwarded_to_host",
  files: "files_chunk",
  "request-tree": "forwarded_to_host",
  tree: "project_tree",
  "request-file": "forwarded_to_host",
  "file-piece": "file_chunk",
  "p2p-request": "p2p_request",
  "p2p-response": "p2p_response",
  "request-proxy": "binary_proxy_request",
  "proxy-data": "binary_proxy_data",
  "proxy-bytes": "binary_proxy_bytes",
};

/** What the original calls the ends of a session. */
const END_REASONS: Partial<Record<RoomEnd, string>> = {
  closed: "user_requested",
  expired: "expired",
  "host-left": "host_left",
};

interface Counted {
  readonly desk: RelayDesk;
  readonly collabs: Collabs;
  readonly tally: Tally;
  /** `undefined` when nothing is served over UDP. */
  nat(): NatCounts | undefined;
  /** Connections of QUIC since the start. */
  quicAccepted(): number;
}

type PulsarReadings = Pick<Readings, Extract<MetricName, `pulsar_${string}`>>;

/** What is counted by the names of the original. Labels that nobody could bound (hosts, sessions) are left out. */
export function pulsarReadings({ desk, collabs, tally, nat, quicAccepted }: Counted): PulsarReadings {
  const { counts } = desk;
  const { flow } = desk.relay;
  return {
    pulsar_sessions_total: () => collabs.opened,
    pulsar_sessions_active: () => collabs.active,
    pulsar_sessions_closed: () => sums(collabs.over, (end) => END_REASONS[end] ?? end),
    pulsar_signaling_messages_total: () => {
      const said = sums(collabs.said, (word) => MESSAGE_TYPES[word]);
      const received = sum(said);
      return said
        .set("received", received)
        .set("kick", collabs.left.get("kicked") ?? 0)
        .set("peer_joined", collabs.entered)
        .set("peer_left", sum(collabs.left));
    },
    pulsar_http_requests_total: () =>
      [...tally.requests].map(([key, count]) => [key.split(" "), count] as const),
    pulsar_http_request_duration_seconds: () =>
      [...tally.durations].map(([key, each]) => [key.split(" "), each] as const),
    pulsar_rendezvous_latency_seconds: () => [...tally.latency, ...counts.latency, ...(nat()?.latency ?? [])],
    pulsar_connections_total: () => [
      [["quic", "server"], quicAccepted()],
      [["websocket", "server"], tally.accepted.get("pulsar") ?? 0],
      ...[...counts.entered].map(([carrier, count]) => [[carrier, "relay"], count] as const),
      [["udp", "p2p"], sum(nat()?.met)],
    ],
    pulsar_connection_failures_total: () => [
      ...[...counts.failed].map(([key, count]) => [key.split(" "), count] as const),
      [["udp", "no_way_through"], sum(nat()?.fallbacks)],
    ],
    pulsar_relay_bytes_total: () => [
      ["inbound", flow.tally.heardBytes],
      ["outbound", flow.tally.bytes + flow.tally.datagramBytes],
    ],
    pulsar_relay_connections_active: () => desk.relay.counts.peers,
    pulsar_relay_bandwidth_usage_bytes_per_sec: () => desk.bandwidth.perSecond,
    pulsar_hole_punch_attempts_total: () => nat()?.attempts ?? [],
    pulsar_hole_punch_success_total: () => nat()?.met ?? [],
    pulsar_hole_punch_duration_seconds: () => nat()?.durations ?? [],
    pulsar_nat_type_detected_total: () => nat()?.attempts ?? [],
    pulsar_p2p_success_ratio: () => ratio(nat()),
  };
}

function sums<Key>(counts: ReadonlyMap<Key, number>, name: (key: Key) => string): Map<string, number> {
  const named = new Map<string, number>();
  for (const [key, count] of counts) named.set(name(key), (named.get(name(key)) ?? 0) + count);
  return named;
}

/** Of those who tried to reach a peer, how many have; 0 while nobody has tried. */
function ratio(counts: NatCounts | undefined): number {
  const attempts = sum(counts?.attempts);
  return attempts === 0 ? 0 : sum(counts?.met) / attempts;
}

function sum(counts: ReadonlyMap<string, number> | undefined): number {
  let total = 0;
  for (const count of counts?.values() ?? []) total += count;
  return total;
}
