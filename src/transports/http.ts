import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import { type AddressInfo, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Duplex } from "node:stream";
import type { UpgradeDecision } from "./decision.ts";
import type { Link, Opening } from "./link.ts";
import { ORIGIN_DEFAULTS, type OriginPolicy } from "./origin.ts";
import type { TrustProxy } from "./remote-address.ts";
import { readTlsFiles, type TlsOptions, TlsReloader } from "./tls-files.ts";
import { tlsServer } from "./tls-server.ts";
import { isWebSocketUpgrade, pathOf, serveAsRequest } from "./upgrade-request.ts";
import { Upgrades } from "./upgrades.ts";
import { WEBSOCKET_DEFAULTS, WebSocketAcceptor, type WebSocketOptions } from "./websocket.ts";

export type { UpgradeDecision } from "./decision.ts";

export interface HttpOptions {
  /** Where to listen; all addresses unless said otherwise. Port 0 takes a free one. */
  readonly host?: string;
  readonly port?: number;
  /**
   * A server of the embedder's to use instead of an own one. Of its traffic only upgrade requests to a path that
   * `claims` approves are touched; starting and stopping it remains the embedder's business.
   */
  readonly attachTo?: Server | TlsServer;
  readonly tls?: TlsOptions | undefined;
  readonly webSocket?: WebSocketOptions;
  readonly origins?: OriginPolicy;
  readonly trustProxy?: TrustProxy;
  /** Most links in all, and from one address. 0, the default: no cap. */
  readonly maxLinks?: number;
  readonly maxLinksPerAddress?: number;
  /** How long a peer may take to send the headers of a request, and `onUpgrade` to decide, in ms. */
  readonly handshakeTimeoutMs?: number;
  /** Which paths take links; all unless said otherwise. */
  claims?(path: string): boolean;
  /** Serves ordinary requests. What it throws is answered with 500. */
  onRequest?(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
  /** Decides about one upgrade request that passed all limits. */
  onUpgrade(opening: Opening): UpgradeDecision | Promise<UpgradeDecision>;
  /** Takes over an open link, with the decision's `note`; must call `link.listen` before it returns. */
  onLink(link: Link, opening: Opening, note: unknown): void;
  /** Hears what callbacks and link listeners throw. */
  onError?(error: unknown): void;
}

/** A place where peers come in. */
export interface HttpListener {
  readonly port: number;
  /** Where it can be reached, without trailing slash; the first is the one to print. */
  readonly urls: readonly string[];
  readonly server: Server | TlsServer;
  /** Links that are open, closing included. */
  readonly links: ReadonlySet<Link>;
  /** Looks for a new TLS pair now. */
  reloadTls(): Promise<void>;
  /**
   * Takes no new links and requests, waits up to `drainMs` for the links to go by themselves, closes the rest with
   * 1001, and resolves when all are gone.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;

/** How long a destroyed socket may take to be gone, in ms: a turn of the event loop, unless the machine is swamped. */
const DESTROY_MS = 1000;

/**
 * Opens a listener for HTTP and WebSocket.
 *
 * @throws {Error} when the address cannot be listened on or the TLS files are not usable.
 */
export async function listenHttp(options: HttpOptions): Promise<HttpListener> {
  const { handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS } = options;
  const onError = (error: unknown) => {
    if (options.onError) options.onError(error);
    else process.emitWarning(error instanceof Error ? error : String(error));
  };
  const acceptor = new WebSocketAcceptor({ onError, ...options.webSocket });
  const upgrades = new Upgrades(acceptor, {
    origins: options.origins ?? ORIGIN_DEFAULTS,
    trustProxy: options.trustProxy ?? false,
    maxLinks: options.maxLinks ?? 0,
    maxLinksPerAddress: options.maxLinksPerAddress ?? 0,
    handshakeTimeoutMs,
    onUpgrade: (opening) => options.onUpgrade(opening),
    onLink: (link, opening, note) => options.onLink(link, opening, note),
    onError,
  });

  // An embedder's server has what it needs.
  const tls = options.attachTo ? undefined : options.tls;
  const files = tls && (await readTlsFiles(tls));
  const limits = limitsOf(handshakeTimeoutMs);
  const encrypted =
    files && tlsServer({ ...limits, ...files, clientAuth: tls.clientAuth, handshakeTimeoutMs });
  const server = options.attachTo ?? encrypted ?? createServer(limits);
  const reloader = encrypted && new TlsReloader(encrypted, { ...tls, files });

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const isOurs = isWebSocketUpgrade(request) && (options.claims?.(pathOf(request) ?? "") ?? true);
    if (isOurs) {
      upgrades.handle(request, socket, head).catch((error: unknown) => {
        socket.destroy();
        onError(error);
      });
    } else if (server.listenerCount("upgrade") === 1) {
      // Without our listener an HTTP server would have ignored the `Upgrade` header.
      serveAsRequest(server, request);
    }
  };
  server.on("upgrade", onUpgrade);
  if (!options.attachTo) {
    server.on("request", (request, response) => void serve(request, response));
    try {
      await listen(server, options);
    } catch (error) {
      acceptor.stop();
      reloader?.stop();
      throw error;
    }
    server.on("error", onError);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (options.onRequest) await options.onRequest(request, response);
      else response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("Nothing here.\n");
    } catch (error) {
      onError(error);
      if (response.headersSent) response.destroy();
      else
        response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end("The server failed.\n");
    }
  }

