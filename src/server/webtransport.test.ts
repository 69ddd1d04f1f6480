import { afterEach, describe, expect, it, vi } from "vitest";
import type { AuthProvider } from "../auth/auth.ts";
import { jwtAuth } from "../auth/jwt.ts";
import { configOf } from "../config/index.ts";
import { roomId } from "../core/ids.ts";
import { encodeRelayFrame } from "../core/relay-frame.ts";
import { PREFIX_BYTES, prefixed, RecordSplitter } from "../lib/length-prefix.ts";
import { quicVarint } from "../lib/quic-varint.ts";
import { createLog } from "../observe/log.ts";
import { TextSocket } from "../testing/text-socket.ts";
import { FRAME, Http3FrameReader, http3Frame } from "../transports/http3-frames.ts";
import { decodeFields, encodeFields } from "../transports/qpack.ts";
import type { QuicConnection, QuicStream } from "../transports/quic.ts";
import { currentspaceQuic } from "../transports/quic-currentspace.ts";
import { joinTokensOf } from "./pulsar.ts";
import { Server } from "./server.ts";

const quic = await currentspaceQuic().catch(() => undefined);
const log = createLog({ level: "error", format: "json" });

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** A server, and pages that speak WebTransport byte by byte. */
async function serve(auth?: AuthProvider) {
  const config = configOf({
    host: "127.0.0.1",
    port: 0,
    allowLocalhostOrigins: false,
    quic: { enabled: true, host: "127.0.0.1", port: 0 },
  });
  const server = new Server(config, { log, ...(auth && { auth }) });
  opened.push({ close: () => server.close({ drainMs: 0 }) });
  const { quic: place, port } = await server.listen();

  async function ask(path: string, origin?: string) {
    const options = { host: "127.0.0.1", port: place?.port ?? 0, alpn: "h3", trust: "any" } as const;
    const connection = await quic?.connect(options);
    if (!connection) throw new Error("no QUIC");
    opened.push({ close: () => connection.close(0, "") });
    const datagrams: Uint8Array[] = [];
    connection.listen({ stream: ignore, datagram: (bytes) => datagrams.push(bytes), closed() {} });
    const { stream, heard } = talk(connection);
    const fields: [string, string][] = [
      [":method", "CONNECT"],
      [":protocol", "webtransport"],
      [":scheme", "https"],
      [":authority", `127.0.0.1:${place?.port}`],
      [":path", path],
      ...(origin === undefined ? [] : ([["origin", origin]] as [string, string][])),
    ];
    stream.write(http3Frame(FRAME.headers, encodeFields(fields)));
    const status = await vi.waitFor(() => {
      const [answer] = new Http3FrameReader(10_000).push(heard());
      const found = answer && decodeFields(answer.payload)?.find(([name]) => name === ":status")?.[1];
      if (!found) throw new Error("no answer");
      return found;
    });
    return { connection, status, id: stream.id, datagrams };
  }
  return { ask, config, port };
}

function ignore(stream: QuicStream): void {
  stream.listen({ data() {}, drained() {}, ended() {}, closed() {} });
}

function talk(connection: QuicConnection) {
  const stream = connection.openStream("both-ways");
  const chunks: Uint8Array[] = [];
  stream.listen({ data: (bytes) => chunks.push(bytes), drained() {}, ended() {}, closed() {} });
  return { stream, heard: () => Buffer.concat(chunks) };
}

/** A stream of a session. */
function streamIn({ connection, id }: { connection: QuicConnection; id: number }) {
  const { stream, heard } = talk(connection);
  stream.write(Buffer.concat([quicVarint(0x41), quicVarint(id)]));
  const bodies = () =>
    new RecordSplitter(2 ** 23).push(heard()).map((record) => record.subarray(PREFIX_BYTES));
  return { stream, bodies };
}

