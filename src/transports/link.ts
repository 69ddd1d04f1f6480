import type { Frame, Incoming } from "../lib/frame.ts";
import type { Lane } from "../lib/lane.ts";
import type { Ledger } from "../lib/lane-queue.ts";

/** How a link ended. `clean` means a closing handshake took place. */
export interface LinkEnd {
  readonly code: number;
  readonly reason: string;
  readonly clean: boolean;
}

/** Why a link must end although its peer did nothing: decided by the transport, worded by the dialect. */
export type LinkFault =
  /** The byte budget is used up and nothing droppable is left. */
  | "slow_consumer"
  /** No sign of life within `pongWaitMs`. */
  | "heartbeat_timeout"
  /** An incoming message is larger than the link takes. */
  | "message_too_large"
  /** The bytes break the transport's own protocol (bad UTF-8, a reserved bit, too many fragments). */
  | "protocol_error";

/** Who listens to a link. All calls are made by the link, never from inside a call to the link. */
export interface LinkListener {
  /** One whole message. While `pause` is in force no message is handed over. */
  message(data: Incoming): void;
  /**
   * The transport cannot go on. The listener should answer with `link.close(code, reason)` in its own words; if it has
   * not done so when this returns, the link closes with the transport's own code.
   */
  fault(fault: LinkFault): void;
  /** The last call: the link is gone. Made exactly once. */
  closed(end: LinkEnd): void;
  /** Messages of a droppable lane were thrown away because the peer is too slow. */
  dropped?(count: number, lane: Lane): void;
}

/**
 * One open line to one peer. Knows bytes; knows nothing of rooms, dialects or users.
 *
 * [LK1] messages arrive whole, in order, on the one listener. [LK2] `send` never throws, and does nothing once the
 * link is closing. [LK3] `close` twice tells the listener `closed` exactly once. [LK4] frames sent before `close`
 * reach the peer before the close does. [LK5] `pause` stops `message` until `resume`; what arrives meanwhile is kept
 * by the network, not by us. [LK6] above the byte budget droppable frames go first, oldest first; if that is not
 * enough the listener hears `slow_consumer`. [LK7] once `close` or `destroy` was called the listener hears nothing
 * but `closed`. [LK8] the listener is never called from inside a call to the link. [LK9] bytes handed to `message`
 * are the listener's to keep. [LK10] [LK11] are told at `account` and `discard`.
 */
export interface Link {
  readonly kind: "websocket" | "quic" | "webtransport" | "udp" | "memory";
  /** The peer's address as text, without port. */
  readonly remoteAddress: string;
  /** Bytes accepted by `send` and not yet handed to the network. */
  readonly queuedBytes: number;
  /** Frames that wait because the network takes no more for now; 0 while it does. */
  readonly waitingFrames: number;
  /** Frames that have left the queue since the link opened, sent or thrown away. */
  readonly passedFrames: number;
  /** Who is told; set once, by whoever accepted the link, before anything can arrive. */
  listen(listener: LinkListener): void;
  /** Queues a frame. */
  send(frame: Frame): void;
  /** Sends what is queued, then closes in both directions. Safe to call twice. */
  close(code: number, reason: string): void;
  /** Ends the link at once, without flushing. Safe to call twice. */
  destroy(): void;
  pause(): void;
  resume(): void;
  /**
   * Asks the peer for a sign of life; without one within `withinMs` the listener hears `heartbeat_timeout`. While a probe
   * is out another one changes nothing. Absent where the transport has no way to ask.
   */
  probe?(withinMs: number): void;
  /**
   * From now on at most `maxFrames` wait while the network takes no more, as far as droppable ones are among them: another
   * one goes, or is not taken. `ledger` keeps account of it.
   */
  account(terms: AccountTerms): void;
  /** Throws away what waits, and gives the `close` that follows no more than a second. */
  discard(): void;
  /** Takes messages of up to `maxMessageBytes` from now on. Absent where a link has no limit to change. */
  limit?(maxMessageBytes: number): void;
}

/** How much may wait on a link, and who keeps account of what is lost. */
export interface AccountTerms {
  readonly maxFrames: number;
  readonly ledger: Ledger;
}

/** What an opening link told about itself before its first message. */
export interface Opening {
  /** The path that was asked for, without query. `/` for transports without paths. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case header names. Empty for transports without headers. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The subprotocol that was agreed on, if any. */
  readonly subprotocol: string | undefined;
  readonly remoteAddress: string;
  /** SHA-256 of the client's certificate in lower-case hex, if it has shown one whose issuer was checked. */
  readonly clientFingerprint?: string | undefined;
  readonly secure: boolean;
}
