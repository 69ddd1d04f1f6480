import type { RelayEnd } from "../core/relay-ends.ts";
import { Histograms } from "../lib/histogram.ts";
import { METRICS } from "../observe/metrics.ts";

/** What a line to the relay goes over. */
export type LineCarrier = "quic" | "webtransport" | "websocket";

/** What was counted of those who came to the relay's desk. */
export class RelayCounts {
  readonly entered = new Map<LineCarrier, number>();
  /** By carrier and end, apart by a space. */
  readonly failed = new Map<string, number>();
  readonly latency = new Histograms<"admit">(METRICS.pulsar_rendezvous_latency_seconds.buckets);

  /** @param tookMs  From the first frame until the peer was in. */
  enter(carrier: LineCarrier, tookMs: number): void {
    this.entered.set(carrier, (this.entered.get(carrier) ?? 0) + 1);
    this.latency.observe("admit", tookMs / 1000);
  }

  fail(carrier: LineCarrier, end: RelayEnd): void {
    const key = `${carrier} ${end}`;
    this.failed.set(key, (this.failed.get(key) ?? 0) + 1);
  }
}
