import type { TlsPair } from "./tls-files.ts";

/** How a connection or a stream ended. */
export interface QuicEnd {
  /** The code the closing end gave. */
  readonly code: number;
  readonly reason: string;
}

/** Who listens to a stream. */
export interface QuicStreamListener {
  /** Bytes as they come; the listener's to keep. */
  data(bytes: Uint8Array): void;
  /** A congested stream takes bytes again. */
  drained(): void;
  /** The peer will send no more. */
  ended(): void;
  /** The last call: the stream is gone, with its connection or by itself. Made exactly once. */
  closed(): void;
}

/** One stream of a connection. Nothing is lost: what comes before `listen` waits for it. */
export interface QuicStream {
  /** The number that the protocol gives it: bit 0 says that the server opened it, bit 1 that it goes one way only. */
  readonly id: number;
  /** Whether more is queued than the stream wants to hold; `drained` follows. */
  readonly isCongested: boolean;
  /** Bytes written that were not yet handed to the network. */
  readonly queuedBytes: number;
  listen(listener: QuicStreamListener): void;
  /** Queues bytes, which must not change afterwards; does nothing once the stream is over. */
  write(bytes: Uint8Array): void;
  /** Sends what is queued, and says that it was the last. */
  end(): void;
  /** Gives the stream up at once, in both directions. */
  reset(code: number): void;
}

/** Who listens to a connection. */
export interface QuicConnectionListener {
  /** The peer opened a stream; the listener must call `listen` on it before it returns. */
  stream(stream: QuicStream): void;
  /** Bytes that came without order or guarantee; the listener's to keep. */
  datagram(bytes: Uint8Array): void;
  /** The last call: the connection is gone, and every stream heard `closed` before. Made exactly once. */
  closed(end: QuicEnd): void;
}

/** One encrypted connection to one peer. */
export interface QuicConnection {
  /** The peer's address as text, without port. */
  readonly remoteAddress: string;
  listen(listener: QuicConnectionListener): void;
  /** @throws {Error} when the connection is over. */
  openStream(direction: "both-ways" | "one-way"): QuicStream;
  /** Sends one datagram now; `false` when it is surely lost: too large, or the queue is full. */
  sendDatagram(bytes: Uint8Array): boolean;
  /** Tells the peer and ends everything at once. Safe to call twice. */
  close(code: number, reason: string): void;
}

export interface QuicListenOptions {
  readonly host: string;
  /** UDP port; 0 takes a free one. */
  readonly port: number;
  /** Names of the protocols that are offered. */
  readonly alpn: readonly string[];
  readonly certificate: TlsPair;
  /** A connection that nothing is heard from for so long is over, in ms. */
  readonly idleMs: number;
  readonly maxConnections: number;
  /** Most streams that a peer has open at a time. */
  readonly maxStreams: number;
  /** What a peer may send on one stream ahead of the reader, in bytes; eight times as much on all of them. */
  readonly streamWindowBytes: number;
  /** Whether a peer must prove its address before anything is kept for it: one more round trip. */
  readonly proveAddress: boolean;
  /** A peer shook hands; must call `listen` on the connection before it returns. */
  onConnection(connection: QuicConnection): void;
  /** Hears what listeners throw, and what goes wrong with the endpoint. */
  onError(error: unknown): void;
}

/** A place where peers come in over QUIC. */
export interface QuicListener {
  readonly port: number;
  readonly connections: ReadonlySet<QuicConnection>;
  /** Ends every connection with a code and gives the port back. */
  close(end: QuicEnd): Promise<void>;
}

/** Opens listeners and connections: what an implementation of QUIC must bring. */
export interface Quic {
  /** @throws {Error} when the address cannot be had or the certificate is of no use. */
  listen(options: QuicListenOptions): Promise<QuicListener>;
  /** @throws {Error} when no connection comes about. */
  connect(options: QuicConnectOptions): Promise<QuicConnection>;
}

export interface QuicConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly alpn: string;
  /** PEM of the issuer when it is not one the system knows; then `host` must be a name, not an address. */
  readonly ca?: string | undefined;
  /** Only for development: accept any certificate. */
  readonly trust?: "any" | "verified";
  readonly idleMs?: number;
  readonly connectWithinMs?: number;
}

/** QUIC was asked for and cannot be had; the message says what to do. */
export class QuicUnavailable extends Error {
  override readonly name = "QuicUnavailable";
}
