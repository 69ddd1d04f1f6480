import { mendLateStreams } from "../lib/late-streams.ts";
import type { LibraryStream, Session } from "./currentspace-library.ts";
import type {
  QuicConnection,
  QuicConnectionListener,
  QuicEnd,
  QuicStream,
  QuicStreamListener,
} from "./quic.ts";

interface ConnectionOptions {
  readonly side: "server" | "client";
  readonly remoteAddress: string;
  onError(error: unknown): void;
  onClosed(): void;
}

/** One connection of either side. */
export class CurrentspaceConnection implements QuicConnection {
  readonly remoteAddress: string;
  readonly #session: Session;
  readonly #options: ConnectionOptions;
  readonly #streams = new Set<Stream>();
  #listener: QuicConnectionListener | undefined;
  #isOver = false;
  /** One-way streams of the server's are numbered 3, 7, 11 … */
  #nextOneWayId = 3;

  constructor(session: Session, options: ConnectionOptions) {
    this.#session = session;
    this.#options = options;
    this.remoteAddress = options.remoteAddress;
    mendLateStreams(session);
    session.on("stream", (stream) => this.#came(stream));
    session.on("datagram", (bytes) => this.#datagram(bytes));
    session.on("close", ({ errorCode, reason }) => this.over({ code: errorCode, reason }));
    // Every failure of a connection ends in `close`.
    session.on("error", () => {});
  }

  /** Lets `listener` take the connection over; one that fails to is of no use to anybody. */
  start(takeOver: () => void): void {
    try {
      takeOver();
    } catch (error) {
      this.#options.onError(error);
      this.close(0, "");
    }
  }

  listen(listener: QuicConnectionListener): void {
    this.#listener = listener;
  }

  openStream(direction: "both-ways" | "one-way"): QuicStream {
    if (this.#isOver) throw new Error("the connection is over");
    if (direction === "both-ways") return this.#add(this.#session.openStream());
    const id = this.#nextOneWayId;
    const stream = this.#options.side === "server" ? this.#session._getOrCreateStream?.(id) : undefined;
    if (!stream) throw new Error("only servers have one-way streams");
    this.#nextOneWayId += 4;
    return this.#add(stream);
  }

  sendDatagram(bytes: Uint8Array): boolean {
    return !this.#isOver && this.#session.sendDatagram(bytes);
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return;
    void this.#session.close(code, reason);
  }

  over(end: QuicEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stream of [...this.#streams]) stream.over();
    this.#call(() => this.#listener?.closed(end));
    this.#options.onClosed();
  }

  #came(duplex: LibraryStream): void {
    const stream = this.#add(duplex);
    this.#call(() => this.#listener?.stream(stream));
    if (!stream.isHeeded) stream.reset(0);
  }

  #datagram(bytes: Buffer): void {
    this.#call(() => this.#listener?.datagram(bytes));
  }

  #add(duplex: LibraryStream): Stream {
    const stream = new Stream(duplex, {
      call: (act) => this.#call(act),
      onClosed: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    return stream;
  }

  #call(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.onError(error);
    }
  }
}

/** The library's streams are Node's. */
class Stream implements QuicStream {
  readonly id: number;
  readonly #duplex: LibraryStream;
  readonly #call: (act: () => void) => void;
  readonly #onClosed: () => void;
  #listener: QuicStreamListener | undefined;
  #isOver = false;

  constructor(duplex: LibraryStream, { call, onClosed }: { call(act: () => void): void; onClosed(): void }) {
    this.id = duplex.id;
    this.#duplex = duplex;
    this.#call = call;
    this.#onClosed = onClosed;
    // An error ends the stream; `close` follows.
    duplex.on("error", () => {});
    duplex.once("close", () => this.over());
  }

  get isHeeded(): boolean {
    return this.#listener !== undefined;
  }

  get isCongested(): boolean {
    return this.#duplex.writableNeedDrain;
  }

  get queuedBytes(): number {
    return this.#duplex.writableLength;
  }

  listen(listener: QuicStreamListener): void {
    this.#listener = listener;
    this.#duplex.on("data", (bytes: Buffer) => this.#call(() => listener.data(bytes)));
    this.#duplex.on("drain", () => this.#call(() => listener.drained()));
    this.#duplex.once("end", () => this.#call(() => listener.ended()));
  }

  write(bytes: Uint8Array): void {
    if (this.#duplex.writable) this.#duplex.write(bytes);
  }

  end(): void {
    if (this.#duplex.writable) this.#duplex.end();
  }

  reset(code: number): void {
    if (!this.#isOver) this.#duplex.close(code);
  }

  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#call(() => this.#listener?.closed());
    this.#onClosed();
  }
}
