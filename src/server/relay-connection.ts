import { RELAY_ENDS, type RelayEnd } from "../core/relay-ends.ts";
import { decodeRelayFrame, type RelayFrame } from "../core/relay-frame.ts";
import { TokenBucket } from "../lib/token-bucket.ts";
import type { QuicConnection, QuicConnectionListener, QuicStream } from "../transports/quic.ts";
import type { LineCarrier } from "./relay-counts.ts";
import type { RelayDesk } from "./relay-desk.ts";
import { RelayStream } from "./relay-stream.ts";
import type { RelayStreamLine } from "./relay-stream-line.ts";

/** How often somebody may ask to be let in on one connection in the long run. */
const ASKS_PER_SECOND = 1;

/**
 * A connection of QUIC or WebTransport on which peers relay, of one session or of many: each has a line of its own, and
 * ends by itself.
 */
export class RelayConnection implements QuicConnectionListener {
  readonly carrier: LineCarrier;
  readonly #connection: QuicConnection;
  readonly #desk: RelayDesk;
  /** Every stream is a line of its own until its first frame tells whose it is. */
  readonly #lines = new Set<RelayStreamLine>();
  readonly #asks: TokenBucket;
  #isEnded = false;

  constructor(
    connection: QuicConnection,
    { desk, carrier }: { readonly desk: RelayDesk; readonly carrier: LineCarrier },
  ) {
    this.#connection = connection;
    this.carrier = carrier;
    this.#desk = desk;
    const { maxLinesPerConnection, now } = desk.options;
    this.#asks = new TokenBucket({ perSecond: ASKS_PER_SECOND, burst: 2 * maxLinesPerConnection }, now());
    desk.expect(this);
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  stream(stream: QuicStream): void {
    const isOneWay = (stream.id & 2) !== 0;
    if (isOneWay || this.#isEnded) {
      stream.reset(RELAY_ENDS.bad_frame.code);
      return;
    }
    const listener = new RelayStream(stream, { connection: this, desk: this.#desk });
    this.#lines.add(listener.line);
    this.#desk.expectNoMore(this);
    stream.listen(listener);
  }

  datagram(bytes: Uint8Array): void {
    if (this.#isEnded) return;
    const frame = decodeRelayFrame(bytes);
    // Datagrams may overtake the frame that says who is there; those are lost, as datagrams are.
    const seat = this.#senderOf(frame)?.seat;
    if (seat) this.#desk.relay.flow.takeDatagram(seat, { frame, body: bytes }, this.#desk.options.now());
  }

  closed(): void {
    this.#isEnded = true;
    this.#desk.expectNoMore(this);
    for (const line of [...this.#lines]) line.gone();
  }

  sendDatagram(frame: Uint8Array): boolean {
    return this.#connection.sendDatagram(frame);
  }

  /** The line of the peer that a frame says it is from. */
  lineOf({ session, from }: RelayFrame): RelayStreamLine | undefined {
    for (const line of this.#lines) if (line.isOf(session, from)) return line;
    return undefined;
  }

  /** Whether one more may ask to be let in. */
  takeAsk(): boolean {
    let asked = 0;
    for (const line of this.#lines) if (line.hasAsked) asked++;
    const { maxLinesPerConnection, now } = this.#desk.options;
    return asked < maxLinesPerConnection && this.#asks.take(now());
  }

  /** A line is over, or was none. */
  forget(line: RelayStreamLine): void {
    this.#lines.delete(line);
    // Its peer may come in again, and others; but nobody is waited for for ever.
    if (this.#lines.size === 0 && !this.#isEnded) this.#desk.expect(this);
  }

  /** Ends the connection with what ends the last line on it; `false`: there are others. */
  endWith(line: RelayStreamLine, why: RelayEnd): boolean {
    for (const other of this.#lines) if (other !== line && !other.isOver) return false;
    this.end(why);
    return true;
  }

  end(why: RelayEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { code, text } = RELAY_ENDS[why];
    this.#connection.close(code, text);
  }

  /** Who speaks in a datagram. What nobody here can have said is the only peer's, if there is one: it is told so. */
  #senderOf(frame: RelayFrame | undefined): RelayStreamLine | undefined {
    if (this.#lines.size > 1) return frame && this.lineOf(frame);
    const [only] = this.#lines;
    return only;
  }
}
