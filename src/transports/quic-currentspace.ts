import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import {
  type Quic,
  type QuicConnection,
  type QuicConnectionListener,
  type QuicConnectOptions,
  type QuicEnd,
  type QuicListener,
  type QuicListenOptions,
  type QuicStream,
  type QuicStreamListener,
  QuicUnavailable,
} from "./quic.ts";

/**
 * QUIC by `@currentspace/http3` (quiche underneath), which is not installed with parlor: see docs/decisions.
 *
 * What has to be known of it: it reads from the network whether anybody reads its streams or not, so a stream that is
 * paused grows without end (who needs back-pressure must give credit of his own); streams of one direction are made by
 * `_getOrCreateStream`; the protocol that was agreed on is not told; and it takes a new certificate only by opening
 * anew.
 */
interface Library {
  createQuicServer(options: object): LibraryServer;
  connectQuicAsync(authority: string, options: object): Promise<Session>;
}

interface LibraryServer {
  listen(port: number, host: string): Promise<{ readonly port: number }>;
  close(): Promise<void>;
  on(event: "session", listener: (session: Session) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
}

/** What its sessions of either side have; the last two only the server's. */
interface Session {
  openStream(): LibraryStream;
  sendDatagram(bytes: Uint8Array): boolean;
  close(code: number, reason: string): unknown;
  on(event: "stream", listener: (stream: LibraryStream) => void): void;
  on(event: "datagram", listener: (bytes: Buffer) => void): void;
  on(event: "close", listener: (end: { errorCode: number; reason: string }) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  readonly remoteAddress?: string;
  _getOrCreateStream?(id: number): LibraryStream;
}

interface LibraryStream extends Duplex {
  readonly id: number;
  close(code: number): void;
}

/** In a variable, so that nobody needs the package in order to compile. */
const PACKAGE: string = "@currentspace/http3";
const HOW = "npm install @currentspace/http3@0.9.0";
const CONNECT_WITHIN_MS = 10_000;
/** What the library still says of the streams of connections that are gone. */
const LATE_WORDS = /^(Stream(Reset|Stopped)\(|stream_\w+ failed)/;

/** @throws {QuicUnavailable} when the package is missing or has no binary for this machine. */
export async function currentspaceQuic(): Promise<Quic> {
  const library = await load();
  return {
    listen: (options) => listen(library, options),
    connect: (options) => connect(library, options),
  };
}

async function load(): Promise<Library> {
  try {
    return (await import(PACKAGE)) as Library;
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    const why = isMissing ? `it needs a package: ${HOW}` : "its package does not run on this machine";
    throw new QuicUnavailable(`QUIC is not available: ${why}`, { cause });
  }
}

async function listen(library: Library, options: QuicListenOptions): Promise<QuicListener> {
  await probe(options);
  const connections = new Set<Connection>();
  const server = library.createQuicServer({
    key: options.certificate.key,
    cert: options.certificate.cert,
    alpn: [...options.alpn],
    enableDatagrams: true,
    disableRetry: !options.proveAddress,
    maxIdleTimeoutMs: options.idleMs,
    maxConnections: options.maxConnections,
    initialMaxStreamsBidi: options.maxStreams,
    initialMaxStreamDataBidiLocal: options.streamWindowBytes,
    initialMaxData: options.streamWindowBytes * 8,
    onRuntimeEvent: () => {},
  });
  server.on("error", (error) => {
    if (!LATE_WORDS.test(error.message)) options.onError(error);
  });
  server.on("session", (session) => {
    const connection = new Connection(session, {
      side: "server",
      remoteAddress: session.remoteAddress ?? "",
      onError: options.onError,
      onClosed: () => connections.delete(connection),
    });
    connections.add(connection);
    connection.start(() => options.onConnection(connection));
  });

  const address = await server
    .listen(options.port, options.host)
    .catch((cause: unknown) => Promise.reject(cannotListen(options, cause)));
  return {
    port: address.port,
    connections,
    async close({ code, reason }) {
      for (const connection of connections) connection.close(code, reason);
      await server.close();
      for (const connection of connections) connection.over({ code, reason });
    },
  };
}

/** Whether the address can be had. A server of the library's that failed to listen would keep the process alive. */
async function probe(options: QuicListenOptions): Promise<void> {
  const socket = createSocket(isIPv6(options.host) ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(options.port, options.host, resolve);
    });
  } catch (cause) {
    throw cannotListen(options, cause);
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EACCES: "not allowed; ports below 1024 need a privilege",
  EADDRNOTAVAIL: "this machine has no such address",
};

function cannotListen({ host, port }: QuicListenOptions, cause: unknown): Error {
  const { code = "", message = String(cause) } = cause as { code?: string; message?: string };
  return new Error(`cannot listen on ${host}, UDP port ${port}: ${REASONS[code] ?? message}`, { cause });
}

async function connect(library: Library, options: QuicConnectOptions): Promise<QuicConnection> {
  const { host, port, alpn, ca, trust = "verified", idleMs = 30_000 } = options;
  const session = await library.connectQuicAsync(`${isIPv6(host) ? `[${host}]` : host}:${port}`, {
    alpn: [alpn],
    enableDatagrams: true,
    rejectUnauthorized: trust === "verified",
    maxIdleTimeoutMs: idleMs,
    connectTimeoutMs: options.connectWithinMs ?? CONNECT_WITHIN_MS,
    ...(ca !== undefined && { ca }),
    onRuntimeEvent: () => {},
  });
  const connection = new Connection(session, {
    side: "client",
    remoteAddress: host,
    onError: (error) => process.emitWarning(error instanceof Error ? error : String(error)),
    onClosed: () => {},
  });
  connection.start(() => {});
  return connection;
}

interface ConnectionOptions {
  readonly side: "server" | "client";
  readonly remoteAddress: string;
  onError(error: unknown): void;
  onClosed(): void;
}

class Connection implements QuicConnection {
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
