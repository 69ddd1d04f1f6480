import { createRequire } from "node:module";
import type { Hono } from "hono";
import { anonymousAuth } from "../auth/anonymous.ts";
import type { AuthProvider } from "../auth/auth.ts";
import type { Tickets } from "../auth/tickets.ts";
import type { Config } from "../config/index.ts";
import { Hub } from "../core/hub.ts";
import { chooseByFirstMessage, type Served } from "../dialects/choose.ts";
import type { Access, Dialect, Opening } from "../dialects/dialect.ts";
import type { Log } from "../observe/log.ts";
import type { Link } from "../transports/link.ts";
import type { Quic } from "../transports/quic.ts";
import { Connections } from "./connections.ts";
import { CredentialDesk } from "./credential-desk.ts";
import { servedDialects } from "./dialects.ts";
import { Door } from "./door.ts";
import type { Extension, Inside } from "./extension.ts";
import { Failures } from "./failures.ts";
import { hubLimits } from "./hub-limits.ts";
import { Listeners, type Listening, type ListenOptions } from "./listeners.ts";
import { type Operations, type Operator, operatorOf } from "./operator.ts";
import { ServerOutbox } from "./outbox.ts";
import { OUTSIDE, type OutsideWorld } from "./outside-world.ts";
import { serverReadings } from "./readings.ts";
import { RelayDesk } from "./relay-desk.ts";
import { frameFrom, relayDeskOptions } from "./relay-settings.ts";
import type { Revocation } from "./revocations.ts";
import { keyedSealing } from "./sealing.ts";
import { site } from "./site.ts";
import type { Surround } from "./surround.ts";
import { Tally } from "./tally.ts";

/** How often the hub is told what time it is. */
const TICK_MS = 250;

/** How long news of how far messages were carried out may wait for more of the kind. */
const ACKNOWLEDGE_MS = 50;

const { version } = createRequire(import.meta.url)("parlor/package.json") as { version: string };

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

