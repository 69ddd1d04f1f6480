import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { quicVarint } from "../lib/quic-varint.ts";
import { type MemoryQuicStream, memoryQuicPair } from "../testing/memory-quic.ts";
import { FRAME, Http3FrameReader, http3Frame } from "./http3-frames.ts";
import type { Opening } from "./link.ts";
import { decodeFields, encodeFields, type Fields } from "./qpack.ts";
import type { QuicConnection, QuicEnd, QuicStream } from "./quic.ts";
import { WebTransportConnection } from "./webtransport.ts";

const CONNECT: Fields = [
  [":method", "CONNECT"],
  [":scheme", "https"],
  [":authority", "localhost:8443"],
  [":path", "/v1/relay?x=1"],
  [":protocol", "webtransport"],
  ["origin", "http://localhost"],
];
const SETTLED_MS = 5;

/** A server, and a client that the test plays byte by byte. */
function open({ accepts = true }: { accepts?: boolean } = {}) {
  const { server, client } = memoryQuicPair();
  const sessions: { session: QuicConnection; opening: Opening }[] = [];
  const streams: QuicStream[] = [];
  const datagrams: string[] = [];
  const said: string[] = [];
  const ends: QuicEnd[] = [];
  server.listen(
    new WebTransportConnection(server, {
      onRequest: async () => (accepts ? { accept: true } : { accept: false, status: 403, text: "" }),
      onSession(session, opening) {
        sessions.push({ session, opening });
        session.listen({
          stream(stream) {
            streams.push(stream);
            stream.listen({
              data: (bytes) => {
                said.push(Buffer.from(bytes).toString());
                stream.write(bytes);
              },
              drained() {},
              ended() {},
              closed() {},
            });
          },
          datagram: (bytes) => datagrams.push(Buffer.from(bytes).toString()),
          closed: (end) => ends.push(end),
        });
      },
    }),
  );
  const fromServer: { id: number; bytes: Buffer }[] = [];
  const clientDatagrams: string[] = [];
  client.listen({
    stream(stream) {
      const seen = { id: stream.id, bytes: Buffer.alloc(0) };
      fromServer.push(seen);
      stream.listen({
        data: (bytes) => {
          seen.bytes = Buffer.concat([seen.bytes, bytes]);
        },
        drained() {},
        ended() {},
        closed() {},
      });
    },
    datagram: (bytes) => clientDatagrams.push(Buffer.from(bytes).toString("hex")),
    closed() {},
  });

  /** A stream of the client's, whatever it is for. */
  function begin(direction: "both-ways" | "one-way", ...parts: Uint8Array[]) {
    const stream = client.openStream(direction);
    const heard = { bytes: Buffer.alloc(0), isOver: false, hasEnded: false };
    stream.listen({
      data: (bytes) => {
        heard.bytes = Buffer.concat([heard.bytes, bytes]);
      },
      drained() {},
      ended: () => {
        heard.hasEnded = true;
      },
      closed: () => {
        heard.isOver = true;
      },
    });
    for (const part of parts) stream.write(part);
    return { stream, heard };
  }
  const request = (fields: Fields) => begin("both-ways", http3Frame(FRAME.headers, encodeFields(fields)));
  return {
    server,
    client,
    begin,
    request,
    sessions,
    streams,
    datagrams,
    said,
    ends,
    fromServer,
    clientDatagrams,
  };
}

/** The status of an answer. */
function statusIn(bytes: Uint8Array): string | undefined {
  const [first] = new Http3FrameReader(10_000).push(bytes);
  return first && decodeFields(first.payload)?.find(([name]) => name === ":status")?.[1];
}

async function inSession() {
  const all = open();
  const asked = all.request(CONNECT);
  await vi.waitFor(() => expect(all.sessions).toHaveLength(1));
  const session = all.sessions[0]?.session as QuicConnection;
  return { ...all, asked, session, id: asked.stream.id };
}

