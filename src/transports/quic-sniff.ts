import type { QuicConnectionListener, QuicEnd, QuicStream, QuicStreamListener } from "./quic.ts";

export interface SniffOptions {
  /** Takes the connection over, once its first bytes told what is spoken on it. */
  choose(protocol: "h3" | "other"): QuicConnectionListener;
  /** The connection is gone. */
  closed(): void;
}

/**
 * Finds out what is spoken on a connection, where QUIC does not tell which of the offered protocols was agreed on.
 *
 * HTTP/3 opens one-way streams first of all, and its requests begin with a frame type other than 0; frames with a 32-bit
 * length in front begin with a 0, as long as they are shorter than 16 MiB, and are never sent one way.
 */
export class SniffedConnection implements QuicConnectionListener {
  readonly #options: SniffOptions;
  #next: QuicConnectionListener | undefined;

  constructor(options: SniffOptions) {
    this.#options = options;
  }

  stream(stream: QuicStream): void {
    if (!this.#next && (stream.id & 2) !== 0) this.#next = this.#options.choose("h3");
    if (this.#next) this.#next.stream(stream);
    else stream.listen(new SniffedStream(stream, (first) => this.#decide(first)));
  }

  datagram(bytes: Uint8Array): void {
    this.#next?.datagram(bytes);
  }

  closed(end: QuicEnd): void {
    this.#next?.closed(end);
    this.#options.closed();
  }

  #decide(first: number): QuicConnectionListener {
    this.#next ??= this.#options.choose(first === 0 ? "other" : "h3");
    return this.#next;
  }
}

/** A stream on which nothing was heard yet; then it is its new listener's, as if it had always been. */
class SniffedStream implements QuicStreamListener, QuicStream {
  readonly #stream: QuicStream;
  readonly #decide: (first: number) => QuicConnectionListener;
  #next: QuicStreamListener | undefined;
  #isClosed = false;

  constructor(stream: QuicStream, decide: (first: number) => QuicConnectionListener) {
    this.#stream = stream;
    this.#decide = decide;
  }

  get id(): number {
    return this.#stream.id;
  }

  get isCongested(): boolean {
    return this.#stream.isCongested;
  }

  get queuedBytes(): number {
    return this.#stream.queuedBytes;
  }

  listen(listener: QuicStreamListener): void {
    this.#next = listener;
  }

  write(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  end(): void {
    this.#stream.end();
  }

  reset(code: number): void {
    this.#stream.reset(code);
  }

  data(bytes: Uint8Array): void {
    const [first] = bytes;
    if (!this.#next && first !== undefined && !this.#isClosed) this.#decide(first).stream(this);
    this.#next?.data(bytes);
  }

  drained(): void {
    this.#next?.drained();
  }

  ended(): void {
    if (this.#next) this.#next.ended();
    else this.#stream.reset(0);
  }

  closed(): void {
    this.#isClosed = true;
    this.#next?.closed();
  }
}
