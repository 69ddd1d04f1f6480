import { randomBytes } from "node:crypto";
import type { Server as HttpServer } from "node:http";
import type { Server as TlsServer } from "node:https";
import { createRequire } from "node:module";
import { anonymousAuth } from "../auth/anonymous.ts";
import type { AuthProvider } from "../auth/auth.ts";
import { Tickets } from "../auth/tickets.ts";
import type { Config } from "../config/index.ts";
import { Deadlines } from "../core/deadlines.ts";
import { ERRORS, Refusal } from "../core/errors.ts";
import { Hub } from "../core/hub.ts";
import type { Credentials, Identity } from "../core/identity.ts";
import { spaceId } from "../core/ids.ts";
import type { Random } from "../core/random.ts";
import { chooseByFirstMessage, chooseByOpening, type Served } from "../dialects/choose.ts";
import type { Dialect, Opening } from "../dialects/dialect.ts";
import type { Log } from "../observe/log.ts";
import { Metrics } from "../observe/metrics.ts";
import { type HttpListener, type HttpOptions, listenHttp, type UpgradeDecision } from "../transports/http.ts";
import type { Link } from "../transports/link.ts";
import type { Quic } from "../transports/quic.ts";
import type { SessionDecision } from "../transports/webtransport.ts";
import { Connection } from "./connection.ts";
import { servedDialects } from "./dialects.ts";
import type { Extension, Inside } from "./extension.ts";
import { answerWith } from "./http-glue.ts";
import { hubLimits } from "./hub-limits.ts";
import { LinkWatch } from "./link-watch.ts";
import { listenNat, type NatListener } from "./nat.ts";
import type { Operations, Operator } from "./operator.ts";
import { ServerOutbox } from "./outbox.ts";
import { type OwnListening, openOwnListener } from "./own-listeners.ts";
import { pages } from "./pages.ts";
import { joinTokensOf } from "./pulsar.ts";
import { pulsarReadings } from "./pulsar-readings.ts";
import { QuicFront, type QuicPlace } from "./quic-front.ts";
import { refusalBody } from "./refusal-body.ts";
import { isRelayPath, RelayDesk } from "./relay-desk.ts";
import { relayReadings } from "./relay-readings.ts";
import { frameFrom, relayDeskOptions } from "./relay-settings.ts";
import { isMeant, type Revocation, Revocations } from "./revocations.ts";
import { Status } from "./status.ts";
import type { Surround } from "./surround.ts";
import { Tally } from "./tally.ts";

/** How often the hub is told what time it is. */
const TICK_MS = 250;

/** How long news of how far messages were carried out may wait for more of the kind. */
const ACKNOWLEDGE_MS = 50;

/** How long before the end of its credentials a peer is warned; earlier half of the time for those that last less. */
const WARN_MS = 60_000;

const { version } = createRequire(import.meta.url)("parlor/package.json") as { version: string };

export interface Listening {
  readonly port: number;
  /** Where a browser finds the server, such as `http://127.0.0.1:8080`; the first is the one to print. */
  readonly urls: readonly string[];
  /** Listeners that dialects have for themselves. */
  readonly own: readonly OwnListening[];
  /** Where QUIC and WebTransport are, if they are. */
  readonly quic: QuicPlace | undefined;
}

export interface ServerOptions {
  readonly log: Log;
  /** Who may come in; by default everybody, as nobody in particular. */
  readonly auth?: AuthProvider;
  /** Languages besides those that the configuration switches on; one of the same name takes its place. */
  readonly dialects?: readonly Dialect[];
  /** An implementation of QUIC; by default the one that is installed. */
  readonly quic?: () => Promise<Quic>;
  /** What an embedder adds. */
  extend?(inside: Inside): Extension;
  /** What whoever runs the server adds: pages that see and do everything. */
  operate?(operator: Operator): Operations;
  /** Time, chance and the one kind of timer: given by tests that own them. */
  readonly world?: Partial<OutsideWorld>;
}

/** What a server takes from the world around it. */
export interface OutsideWorld {
  /** Ms since the epoch. */
  now(): number;
  readonly random: Random;
  /** Calls `then` once, in `ms`. */
  later(ms: number, then: () => void): void;
}

const OUTSIDE: OutsideWorld = {
  now: Date.now,
  random: { bytes: (count) => randomBytes(count) },
  later: (ms, then) => void setTimeout(then, ms).unref(),
};

