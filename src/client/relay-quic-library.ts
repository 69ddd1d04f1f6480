import type { MendableSession } from "../lib/late-streams.ts";
import { ParlorError } from "./errors.ts";

/** As much of `@currentspace/http3` as is used here. */
export interface QuicLibrary {
  connectQuicAsync(authority: string, options: object): Promise<QuicSession>;
}

export interface QuicSession extends MendableSession {
  openStream(): QuicDuplex;
  sendDatagram(bytes: Uint8Array): boolean;
  close(code: number, reason: string): Promise<void>;
  ping(): boolean;
  on(event: "datagram", listener: (bytes: Uint8Array) => void): void;
  on(event: "close", listener: (end: { errorCode: number; reason: string }) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
}

export interface QuicDuplex {
  readonly destroyed: boolean;
  write(bytes: Uint8Array): boolean;
  /** Gives the stream up in both directions. */
  close(code: number): void;
  on(event: "data", listener: (bytes: Uint8Array) => void): void;
  on(event: "drain" | "close" | "error", listener: () => void): void;
}

/** The package, where it is installed. @throws {ParlorError} `no_carrier` */
export async function quicLibrary(): Promise<QuicLibrary> {
  try {
    // A name that bundlers cannot read, so that browsers are not made to load what only Node needs.
    const name = ["@currentspace", "http3"].join("/");
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as QuicLibrary;
  } catch (cause) {
    throw new ParlorError("no_carrier", { cause });
  }
}
