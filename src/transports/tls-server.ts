import { createServer, type Server, type ServerOptions } from "node:https";
import { asksClients, type ClientAuth, MIN_TLS_VERSION, type TlsFiles } from "./tls-files.ts";

export interface TlsServerOptions extends TlsFiles, Pick<ServerOptions, "headersTimeout" | "requestTimeout"> {
  readonly connectionsCheckingInterval: number;
  /** How long the handshake may take, in ms. */
  readonly handshakeTimeoutMs: number;
  readonly clientAuth: ClientAuth | undefined;
}

/** A server for HTTP over TLS. A client certificate that is not good is never let in, not even where none is needed. */
export function tlsServer({ clientAuth = "none", handshakeTimeoutMs, ...options }: TlsServerOptions): Server {
  const server = createServer({
    ...options,
    minVersion: MIN_TLS_VERSION,
    handshakeTimeout: handshakeTimeoutMs,
    requestCert: asksClients({ clientAuth }),
    rejectUnauthorized: clientAuth === "require",
  });
  if (clientAuth === "optional") {
    // Before the listener that reads requests: what came along with the handshake must not be read as one.
    server.prependListener("secureConnection", (socket) => {
      if (!socket.authorized && socket.getPeerX509Certificate()) socket.destroy();
    });
  }
  return server;
}
