import type { Server as HttpServer } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Config } from "../config/index.ts";
import type { Identity } from "../core/identity.ts";
import type { Access } from "../dialects/dialect.ts";
import type { Log } from "../observe/log.ts";
import { type HttpListener, type HttpOptions, listenHttp } from "../transports/http.ts";
import { type Quic, QuicUnavailable } from "../transports/quic.ts";
import type { Door } from "./door.ts";
import { encryptionOf } from "./encryption.ts";
import type { Failures } from "./failures.ts";
import { answerWith, type Fetch } from "./http-glue.ts";
import { listenNat, type NatCounts, type NatListener } from "./nat.ts";
import { type OwnListening, openOwnListener } from "./own-listeners.ts";
import { joinTokensOf } from "./pulsar.ts";
import { QuicFront, type QuicPlace } from "./quic-front.ts";
import type { RelayDesk } from "./relay-desk.ts";

export interface Listening {
  readonly port: number;
  /** Where a browser finds the server, such as `http://127.0.0.1:8080`; the first is the one to print. */
  readonly urls: readonly string[];
  /** Listeners that dialects have for themselves. */
  readonly own: readonly OwnListening[];
  /** Where QUIC and WebTransport are, if they are. */
  readonly quic: QuicPlace | undefined;
  /** The port at which nothing but metrics is served, if there is one. */
  readonly metricsPort: number | undefined;
}

export interface ListenOptions {
  /** A server of somebody else's, of which only upgrade requests to paths of ours are touched. */
  readonly attachTo?: HttpServer | TlsServer;
  /** What `auto` means for listeners that nobody has asked for: open them where that is possible. Default: `off`. */
  readonly auto?: "on" | "off";
}

export interface ListenersOptions {
  readonly config: Config;
  readonly log: Log;
  readonly failures: Failures;
  readonly door: Door;
  readonly desk: RelayDesk;
  /** What dialects' own pages work with. */
  readonly access: Access;
  /** An implementation of QUIC; by default the one that is installed. */
  readonly quic: (() => Promise<Quic>) | undefined;
  /** Answers ordinary requests of the shared listener. */
  readonly fetch: Fetch;
}

/** Everywhere a server listens: the shared listener, those that dialects have for themselves, UDP and QUIC. */
export class Listeners {
  readonly #options: ListenersOptions;
  #shared: HttpListener | undefined;
  readonly #own: { readonly dialect: string; readonly listener: HttpListener }[] = [];
  #nat: NatListener | undefined;
  #front: QuicFront | undefined;
  #metrics: HttpListener | undefined;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Ports of STUN and introductions over UDP, when they are served. */
  get natPorts(): readonly [number, number] | undefined {
    return this.#nat?.ports;
  }

  get natCounts(): NatCounts | undefined {
    return this.#nat?.counts;
  }

  get quicPlace(): QuicPlace | undefined {
    return this.#front?.place;
  }

  /** Connections of QUIC since the start. */
  get quicAccepted(): number {
    return this.#front?.accepted ?? 0;
  }

  get quicConnections(): number {
    return this.#front?.connections ?? 0;
  }

  /**
   * Opens all that are configured, or none.
   *
   * @throws {Error} when an address cannot be had, or the TLS files cannot be read.
   */
  async open({ attachTo, auto }: ListenOptions): Promise<Listening> {
    const shared = await this.#openShared(attachTo);
    this.#shared = shared;
    try {
      this.#nat = await this.#openNat(auto);
      await this.#openOwn();
      this.#front = await this.#openFront(auto);
      this.#metrics = await this.#openMetrics();
    } catch (error) {
      await this.close();
      throw error;
    }
    return {
      port: shared.port,
      urls: shared.urls,
      own: this.#own.map(({ dialect, listener: { port, urls } }) => ({ dialect, port, urls })),
      quic: this.#front?.place,
      metricsPort: this.#metrics?.port,
    };
  }

  tick(now: number): void {
    this.#nat?.tick();
    this.#front?.tick(now);
  }

