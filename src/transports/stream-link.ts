import type { Frame, Incoming } from "../lib/frame.ts";
import { isDroppable, type Lane } from "../lib/lane.ts";
import { type DropCounts, LaneQueue } from "../lib/lane-queue.ts";
import { PREFIX_BYTES, RecordSplitter, TooLong } from "../lib/length-prefix.ts";
import { QueueBudget } from "../lib/queue-budget.ts";
import type { AccountTerms, Link, LinkEnd, LinkFault, LinkListener } from "./link.ts";
import type { QuicConnection, QuicEnd, QuicStream, QuicStreamListener } from "./quic.ts";
import { closeIn, closeRecord, KIND_BYTES, messageOf, recordOf, sizeOf } from "./stream-records.ts";

export interface StreamLinkOptions {
  /** Largest message taken, in bytes. */
  readonly maxMessageBytes: number;
  /** Budget for what waits to be sent, in bytes, besides one frame that is larger than all of it. */
  readonly maxQueueBytes: number;
  /** How long the session may take to open its stream, in ms. */
  readonly openWithinMs: number;
  /** Takes over the open link; must call `link.listen` before it returns. */
  onLink(link: Link): void;
  /** Hears what listeners throw. */
  onError(error: unknown): void;
}

const BROKEN: LinkEnd = { code: 1006, reason: "", clean: false };
/** How long the peer may take to go after the close was sent, in ms. */
const LAST_WORDS_MS = 1000;

/** Makes the first two-way stream of a session a link; the session is for nothing else. */
export function acceptStreamLink(session: QuicConnection, options: StreamLinkOptions): void {
  let link: StreamLink | undefined;
  const late = setTimeout(() => session.close(0, "no stream was opened"), options.openWithinMs).unref();
  session.listen({
    stream(stream) {
      if (link || (stream.id & 2) !== 0) {
        stream.reset(0);
        return;
      }
      clearTimeout(late);
      link = new StreamLink(session, { stream, ...options });
      stream.listen(link);
      options.onLink(link);
    },
    datagram() {},
    closed(end) {
      clearTimeout(late);
      link?.sessionClosed(end);
    },
  });
}

/**
 * A link over one stream: docs/spec/quic.md, rules QS1 to QS4. Each message is a record: its length in 32 bits, its kind in 8,
 * its bytes. The QUIC below keeps the peer's silence in check, so there is no heartbeat.
 */
export class StreamLink implements Link, QuicStreamListener {
  readonly kind = "webtransport";
  readonly #session: QuicConnection;
  readonly #stream: QuicStream;
  readonly #options: StreamLinkOptions;
  readonly #splitter: RecordSplitter;
  readonly #queue = new LaneQueue(sizeOf);
  readonly #budget: QueueBudget;
  #maxFrames = Number.POSITIVE_INFINITY;
  #listener: LinkListener | undefined;
  #state: "open" | "closing" | "closed" = "open";
  /** How it ended, by our own word or the peer's; told when the session is gone. */
  #end: LinkEnd = BROKEN;
  #isPaused = false;
  /** What came while nobody wanted to hear it. The stream underneath cannot be held back, so it is bounded here. */
  #held: Incoming[] = [];
  #heldBytes = 0;
  #isFlushing = false;
  #isOverwhelmed = false;
  #dropped: DropCounts = {};

  constructor(session: QuicConnection, { stream, ...options }: StreamLinkOptions & { stream: QuicStream }) {
    this.#session = session;
    this.#stream = stream;
    this.#options = options;
    this.#budget = new QueueBudget(options.maxQueueBytes);
    this.#splitter = new RecordSplitter(options.maxMessageBytes + KIND_BYTES);
  }

  get remoteAddress(): string {
    return this.#session.remoteAddress;
  }

  get queuedBytes(): number {
    return this.#queue.bytes + this.#stream.queuedBytes;
  }

  get waitingFrames(): number {
    return this.#stream.isCongested ? this.#queue.length : 0;
  }

  get passedFrames(): number {
    return this.#queue.passed;
  }

  account({ maxFrames, ledger }: AccountTerms): void {
    this.#maxFrames = maxFrames;
    this.#queue.account(ledger);
  }

  discard(): void {
    this.#queue.clear();
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
  }

