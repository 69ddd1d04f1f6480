import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from "prom-client";
import type { Histogram } from "../lib/histogram.ts";

/** Reads a number, or one number per label value, when somebody asks for the metrics. */
export type Reading = () => number | Iterable<readonly [label: string | readonly string[], value: number]>;
/** Reads one histogram per label value. */
export type HistogramReading = () => Iterable<readonly [label: string | readonly string[], Histogram]>;

interface MetricInfo {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Of a histogram, the bounds that are told apart. */
  readonly buckets?: readonly number[];
  /** The one label, whose values are bounded by construction (codes, reasons, lanes, kinds). */
  readonly label?: string;
  /** Instead of one, several; a reading gives their values in this order. */
  readonly labels?: readonly string[];
}

/** Seconds, of what a server is done with at once and of what takes the network. */
const QUICK_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];
const PUNCH_S = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10];

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
  parlor_goodbyes_total: {
    type: "counter",
    help: "Links that the server ended with a goodbye.",
    label: "reason",
  },
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
  pulsar_hole_punch_duration_seconds: {
    type: "histogram",
    help: "From when two peers were introduced until one has reached the other, by its NAT.",
    label: "nat_type",
    buckets: PUNCH_S,
  },
  pulsar_p2p_success_ratio: {
    type: "gauge",
    help: "Of the peers introduced, how many have reached the other.",
  },
  pulsar_rendezvous_latency_seconds: {
    type: "histogram",
    help: "What it takes to bring peers together: calls about sessions, introductions, being let into the relay.",
    label: "operation",
    buckets: QUICK_S,
  },
  pulsar_http_request_duration_seconds: {
    type: "histogram",
    help: "How long requests about collaboration sessions took.",
    labels: ["method", "path"],
    buckets: [...QUICK_S, 5],
  },
  pulsar_connections_total: {
    type: "counter",
    help: "Connections by protocol and by what they are for: server, relay, p2p.",
    labels: ["proto", "type"],
  },
  pulsar_connection_failures_total: {
    type: "counter",
    help: "Connections that came to nothing, or were ended for what went wrong on them.",
    labels: ["proto", "reason"],
  },
  pulsar_relay_bytes_total: {
    type: "counter",
    help: "Bytes of frames that came to the relay, and that it passed on.",
    label: "direction",
  },
  pulsar_relay_connections_active: { type: "gauge", help: "Peers with a line to the relay." },
  pulsar_relay_bandwidth_usage_bytes_per_sec: {
    type: "gauge",
    help: "What the relay passes on, over the last ten seconds.",
  },
  parlor_errors_total: { type: "counter", help: "Failures that are the server's own fault." },
} as const satisfies Record<string, MetricInfo>;

export type MetricName = keyof typeof METRICS;

/** Where each metric is read. */
export type Readings = {
  readonly [Name in MetricName]: (typeof METRICS)[Name] extends { readonly type: "histogram" }
    ? HistogramReading
    : Reading;
};

/** The metrics of one server, as Prometheus text and as JSON. Costs nothing until somebody asks. */
export class Metrics {
  readonly #registry = new Registry();

  constructor(readings: Readings, { withProcess }: { readonly withProcess: boolean }) {
    for (const [name, info] of Object.entries(METRICS) as [MetricName, MetricInfo][]) {
      if (info.type === "histogram") this.#addHistogram(name, info, readings[name] as HistogramReading);
      else this.#add(name, info, readings[name] as Reading);
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

  #add(name: MetricName, info: MetricInfo, read: Reading): void {
    const labelNames = labelNamesOf(info);
    const Kind = info.type === "counter" ? Counter : Gauge;
    new Kind({
      name,
      help: info.help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        const values = read();
        if (typeof values === "number") this.inc(values);
        else for (const [given, count] of values) this.inc(labelsOf(labelNames, given), count);
      },
    });
  }

  /** The library's own histograms only count what they are told themselves: this is as much of one as its registry asks for. */
  #addHistogram(name: MetricName, info: MetricInfo, read: HistogramReading): void {
    const { help, type } = info;
    const labelNames = labelNamesOf(info);
    const get = async () => ({ name, help, type, aggregator: "sum", values: values() });
    const values = () =>
      [...read()].flatMap(([given, histogram]) => {
        const labels = labelsOf(labelNames, given);
        const { bounds, atMost, count, sum } = histogram;
        const buckets = [...bounds.map((le, at) => [le, atMost[at] ?? 0]), ["+Inf", count]] as const;
        return [
          ...buckets.map(([le, value]) => ({
            metricName: `${name}_bucket`,
            labels: { ...labels, le },
            value: Number(value),
          })),
          { metricName: `${name}_sum`, labels, value: sum },
          { metricName: `${name}_count`, labels, value: count },
        ];
      });
    this.#registry.registerMetric({ name, get, reset() {} } as unknown as Metric);
  }
}

function labelNamesOf({ label, labels }: MetricInfo): string[] {
  return [...(labels ?? (label === undefined ? [] : [label]))];
}

/** The values of labels by their names. */
function labelsOf(names: readonly string[], given: string | readonly string[]): Record<string, string> {
  const each = [given].flat();
  return Object.fromEntries(names.map((name, at) => [name, each[at] ?? ""]));
}