/** One parlor process: a hub, its links, and everything between them. */
export class Server {
  readonly #config: Config;
  readonly #log: Log;
  readonly #world: OutsideWorld;
  readonly #served: Served;
  readonly #outbox = new ServerOutbox();
  readonly #hub: Hub;
  readonly #tally = new Tally();
  readonly #failures: Failures;
  readonly #extension: Extension | undefined;
  readonly #operations: Operations | undefined;
  readonly #desk: RelayDesk;
  readonly #credentials: CredentialDesk;
  readonly #connections: Connections;
  readonly #door: Door;
  readonly #listeners: Listeners;
  #app: Hono | undefined;
  #willAcknowledge = false;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    config: Config,
    { log, auth = anonymousAuth, dialects = [], quic, extend, operate, world }: ServerOptions,
  ) {
    this.#config = config;
    this.#log = log;
    this.#world = { ...OUTSIDE, ...world };
    const quicPlace = () => this.#listeners.quicPlace;
    this.#served = servedDialects(config, { version, more: dialects, quic: quicPlace });
    this.#failures = new Failures(log);
    const { now, random } = this.#world;
    const hub = new Hub({
      outbox: this.#outbox,
      random,
      limits: hubLimits(config),
      sealing: keyedSealing(),
    });
    this.#hub = hub;
    this.#extension = extend?.({
      hub,
      now,
      visitor: (peer) => this.#connections.of(peer),
      refuseRevoked: (identity) => this.#credentials.refuseRevoked(identity),
      failed: (error, where) => this.#failures.report(error, { command: where }),
    });
    const report = (error: unknown) => this.#failures.report(error, { command: "relay" });
    this.#desk = new RelayDesk(relayDeskOptions(config, { random, now, hub, report }));
    hub.world.outside = ({ data, ...names }) =>
      this.#desk.relay.passFromElsewhere(frameFrom(names, data), now());
    const shared = { hub, tally: this.#tally, outbox: this.#outbox, now };
    this.#credentials = new CredentialDesk({
      ...shared,
      auth,
      admit: (identity, opening) => this.#extension?.admit(identity, opening),
    });
    const { registrationTimeoutMs } = config;
    this.#connections = new Connections({ surround: this.#surround(), registrationTimeoutMs });
    this.#door = new Door({
      ...shared,
      config,
      served: this.#served,
      credentials: this.#credentials,
      connections: this.#connections,
      desk: this.#desk,
    });
    this.#listeners = new Listeners({
      config,
      log,
      quic,
      failures: this.#failures,
      door: this.#door,
      desk: this.#desk,
      access: this.#access(),
      fetch: (request, context) => this.fetch(request, context),
    });
    const readings = this.#readings();
    this.#operations = operate?.(
      operatorOf({ config, version, hub, log, now, readings, connections: this.#connections }),
    );
  }

  /** Names of the dialects that are served. */
  get dialects(): readonly string[] {
    return [...this.#served.keys()];
  }

  get hub(): Hub {
    return this.#hub;
  }

  /** Tickets that let somebody in once. */
  get tickets(): Tickets {
    return this.#credentials.tickets;
  }

  /** What the relay carries at present. */
  get relayCounts(): { readonly sessions: number; readonly peers: number; readonly heldBytes: number } {
    return this.#desk.relay.counts;
  }

  /** Ports of STUN and introductions over UDP, when they are served. */
  get natPorts(): readonly [number, number] | undefined {
    return this.#listeners.natPorts;
  }

  /** Answers one ordinary HTTP request; for embedders whose own server takes the requests. */
  fetch(request: Request, context: { readonly remoteAddress: string }): Response | Promise<Response> {
    this.#app ??= this.#site();
    return this.#app.fetch(request, context);
  }

  /**
   * Starts to accept links. With `attachTo` on a server of somebody else's, of which only upgrade requests to paths of
   * ours are touched.
   *
   * @throws {Error} when the address cannot be had, or the TLS files cannot be read.
   */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    try {
      return await this.#listeners.open(options);
    } catch (error) {
      clearInterval(this.#timer);
      throw error;
    }
  }

  /** Takes a link that was opened elsewhere than at this server's own listener. */
  accept(link: Link, opening: Opening): void {
    this.#door.accept(link, opening, { isPinged: false });
  }

  /** What is due. Called by the server's own timer once it listens; before, by whoever owns the time. */
  tick(): void {
    const now = this.#world.now();
    try {
      this.#hub.tick(now);
      this.#connections.tick(now);
      this.#credentials.tick(now);
      this.#desk.tick();
      this.#listeners.tick(now);
      this.#extension?.tick(now);
      this.#operations?.tick(now);
    } catch (error) {
      this.#failures.report(error, { command: "tick" });
    }
  }

  /**
   * Makes credentials worthless: a token by its id, now and later, or all that a user has shown until now. Their links are
   * closed with `token_revoked`, their sessions are over.
   *
   * @returns how many links were closed.
   */
  revoke(meant: Revocation): number {
    return this.#credentials.revoke(meant, this.#connections);
  }

  /**
   * Stops: everybody is told to come back later, and what is queued is sent. Links of dialects that have a grace live on
   * for as long.
   *
   * @param drainMs  how long the last link may take; then it is cut. Default: the configuration's, after any grace.
   */
  close({ drainMs }: { readonly drainMs?: number } = {}): Promise<void> {
    // Who asks again waits for the same end.
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #close(limitMs: number | undefined): Promise<void> {
    const [maxGraceMs, drainMs] = [limitMs ?? Number.POSITIVE_INFINITY, limitMs ?? this.#config.drainMs];
    this.#hub.world.isDraining = true;
    const graceMs = this.#connections.stop(maxGraceMs);
    this.#log.info("server.draining", { links: this.#connections.size, graceMs, drainMs });

    const left = await this.#connections.drain({ graceMs, drainMs });
    this.#desk.close();
    await this.#listeners.close();
    clearInterval(this.#timer);
    this.#extension?.stop();
    this.#operations?.stop();
    this.#log.info("server.stopped", { links: left });
  }

  #surround(): Surround {
    const { messagesPerSecond: perSecond, messagesBurst: burst } = this.#config.limits;
    return {
      ...this.#world,
      hub: this.#hub,
      outbox: this.#outbox,
      tally: this.#tally,
      gate: this.#extension?.gate,
      rate: { perSecond, burst },
      newsOwed: () => this.#acknowledgeSoon(),
      authenticate: (credentials, context) => this.#credentials.authenticate(credentials, context),
      chooseByFirstMessage: (message) => chooseByFirstMessage(this.#served, message),
      report: (error, context) => this.#failures.report(error, context),
      identified: (connection) => this.#credentials.watch(connection),
      slowed: (outlet, backlog) => this.#connections.slowed(outlet, backlog),
      owing: (outlet) => this.#connections.owing(outlet),
      arrived: (connection) => this.#connections.arrived(connection),
      ended: (connection) => {
        this.#credentials.forget(connection);
        this.#connections.ended(connection);
      },
    };
  }

  #access(): Access {
    return { hub: this.#hub, random: this.#world.random, now: this.#world.now };
  }

  /** Tells peers how far their messages were carried out: for many messages at once, but without much delay. */
  #acknowledgeSoon(): void {
    if (this.#willAcknowledge) return;
    this.#willAcknowledge = true;
    this.#world.later(ACKNOWLEDGE_MS, () => {
      this.#willAcknowledge = false;
      this.#hub.acknowledge();
    });
  }

  #site(): Hono {
    const extensions = [this.#extension, this.#operations].flatMap((side) => (side ? [side.routes] : []));
    return site({
      config: this.#config,
      version,
      door: this.#door,
      access: {
        ...this.#access(),
        answering: () => {
          const since = performance.now();
          return (request) => this.#tally.answer(request, performance.now() - since);
        },
      },
      quicPlace: () => this.#listeners.quicPlace,
      readings: this.#readings(),
      extensions,
    });
  }

  #readings() {
    return serverReadings({
      hub: this.#hub,
      outbox: this.#outbox,
      tally: this.#tally,
      failures: this.#failures,
      connections: this.#connections,
      listeners: this.#listeners,
      desk: this.#desk,
    });
  }
}