  async function close({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    upgrades.stop();
    reloader?.stop();
    const closed = options.attachTo
      ? undefined
      : new Promise<void>((resolve) => server.close(() => resolve()));

    await acceptor.emptied(drainMs);
    for (const link of acceptor.links) link.close(1001, "the server is stopping");
    await acceptor.emptied(options.webSocket?.closeTimeoutMs ?? WEBSOCKET_DEFAULTS.closeTimeoutMs);
    for (const link of acceptor.links) link.destroy();
    await acceptor.emptied(DESTROY_MS);

    acceptor.stop();
    server.off("upgrade", onUpgrade);
    if (!options.attachTo) server.closeAllConnections();
    await closed;
  }

  return {
    get port() {
      return portOf(server);
    },
    get urls() {
      return urlsOf(server, options.tls !== undefined);
    },
    server,
    links: acceptor.links,
    reloadTls: async () => reloader?.check(),
    close,
  };
}

function limitsOf(handshakeTimeoutMs: number) {
  return {
    headersTimeout: handshakeTimeoutMs,
    requestTimeout: Math.max(REQUEST_TIMEOUT_MS, handshakeTimeoutMs),
    connectionsCheckingInterval: Math.min(1000, Math.ceil(handshakeTimeoutMs / 4)),
  };
}

function listen(server: Server, { host, port = 0 }: Pick<HttpOptions, "host" | "port">): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException) => {
      const where = `${host ?? "all addresses"}, port ${port}`;
      const why = REASONS[cause.code ?? ""] ?? cause.message;
      reject(new Error(`cannot listen on ${where}: ${why}`, { cause }));
    };
    server.once("error", onError);
    server.listen({ port, host }, () => {
      server.off("error", onError);
      resolve();
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EACCES: "not allowed; ports below 1024 need a privilege",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "no such host",
};

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

function urlsOf(server: Server, isSecure: boolean): string[] {
  const bound = server.address() as AddressInfo | string | null;
  if (typeof bound !== "object" || !bound) return [];
  const scheme = isSecure ? "https" : "http";
  const hosts = bound.address === "::" || bound.address === "0.0.0.0" ? everyHost() : [bound.address];
  return hosts.map((host) => `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${bound.port}`);
}

/** Names under which a listener on all addresses is reached: this machine first, then IPv4 addresses of the network. */
function everyHost(): string[] {
  const addresses = Object.values(networkInterfaces()).flat();
  return [
    "localhost",
    ...addresses
      .filter((each) => each && each.family === "IPv4" && !each.internal)
      .map((each) => each?.address ?? ""),
  ];
}
