import type { Config } from "../config/index.ts";
import type { Access, Dialect, OwnListener } from "../dialects/dialect.ts";
import { type HttpListener, type HttpOptions, listenHttp } from "../transports/http.ts";
import { answerWith } from "./http-glue.ts";

export interface OwnListening {
  readonly dialect: string;
  readonly port: number;
  readonly urls: readonly string[];
}

export interface OwnListenerOptions extends Pick<HttpOptions, "onUpgrade" | "onLink" | "tls" | "origins"> {
  readonly config: Config;
  readonly access: Access;
  onError(error: unknown): void;
}

/** Opens the listener that a dialect has for itself: every path is its own, and HTTP is answered in its words only. */
export async function openOwnListener(
  dialect: Dialect,
  listener: OwnListener,
  { config, access, onError, ...options }: OwnListenerOptions,
): Promise<HttpListener> {
  const { host, trustProxy, maxLinks, websocket } = config;
  const pages = dialect.pages?.(access) ?? dialect.routes?.(access);
  return listenHttp({
    ...options,
    host,
    port: listener.port,
    trustProxy,
    maxLinks,
    handshakeTimeoutMs: websocket.handshakeTimeoutMs,
    origins: { allowed: listener.origins, sameHost: true, localhost: config.allowLocalhostOrigins },
    webSocket: {
      maxMessageBytes: dialect.maxMessageBytes,
      maxFragments: websocket.maxFragments,
      maxQueueBytes: listener.maxQueueBytes,
      pingIntervalMs: listener.pingIntervalMs,
      pongWaitMs: listener.pongWaitMs,
      compression: websocket.compression,
    },
    onRequest: answerWith(
      (request) => pages?.fetch(request) ?? new Response("not found\n", { status: 404 }),
      {
        trustProxy,
        failed: onError,
      },
    ),
    onError,
  });
}
