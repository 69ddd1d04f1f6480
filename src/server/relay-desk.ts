import { Deadlines } from "../core/deadlines.ts";
import type { Random } from "../core/random.ts";
import { Relay, type RelayLimits } from "../core/relay.ts";
import type { RelayEnd } from "../core/relay-ends.ts";
import type { Elsewhere } from "../core/relay-flow.ts";
import type { RelaySeat } from "../core/relay-seat.ts";
import { RateMeter } from "../lib/rate-meter.ts";
import type { Link } from "../transports/link.ts";
import type { QuicConnection, QuicConnectionListener } from "../transports/quic.ts";
import { RelayConnection } from "./relay-connection.ts";
import { RelayCounts } from "./relay-counts.ts";
import { RelayLink } from "./relay-link.ts";

/** The paths of the relay on a listener that has paths: WebSocket, WebTransport. */
export function isRelayPath(path: string): boolean {
  return path === "/v1/relay" || path === "/parlor/relay";
}

/** What a join token is good for. */
export interface RelayPass {
  readonly session: string;
  /** Whether its bearer may send, or only be sent to. */
  readonly maySend: boolean;
  /** The one peer it stands for; `undefined`: whoever holds it may choose a name. */
  readonly peer: string | undefined;
}

/** Who brings a token. */
export interface RelayCaller {
  readonly session: string;
  readonly peer: string;
  readonly remoteAddress: string;
}

/** Somebody at the door, or a connection on which nobody is. */
interface Expected {
  end(why: RelayEnd): void;
}

export interface RelayDeskOptions {
  readonly limits: RelayLimits;
  readonly random: Random;
  /** How long a line may take to show a good token, and a connection may be without any line, in ms. */
  readonly admitWithinMs: number;
  /** Most peers that share one connection. */
  readonly maxLinesPerConnection: number;
  /** What the token is good for. @throws {Refusal} `unauthorized` */
  admit(token: string, context: RelayCaller): Promise<RelayPass>;
  /** Somebody was let in. */
  entered?(seat: RelaySeat): void;
  /** Whether somebody who was let in may stay. Asked once a second. */
  mayStay?(seat: RelaySeat): boolean;
  readonly elsewhere?: Elsewhere;
  /** Ms since the epoch. */
  now(): number;
  /** A failure that is our own fault. */
  report(error: unknown): void;
}

/** How often it is asked who may stay, in ms. */
const REVIEW_MS = 1000;
/** How often a line that cannot say when it takes more is asked, in ms. */
const ASK_AGAIN_MS = 5;

/** Where peers of the relay come in, over whatever they have; and the relay's one timer. */
export class RelayDesk {
  readonly relay: Relay;
  readonly options: RelayDeskOptions;
  readonly counts = new RelayCounts();
  /** How fast bytes are passed on. */
  readonly bandwidth = new RateMeter({ windowMs: 10_000, everyMs: 1000 });
  readonly #waiting = new Deadlines<Expected>();
  readonly #asked = new Set<RelaySeat>();
  #reviewAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(options: RelayDeskOptions) {
    this.options = options;
    const { limits, random, elsewhere } = options;
    this.relay = new Relay({ limits, random, ...(elsewhere && { elsewhere }) });
  }

  /** A connection that relays: QUIC, or a session of WebTransport. */
  acceptConnection(
    connection: QuicConnection,
    carrier: "quic" | "webtransport" = "quic",
  ): QuicConnectionListener {
    return new RelayConnection(connection, { desk: this, carrier });
  }

  /** A link of messages: each is one frame. */
  acceptLink(link: Link): void {
    link.listen(new RelayLink(link, this));
  }

  /** Who shows no good token in time is sent away. */
  expect(newcomer: Expected): void {
    this.#waiting.set(newcomer, this.options.now() + this.options.admitWithinMs);
  }

  /** The newcomer is in, or gone. */
  expectNoMore(newcomer: Expected): void {
    this.#waiting.clear(newcomer);
  }

  /** To be called now and then, so that nobody stays forever. */
  tick(): void {
    const now = this.options.now();
    for (const newcomer of this.#waiting.takeDue(now)) newcomer.end("admission_timeout");
    this.relay.tick(now);
    const { bytes, datagramBytes } = this.relay.flow.tally;
    this.bandwidth.sample(bytes + datagramBytes, now);
    if (now >= this.#reviewAt) this.#review(now);
    this.arm();
  }

  /** To be called after anything that may have made somebody wait for time to pass. */
  arm(): void {
    const now = this.options.now();
    const nextAt = Math.min(
      this.relay.flow.nextAt ?? Number.POSITIVE_INFINITY,
      this.#asked.size > 0 ? now + ASK_AGAIN_MS : Number.POSITIVE_INFINITY,
    );
    if (nextAt >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = nextAt;
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, nextAt - now));
  }

  /** The line of that seat cannot say when it takes more: it will be asked. */
  ask(seat: RelaySeat): void {
    this.#asked.add(seat);
  }

  /** Ends all lines. */
  close(): void {
    clearTimeout(this.#timer);
    this.relay.drain();
    for (const newcomer of this.#waiting.takeDue(Number.POSITIVE_INFINITY)) newcomer.end("draining");
  }

  #review(now: number): void {
    this.#reviewAt = now + REVIEW_MS;
    const { mayStay } = this.options;
    if (!mayStay) return;
    for (const seat of this.relay.seats()) if (!mayStay(seat)) seat.line.end("forbidden");
  }

  #wake(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.options.now();
    try {
      this.relay.tick(now);
      for (const seat of this.#asked) {
        if (seat.isGone || !seat.line.isCongested) this.#asked.delete(seat);
        this.relay.flow.drained(seat, now);
      }
    } catch (error) {
      this.options.report(error);
    }
    this.arm();
  }
}
