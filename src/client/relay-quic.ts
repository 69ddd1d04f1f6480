import { ParlorError } from "./errors.ts";
import type { OpenWire, WireStream } from "./relay-wire.ts";

/** As much of `@currentspace/http3` as is used here. */
interface QuicLibrary {
  connectQuicAsync(authority: string, options: object): Promise<QuicSession>;
}

interface QuicSession {
  openStream(): QuicDuplex;
  sendDatagram(bytes: Uint8Array): boolean;
  close(code: number, reason: string): Promise<void>;
  ping(): boolean;
  on(event: "datagram", listener: (bytes: Uint8Array) => void): void;
  on(event: "close", listener: (end: { errorCode: number; reason: string }) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
}

interface QuicDuplex {
  write(bytes: Uint8Array): boolean;
  readonly destroyed: boolean;
  on(event: "data", listener: (bytes: Uint8Array) => void): void;
  on(event: "drain" | "close" | "error", listener: () => void): void;
}

const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const CONNECT_WITHIN_MS = 10_000;
/** Keeps the line from being taken for dead, which it is after 30 s of silence. */
const KEEP_ALIVE_MS = 10_000;

/** Opens a QUIC connection, where the package for it is installed. @throws {ParlorError} `no_carrier` */
export const openQuic: OpenWire = async ({ url, ca, certificateHash, listener, signal }) => {
  const host = url.hostname;
  // The package cannot compare hashes. On this machine that does no harm; anywhere else it would mean to trust anybody.
  const isPinned = certificateHash !== undefined;
  if (isPinned && !THIS_MACHINE.test(host)) {
    throw new ParlorError("no_carrier", { message: "QUIC cannot check a certificate by its hash" });
  }
  const library = await load();
  const session = await library
    .connectQuicAsync(`${host}:${url.port || "443"}`, {
      alpn: ["parlor-relay"],
      enableDatagrams: true,
      rejectUnauthorized: !isPinned,
      connectTimeoutMs: CONNECT_WITHIN_MS,
      ...(ca !== undefined && { ca }),
      ...(signal && { signal }),
      onRuntimeEvent: () => {},
    })
    .catch((cause: unknown) => {
      throw new ParlorError("no_carrier", { cause });
    });

  const alive = setInterval(() => session.ping(), KEEP_ALIVE_MS);
  session.on("error", () => {});
  session.on("datagram", (frame) => listener.datagram(frame));
  session.on("close", ({ errorCode, reason }) => {
    clearInterval(alive);
    listener.closed({ code: errorCode, reason });
  });
  return {
    carrier: "quic",
    maxStreams: 6,
    openStream: async () => streamOf(session.openStream(), listener.bytes.bind(listener)),
    sendDatagram: (frame) => session.sendDatagram(frame),
    close: (code, reason) => void session.close(code, reason),
  };
};

function streamOf(duplex: QuicDuplex, take: (stream: WireStream, bytes: Uint8Array) => void): WireStream {
  let roomy: Promise<void> | undefined;
  let release = () => {};
  const stream: WireStream = {
    async write(record) {
      while (roomy) await roomy;
      if (duplex.destroyed) throw new ParlorError("closed");
      if (duplex.write(record) || roomy) return;
      roomy = new Promise((resolve) => {
        release = () => {
          roomy = undefined;
          resolve();
        };
      });
    },
  };
  duplex.on("data", (bytes) => take(stream, bytes));
  duplex.on("error", () => {});
  duplex.on("drain", () => release());
  duplex.on("close", () => release());
  return stream;
}

async function load(): Promise<QuicLibrary> {
  try {
    // A name that bundlers cannot read, so that browsers are not made to load what only Node needs.
    const name = ["@currentspace", "http3"].join("/");
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as QuicLibrary;
  } catch (cause) {
    throw new ParlorError("no_carrier", { cause });
  }
}
