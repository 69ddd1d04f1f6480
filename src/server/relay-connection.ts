import { LineEnded, RELAY_ENDS, type RelayEnd } from "../core/relay-ends.ts";
import type { RelayInlet } from "../core/relay-inlet.ts";
import type { RelayLine, RelaySeat } from "../core/relay-seat.ts";
import { type RelayWord, wordFrame } from "../core/relay-words.ts";
import { PREFIX_BYTES, prefixed, RecordSplitter, TooLong } from "../lib/length-prefix.ts";
import type {
  QuicConnection,
  QuicConnectionListener,
  QuicStream,
  QuicStreamListener,
} from "../transports/quic.ts";
import type { RelayDesk } from "./relay-desk.ts";
import { RelayGuest } from "./relay-guest.ts";

/** What the server may have said to a peer that does not listen, in bytes. Frames wait long before: see `isCongested`. */
const MAX_UNHEARD_BYTES = 2 * 1024 * 1024;
/** What may have come on a stream before its peer is in, in bytes. */
const MAX_EARLY_BYTES = 64 * 1024;

/** A line over QUIC or WebTransport. Its first stream says who is there, and is the one on which others are heard. */
export class RelayConnection implements QuicConnectionListener, RelayLine {
  readonly #connection: QuicConnection;
  readonly #desk: RelayDesk;
  readonly #guest: RelayGuest;
  #main: QuicStream | undefined;
  #isEnded = false;

  constructor(connection: QuicConnection, desk: RelayDesk) {
    this.#connection = connection;
    this.#desk = desk;
    this.#guest = new RelayGuest(desk, this);
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  get isCongested(): boolean {
    return this.#main?.isCongested ?? false;
  }

  stream(stream: QuicStream): void {
    const isOneWay = (stream.id & 2) !== 0;
    if (isOneWay || this.#isEnded || (this.#main && !this.#guest.seat)) {
      stream.reset(RELAY_ENDS.bad_frame.code);
      return;
    }
    const isMain = !this.#main;
    this.#main ??= stream;
    stream.listen(new RelayStream(stream, { line: this, desk: this.#desk, guest: this.#guest, isMain }));
  }

  datagram(bytes: Uint8Array): void {
    const { seat } = this.#guest;
    // Datagrams may overtake the frame that says who is there; those are lost, as datagrams are.
    if (!seat || this.#isEnded) return;
    this.#desk.relay.flow.takeDatagram(seat, bytes, this.#desk.options.now());
  }

  closed(): void {
    this.#guest.left();
  }

  send(record: Uint8Array): void {
    this.#main?.write(record);
  }

  sendDatagram(frame: Uint8Array): boolean {
    return this.#connection.sendDatagram(frame);
  }

  tell(word: RelayWord): void {
    // Told while the peer is being given its seat, or after: then the relay knows its name.
    this.#words.push(word);
    this.speak();
  }

  end(end: RelayEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { code, text } = RELAY_ENDS[end];
    this.#connection.close(code, text);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  readonly #words: RelayWord[] = [];

  /** Says on the main stream what there is to say; the first words wait until the seat is known. */
  speak(): void {
    const { seat } = this.#guest;
    if (!seat || !this.#main) return;
    for (const word of this.#words.splice(0)) {
      if (this.#main.queuedBytes > MAX_UNHEARD_BYTES) this.end("overrun");
      this.#main.write(prefixed(wordFrame(word, { session: seat.session.id, to: seat.peer })));
    }
  }

  drained(): void {
    const { seat } = this.#guest;
    if (!seat) return;
    this.#desk.relay.flow.drained(seat, this.#desk.options.now());
    this.#desk.arm();
  }
}

interface RelayStreamOptions {
  readonly line: RelayConnection;
  readonly desk: RelayDesk;
  readonly guest: RelayGuest;
  readonly isMain: boolean;
}

/** One stream on which frames come, each with its length in front. */
class RelayStream implements QuicStreamListener {
  readonly #stream: QuicStream;
  readonly #options: RelayStreamOptions;
  readonly #splitter: RecordSplitter;
  #inlet: RelayInlet | undefined;
  /** Frames that came while the token was looked at. */
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #hasEnded = false;

  constructor(stream: QuicStream, options: RelayStreamOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#splitter = new RecordSplitter(options.desk.options.limits.maxFrameBytes);
    if (options.guest.seat) this.#open(options.guest.seat);
  }

  data(bytes: Uint8Array): void {
    const { line, desk, guest } = this.#options;
    if (line.isEnded || guest.isGone) return;
    try {
      for (const record of this.#splitter.push(bytes)) this.#take(record);
      if (!this.#inlet && this.#splitter.heldBytes > MAX_EARLY_BYTES) throw new LineEnded("overrun");
    } catch (error) {
      guest.failed(error instanceof TooLong ? new LineEnded("bad_frame") : error);
    }
    desk.arm();
  }

  drained(): void {
    if (this.#options.isMain) this.#options.line.drained();
  }

  ended(): void {
    this.#hasEnded = true;
    if (this.#inlet) this.#options.desk.relay.shut(this.#inlet);
    if (!this.#options.isMain) this.#stream.end();
  }

  closed(): void {
    if (this.#inlet) this.#options.desk.relay.shut(this.#inlet);
    // Without it the peer cannot be reached.
    if (this.#options.isMain) this.#options.guest.end("left");
  }

  #take(record: Uint8Array): void {
    const { desk, guest } = this.#options;
    if (this.#inlet) {
      desk.relay.flow.take(this.#inlet, record, desk.options.now());
      return;
    }
    if (!guest.hasAsked) {
      void guest.ask(record.slice(PREFIX_BYTES), (seat) => this.#open(seat));
      return;
    }
    this.#earlyBytes += record.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) throw new LineEnded("overrun");
    this.#early.push(record.slice());
  }

  #open(seat: RelaySeat): void {
    const { line, desk, guest } = this.#options;
    try {
      const inlet = desk.relay.open(seat, (bytes) => this.#grant(seat, bytes));
      this.#inlet = inlet;
      line.speak();
      for (const record of this.#early.splice(0)) desk.relay.flow.take(inlet, record, desk.options.now());
      if (this.#hasEnded) desk.relay.shut(inlet);
    } catch (error) {
      guest.failed(error);
    }
    desk.arm();
  }

  #grant(seat: RelaySeat, bytes: number): void {
    const word = wordFrame({ type: "credit", bytes }, { session: seat.session.id, to: seat.peer });
    if (this.#stream.queuedBytes > MAX_UNHEARD_BYTES) this.#options.guest.end("overrun");
    this.#stream.write(prefixed(word));
  }
}
