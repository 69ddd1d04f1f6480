import { LineEnded } from "../core/relay-ends.ts";
import { decodeRelayFrame } from "../core/relay-frame.ts";
import type { RelayInlet } from "../core/relay-inlet.ts";
import type { RelaySeat } from "../core/relay-seat.ts";
import { PREFIX_BYTES, RecordSplitter, TooLong } from "../lib/length-prefix.ts";
import type { QuicStream, QuicStreamListener } from "../transports/quic.ts";
import type { RelayConnection } from "./relay-connection.ts";
import type { RelayDesk } from "./relay-desk.ts";
import { RelayStreamLine } from "./relay-stream-line.ts";

/** What may have come on a stream before its peer is in, in bytes. */
const MAX_EARLY_BYTES = 64 * 1024;

/**
 * One stream on which frames come, each with its length in front. The first tells whose it is: one to the server asks for
 * a line of its own, any other belongs to the line of the peer that it is from.
 */
export class RelayStream implements QuicStreamListener {
  readonly #stream: QuicStream;
  readonly #connection: RelayConnection;
  readonly #desk: RelayDesk;
  readonly #splitter: RecordSplitter;
  #line: RelayStreamLine;
  #isMain = true;
  #inlet: RelayInlet | undefined;
  /** Frames that came while the token was looked at. */
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #hasEnded = false;

  constructor(stream: QuicStream, { connection, desk }: { connection: RelayConnection; desk: RelayDesk }) {
    this.#stream = stream;
    this.#connection = connection;
    this.#desk = desk;
    this.#splitter = new RecordSplitter(desk.options.limits.maxFrameBytes);
    this.#line = new RelayStreamLine(stream, { connection, desk });
  }

  /** Whose stream it is. */
  get line(): RelayStreamLine {
    return this.#line;
  }

  data(bytes: Uint8Array): void {
    if (this.#line.isOver) return;
    try {
      for (const record of this.#splitter.push(bytes)) this.#take(record);
      if (!this.#inlet && this.#splitter.heldBytes > MAX_EARLY_BYTES) throw new LineEnded("overrun");
    } catch (error) {
      this.#line.failed(error instanceof TooLong ? new LineEnded("bad_frame") : error);
    }
    this.#desk.arm();
  }

  drained(): void {
    if (this.#isMain) this.#line.drained();
  }

  ended(): void {
    this.#hasEnded = true;
    if (this.#inlet) this.#desk.relay.shut(this.#inlet);
    // Who has not even asked, and will not, is nobody.
    if (!this.#isMain || !this.#line.hasAsked) this.#stream.end();
  }

  closed(): void {
    if (this.#inlet) this.#desk.relay.shut(this.#inlet);
    // Without its main stream a peer cannot be reached.
    if (this.#isMain) this.#line.gone();
    else this.#line.removeLane(this.#stream);
  }

  #take(record: Uint8Array): void {
    // What comes behind a frame that ended the line is nobody's.
    if (this.#line.isOver) return;
    if (this.#inlet) this.#desk.relay.flow.take(this.#inlet, record, this.#desk.options.now());
    else if (this.#line.hasAsked) this.#keep(record);
    else this.#begin(record);
  }

  #begin(record: Uint8Array): void {
    const frame = decodeRelayFrame(record.subarray(PREFIX_BYTES));
    if (!frame || frame.to === "") {
      if (!this.#connection.takeAsk()) throw new LineEnded("server_full");
      this.#line.ask(frame, (seat) => this.#open(seat));
      return;
    }
    const owner = this.#connection.lineOf(frame);
    if (!owner?.seat) throw new LineEnded("bad_frame");

    const ownLine = this.#line;
    this.#line = owner;
    this.#isMain = false;
    owner.addLane(this.#stream);
    ownLine.gone();
    this.#open(owner.seat);
    this.#take(record);
  }

  #keep(record: Uint8Array): void {
    this.#earlyBytes += record.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) throw new LineEnded("overrun");
    this.#early.push(record.slice());
  }

  #open(seat: RelaySeat): void {
    const { relay, options } = this.#desk;
    try {
      const inlet = relay.open(seat, (bytes) => this.#line.say(this.#stream, { type: "credit", bytes }));
      this.#inlet = inlet;
      this.#line.speak();
      for (const record of this.#early.splice(0)) relay.flow.take(inlet, record, options.now());
      if (this.#hasEnded) relay.shut(inlet);
    } catch (error) {
      this.#line.failed(error);
    }
    this.#desk.arm();
  }
}
