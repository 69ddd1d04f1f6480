import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { FlushTurn } from "./flush-turn.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Link } from "./link.ts";
import { type LinkHome, LinkWebSocket, WebSocketLink } from "./websocket-link.ts";

/** A server of `ws` whose sockets know their link. */
type LinkServer = InstanceType<typeof WebSocketServer<typeof LinkWebSocket>>;

export interface WebSocketOptions {
  /** Largest incoming message, in bytes. */
  readonly maxMessageBytes?: number;
  /** Most fragments of one message. */
  readonly maxFragments?: number;
  /** Budget of each link for what waits to be sent, in bytes. */
  readonly maxQueueBytes?: number;
  /** How often each peer is pinged, in ms. 0: never. */
  readonly pingIntervalMs?: number;
  /** How long after a ping a sign of life may take, in ms. */
  readonly pongWaitMs?: number;
  /** How long a peer may take for its part of the closing handshake, in ms. */
  readonly closeTimeoutMs?: number;
  /** Whether to agree on permessage-deflate. Costs 5 to 10 times the time for small messages. */
  readonly compression?: boolean;
  /** Hears what listeners throw. */
  readonly onError?: (error: unknown) => void;
  /** The time, for tests. */
  readonly clock?: WebSocketClock;
}

/** Time as the transport needs it. */
export interface WebSocketClock {
  /** Ms of a clock that never goes back. */
  now(): number;
  /** Calls `run` every `ms` until the returned function is called. */
  every(ms: number, run: () => void): () => void;
}

export const WEBSOCKET_DEFAULTS = {
  maxMessageBytes: 1024 * 1024,
  maxFragments: 1024,
  maxQueueBytes: 1024 * 1024,
  pingIntervalMs: 30_000,
  pongWaitMs: 10_000,
  closeTimeoutMs: 5_000,
} as const;

/** What is known of a link before it is accepted. */
export interface Acceptance {
  readonly remoteAddress: string;
  /** One of the subprotocols that the peer offered. */
  readonly subprotocol: string | undefined;
  /** Largest incoming message of this link, in bytes, instead of the listener's. */
  readonly maxMessageBytes?: number | undefined;
  /** More headers of the response. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Makes links of upgrade requests, and looks after them: one heartbeat and one flush per turn for all. */
export class WebSocketAcceptor implements LinkHome {
  readonly turn = new FlushTurn();
  readonly maxQueueBytes: number;

  readonly #links = new Set<WebSocketLink>();
  readonly #options: WebSocketOptions;
  readonly #clock: WebSocketClock;
  readonly #heartbeat: Heartbeat;
  /** `ws` knows its limits per server; there is one for each limit in use. */
  readonly #servers = new Map<number, LinkServer>();
  readonly #whenEmpty: (() => void)[] = [];
  #stopSweeping: () => void = () => {};
  /** What `ws` asks for while it answers one request. */
  #answer: Pick<Acceptance, "subprotocol" | "headers"> = { subprotocol: undefined };

  constructor(options: WebSocketOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.maxQueueBytes = options.maxQueueBytes ?? WEBSOCKET_DEFAULTS.maxQueueBytes;
    this.#heartbeat = new Heartbeat({
      pingIntervalMs: options.pingIntervalMs ?? WEBSOCKET_DEFAULTS.pingIntervalMs,
      pongWaitMs: options.pongWaitMs ?? WEBSOCKET_DEFAULTS.pongWaitMs,
    });
    const { sweepMs } = this.#heartbeat;
    if (sweepMs > 0) {
      this.#stopSweeping = this.#clock.every(sweepMs, () =>
        this.#heartbeat.sweep(this.#links, this.#clock.now()),
      );
    }
  }

  /** The links that are not yet gone. */
  get links(): ReadonlySet<Link> {
    return this.#links;
  }

  /**
   * Completes the handshake and calls `ready` with the link, which must begin to listen within that call. `ready` is
   * not called when the peer is gone already.
   */
  accept(
    { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
    acceptance: Acceptance,
    ready: (link: Link) => void,
  ): void {
    this.#answer = acceptance;
    const server = this.#serverFor(acceptance.maxMessageBytes);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const link = new WebSocketLink(webSocket, {
        socket,
        remoteAddress: acceptance.remoteAddress,
        home: this,
      });
      this.#links.add(link);
      this.#heartbeat.begin(link, this.#clock.now());
      ready(link);
      if (!link.isHeeded) link.destroy();
    });
  }

  gone(link: WebSocketLink): void {
    this.#links.delete(link);
    if (this.#links.size > 0) return;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }

  /** Resolves when no link is left, or after `withinMs`. */
  async emptied(withinMs: number): Promise<void> {
    if (this.#links.size === 0 || withinMs === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#whenEmpty.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  failed(error: unknown): void {
    if (this.#options.onError) this.#options.onError(error);
    else process.emitWarning(error instanceof Error ? error : String(error));
  }

  /** Stops the heartbeat. Links that are still open stay so. */
  stop(): void {
    this.#stopSweeping();
  }

  #serverFor(maxBytes: number | undefined): LinkServer {
    const maxPayload = maxBytes ?? this.#options.maxMessageBytes ?? WEBSOCKET_DEFAULTS.maxMessageBytes;
    let server = this.#servers.get(maxPayload);
    if (server) return server;

    const options = {
      noServer: true,
      clientTracking: false,
      WebSocket: LinkWebSocket,
      maxPayload,
      maxFragments: this.#options.maxFragments ?? WEBSOCKET_DEFAULTS.maxFragments,
      // A peer may cut a message into many small packets; each costs memory beyond its bytes.
      maxBufferedChunks: Math.max(1024, Math.ceil(maxPayload / 256)),
      closeTimeout: this.#options.closeTimeoutMs ?? WEBSOCKET_DEFAULTS.closeTimeoutMs,
      // Without context takeover a link keeps no compression state while it is idle.
      perMessageDeflate: this.#options.compression
        ? { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 1024 }
        : false,
      handleProtocols: (offered: Set<string>) => {
        const { subprotocol } = this.#answer;
        return subprotocol !== undefined && offered.has(subprotocol) ? subprotocol : false;
      },
    } as const;
    server = new WebSocketServer<typeof LinkWebSocket>(options);
    server.on("headers", (lines) => {
      for (const [name, value] of Object.entries(this.#answer.headers ?? {})) lines.push(`${name}: ${value}`);
    });
    this.#servers.set(maxPayload, server);
    return server;
  }
}

const systemClock: WebSocketClock = {
  now: () => performance.now(),
  every(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
};
