import type { CollabWord } from "../core/collab-words.ts";
import type { Collabs } from "../core/collabs.ts";
import type { RoomEnd } from "../core/room-events.ts";
import type { NatCounts } from "./nat.ts";
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
  readonly collabs: Collabs;
  readonly tally: Tally;
  /** `undefined` when nothing is served over UDP. */
  nat(): NatCounts | undefined;
}

/** What is counted by the names of the original. Labels that nobody could bound (hosts, sessions) are left out. */
export function pulsarReadings({ collabs, tally, nat }: Counted) {
  return {
    pulsar_sessions_total: () => collabs.opened,
    pulsar_sessions_active: () => collabs.active,
    pulsar_sessions_closed: () => sums(collabs.over, (end) => END_REASONS[end] ?? end),
    pulsar_signaling_messages_total: () => {
      const said = sums(collabs.said, (word) => MESSAGE_TYPES[word]);
      const received = [...said.values()].reduce((sum, count) => sum + count, 0);
      return said.set("received", received).set("peer_joined", collabs.entered);
    },
    pulsar_http_requests_total: () =>
      [...tally.requests].map(([key, count]) => [key.split(" "), count] as const),
    pulsar_hole_punch_attempts_total: () => nat()?.attempts ?? [],
    pulsar_hole_punch_success_total: () => nat()?.met ?? [],
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
  const total = (map: ReadonlyMap<string, number> | undefined): number =>
    [...(map?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  const attempts = total(counts?.attempts);
  return attempts === 0 ? 0 : total(counts?.met) / attempts;
}
