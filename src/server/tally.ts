import type { ErrorCode } from "../core/errors.ts";
import type { GoodbyeReason } from "../core/goodbyes.ts";
import type { Answered } from "../dialects/dialect.ts";
import { Histograms } from "../lib/histogram.ts";
import type { Lane } from "../lib/lane.ts";
import { METRICS } from "../observe/metrics.ts";

/** Calls about sessions, by method and route. */
const OPERATIONS: Readonly<Record<string, string>> = {
  "POST /v1/sessions": "create",
  "GET /v1/sessions/:id": "get",
  "POST /v1/sessions/:id/join": "join",
  "POST /v1/sessions/:id/invites": "invite",
  "POST /v1/sessions/:id/close": "close",
};

/** What a server counts: plain numbers on the way of a message, read when somebody asks for metrics. */
export class Tally {
  /** Messages heard from links. */
  received = 0;
  readonly refusals = new Map<ErrorCode, number>();
  readonly goodbyes = new Map<GoodbyeReason, number>();
  readonly dropped = new Map<Lane, number>();
  readonly accepted = new Map<string, number>();
  readonly refusedLinks = new Map<string, number>();
  /** By method, route and status, apart by spaces. */
  readonly requests = new Map<string, number>();
  /** How long requests took, by method and route, apart by a space. */
  readonly durations = new Histograms(METRICS.pulsar_http_request_duration_seconds.buckets);
  /** How long calls about sessions took, by what they were for. */
  readonly latency = new Histograms(METRICS.pulsar_rendezvous_latency_seconds.buckets);

  refuse(code: ErrorCode): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  goodbye(reason: GoodbyeReason): void {
    this.goodbyes.set(reason, (this.goodbyes.get(reason) ?? 0) + 1);
  }

  drop(lane: Lane, count: number): void {
    this.dropped.set(lane, (this.dropped.get(lane) ?? 0) + count);
  }

  accept(dialect: string): void {
    this.accepted.set(dialect, (this.accepted.get(dialect) ?? 0) + 1);
  }

  answer({ method, route, status }: Answered, tookMs: number): void {
    const key = `${method} ${route} ${status}`;
    this.requests.set(key, (this.requests.get(key) ?? 0) + 1);
    this.durations.observe(`${method} ${route}`, tookMs / 1000);
    const operation = OPERATIONS[`${method} ${route}`];
    if (operation) this.latency.observe(operation, tookMs / 1000);
  }

  refuseLink(reason: string): void {
    this.refusedLinks.set(reason, (this.refusedLinks.get(reason) ?? 0) + 1);
  }
}
