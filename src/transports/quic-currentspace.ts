import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { CurrentspaceConnection } from "./currentspace-connection.ts";
import { type Library, loadLibrary } from "./currentspace-library.ts";
import type { Quic, QuicConnection, QuicConnectOptions, QuicListener, QuicListenOptions } from "./quic.ts";

const CONNECT_WITHIN_MS = 10_000;
/** What the library still says of the streams of connections that are gone. */
const LATE_WORDS = /^(Stream(Reset|Stopped)\(|stream_\w+ failed)/;

/** @throws {QuicUnavailable} when the package is missing or has no binary for this machine. */
export async function currentspaceQuic(): Promise<Quic> {
  const library = await loadLibrary();
  return {
    listen: (options) => listen(library, options),
    connect: (options) => connect(library, options),
  };
}

async function listen(library: Library, options: QuicListenOptions): Promise<QuicListener> {
  await probe(options);
  const connections = new Set<CurrentspaceConnection>();
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
    const connection = new CurrentspaceConnection(session, {
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
  const connection = new CurrentspaceConnection(session, {
    side: "client",
    remoteAddress: host,
    onError: (error) => process.emitWarning(error instanceof Error ? error : String(error)),
    onClosed: () => {},
  });
  connection.start(() => {});
  return connection;
}