  send(frame: Frame): void {
    if (this.#state !== "open" || this.#isOverwhelmed) return;
    if (this.waitingFrames >= this.#maxFrames && isDroppable(frame.lane)) {
      this.#queue.squeeze(frame, this.#dropped);
      this.#flushSoon();
      return;
    }
    const isAlone = this.queuedBytes === 0;
    this.#queue.push(frame);
    this.#flushSoon();
    if (isAlone) return;
    this.#write();
    const room = this.#budget.room(this.#stream.queuedBytes);
    if (this.#queue.bytes <= room || this.#queue.shed(room, this.#dropped)) return;
    this.#isOverwhelmed = true;
    this.#queue.clear();
  }

  close(code: number, reason: string): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#end = { code, reason, clean: true };
    this.#forget();
    for (let frame = this.#queue.shift(); frame; frame = this.#queue.shift())
      this.#stream.write(recordOf(frame));
    this.#stream.write(closeRecord(code, reason));
    this.#stream.end();
    setTimeout(() => this.#finish(), LAST_WORDS_MS).unref();
  }

  destroy(): void {
    if (this.#state === "closed") return;
    if (this.#state === "open") this.#end = BROKEN;
    this.#state = "closing";
    this.#queue.clear();
    this.#forget();
    this.#stream.reset(0);
    setImmediate(() => this.#finish());
  }

  pause(): void {
    if (this.#state === "open") this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    queueMicrotask(() => this.#release());
  }

  limit(maxMessageBytes: number): void {
    this.#splitter.limit(maxMessageBytes + KIND_BYTES);
  }

  data(bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    try {
      for (const record of this.#splitter.push(bytes)) this.#take(record.subarray(PREFIX_BYTES));
    } catch (error) {
      if (error instanceof TooLong) this.#fault("message_too_large", { code: 1009, reason: "too large" });
      else this.#options.onError(error);
    }
  }

  drained(): void {
    this.#write();
  }

  /** The peer says no more: it has closed, or should have. */
  ended(): void {
    this.#stream.end();
    if (this.#state === "open") this.#state = "closing";
    setImmediate(() => this.#finish());
  }

  closed(): void {
    this.#finish();
  }

  sessionClosed(_end: QuicEnd): void {
    this.#finish();
  }

  #take(record: Uint8Array): void {
    // What is too much for us to judge is read on until the peer's close.
    const [kind] = record;
    const content = record.subarray(KIND_BYTES);
    const close = closeIn(kind, content);
    if (close) {
      if (this.#state === "open") {
        this.#end = { ...close, clean: true };
        this.#state = "closing";
        this.#stream.end();
      }
      setImmediate(() => this.#finish());
      return;
    }
    if (this.#state !== "open") return;
    const message = messageOf(kind, content);
    if (message === undefined) {
      this.#fault("protocol_error", { code: 1002, reason: "not a message" });
      return;
    }
    if (!this.#isPaused && this.#held.length === 0) {
      this.#call(() => this.#listener?.message(message));
      return;
    }
    this.#heldBytes += content.length + PREFIX_BYTES;
    this.#held.push(message);
    if (this.#heldBytes > this.#options.maxQueueBytes) {
      this.#fault("protocol_error", { code: 1008, reason: "too much was sent before an answer" });
    }
  }

  /** Hands over what was held back, as long as the listener does not pause again. */
  #release(): void {
    while (!this.#isPaused && this.#state === "open") {
      const message = this.#held.shift();
      if (message === undefined) break;
      if (this.#held.length === 0) this.#heldBytes = 0;
      this.#call(() => this.#listener?.message(message));
    }
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#write();
      this.#report();
    });
  }

  /** Hands queued frames to the stream, joined, until it is congested. */
  #write(): void {
    if (this.#state !== "open") return;
    while (this.#queue.length > 0 && !this.#stream.isCongested) {
      const records: Uint8Array[] = [];
      let bytes = 0;
      for (
        let frame = this.#queue.shift();
        frame;
        frame = bytes < JOIN_BYTES ? this.#queue.shift() : undefined
      ) {
        const record = recordOf(frame);
        this.#budget.wrote(record.length);
        bytes += record.length;
        records.push(record);
      }
      const [only] = records;
      this.#stream.write(records.length === 1 && only ? only : Buffer.concat(records));
    }
  }

  #report(): void {
    const dropped = Object.entries(this.#dropped);
    this.#dropped = {};
    if (this.#state !== "open") return;
    for (const [lane, count] of dropped) this.#call(() => this.#listener?.dropped?.(count, lane as Lane));
    if (!this.#isOverwhelmed) return;
    this.#isOverwhelmed = false;
    this.#fault("slow_consumer", { code: 1013, reason: "messages were not taken fast enough" });
  }

  #fault(fault: LinkFault, { code, reason }: { code: number; reason: string }): void {
    if (this.#state !== "open") return;
    this.#call(() => this.#listener?.fault(fault));
    this.close(code, reason);
  }

  /** The last thing: says that it is over, and ends the session. */
  #finish(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#queue.clear();
    this.#forget();
    this.#session.close(0, "");
    this.#call(() => this.#listener?.closed(this.#end));
  }

  #forget(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#isPaused = false;
  }

  #call(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.onError(error);
    }
  }
}

/** Frames are joined into writes of about this size. */
const JOIN_BYTES = 64 * 1024;
