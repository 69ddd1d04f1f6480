import { lookup } from "node:dns/promises";
import type { Config } from "../config/index.ts";
import { Deadlines } from "../core/deadlines.ts";
import { RELAY_ENDS, type RelayEnd } from "../core/relay-ends.ts";
import type { Log } from "../observe/log.ts";
import { decideInTime, type UpgradeDecision } from "../transports/decision.ts";
import type { Link, Opening } from "../transports/link.ts";
import { LinkCount } from "../transports/link-count.ts";
import { OriginGate } from "../transports/origin.ts";
import type { Quic, QuicConnection, QuicConnectionListener, QuicListener } from "../transports/quic.ts";
import { currentspaceQuic } from "../transports/quic-currentspace.ts";
import { SniffedConnection } from "../transports/quic-sniff.ts";
import { acceptStreamLink } from "../transports/stream-link.ts";
import { WebTransportConnection } from "../transports/webtransport.ts";
import { QuicCertificate } from "./quic-certificate.ts";
import { isRelayPath, type RelayDesk } from "./relay-desk.ts";

export interface QuicFrontOptions {
  readonly config: Config;
  readonly desk: RelayDesk;
  readonly log: Log;
  /** Whether a request for a session of WebTransport may become a link, or a line to the relay. */
  decide(opening: Opening): UpgradeDecision | Promise<UpgradeDecision>;
  /** Takes a link over, with the decision's `note`. */
  onLink(link: Link, opening: Opening, note: unknown): void;
  onError(error: unknown): void;
  /** Ms since the epoch. */
  now(): number;
  /** An implementation of QUIC; by default the one that is installed. */
  readonly quic?: () => Promise<Quic>;
}

/** How one end of the front is told where it is. */
export interface QuicPlace {
  readonly port: number;
  /** SHA-256 of the certificate, base64: what a page puts in `serverCertificateHashes`. */
  readonly certificateHash: string;
  /** Whether it was made at start, and nobody vouches for it. */
  readonly isSelfSigned: boolean;
}

/** What relays and WebTransport are offered as. One listener serves all of them; the first bytes tell which it is. */
const ALPN = ["parlor-relay", "pulsar-relay", "h3"];
/** Code of HTTP/3 and of ours for "all is well". */
const NO_ERROR = 0;
/** How long to wait when it could not be opened anew, in ms. */
const TRY_AGAIN_MS = 5000;

/** Where peers come in over QUIC: docs/spec/quic.md. */
export class QuicFront {
  readonly #options: QuicFrontOptions;
  readonly #count: LinkCount;
  readonly #origins: OriginGate;
  /** Connections that have not said what they want. */
  readonly #silent = new Deadlines<QuicConnection>();
  readonly #quic: Quic;
  readonly #certificate: QuicCertificate;
  #accepted = 0;
  #listener: QuicListener | undefined;
  #port: number;
  #isClosed = false;
  #reopening: Promise<void> | undefined;
  #triesAt = 0;

