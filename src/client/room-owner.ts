import type { Clock } from "./clock.ts";
import type { AnyFrame } from "./codec.ts";
import type { OfflinePolicy } from "./outbox.ts";
import type { RequestOptions } from "./session.ts";

/** What a room needs of its connection. */
export interface RoomOwner {
  /** This peer's id. */
  readonly peer: string;
  readonly clock: Clock;
  request(frame: AnyFrame, options: RequestOptions): Promise<AnyFrame>;
  /** @throws {ParlorError} `offline`, `queue_full`, `too_large`, `closed` */
  post(frame: AnyFrame, options: { policy: OfflinePolicy; about: { room: string; type?: string } }): void;
  murmur(frame: AnyFrame): void;
  policyOf(type: string): OfflinePolicy;
  /** A listener of the application failed. */
  troubled(error: unknown): void;
  /** The room is over for this peer. */
  forget(room: string): void;
}