/** What is known of a link that is being accepted. */
interface Accepting {
  readonly identity?: Identity | undefined;
  /** Who is spoken at its listener. */
  readonly served?: Served;
  /** Whether its transport looks for signs of life. */
  readonly isPinged?: boolean;
}

/** One parlor process: a hub, its links, and everything between them. */
export class Server {
  readonly #config: Config;
  readonly #log: Log;
  readonly #served: Served;
  readonly #outbox = new ServerOutbox();
  readonly #hub: Hub;
  readonly #tally = new Tally();
  readonly #connections = new Set<Connection>();
  readonly #greetings = new Deadlines<Connection>();
  readonly #surround: Surround;
  readonly #auth: AuthProvider;
  readonly #extension: Extension | undefined;
  readonly #operations: Operations | undefined;
  /** Links whose credentials end at some time. */
  readonly #expiries = new Deadlines<Connection>();
  /** When their peers are told so. */
  readonly #warnings = new Deadlines<Connection>();
  readonly #revocations = new Revocations();
  /** Tickets that let somebody in once. */
  readonly tickets: Tickets;
  readonly #now: () => number;
  readonly #later: OutsideWorld["later"];
  #willAcknowledge = false;
  readonly #desk: RelayDesk;
  readonly #quic: (() => Promise<Quic>) | undefined;
  #front: QuicFront | undefined;
  #errors = 0;
  readonly #watch = new LinkWatch();
  readonly #own: { readonly dialect: string; readonly listener: HttpListener }[] = [];
  #listener: HttpListener | undefined;
  #nat: NatListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDraining = false;
  #closing: Promise<void> | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(
    config: Config,
    { log, auth = anonymousAuth, dialects = [], quic, extend, operate, world }: ServerOptions,
  ) {
    const { now, random, later } = { ...OUTSIDE, ...world };
    this.#now = now;
    this.#later = later;
    this.#quic = quic;
    this.tickets = new Tickets({ now });
    this.#config = config;
    this.#log = log;
    this.#auth = auth;
    this.#served = withDialects(servedDialects(config, { version }), dialects);
    this.#hub = new Hub({ outbox: this.#outbox, random, limits: hubLimits(config) });
    this.#extension = extend?.({
      hub: this.#hub,
      now,
      visitor: (peer) => {
        const speaker = this.#outbox.speaker(peer);
        return speaker instanceof Connection ? speaker : undefined;
      },
      failed: (error, where) => this.#failed(error, { dialect: undefined, command: where }),
    });
    this.#desk = new RelayDesk(
      relayDeskOptions(config, {
        random,
        now,
        hub: this.#hub,
        report: (error) => this.#failed(error, { dialect: undefined, command: "relay" }),
      }),
    );
    this.#hub.world.outside = ({ data, ...names }) =>
      this.#desk.relay.passFromElsewhere(frameFrom(names, data), now());
    this.#operations = operate?.(this.#operator());
    this.#surround = {
      gate: this.#extension?.gate,
      identified: (connection) => this.#identified(connection),
      hub: this.#hub,
      outbox: this.#outbox,
      random,
      tally: this.#tally,
      rate: { perSecond: config.limits.messagesPerSecond, burst: config.limits.messagesBurst },
      now,
      later,
      newsOwed: () => this.#acknowledgeSoon(),
      authenticate: (credentials, context) => this.#authenticate(credentials, context),
      chooseByFirstMessage: (message) => chooseByFirstMessage(this.#served, message),
      report: (error, { dialect, command }) => this.#failed(error, { dialect, command }),
      ended: (connection) => this.#ended(connection),
      arrived: (connection) => this.#greetings.clear(connection),
    };
  }

  /** Names of the dialects that are served. */
  get dialects(): readonly string[] {
    return [...this.#served.keys()];
  }

  get hub(): Hub {
    return this.#hub;
  }

  /** What the relay carries at present. */
  get relayCounts(): { readonly sessions: number; readonly peers: number; readonly heldBytes: number } {
    return this.#desk.relay.counts;
  }

  /** Answers one ordinary HTTP request; for embedders whose own server takes the requests. */
  fetch(request: Request, context: { readonly remoteAddress: string }): Response | Promise<Response> {
    return this.#pages().fetch(request, context);
  }

  /**
   * Starts to accept links. With `attachTo` on a server of somebody else's, of which only upgrade requests to paths of
   * ours are touched.
   *
   * @throws {Error} when the address cannot be had, or the TLS files cannot be read.
   */
  async listen({ attachTo }: { readonly attachTo?: HttpServer | TlsServer } = {}): Promise<Listening> {
    const { host, port, tls, websocket, trustProxy, maxLinks, maxLinksPerAddress } = this.#config;
    const { certPath, keyPath } = tls;
    const isEncrypted = certPath !== undefined && keyPath !== undefined;
    const encryption = isEncrypted && {
      tls: {
        certPath,
        keyPath,
        onReload: () => this.#log.info("tls.reloaded", { certPath }),
        onReloadError: (err: unknown) => this.#log.error("tls.broken", { certPath, err }),
      },
    };
    this.#listener = await listenHttp({
      ...(attachTo && { attachTo, claims: (path: string) => this.#isSocketPath(path) }),
      host,
      port,
      trustProxy,
      maxLinks,
      maxLinksPerAddress,
      handshakeTimeoutMs: websocket.handshakeTimeoutMs,
      origins: {
        allowed: this.#config.allowedOrigins,
        sameHost: true,
        localhost: this.#config.allowLocalhostOrigins,
      },
      ...encryption,
      webSocket: {
        maxMessageBytes: websocket.maxMessageBytes,
        maxFragments: websocket.maxFragments,
        maxQueueBytes: websocket.queueBytes,
        pingIntervalMs: websocket.pingIntervalMs,
        pongWaitMs: websocket.pongWaitMs,
        compression: websocket.compression,
      },
      onRequest: answerWith((request, context) => this.fetch(request, context), {
        trustProxy,
        failed: (error) => this.#failed(error, { dialect: undefined, command: undefined }),
      }),
      onUpgrade: (opening) => this.#decide(opening),
      onLink: (link, opening, note) =>
        this.#accept(link, opening, { identity: note as Identity | undefined }),
      onError: (error) => this.#failed(error, { dialect: undefined, command: undefined }),
    });
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    try {
      this.#nat = await this.#listenNat();
      await this.#openOwnListeners(encryption || {});
      if (this.#config.quic.enabled) await this.#openFront();
    } catch (error) {
      clearInterval(this.#timer);
      await Promise.all([this.#listener.close(), this.#nat?.close(), ...this.#closeOwn()]);
      throw error;
    }
    return {
      port: this.#listener.port,
      urls: this.#listener.urls,
      own: this.#own.map(({ dialect, listener: { port, urls } }) => ({ dialect, port, urls })),
      quic: this.#front?.place,
    };
  }

  /**
   * Stops: no new links, everybody is told to come back later, and what is queued is sent.
   *
   * @param drainMs  how long the last link may take; then it is cut. Default: the configuration's.
   */
  close({ drainMs = this.#config.drainMs }: { readonly drainMs?: number } = {}): Promise<void> {
    // Who asks again waits for the same end.
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #close(drainMs: number): Promise<void> {
    this.#isDraining = true;
    this.#hub.world.isDraining = true;
    this.#log.info("server.draining", { links: this.#connections.size, drainMs });

    const emptied = new Promise<void>((resolve) => (this.#whenEmpty = resolve));
    for (const connection of [...this.#connections]) {
      this.#tally.goodbye("server_shutdown");
      connection.goodbye({ reason: "server_shutdown", at: this.#now() });
    }
    if (this.#connections.size > 0)
      await Promise.race([emptied, new Promise((cut) => setTimeout(cut, drainMs).unref())]);
    const left = this.#connections.size;
    this.#desk.close();
    await this.#front?.close();
    await Promise.all([this.#listener?.close(), this.#nat?.close(), ...this.#closeOwn()]);
    clearInterval(this.#timer);
    this.#extension?.stop();
    this.#operations?.stop();
    this.#log.info("server.stopped", { links: left });
  }

  /** Takes a link that was opened elsewhere than at this server's own listener. */
  accept(link: Link, opening: Opening): void {
    this.#accept(link, opening, { isPinged: false });
  }

  /** Ports of STUN and introductions over UDP, when they are served. */
  get natPorts(): readonly [number, number] | undefined {
    return this.#nat?.ports;
  }

  async #listenNat(): Promise<NatListener | undefined> {
    const { nat, host } = this.#config;
    if (!nat.enabled) return undefined;
    const listener = await listenNat({
      host,
      ports: [nat.port, nat.probePort],
      timeoutMs: nat.punchTimeoutMs,
      perSecond: nat.datagramsPerSecond,
      tokens: joinTokensOf(this.#config),
      random: this.#surround.random,
      now: () => this.#now(),
      onError: (err) => this.#log.error("nat.error", { err }),
    });
    this.#log.info("nat.listening", { ports: listener.ports });
    return listener;
  }

  #closeOwn(): Promise<void>[] {
    return this.#own.map(({ listener }) => listener.close());
  }

  /** Opens the listeners that dialects have for themselves. */
  async #openOwnListeners(encryption: Pick<HttpOptions, "tls">): Promise<void> {
    for (const [name, dialect] of this.#served) {
      if (!dialect.listener) continue;
      const served: Served = new Map([[name, dialect]]);
      const isPinged = dialect.listener.pingIntervalMs > 0;
      const listener = await openOwnListener(dialect, dialect.listener, {
        ...encryption,
        config: this.#config,
        access: { hub: this.#hub, random: this.#surround.random, now: this.#now },
        onUpgrade: (opening) => this.#decide(opening, served),
        onLink: (link, opening, note) =>
          this.#accept(link, opening, { identity: note as Identity | undefined, served, isPinged }),
        onError: (error) => this.#failed(error, { dialect: name, command: undefined }),
      });
      this.#own.push({ dialect: name, listener });
    }
  }

  #decide(opening: Opening, served = this.#served): UpgradeDecision | Promise<UpgradeDecision> {
    if (this.#isDraining) return this.#refuse(503, "This server is stopping; come back in a moment.\n");
    if (served === this.#served && isRelayPath(opening.path))
      return { accept: true, maxMessageBytes: this.#config.relay.maxFrameBytes };
    const chosen = chooseByOpening(served, opening);
    if (!chosen) return this.#refuse(404, "Nobody speaks WebSocket at this path.\n");
    const maxMessageBytes = this.#maxMessageBytes(chosen);
    if (chosen === "first-message") return { accept: true, maxMessageBytes };
    if (!chosen.credentials) return { accept: true, maxMessageBytes, subprotocol: chosen.subprotocol };
    return this.#decideByCredentials(chosen, opening);
  }

  /** The largest message of a link. Who is yet to tell what it speaks may say little; the rest is granted then. */
  #maxMessageBytes(chosen: ReturnType<typeof chooseByOpening>): number {
    const candidates = typeof chosen === "object" ? [chosen] : [...this.#served.values()];
    return Math.min(...candidates.map((dialect) => dialect.maxMessageBytes));
  }

  /** Bad credentials are refused before there is a link, where any client can tell it from a lost one. */
  async #decideByCredentials(dialect: Dialect, opening: Opening): Promise<UpgradeDecision> {
    const { name, maxMessageBytes, subprotocol } = dialect;
    try {
      const credentials = dialect.credentials?.(opening);
      const note = credentials && (await this.#authenticate(credentials, { opening, dialect: name }));
      return { accept: true, maxMessageBytes, subprotocol, note };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#tally.refuse(error.code);
      return this.#refuse(ERRORS[error.code].status, `${JSON.stringify(refusalBody(error))}\n`);
    }
  }

  #refuse(status: number, text: string): UpgradeDecision {
    this.#tally.refuseLink(String(status));
    return {
      accept: false,
      status,
      text,
      ...(status === 401 && { headers: { "www-authenticate": "Bearer" } }),
    };
  }

  async #authenticate(
    credentials: Credentials,
    { opening, dialect }: { opening: Opening; dialect: string },
  ): Promise<Identity> {
    const { remoteAddress, headers } = opening;
    const { ticket } = credentials;
    const identity =
      ticket === undefined
        ? await this.#auth.authenticate(credentials, { remoteAddress, headers, dialect })
        : this.tickets.redeem(ticket);
    if (this.#revocations.has(identity)) throw new Refusal("unauthorized", { reason: "revoked" });
    this.#extension?.admit(identity, opening);
    return identity;
  }

  #identified(connection: Connection): void {
    const { expiresAt } = connection.identity;
    this.#expiries.clear(connection);
    this.#warnings.clear(connection);
    if (expiresAt === undefined) return;
    this.#expiries.set(connection, expiresAt);
    const leftMs = expiresAt - this.#now();
    this.#warnings.set(connection, expiresAt - Math.min(WARN_MS, leftMs / 2));
  }

  async #openFront(): Promise<void> {
    this.#front = await QuicFront.open({
      config: this.#config,
      desk: this.#desk,
      log: this.#log,
      decide: (opening) => this.#decideSession(opening),
      maxMessageBytes: (opening) => this.#maxMessageBytes(chooseByOpening(this.#served, opening)),
      onLink: (link, opening) => this.#accept(link, opening),
      onError: (error) => this.#failed(error, { dialect: undefined, command: "quic" }),
      ...(this.#quic && { quic: this.#quic }),
    });
    if (this.#front) this.#log.info("quic.listening", this.#front.place);
  }

  /** Sessions of WebTransport are for those who show their credentials in a message. */
  #decideSession(opening: Opening): SessionDecision {
    if (this.#isDraining) return { accept: false, status: 503 };
    const chosen = chooseByOpening(this.#served, opening);
    const isWelcome = chosen === "first-message" || (chosen && !chosen.credentials);
    return isWelcome ? { accept: true } : { accept: false, status: 404 };
  }

  #accept(
    link: Link,
    opening: Opening,
    { identity, served = this.#served, isPinged = true }: Accepting = {},
  ): void {
    if (served === this.#served && isRelayPath(opening.path)) {
      this.#desk.acceptLink(link);
      return;
    }
    const chosen = chooseByOpening(served, opening);
    const dialect: Dialect | undefined = chosen === "first-message" ? undefined : chosen;
    const connection = new Connection({ link, opening, dialect, surround: this.#surround });
    // One that is yet to be told by its first message is counted then.
    if (dialect) this.#tally.accept(dialect.name);
    this.#connections.add(connection);
    const waitMs = dialect?.registrationMs ?? this.#config.registrationTimeoutMs;
    this.#greetings.set(connection, this.#now() + waitMs);
    link.listen(connection);
    if (dialect && !this.#watch.begin(connection, dialect, { isPinged })) {
      this.#tally.goodbye("too_many_links");
      connection.goodbye({ reason: "too_many_links" });
      return;
    }
    connection.begin(identity);
  }

  #ended(connection: Connection): void {
    this.#greetings.clear(connection);
    this.#expiries.clear(connection);
    this.#warnings.clear(connection);
    this.#connections.delete(connection);
    this.#watch.end(connection);
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }

  /** Tells peers how far their messages were carried out: for many messages at once, but without much delay. */
  #acknowledgeSoon(): void {
    if (this.#willAcknowledge) return;
    this.#willAcknowledge = true;
    this.#later(ACKNOWLEDGE_MS, () => {
      this.#willAcknowledge = false;
      this.#hub.acknowledge();
    });
  }

  /** What is due. Called by the server's own timer once it listens; before, by whoever owns the time. */
  tick(): void {
    const now = this.#now();
    try {
      this.#hub.tick(now);
      this.#nat?.tick();
      for (const connection of this.#greetings.takeDue(now)) connection.expire();
      for (const [connection, reason] of this.#watch.takeSilent(now)) {
        this.#tally.goodbye(reason);
        connection.goodbye({ reason });
      }
      for (const connection of this.#warnings.takeDue(now)) this.#warn(connection, now);
      for (const connection of this.#expiries.takeDue(now)) {
        this.#tally.goodbye("token_expired");
        connection.goodbye({ reason: "token_expired" });
      }
      this.#desk.tick();
      this.#front?.tick(now);
      this.#extension?.tick(now);
      this.#operations?.tick(now);
    } catch (error) {
      this.#failed(error, { dialect: undefined, command: "tick" });
    }
  }

  /** Tells a peer that its credentials end soon, so that it can renew them in time. */
  #warn({ peer, identity }: Connection, now: number): void {
    const inMs = Math.max(0, (identity.expiresAt ?? now) - now);
    if (peer !== undefined) this.#outbox.deliver([peer], { type: "expiring", inMs });
  }

  /**
   * Makes credentials worthless: a token by its id, now and later, or all that a user has shown until now. Their links are
   * closed with `token_revoked`, their sessions are over.
   *
   * @returns how many links were closed.
   */
  revoke(meant: Revocation): number {
    this.#revocations.add(meant);
    const now = this.#now();
    let closed = 0;
    for (const connection of [...this.#connections]) {
      if (!isMeant(meant, connection.identity)) continue;
      const { peer } = connection;
      this.#tally.goodbye("token_revoked");
      connection.goodbye({ reason: "token_revoked" });
      if (peer !== undefined) this.#hub.end(peer, now);
      closed++;
    }
    if (meant.user !== undefined) this.#hub.endUser(meant.user, now);
    return closed;
  }

  #failed(
    err: unknown,
    { dialect, command }: { dialect: string | undefined; command: string | undefined },
  ): void {
    this.#errors++;
    this.#log.error("server.error", { err, ...(dialect && { dialect }), ...(command && { command }) });
  }

  #pages() {
    this.#app ??= this.#buildPages();
    return this.#app;
  }

  #app: ReturnType<typeof pages> | undefined;

  #buildPages() {
    const { metrics, playground, peerServer } = this.#config;
    const status = new Status({
      hub: this.#hub,
      version,
      space: spaceId(peerServer.space),
      isDraining: () => this.#isDraining,
      now: this.#now,
    });
    return pages({
      status,
      metrics: metrics.enabled ? new Metrics(this.#readings(), { withProcess: true }) : undefined,
      metricsToken: metrics.token,
      playground: playground.enabled,
      isSingle: this.#served.size === 1,
      extensions: [this.#extension, this.#operations].flatMap((side) => (side ? [side.routes] : [])),
      routes: [...this.#served.values()].flatMap((dialect) => {
        const app = dialect.routes?.({
          hub: this.#hub,
          random: this.#surround.random,
          now: this.#now,
          answered: ({ method, route, status }) => this.#tally.answer(method, route, status),
        });
        return app ? [{ dialect: dialect.name, app }] : [];
      }),
      isSocketPath: (path) => this.#isSocketPath(path),
    });
  }

  #operator(): Operator {
    const server = this;
    return {
      config: this.#config,
      version,
      hub: this.#hub,
      log: this.#log,
      now: this.#now,
      readings: this.#readings(),
      get isDraining() {
        return server.#isDraining;
      },
      connection: (peer) => {
        const speaker = this.#outbox.speaker(peer);
        if (!(speaker instanceof Connection)) return undefined;
        return { dialect: speaker.dialect ?? "unknown", remoteAddress: speaker.opening.remoteAddress };
      },
      expel: (peer) =>
        this.#hub.expel(peer, { reason: "kicked", text: "removed by the operator" }, this.#now()),
      closeRoom: (room) => this.#hub.closeRoom(room, this.#now()),
    };
  }

  #isSocketPath(path: string): boolean {
    if (isRelayPath(path)) return true;
    const opening = {
      path,
      query: new URLSearchParams(),
      headers: {},
      subprotocol: undefined,
      remoteAddress: "",
    };
    return this.#served.size > 1
      ? chooseByOpening(this.#served, opening) !== undefined
      : path.endsWith("/ws");
  }

  #readings() {
    const tally = this.#tally;
    return {
      parlor_peers: () => this.#hub.counts.peers,
      parlor_peers_away: () => this.#hub.away,
      parlor_links: () => this.#connections.size,
      parlor_rooms: () => this.#hub.counts.rooms,
      parlor_match_waiting: () => this.#hub.counts.waiting,
      parlor_draining: () => (this.#isDraining ? 1 : 0),
      parlor_messages_received_total: () => tally.received,
      parlor_messages_delivered_total: () => this.#outbox.delivered,
      parlor_links_accepted_total: () => tally.accepted,
      parlor_links_refused_total: () => tally.refusedLinks,
      parlor_refusals_total: () => tally.refusals,
      parlor_goodbyes_total: () => tally.goodbyes,
      parlor_messages_dropped_total: () => tally.dropped,
      ...relayReadings(this.#desk.relay),
      ...pulsarReadings({ collabs: this.#hub.collabs, tally, nat: () => this.#nat?.counts }),
      parlor_quic_connections: () => this.#front?.connections ?? 0,
      parlor_errors_total: () => this.#errors,
    };
  }
}

function withDialects(served: Served, more: readonly Dialect[]): Served {
  return new Map([...served, ...more.map((dialect) => [dialect.name, dialect] as const)]);
}
