import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import { remoteAddress } from "../transports/remote-address.ts";

/** Answers one request, in web standards. */
export type Fetch = (
  request: Request,
  context: { readonly remoteAddress: string },
) => Response | Promise<Response>;

/** Methods whose requests carry no body. */
const BODILESS = new Set(["GET", "HEAD", "OPTIONS"]);

export interface AnswerOptions {
  /** How many proxies in front of us are ours. */
  readonly trustProxy: number;
  /** Hears what the handler throws. */
  failed(error: unknown): void;
}

/** Lets a web-standard handler answer requests of `node:http`. */
export function answerWith(fetch: Fetch, { trustProxy, failed }: AnswerOptions) {
  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    try {
      const request = requestOf(incoming);
      const forwardedFor = [incoming.headers["x-forwarded-for"] ?? ""].flat().join(",");
      const socketAddress = incoming.socket.remoteAddress;
      const caller = remoteAddress({ socketAddress, forwardedFor, trustProxy });
      await send(
        request
          ? await fetch(request, { remoteAddress: caller })
          : new Response("bad request\n", { status: 400 }),
        {
          outgoing,
          withBody: incoming.method !== "HEAD",
        },
      );
    } catch (error) {
      // A caller that went away while it was being answered is weather.
      if (!outgoing.destroyed) failed(error);
      if (!outgoing.headersSent)
        outgoing.writeHead(500, { "content-type": "text/plain" }).end("internal error\n");
      else outgoing.destroy();
    }
  };
}

/** `undefined` for what is no request of the web: an unusable Host, path or method. */
function requestOf(incoming: IncomingMessage): Request | undefined {
  const method = incoming.method ?? "GET";
  const target = incoming.url ?? "/";
  // A whole address, as proxies are sent, names the host itself: RFC 9112, section 3.2.2.
  const isWhole = /^https?:\/\//i.test(target);
  const url = isWhole ? target : `http://${incoming.headers.host || "localhost"}${target}`;
  if (!URL.canParse(url) || ["CONNECT", "TRACE", "TRACK"].includes(method)) return undefined;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const body = BODILESS.has(method) ? null : bodyOf(incoming);
  return new Request(url, { method, headers, body, ...(body && { duplex: "half" }) } as RequestInit);
}

/**
 * The body, of which nothing is read before somebody asks for it: what nobody wanted is thrown away by the server when
 * the answer is out, so that the connection can be used again.
 */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        chunks ??= incoming[Symbol.asyncIterator]();
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks?.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function send(
  response: Response,
  { outgoing, withBody }: { outgoing: ServerResponse; withBody: boolean },
): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (!withBody || response.body === null) {
    outgoing.end();
    return;
  }
  await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing);
}
