import { afterEach } from "vitest";
import { openRelay, type Relay, type RelayOptions } from "../client/relay.ts";
import { type ConfigInput, configOf } from "../config/index.ts";
import { roomId } from "../core/ids.ts";
import { encodeRelayFrame } from "../core/relay-frame.ts";
import type { Grant } from "../dialects/pulsar/tokens.ts";
import { PREFIX_BYTES, prefixed } from "../lib/length-prefix.ts";
import { createLog } from "../observe/log.ts";
import { joinTokensOf } from "../server/pulsar.ts";
import { Server } from "../server/server.ts";
import type { Quic, QuicConnection, QuicEnd } from "../transports/quic.ts";
import { currentspaceQuic } from "../transports/quic-currentspace.ts";
import { missing } from "./missing.ts";

/** `undefined` where there is no QUIC; tests that need it are skipped then. */
export const quic = await currentspaceQuic().catch((error: unknown) => {
  missing("tests over QUIC", error);
  return undefined;
});
const log = createLog({ level: "error", format: "json" });

/** Closed after the test, the last one first. */
export const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** A server, and ways to come in. */
export async function serve(
  input: ConfigInput = {},
  options: Partial<ConstructorParameters<typeof Server>[1]> = {},
) {
  const config = configOf({
    host: "127.0.0.1",
    port: 0,
    ...input,
    quic: { enabled: true, host: "127.0.0.1", port: 0, ...input.quic },
  });
  const server = new Server(config, { log, ...options });
  opened.push({ close: () => server.close({ drainMs: 0 }) });
  const { port, quic: place } = await server.listen();
  const tokenFor = (session: string, more: Partial<Grant> = {}) =>
    joinTokensOf(config).mint({
      session: roomId(session),
      role: "editor",
      issuedAt: Date.now(),
      expiresAt: Date.now() + 60_000,
      ...more,
    });
  const enter = async (peer: string, options: Partial<RelayOptions> = {}): Promise<Relay> => {
    const session = options.session ?? "s1";
    const relay = await openRelay({
      url: `https://127.0.0.1:${place?.port}`,
      webSocketUrl: `ws://127.0.0.1:${port}`,
      session,
      peer,
      token: tokenFor(session),
      certificateHash: place?.certificateHash,
      ...options,
    });
    opened.push(relay);
    return relay;
  };
  /** A connection that the test plays byte by byte. */
  const connect = async (alpn: string): Promise<Raw> => {
    const connection = await (quic as Quic).connect({
      host: "127.0.0.1",
      port: place?.port ?? 0,
      alpn,
      trust: "any",
    });
    opened.push({ close: () => connection.close(0, "") });
    const ended = new Promise<QuicEnd>((resolve) => {
      connection.listen({ stream() {}, datagram() {}, closed: resolve });
    });
    return { connection, ended };
  };
  return { enter, tokenFor, connect, place, port, server, config };
}

export interface Raw {
  readonly connection: QuicConnection;
  readonly ended: Promise<QuicEnd>;
}

/** Opens a stream and writes to it; answers what came back. */
export function say({ connection }: Raw, ...records: Uint8Array[]) {
  const stream = connection.openStream("both-ways");
  const heard: Uint8Array[] = [];
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  stream.listen({
    data: (bytes) => heard.push(bytes),
    drained() {},
    ended: over,
    closed: over,
  });
  for (const record of records) stream.write(record);
  const text = () => Buffer.concat(heard).subarray(PREFIX_BYTES).toString();
  return { stream, heard: text, isOver: () => isOver };
}

/** What a peer says first. */
export function hello(token: string, { session = "s1", from = "ada", to = "" } = {}): Uint8Array {
  return prefixed(encodeRelayFrame({ session, from, to, payload: Buffer.from(token), seq: 0n }));
}

/** A frame from one peer to another, with its length in front. */
export function frame(from: string, to: string, { session = "s1", text = "" } = {}): Uint8Array {
  return prefixed(encodeRelayFrame({ session, from, to, payload: Buffer.from(text), seq: 1n }));
}
