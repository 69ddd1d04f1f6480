import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Operator } from "../server/operator.ts";
import { Samples } from "./samples.ts";
import { byLabel, total } from "./views.ts";

/** How often the event loop's delay is looked at; the histogram counts this as part of the delay. */
const RESOLUTION_MS = 20;
const NS_PER_MS = 1e6;

/** How the server is doing: now, and over the last five minutes. */
export class Overview {
  readonly #operator: Operator;
  readonly #startedAt: number;
  readonly #samples = new Samples();
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #delayMs = { p50: 0, p99: 0, max: 0 };
  #delayAt: number;

  constructor(operator: Operator) {
    this.#operator = operator;
    this.#startedAt = operator.now();
    this.#delayAt = this.#startedAt;
    this.#delay.enable();
  }

  tick(now: number): void {
    const { readings } = this.#operator;
    this.#samples.tick(now, () => ({
      received: total(readings.parlor_messages_received_total),
      delivered: total(readings.parlor_messages_delivered_total),
      peers: total(readings.parlor_peers),
      links: total(readings.parlor_links),
      rooms: total(readings.parlor_rooms),
    }));
    if (Math.abs(now - this.#delayAt) < 1_000) return;
    this.#delayAt = now;
    this.#delayMs = {
      p50: this.#late(this.#delay.percentile(50)),
      p99: this.#late(this.#delay.percentile(99)),
      max: this.#late(this.#delay.max),
    };
    this.#delay.reset();
  }

  stop(): void {
    this.#delay.disable();
  }

  /** All numbers, and the samples taken after `since`. */
  view({ since }: { readonly since: number }) {
    const { hub, config, version, now, readings, isDraining } = this.#operator;
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    return {
      version,
      mode: config.mode,
      node: process.version,
      now: now(),
      uptimeMs: Math.max(0, now() - this.#startedAt),
      draining: isDraining,
      peers: hub.counts.peers,
      away: hub.away,
      maxPeers: config.maxPeers,
      links: total(readings.parlor_links),
      maxLinks: config.maxLinks,
      rooms: hub.counts.rooms,
      maxRooms: config.rooms.maxRooms,
      waiting: hub.counts.waiting,
      messages: {
        received: total(readings.parlor_messages_received_total),
        delivered: total(readings.parlor_messages_delivered_total),
        ...this.#samples.rates,
      },
      errors: total(readings.parlor_errors_total),
      refusals: byLabel(readings.parlor_refusals_total),
      goodbyes: byLabel(readings.parlor_goodbyes_total),
      drops: byLabel(readings.parlor_messages_dropped_total),
      linksAccepted: byLabel(readings.parlor_links_accepted_total),
      linksRefused: byLabel(readings.parlor_links_refused_total),
      memory: { rssBytes: rss, heapUsedBytes: heapUsed, heapTotalBytes: heapTotal, externalBytes: external },
      eventLoopDelayMs: this.#delayMs,
      samples: this.#samples.after(since),
    };
  }

  #late(ns: number): number {
    const ms = ns / NS_PER_MS - RESOLUTION_MS;
    // An histogram without values knows no percentiles.
    return Number.isFinite(ms) ? Math.max(0, Math.round(ms * 100) / 100) : 0;
  }
}
