import type { ErrorCode } from "../core/errors.ts";
import type { GoodbyeReason } from "../core/goodbyes.ts";
import type { Lane } from "../lib/lane.ts";

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

  answer(method: string, route: string, status: number): void {
    const key = `${method} ${route} ${status}`;
    this.requests.set(key, (this.requests.get(key) ?? 0) + 1);
  }

  refuseLink(reason: string): void {
    this.refusedLinks.set(reason, (this.refusedLinks.get(reason) ?? 0) + 1);
  }
}
