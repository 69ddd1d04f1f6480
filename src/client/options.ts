import type { Clock } from "./clock.ts";
import type { Encoding } from "./codec.ts";
import type { OfflinePolicy } from "./outbox.ts";
import type { SocketClass } from "./socket.ts";

/** How a connection is made and kept. */
export interface ConnectOptions {
  /** A token that says who is there. */
  readonly token?: string;
  /** Fetches a token for each new line, and when the server says that the present one is about to expire. */
  readonly getToken?: () => string | Promise<string>;
  /** A one-use ticket, for the first line; later ones resume the session. */
  readonly ticket?: string;
  /** The application's name-space. */
  readonly space?: string;
  /** A name that other peers may call this one by. */
  readonly alias?: string;
  /** What this peer tells about itself in every room. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Default: `json`. `msgpack` is smaller for numbers and bytes, and is loaded when asked for. */
  readonly encoding?: Encoding;
  /** Default: the platform's, or the package `ws` on Node before 22. */
  readonly WebSocket?: SocketClass;
  /** Closes the connection. */
  readonly signal?: AbortSignal;
  readonly reconnect?: {
    /** The first wait is at most this, in ms; each further one up to twice as long. Default: 250. */
    readonly minMs?: number;
    /** No wait is longer, in ms. Default: 15,000. */
    readonly maxMs?: number;
    /** Attempts in a row after which the connection closes with `gave-up`. Default: no bound. */
    readonly maxAttempts?: number;
    /** How long a line may take until the server welcomes it, in ms. Default: 10,000. */
    readonly handshakeMs?: number;
  };
  /** What happens to messages while there is no line. */
  readonly offline?: {
    /** Most messages that wait. Default: 1,000. */
    readonly maxItems?: number;
    /** Most bytes that wait. Default: 4 MiB. */
    readonly maxBytes?: number;
    /** A message that waited longer is refused with `expired`, in ms. Default: 10 minutes. */
    readonly maxAgeMs?: number;
    /** By type of message. Default: `queue`. */
    readonly policies?: Readonly<Record<string, OfflinePolicy>>;
  };
  /**
   * Told of failures that no caller waits for: a listener that throws, a frame that makes no sense. Default:
   * `console.error`.
   */
  readonly onTrouble?: (error: unknown) => void;
  /** For tests: time, and chance from 0 up to, not including, 1. */
  readonly clock?: Clock;
  readonly random?: () => number;
}