  private constructor(
    options: QuicFrontOptions,
    { quic, certificate }: { quic: Quic; certificate: QuicCertificate },
  ) {
    const { config } = options;
    this.#options = options;
    this.#quic = quic;
    this.#certificate = certificate;
    this.#port = config.quic.port;
    this.#count = new LinkCount({
      maxLinks: config.quic.maxConnections,
      maxLinksPerAddress: config.maxLinksPerAddress,
    });
    this.#origins = new OriginGate({
      allowed: config.allowedOrigins,
      sameHost: true,
      localhost: config.allowLocalhostOrigins,
    });
  }

  /** @throws {Error} `QuicUnavailable`; or when the address cannot be had or the certificate is of no use. */
  static async open(options: QuicFrontOptions): Promise<QuicFront> {
    const { config, now, quic: load = currentspaceQuic } = options;
    const quic = await load();
    const certificate = await QuicCertificate.open(config, now());
    const front = new QuicFront(options, { quic, certificate });
    await front.#listen();
    return front;
  }

  get place(): QuicPlace {
    const { hash: certificateHash, isSelfSigned } = this.#certificate;
    return { port: this.#port, certificateHash, isSelfSigned };
  }

  /** Connections that were let in since the start. */
  get accepted(): number {
    return this.#accepted;
  }

  get connections(): number {
    return this.#listener?.connections.size ?? 0;
  }

  /** To be called now and then: ends those who say nothing, and takes a new certificate. */
  tick(now: number): void {
    for (const connection of this.#silent.takeDue(now)) this.#turnAway(connection, "admission_timeout");
    if (this.#reopening || this.#isClosed || now < this.#triesAt) return;
    if (this.#listener && !this.#certificate.isDue(now) && !this.#mayTakeNext(now)) return;
    this.#reopening = this.reload(now)
      .catch((error: unknown) => {
        this.#triesAt = now + TRY_AGAIN_MS;
        this.#options.onError(error);
      })
      .finally(() => {
        this.#reopening = undefined;
      });
  }

  /**
   * Looks for a new certificate. It is taken by opening anew, which ends all connections with `draining`: so that waits
   * until there are none, or the old certificate is about to end.
   */
  async reload(now: number): Promise<void> {
    const { log } = this.#options;
    const certificate = this.#certificate;
    if (certificate.isDue(now)) {
      const problem = await certificate.look(now);
      if (problem) log.error("quic.certificate_broken", { err: problem });
    }
    if (this.#isClosed || (this.#listener && !this.#mayTakeNext(now))) return;

    await this.#listener?.close(wordsOf("draining"));
    this.#listener = undefined;
    certificate.take();
    await this.#listen();
    log.info("quic.reopened", { port: this.#port, certificateHash: certificate.hash });
  }

  #mayTakeNext(now: number): boolean {
    return this.#certificate.hasNext && (this.connections === 0 || this.#certificate.isEnding(now));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reopening;
    await this.#listener?.close(wordsOf("draining"));
  }

  async #listen(): Promise<void> {
    const { quic, relay, host } = this.#options.config;
    const { address } = await lookup(quic.host ?? host);
    this.#listener = await this.#quic.listen({
      host: address,
      port: this.#port,
      alpn: ALPN,
      certificate: this.#certificate.pair,
      idleMs: quic.idleMs,
      maxConnections: quic.maxConnections,
      // Each of those who share the connection has as many; WebTransport needs one more for its request.
      maxStreams: quic.maxStreams * relay.maxPeersPerConnection + 1,
      streamWindowBytes: relay.windowBytes,
      proveAddress: quic.proveAddress,
      onConnection: (connection) => this.#accept(connection),
      onError: (error) => this.#options.onError(error),
    });
    this.#port = this.#listener.port;
  }

  #accept(connection: QuicConnection): void {
    const giveBack = this.#count.take(connection.remoteAddress);
    if (typeof giveBack === "string") {
      connection.listen({ stream: (stream) => stream.reset(NO_ERROR), datagram() {}, closed() {} });
      this.#turnAway(connection, "server_full");
      return;
    }
    this.#accepted++;
    const { config, now } = this.#options;
    this.#silent.set(connection, now() + config.registrationTimeoutMs);
    connection.listen(
      new SniffedConnection({
        choose: (protocol) => this.#serve(connection, protocol),
        closed: () => {
          this.#silent.clear(connection);
          giveBack();
        },
      }),
    );
  }

  #turnAway(connection: QuicConnection, why: RelayEnd): void {
    this.#options.desk.counts.fail("quic", why);
    const { code, reason } = wordsOf(why);
    connection.close(code, reason);
  }

  #serve(connection: QuicConnection, protocol: "h3" | "other"): QuicConnectionListener {
    const { desk } = this.#options;
    if (protocol === "other") {
      this.#silent.clear(connection);
      return desk.acceptConnection(connection);
    }
    const { config, onLink, onError } = this.#options;
    const { handshakeTimeoutMs: withinMs, maxMessageBytes, queueBytes } = config.websocket;
    return new WebTransportConnection(connection, {
      onRequest: (opening) => decideInTime(() => this.#decide(opening), { withinMs, onError }),
      onSession: (session, opening, decision) => {
        this.#silent.clear(connection);
        if (isRelayPath(opening.path)) {
          session.listen(desk.acceptConnection(session, "webtransport"));
          return;
        }
        acceptStreamLink(session, {
          maxMessageBytes: decision.maxMessageBytes ?? maxMessageBytes,
          maxQueueBytes: queueBytes,
          openWithinMs: config.registrationTimeoutMs,
          onLink: (link) => onLink(link, opening, decision.note),
          onError,
        });
      },
    });
  }

  #decide(opening: Opening): UpgradeDecision | Promise<UpgradeDecision> {
    const text = this.#origins.refusal(opening.headers.origin, opening.headers.host);
    return text === undefined ? this.#options.decide(opening) : { accept: false, status: 403, text };
  }
}

function wordsOf(why: RelayEnd): { readonly code: number; readonly reason: string } {
  const { code, text } = RELAY_ENDS[why];
  return { code, reason: text };
}
