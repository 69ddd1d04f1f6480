import { type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { offeredSubprotocols } from "../lib/subprotocols.ts";
import { clientFingerprint } from "./client-certificate.ts";
import type { Opening } from "./link.ts";
import { remoteAddress, type TrustProxy } from "./remote-address.ts";

/** A "no" to an upgrade request: an ordinary HTTP response, after which the connection is closed. */
export interface UpgradeRefusal {
  readonly status: number;
  /** The body. */
  readonly text: string;
  /** More headers, or another `content-type` than plain text. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How long a refused peer may take to read why, in ms. */
const LAST_WORDS_MS = 1000;

const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Whether the request asks for a WebSocket; an upgrade to anything else may be ignored (RFC 9110 § 7.8). */
export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === "websocket";
}

/** The path that was asked for, without query; `undefined` when the request target has none. */
export function pathOf(request: IncomingMessage): string | undefined {
  const target = request.url ?? "";
  return target.startsWith("/") ? target.split("?", 1)[0] : undefined;
}

/** What a request tells about the link that it asks for. No subprotocol is agreed on yet. */
export function openingOf(request: IncomingMessage, trustProxy: TrustProxy): Opening {
  const target = request.url ?? "/";
  const queryAt = target.indexOf("?");
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const isForwardedSecure =
    trustProxy !== false && trustProxy !== 0 && headers["x-forwarded-proto"] === "https";
  return {
    path: pathOf(request) ?? "/",
    query: new URLSearchParams(queryAt < 0 ? "" : target.slice(queryAt + 1)),
    headers,
    subprotocol: undefined,
    remoteAddress: remoteAddress({
      socketAddress: request.socket.remoteAddress,
      forwardedFor: headers["x-forwarded-for"],
      trustProxy,
    }),
    clientFingerprint: clientFingerprint(request, trustProxy),
    secure: isForwardedSecure || request.socket instanceof TLSSocket,
  };
}

/** What is wrong with an upgrade request, if anything (RFC 6455 § 4.2.1). */
export function handshakeFlaw(request: IncomingMessage): UpgradeRefusal | undefined {
  const { headers } = request;
  if (request.method !== "GET") {
    return { status: 405, text: "A WebSocket is opened with GET.\n", headers: { allow: "GET" } };
  }
  if (pathOf(request) === undefined) return { status: 400, text: "The request target must be a path.\n" };
  if (request.httpVersion !== "1.1" || headers.host === undefined) {
    return { status: 400, text: "A WebSocket is opened with HTTP/1.1 and a Host header.\n" };
  }
  if (headers["sec-websocket-version"] !== "13") {
    return {
      status: 426,
      text: "This server speaks version 13 of the WebSocket protocol.\n",
      headers: { "sec-websocket-version": "13", upgrade: "websocket" },
    };
  }
  if (!KEY.test(headers["sec-websocket-key"] ?? "")) {
    return { status: 400, text: "The Sec-WebSocket-Key header must be 16 bytes in base64.\n" };
  }
  if (!offeredSubprotocols(headers["sec-websocket-protocol"])) {
    return { status: 400, text: "The Sec-WebSocket-Protocol header is malformed.\n" };
  }
  return undefined;
}

/** Answers an upgrade request with an HTTP response and closes the connection. */
export function refuseUpgrade(socket: Duplex, { status, text, headers }: UpgradeRefusal): void {
  const all = {
    "content-type": "text/plain; charset=utf-8",
    ...headers,
    "content-length": String(Buffer.byteLength(text)),
    connection: headers?.upgrade ? "upgrade, close" : "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\n${lines.join("")}\r\n${text}`);

  // Closing with unread bytes would reset the connection, and the peer might never see the answer.
  socket.resume();
  socket.once("end", () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref();
  socket.once("close", () => clearTimeout(timer));
}

/**
 * Serves an upgrade request as if it had not asked for an upgrade. The connection is closed afterwards. A request with
 * a body is refused: Node stops parsing at the headers of an upgrade.
 */
export function serveAsRequest(server: Server, request: IncomingMessage): void {
  request.socket.on("error", () => {});
  if (
    request.headers["transfer-encoding"] !== undefined ||
    Number(request.headers["content-length"] ?? 0) > 0
  ) {
    refuseUpgrade(request.socket, { status: 400, text: "An upgrade request must not have a body.\n" });
    return;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(request.socket);
  response.once("finish", () => request.socket.end());
  server.emit("request", request, response);
}
