import type { Event } from "./events.ts";
import type { Goodbye } from "./goodbyes.ts";
import type { PeerId } from "./ids.ts";

/** Where the core puts what must be told. The server encodes and sends it; tests collect it. */
export interface Outbox {
  /** Tells `event` to each of `to` that has a link here, except to `except`. */
  deliver(to: Iterable<PeerId>, event: Event, except?: PeerId | ReadonlySet<PeerId>): void;
  /** Tells `event` to the peer whose command is being handled, as the answer to that command. */
  answer(to: PeerId, event: Event): void;
  /** Ends the link of a peer that the hub no longer knows under that link. */
  dismiss(peer: PeerId, goodbye: Goodbye): void;
  /** Hears nothing further of a peer for that long: what it sends is kept by the network. */
  slow?(peer: PeerId, ms: number): void;
  /** Ends the link of a peer unless it gives a sign of life within that long. */
  probe?(peer: PeerId, withinMs: number): void;
  /** Hears nothing further of `from` while `to` has much to take that was told already; not for long. */
  pace?(from: PeerId, to: PeerId): void;
}