describe.skipIf(quic === undefined)("a server over WebTransport", () => {
  it("[QS1] speaks the native dialect over the first stream of a session", async () => {
    const { ask } = await serve();
    const page = await ask("/parlor");
    expect(page.status).toBe("200");
    const { stream, bodies } = streamIn(page);
    const texts = () => bodies().map((body) => [body[0], Buffer.from(body.subarray(1)).toString()] as const);

    stream.write(prefixed(Buffer.from('\0{"t":"hello","v":1,"alias":"ada"}')));
    await vi.waitFor(() => expect(texts()[0]?.[1]).toContain('"t":"welcome"'));
    stream.write(prefixed(Buffer.from('\0{"t":"ping","id":7}')));
    await vi.waitFor(() => expect(texts().at(-1)?.[1]).toContain('"re":7'));

    expect(texts().every(([kind]) => kind === 0)).toBe(true);
    stream.write(prefixed(Buffer.from('\0{"t":"bye"}')));
    await vi.waitFor(() => expect(bodies().at(-1)?.[0]).toBe(2));
  });

  it("[QW1] relays between sessions, over streams and datagrams", async () => {
    const { ask, config } = await serve();
    const now = Date.now();
    const token = joinTokensOf(config).mint({
      session: roomId("s1"),
      role: "editor",
      issuedAt: now,
      expiresAt: now + 60_000,
    });
    const enter = async (from: string) => {
      const page = await ask("/v1/relay");
      const lane = streamIn(page);
      const hello = { session: "s1", from, to: "", payload: Buffer.from(token), seq: 0n };
      lane.stream.write(prefixed(encodeRelayFrame(hello)));
      await vi.waitFor(() => expect(Buffer.from(lane.bodies()[0] ?? []).toString()).toContain('"joined"'));
      return { ...page, ...lane };
    };
    const [ada, bob] = [await enter("ada"), await enter("bob")];
    const frame = encodeRelayFrame({
      session: "s1",
      from: "ada",
      to: "bob",
      payload: Buffer.from("hi"),
      seq: 1n,
    });

    ada.stream.write(prefixed(frame));
    ada.connection.sendDatagram(Buffer.concat([quicVarint(ada.id / 4), frame]));

    await vi.waitFor(() => expect(bob.bodies().at(-1)).toEqual(Buffer.from(frame)));
    await vi.waitFor(() =>
      expect(bob.datagrams.map((each) => Buffer.from(each).toString("hex"))).toEqual([
        Buffer.concat([quicVarint(bob.id / 4), frame]).toString("hex"),
      ]),
    );
  });

  it("[QW7] checks credentials of the address before it lets a session in", async () => {
    const auth = jwtAuth({ secret: "a secret of the tests, and of nobody else" });
    const { ask, port } = await serve(auth);
    const tokenOf = (userId: string) => auth.signAccess({ userId, roomId: "lobby" });
    for (const path of ["/ws?token=none", "/tapaculo/ws", "/tapaculo/ws?token="])
      expect((await ask(path)).status).toBe("401");
    const foreign = await ask(`/ws?token=${await tokenOf("ada")}`, "https://elsewhere.example");
    expect(foreign.status).toBe("403");

    const page = await ask(`/ws?token=${await tokenOf("ada")}`);
    expect(page.status).toBe("200");
    const { stream, bodies } = streamIn(page);
    const bob = await TextSocket.open(`ws://127.0.0.1:${port}/ws?token=${await tokenOf("bob")}`);
    opened.push({ close: () => bob.close() });
    // The stream is there for the server with its first bytes; said to nobody, as far as is known here.
    stream.write(prefixed(Buffer.from('\0{"from":"ada","data":0}')));
    expect(await bob.json()).toEqual({ from: "ada", data: 0 });
    bob.send({ from: "bob", data: "hi" });

    await vi.waitFor(() =>
      expect(bodies().map((body) => Buffer.from(body.subarray(1)).toString())).toContain(
        '{"from":"bob","data":"hi"}',
      ),
    );
  });

  it("[QW7] lets a session ask for as large messages as its dialect takes once that is known", async () => {
    const { ask } = await serve();
    const { stream, bodies } = streamIn(await ask("/ws"));
    stream.write(prefixed(Buffer.from('\0{"session_id":"","peer_id":"ada","type":"join","join_token":""}')));
    await vi.waitFor(() => expect(Buffer.from(bodies()[0] ?? []).toString()).toContain('"joined"'));
    const { session_id: session } = JSON.parse(
      Buffer.from(bodies()[0] ?? [])
        .toString()
        .slice(1),
    );

    const message = {
      type: "chat_message",
      session_id: session,
      peer_id: "ada",
      message: "x".repeat(2_000_000),
    };
    stream.write(prefixed(Buffer.from(`\0${JSON.stringify(message)}`)));

    await vi.waitFor(() => expect(bodies().at(-1)?.length).toBeGreaterThan(2_000_000));
  });

  it("[QW4] refuses paths that nobody serves, and origins that may not connect", async () => {
    const { ask } = await serve();
    expect((await ask("/nobody")).status).toBe("404");
    expect((await ask("/v1/relay", "https://elsewhere.example")).status).toBe("403");
    expect((await ask("/v1/relay", "https://127.0.0.1")).status).toBe("403");
  });
});
