import type { RelayEnd } from "../core/relay-ends.ts";

/** What carries the frames of a relay. */
export type RelayCarrier = "webtransport" | "quic" | "websocket";

/** How a line ended. */
export interface WireEnd {
  readonly code: number;
  readonly reason: string;
}

/** One ordered stream of records (frames with their length in front), in both directions. */
export interface WireStream {
  /** Resolves when more may be written; what was written goes out in order. Rejects when the stream is over. */
  write(record: Uint8Array): Promise<void>;
}

export interface WireListener {
  /** Bytes that came on a stream. */
  bytes(stream: WireStream, bytes: Uint8Array): void;
  datagram(frame: Uint8Array): void;
  /** The last call, made once. */
  closed(end: WireEnd): void;
}

/** An open line to a relay, whatever it goes over. */
export interface RelayWire {
  readonly carrier: RelayCarrier;
  /** Most streams that make sense. */
  readonly maxStreams: number;
  /** Whether it goes over a connection that somebody had opened before. */
  readonly isReused?: boolean;
  openStream(): Promise<WireStream>;
  /** `false` when it is surely lost. */
  sendDatagram(frame: Uint8Array): boolean;
  close(code: number, reason: string): void;
  /** The connection below is of no use to newcomers: they, and a second try, get another. */
  giveUp?(): void;
}

export interface WireOptions {
  readonly url: URL;
  /** Whose line it is, where several share a connection. */
  readonly session: string;
  readonly peer: string;
  /** SHA-256 of a certificate that nobody else vouches for, base64. */
  readonly certificateHash?: string | undefined;
  /** PEM of an issuer that the system does not know. Only for QUIC, and hosts with a name. */
  readonly ca?: string | undefined;
  /** Whether the connection may be others', too. */
  readonly connection?: "shared" | "own" | undefined;
  readonly listener: WireListener;
  readonly signal?: AbortSignal | undefined;
}

export type OpenWire = (options: WireOptions) => Promise<RelayWire>;

/** The code that a client closes with. */
export const LEFT: RelayEnd = "left";
