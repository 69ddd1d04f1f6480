import { createSocket } from "node:dgram";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { QuicConnection, QuicEnd, QuicListenOptions, QuicStream } from "./quic.ts";
import { currentspaceQuic } from "./quic-currentspace.ts";
import { selfSigned } from "./self-signed.ts";

const quic = await currentspaceQuic().catch(() => undefined);

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

function optionsOf(options: Partial<QuicListenOptions>): QuicListenOptions {
  return {
    host: "127.0.0.1",
    port: 0,
    alpn: ["test"],
    certificate: selfSigned(Date.now()),
    idleMs: 30_000,
    maxConnections: 10,
    maxStreams: 4,
    streamWindowBytes: 2 ** 20,
    proveAddress: false,
    onConnection: () => {},
    onError: () => {},
    ...options,
  };
}

/** A server that keeps what came, and a connection to it. */
async function open(options: Partial<QuicListenOptions> = {}) {
  if (!quic) throw new Error("no QUIC");
  const accepted: QuicConnection[] = [];
  const streams: QuicStream[] = [];
  const texts: string[] = [];
  const datagrams: string[] = [];
  const ends: QuicEnd[] = [];
  const calls: string[] = [];
  const given = optionsOf({
    onConnection(connection) {
      accepted.push(connection);
      connection.listen({
        stream(stream) {
          streams.push(stream);
          stream.listen({
            data: (bytes) => texts.push(Buffer.from(bytes).toString()),
            drained: () => calls.push("drained"),
            ended: () => calls.push("ended"),
            closed: () => calls.push("stream closed"),
          });
        },
        datagram: (bytes) => datagrams.push(Buffer.from(bytes).toString()),
        closed(end) {
          calls.push("connection closed");
          ends.push(end);
        },
      });
    },
    ...options,
  });
  const listener = await quic.listen(given);
  opened.push({ close: () => listener.close({ code: 0, reason: "" }) });
  const connect = () => quic.connect({ host: "127.0.0.1", port: listener.port, alpn: "test", trust: "any" });
  const connection = await connect();
  opened.push({ close: () => connection.close(0, "") });
  // Either end may be the first to know, and a test may have its own `onConnection`.
  if (!options.onConnection) await vi.waitFor(() => expect(accepted).toHaveLength(1));
  return { listener, connection, connect, accepted, streams, texts, datagrams, ends, calls };
}

function hear(stream: QuicStream) {
  const heard: string[] = [];
  stream.listen({
    data: (bytes) => heard.push(Buffer.from(bytes).toString()),
    drained() {},
    ended: () => heard.push("<ended>"),
    closed() {},
  });
  return heard;
}

describe.skipIf(quic === undefined)("QUIC", () => {
  it("[QW1] knows the addresses of both ends", async () => {
    const { connection, accepted, listener } = await open();
    expect(connection.remoteAddress).toBe("127.0.0.1");
    expect(accepted[0]?.remoteAddress).toBe("127.0.0.1");
    expect(listener.connections.size).toBe(1);
  });

  it("[QC1] trusts no self-signed certificate unless told to", async () => {
    const { listener } = await open();
    const connecting = quic?.connect({ host: "127.0.0.1", port: listener.port, alpn: "test" });
    await expect(connecting).rejects.toThrow();
  });

  it("[QW1] carries streams both ways, whoever opens them, and datagrams", async () => {
    const { connection, streams, texts, accepted, datagrams } = await open();
    const near = connection.openStream("both-ways");
    const answered = hear(near);
    near.write(Buffer.from("hello"));
    await vi.waitFor(() => expect(texts).toEqual(["hello"]));
    streams[0]?.write(Buffer.from("hi"));
    streams[0]?.end();
    await vi.waitFor(() => expect(answered).toEqual(["hi", "<ended>"]));

    const ways: [string[], number][] = [];
    connection.listen({
      stream: (stream) => ways.push([hear(stream), stream.id]),
      datagram() {},
      closed() {},
    });
    accepted[0]?.openStream("both-ways").write(Buffer.from("two"));
    accepted[0]?.openStream("one-way").write(Buffer.from("one"));
    await vi.waitFor(() =>
      expect(ways).toEqual(
        expect.arrayContaining([
          [["two"], 1],
          [["one"], 3],
        ]),
      ),
    );

    expect(connection.sendDatagram(Buffer.from("quick"))).toBe(true);
    await vi.waitFor(() => expect(datagrams).toEqual(["quick"]));
  });

  it("[QW1] tells every stream, then the connection, when the other end goes, with code and reason", async () => {
    const { connection, texts, ends, calls, listener } = await open();
    hear(connection.openStream("both-ways"));
    const stream = connection.openStream("both-ways");
    hear(stream);
    stream.write(Buffer.from("x"));
    await vi.waitFor(() => expect(texts).toHaveLength(1));

    connection.close(7, "enough");
    connection.close(8, "again");

    await vi.waitFor(() => expect(ends).toEqual([{ code: 7, reason: "enough" }]));
    expect(calls).toEqual(["stream closed", "connection closed"]);
    expect(listener.connections.size).toBe(0);
    expect(connection.sendDatagram(Buffer.from("late"))).toBe(false);
    expect(() => connection.openStream("both-ways")).toThrow();
  });

  it("[QW6] ends a connection that nobody takes over, and reports why", async () => {
    const errors: unknown[] = [];
    const { connection } = await open({
      onConnection: () => {
        throw new Error("our own fault");
      },
      onError: (error) => errors.push(error),
    });
    const ended = new Promise((resolve) =>
      connection.listen({ stream() {}, datagram() {}, closed: resolve }),
    );
    await ended;
    expect(errors).toHaveLength(1);
  });

  it("[QW5] asks for proof of the address when told to", async () => {
    const { accepted } = await open({ proveAddress: true });
    expect(accepted).toHaveLength(1);
  });

  it("says that a port is in use, and leaves nothing behind", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    opened.push({ close: () => socket.close() });
    const { port } = socket.address();
    await expect(quic?.listen(optionsOf({ port }))).rejects.toThrow(
      `cannot listen on 127.0.0.1, UDP port ${port}: the port is in use`,
    );
  });
});