  /** Takes nothing new, and cuts the links that are left. */
  async close(): Promise<void> {
    await this.#front?.close();
    const own = this.#own.map(({ listener }) => listener.close());
    await Promise.all([this.#shared?.close(), this.#nat?.close(), this.#metrics?.close(), ...own]);
  }

  #openShared(attachTo: ListenOptions["attachTo"]): Promise<HttpListener> {
    const { config, door, failures, fetch } = this.#options;
    const { host, port, websocket, trustProxy, maxLinks, maxLinksPerAddress } = config;
    return listenHttp({
      ...(attachTo && { attachTo, claims: (path: string) => door.isSocketPath(path) }),
      host,
      port,
      trustProxy,
      maxLinks,
      maxLinksPerAddress,
      handshakeTimeoutMs: websocket.handshakeTimeoutMs,
      origins: { allowed: config.allowedOrigins, sameHost: true, localhost: config.allowLocalhostOrigins },
      ...this.#encryption(),
      webSocket: {
        maxMessageBytes: websocket.maxMessageBytes,
        maxFragments: websocket.maxFragments,
        maxQueueBytes: websocket.queueBytes,
        pingIntervalMs: websocket.pingIntervalMs,
        pongWaitMs: websocket.pongWaitMs,
        compression: websocket.compression,
      },
      onRequest: answerWith(fetch, { trustProxy, failed: (error) => failures.report(error) }),
      onUpgrade: (opening) => door.decide(opening),
      onLink: (link, opening, note) => door.accept(link, opening, { identity: note as Identity | undefined }),
      onError: (error) => failures.report(error),
    });
  }

  async #openMetrics(): Promise<HttpListener | undefined> {
    const { config, failures, fetch } = this.#options;
    const { host, metrics, trustProxy } = config;
    if (!metrics.enabled || metrics.port === undefined) return undefined;
    const isAbout = ({ url }: Request) => /^\/metrics(\/|$)/.test(new URL(url).pathname);
    const nothing = () => new Response("only /metrics is here\n", { status: 404 });
    return listenHttp({
      host,
      port: metrics.port,
      onRequest: answerWith((request, context) => (isAbout(request) ? fetch(request, context) : nothing()), {
        trustProxy,
        failed: (error) => failures.report(error),
      }),
      onUpgrade: () => ({ accept: false, status: 404, text: "only /metrics is here\n" }),
      onLink: (link) => link.destroy(),
      onError: (error) => failures.report(error),
    });
  }

  #encryption(): Pick<HttpOptions, "tls"> {
    const { config, log } = this.#options;
    const tls = encryptionOf(config);
    if (!tls) return {};
    const { certPath } = tls;
    return {
      tls: {
        ...tls,
        onReload: () => log.info("tls.reloaded", { certPath }),
        onReloadError: (err: unknown) => log.error("tls.broken", { certPath, err }),
      },
    };
  }

  #openNat(auto: ListenOptions["auto"]): Promise<NatListener | undefined> {
    const { config, log, access } = this.#options;
    const { nat, host } = config;
    return this.#openIfWanted({ enabled: nat.enabled, auto, otherwise: "nat.unavailable" }, async () => {
      const listener = await listenNat({
        host,
        ports: [nat.port, nat.probePort],
        timeoutMs: nat.punchTimeoutMs,
        perSecond: nat.datagramsPerSecond,
        tokens: joinTokensOf(config),
        random: access.random,
        now: access.now,
        onError: (err) => log.error("nat.error", { err }),
      });
      log.info("nat.listening", { ports: listener.ports });
      return listener;
    });
  }

  async #openOwn(): Promise<void> {
    const { config, access, failures, door } = this.#options;
    for (const [name, dialect] of door.served) {
      if (!dialect.listener) continue;
      const ownDoor = door.only(dialect);
      const isPinged = dialect.listener.pingIntervalMs > 0;
      const listener = await openOwnListener(dialect, dialect.listener, {
        ...this.#encryption(),
        config,
        access,
        onUpgrade: (opening) => ownDoor.decide(opening),
        onLink: (link, opening, note) =>
          ownDoor.accept(link, opening, { identity: note as Identity | undefined, isPinged }),
        onError: (error) => failures.report(error, { dialect: name }),
      });
      this.#own.push({ dialect: name, listener });
    }
  }

  #openFront(auto: ListenOptions["auto"]): Promise<QuicFront | undefined> {
    const { config, desk, log, door, failures, quic, access } = this.#options;
    // QUIC cannot ask for certificates: where everybody must show one, nobody may come in that way.
    const enabled = config.tls.clientAuth === "require" ? false : config.quic.enabled;
    return this.#openIfWanted({ enabled, auto, otherwise: "quic.unavailable" }, async () => {
      const front = await QuicFront.open({
        config,
        desk,
        log,
        decide: (opening) => door.decide(opening),
        onLink: (link, opening, note) =>
          door.accept(link, opening, { identity: note as Identity | undefined }),
        onError: (error) => failures.report(error, { command: "quic" }),
        now: access.now,
        ...(quic && { quic }),
      });
      log.info("quic.listening", front.place);
      return front;
    });
  }

  /** Opens what a server can do without; goes on without it where nobody asked for it or this machine has no QUIC. */
  async #openIfWanted<Listener>(
    { enabled, auto, otherwise }: Wanted,
    open: () => Promise<Listener>,
  ): Promise<Listener | undefined> {
    if (!enabled || (enabled === "auto" && auto !== "on")) return undefined;
    try {
      return await open();
    } catch (error) {
      if (enabled === true && !(error instanceof QuicUnavailable)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log.warn(otherwise, { reason });
      return undefined;
    }
  }
}

/** Whether a listener is to be opened, and what is logged when it cannot be. */
interface Wanted {
  readonly enabled: boolean | "auto";
  readonly auto: ListenOptions["auto"];
  readonly otherwise: "nat.unavailable" | "quic.unavailable";
}
