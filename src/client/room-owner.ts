import type { Clock } from "./clock.ts";
import type { AnyFrame } from "./codec.ts";
import type { OfflinePolicy } from "./outbox.ts";
import type { RequestOptions } from "./session.ts";

/** What a room needs of its connection. */
export interface RoomOwner {
  /** Where the server is, as the application said it. */
  readonly url: string;
  /** This peer's id. */
  readonly peer: string;
  readonly clock: Clock;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  /** Largest frame that the server takes. */
  readonly maxMessageBytes: number;
  /** Whether there is a line, and everything said is confirmed. */
  readonly isIdle: boolean;
  request(frame: AnyFrame, options: RequestOptions): Promise<AnyFrame>;
  /** @throws {ParlorError} `offline`, `queue_full`, `too_large`, `closed` */
  post(frame: AnyFrame, options: { policy: OfflinePolicy; about: { room: string; type?: string } }): void;
  murmur(frame: AnyFrame): void;
  /** So many more messages wait for something before they can be handed over. */
  busy(change: 1 | -1): void;
  policyOf(type: string): OfflinePolicy;
  iceServers(): Promise<RTCIceServer[]>;
  /** A listener of the application failed. */
  troubled(error: unknown): void;
  /** The room is over for this peer. */
  forget(room: string): void;
}
