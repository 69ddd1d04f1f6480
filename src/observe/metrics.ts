import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

/** Reads a number, or one number per label value, when somebody asks for the metrics. */
export type Reading = () => number | Iterable<readonly [label: string | readonly string[], value: number]>;

interface MetricInfo {
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** The one label, whose values are bounded by construction (codes, reasons, lanes, kinds). */
  readonly label?: string;
  /** Instead of one, several; a reading gives their values in this order. */
  readonly labels?: readonly string[];
}

/** Every metric of the server. Names are public API: add, never rename. */
export const METRICS = {
  parlor_peers: { type: "gauge", help: "Registered peers." },
  parlor_peers_away: { type: "gauge", help: "Registered peers whose link is lost and whose seats are held." },
  parlor_links: { type: "gauge", help: "Open links, registered or not." },
  parlor_rooms: { type: "gauge", help: "Rooms of every kind." },
  parlor_match_waiting: { type: "gauge", help: "Match tickets waiting." },
  parlor_draining: { type: "gauge", help: "1 while the server is stopping." },
  parlor_messages_received_total: { type: "counter", help: "Messages heard from peers." },
  parlor_messages_delivered_total: { type: "counter", help: "Messages handed to links." },
  parlor_links_accepted_total: { type: "counter", help: "Links accepted.", label: "dialect" },
  parlor_links_refused_total: { type: "counter", help: "Upgrade requests refused.", label: "status" },
  parlor_refusals_total: { type: "counter", help: "Requests refused.", label: "code" },
  parlor_goodbyes_total: { type: "counter", help: "Links that the server ended.", label: "reason" },
  parlor_messages_dropped_total: { type: "counter", help: "Messages dropped for slow peers.", label: "lane" },
  parlor_quic_connections: { type: "gauge", help: "Open QUIC connections, WebTransport's included." },
  parlor_relay_sessions: { type: "gauge", help: "Sessions that peers are relayed in." },
  parlor_relay_peers: { type: "gauge", help: "Peers with a line to the relay." },
  parlor_relay_held_bytes: { type: "gauge", help: "Frames that wait for receivers or bandwidth, in bytes." },
  parlor_relay_frames_total: { type: "counter", help: "Frames relayed.", label: "kind" },
  parlor_relay_bytes_total: { type: "counter", help: "Bytes of frames relayed.", label: "kind" },
  parlor_relay_dropped_total: { type: "counter", help: "Frames not relayed.", label: "reason" },
  parlor_relay_refusals_total: { type: "counter", help: "Frames refused.", label: "code" },
  parlor_relay_throttled_total: { type: "counter", help: "Times a stream waited for bandwidth." },
  pulsar_sessions_total: { type: "counter", help: "Collaboration sessions made." },
  pulsar_sessions_active: { type: "gauge", help: "Collaboration sessions at the moment." },
  pulsar_sessions_closed: {
    type: "counter",
    help: "Collaboration sessions that have ended.",
    label: "reason",
  },
  pulsar_signaling_messages_total: {
    type: "counter",
    help: "Messages of collaboration sessions.",
    label: "message_type",
  },
  pulsar_http_requests_total: {
    type: "counter",
    help: "Requests about collaboration sessions.",
    labels: ["method", "path", "status"],
  },
  pulsar_hole_punch_attempts_total: {
    type: "counter",
    help: "Peers that were introduced to another, by their NAT.",
    label: "nat_type",
  },
  pulsar_hole_punch_success_total: {
    type: "counter",
    help: "Peers that have reached the other, by their NAT.",
    label: "nat_type",
  },
  pulsar_nat_type_detected_total: { type: "counter", help: "NATs seen.", label: "nat_type" },
  pulsar_p2p_success_ratio: {
    type: "gauge",
    help: "Of the peers introduced, how many have reached the other.",
  },
  parlor_errors_total: { type: "counter", help: "Failures that are the server's own fault." },
} as const satisfies Record<string, MetricInfo>;

export type MetricName = keyof typeof METRICS;

/** The metrics of one server, as Prometheus text and as JSON. Costs nothing until somebody asks. */
export class Metrics {
  readonly #registry = new Registry();

  constructor(
    readings: Readonly<Record<MetricName, Reading>>,
    { withProcess }: { readonly withProcess: boolean },
  ) {
    for (const [name, info] of Object.entries(METRICS) as [MetricName, MetricInfo][]) {
      this.#add(name, info, readings[name]);
    }
    if (withProcess) collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** `{ total_metrics, metrics: [{ name, help, type, values: [{ value, labels }], metrics }] }`: the last counts values. */
  async json(): Promise<object> {
    const metrics = await this.#registry.getMetricsAsJSON();
    const counted = metrics.map((metric) => ({ ...metric, metrics: metric.values.length }));
    return { total_metrics: metrics.length, metrics: counted };
  }

  #add(name: MetricName, { type, help, label, labels }: MetricInfo, read: Reading): void {
    const names = labels ?? (label === undefined ? [] : [label]);
    const Kind = type === "counter" ? Counter : Gauge;
    new Kind({
      name,
      help,
      labelNames: [...names],
      registers: [this.#registry],
      collect() {
        this.reset();
        const values = read();
        if (typeof values === "number") this.inc(values);
        else {
          for (const [given, count] of values) {
            const each = [given].flat();
            this.inc(Object.fromEntries(names.map((name, at) => [name, each[at] ?? ""])), count);
          }
        }
      },
    });
  }
}