describe("WebTransport", () => {
  it("[QW4] says first what it can, on three one-way streams", async () => {
    const { fromServer } = open();
    await vi.waitFor(() => expect(fromServer.map(({ bytes }) => bytes[0])).toEqual([0, 2, 3]));
    expect(fromServer.map(({ id }) => id)).toEqual([3, 7, 11]);
    const [settings] = new Http3FrameReader(1000).push(fromServer[0]?.bytes.subarray(1) ?? new Uint8Array(0));
    expect(settings?.type).toBe(4);
    expect(Buffer.from(settings?.payload ?? []).toString("hex")).toContain("ab60374201");
  });

  it("[QW4] opens a session, and tells what was asked", async () => {
    const { sessions, asked } = await inSession();
    expect(sessions[0]?.opening).toMatchObject({
      path: "/v1/relay",
      headers: { origin: "http://localhost" },
    });
    expect(sessions[0]?.opening.query.get("x")).toBe("1");
    await vi.waitFor(() => expect(statusIn(asked.heard.bytes)).toBe("200"));
  });

  it.each([
    ["a page", CONNECT.map(([name, value]) => [name, name === ":method" ? "GET" : value] as const), "404"],
    [
      "another protocol",
      CONNECT.map(([name, value]) => [name, name === ":protocol" ? "websocket" : value] as const),
      "404",
    ],
    ["a request without host", CONNECT.filter(([name]) => name !== ":authority"), "400"],
    [
      "a request for no path",
      CONNECT.map(([name, value]) => [name, name === ":path" ? "x" : value] as const),
      "400",
    ],
  ])("[QW4] answers %s without a session", async (_what, fields, status) => {
    const { request, sessions } = open();
    const { heard } = request(fields);
    await vi.waitFor(() => expect(statusIn(heard.bytes)).toBe(status));
    expect(sessions).toEqual([]);
  });

  it("[QW4] answers no as it was decided, and to more sessions than a connection may have", async () => {
    const refused = open({ accepts: false }).request(CONNECT);
    await vi.waitFor(() => expect(statusIn(refused.heard.bytes)).toBe("403"));
    const { request } = open();
    const asked = Array.from({ length: 5 }, () => request(CONNECT));
    await vi.waitFor(() =>
      expect(asked.map(({ heard }) => statusIn(heard.bytes))).toEqual(["200", "200", "200", "200", "429"]),
    );
  });

  it("[QW1] carries streams both ways, whoever opens them, however their beginning is cut", async () => {
    const { begin, id, said, session, fromServer } = await inSession();
    const { heard, stream } = begin("both-ways");
    for (const byte of [...quicVarint(0x41), ...quicVarint(id)]) stream.write(Uint8Array.of(byte));
    stream.write(Buffer.from("hello"));
    await vi.waitFor(() => expect(heard.bytes.toString()).toBe("hello"));
    expect(said.join("")).toBe("hello");

    begin("one-way", quicVarint(0x54), quicVarint(id), Buffer.from("one way"));
    session.openStream("both-ways").write(Buffer.from("from here"));
    await vi.waitFor(() => expect(said.join("")).toBe("helloone way"));
    await vi.waitFor(() =>
      expect(fromServer.at(-1)?.bytes.toString("latin1")).toBe(`\x40\x41${"\0"}from here`),
    );
  });

  it("[QW1] carries datagrams both ways, each to its session", async () => {
    const { client, id, session, datagrams, clientDatagrams } = await inSession();
    client.sendDatagram(Buffer.concat([quicVarint(id / 4), Buffer.from("hi")]));
    client.sendDatagram(Buffer.concat([quicVarint(77), Buffer.from("to nobody")]));
    client.sendDatagram(new Uint8Array(0));
    session.sendDatagram(Buffer.from("hey"));
    await vi.waitFor(() => expect(datagrams).toEqual(["hi"]));
    await vi.waitFor(() => expect(clientDatagrams).toEqual(["00686579"]));
  });

  it("[QW1] hears why a page goes, and tells a page why it must", async () => {
    const first = await inSession();
    const words = Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from("bye")]);
    const capsule = Buffer.concat([quicVarint(0x2843), quicVarint(words.length), words]);
    first.asked.stream.write(http3Frame(FRAME.data, capsule.subarray(0, 3)));
    first.asked.stream.write(http3Frame(FRAME.data, capsule.subarray(3)));
    await vi.waitFor(() => expect(first.ends).toEqual([{ code: 7, reason: "bye" }]));

    const second = await inSession();
    second.session.close(9, "enough");
    await vi.waitFor(() => expect(second.asked.heard.hasEnded).toBe(true));
    const frames = new Http3FrameReader(1000).push(second.asked.heard.bytes);
    expect(
      Buffer.from(frames.at(-1)?.payload ?? [])
        .subarray(-10)
        .toString("latin1"),
    ).toBe("\0\0\0\x09enough");
  });

  it("[QW1] ends a session with its stream, and with its connection", async () => {
    const first = await inSession();
    first.asked.stream.end();
    await vi.waitFor(() => expect(first.ends).toHaveLength(1));
    const second = await inSession();
    second.client.close(0, "");
    await vi.waitFor(() => expect(second.ends).toHaveLength(1));
  });

  it("[QW6] resets a stream of a session that there is not, and one that is no request", async () => {
    const { begin, ends } = await inSession();
    const stray = begin("both-ways", quicVarint(0x41), quicVarint(400), Buffer.from("x"));
    const noise = begin("both-ways", http3Frame(FRAME.headers, Uint8Array.of(0, 0, 0x80)));
    const large = begin("both-ways", quicVarint(FRAME.headers), quicVarint(1_000_000));
    await vi.waitFor(() =>
      expect([stray, noise, large].map(({ heard }) => heard.isOver)).toEqual([true, true, true]),
    );
    expect(ends).toEqual([]);
  });

  it("[QW6] passes over frames, streams and capsules that nobody knows", async () => {
    const { begin, request, sessions, ends } = open();
    begin("one-way", quicVarint(0x21), Buffer.from("grease"));
    const asked = request([]).stream;
    asked.end();
    const good = begin(
      "both-ways",
      http3Frame(0x2f, Buffer.alloc(40_000)),
      http3Frame(FRAME.headers, encodeFields(CONNECT)),
    );
    await vi.waitFor(() => expect(sessions).toHaveLength(1));
    good.stream.write(
      http3Frame(FRAME.data, Buffer.concat([quicVarint(0x99), quicVarint(3), Buffer.from("abc")])),
    );
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    expect(ends).toEqual([]);
  });

  it("[QW6] bears any bytes on any stream", async () => {
    const start = fc.constantFrom([], [0], [1], [0x40, 0x41, 0], [0x40, 0x54, 0], [0x40, 0x41], [0xff]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), start, fc.uint8Array({ maxLength: 50 })), { maxLength: 5 }),
        async (noises) => {
          const { begin, client, server } = await inSession();
          const made: MemoryQuicStream[] = noises.map(([isOneWay, first, rest]) => {
            const bytes = Uint8Array.from([...first, ...rest]);
            return begin(isOneWay ? "one-way" : "both-ways", bytes).stream;
          });
          client.sendDatagram(Uint8Array.from(noises.flatMap(([, , rest]) => [...rest])));
          for (const stream of made) stream.end();
          await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
          server.close(0, "");
        },
      ),
      { numRuns: 50 },
    );
  });
});
