import type { Hub } from "../core/hub.ts";
import type { Readings } from "../observe/metrics.ts";
import type { Connections } from "./connections.ts";
import type { Failures } from "./failures.ts";
import type { Listeners } from "./listeners.ts";
import type { ServerOutbox } from "./outbox.ts";
import { pulsarReadings } from "./pulsar-readings.ts";
import type { RelayDesk } from "./relay-desk.ts";
import { relayReadings } from "./relay-readings.ts";
import type { Tally } from "./tally.ts";

/** Everything in a server that counts. */
export interface Counting {
  readonly hub: Hub;
  readonly outbox: ServerOutbox;
  readonly tally: Tally;
  readonly failures: Failures;
  readonly connections: Connections;
  readonly listeners: Listeners;
  readonly desk: RelayDesk;
}

/** The numbers that metrics show, each read when somebody asks. */
export function serverReadings(counting: Counting): Readings {
  const { hub, outbox, tally, failures, connections, listeners, desk } = counting;
  return {
    parlor_peers: () => hub.counts.peers,
    parlor_peers_away: () => hub.away,
    parlor_links: () => connections.size,
    parlor_rooms: () => hub.counts.rooms,
    parlor_match_waiting: () => hub.counts.waiting,
    parlor_draining: () => (hub.world.isDraining ? 1 : 0),
    parlor_messages_received_total: () => tally.received,
    parlor_messages_delivered_total: () => outbox.delivered,
    parlor_links_accepted_total: () => tally.accepted,
    parlor_links_refused_total: () => tally.refusedLinks,
    parlor_refusals_total: () => tally.refusals,
    parlor_goodbyes_total: () => tally.goodbyes,
    parlor_messages_dropped_total: () => tally.dropped,
    ...relayReadings(desk.relay),
    ...pulsarReadings({
      desk,
      tally,
      collabs: hub.collabs,
      nat: () => listeners.natCounts,
      quicAccepted: () => listeners.quicAccepted,
    }),
    parlor_quic_connections: () => listeners.quicConnections,
    parlor_errors_total: () => failures.count,
  };
}
