import type { Duplex } from "node:stream";
import { QuicUnavailable } from "./quic.ts";

/**
 * QUIC by `@currentspace/http3` (quiche underneath), which is not installed with parlor: see docs/decisions.
 *
 * What has to be known of it: it reads from the network whether anybody reads its streams or not, so a stream that is
 * paused grows without end (who needs back-pressure must give credit of his own); streams of one direction are made by
 * `_getOrCreateStream`; the protocol that was agreed on is not told; and it takes a new certificate only by opening
 * anew.
 */
export interface Library {
  createQuicServer(options: object): LibraryServer;
  connectQuicAsync(authority: string, options: object): Promise<Session>;
}

export interface LibraryServer {
  listen(port: number, host: string): Promise<{ readonly port: number }>;
  close(): Promise<void>;
  on(event: "session", listener: (session: Session) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
}

/** What its sessions of either side have; the last two only the server's. */
export interface Session {
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

export interface LibraryStream extends Duplex {
  readonly id: number;
  close(code: number): void;
}

/** In a variable, so that nobody needs the package in order to compile. */
const PACKAGE: string = "@currentspace/http3";
const HOW = "npm install @currentspace/http3@0.9.0";

/** @throws {QuicUnavailable} when the package is missing or has no binary for this machine. */
export async function loadLibrary(): Promise<Library> {
  try {
    return (await import(PACKAGE)) as Library;
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    const why = isMissing ? `it needs a package: ${HOW}` : "its package does not run on this machine";
    throw new QuicUnavailable(`QUIC is not available: ${why}`, { cause });
  }
}
