import { describe, expect, it, vi } from "vitest";
import { RELAY_ENDS } from "../core/relay-ends.ts";
import { encodeRelayFrame } from "../core/relay-frame.ts";
import { prefixed } from "../lib/length-prefix.ts";
import { type MemoryQuic, memoryQuicPair } from "../testing/memory-quic.ts";
import { RelayDesk } from "./relay-desk.ts";

function deskOf() {
  const reported: unknown[] = [];
  const clock = { now: 0 };
  const desk = new RelayDesk({
    limits: {
      sessionRateBytes: 0,
      peerRateBytes: 0,
      windowBytes: 2 ** 21,
      maxFrameBytes: 2 ** 20,
      maxSessions: 10,
      maxPeersPerSession: 10,
      maxStreams: 4,
      maxHeldBytes: 2 ** 24,
      idleMs: 60_000,
    },
    random: { bytes: (count) => new Uint8Array(count) },
    admitWithinMs: 1000,
    maxLinesPerConnection: 3,
    admit: async (token) => {
      if (token === "broken") throw new Error("our own fault");
      return { session: "s", peer: undefined, maySend: true };
    },
    now: () => clock.now,
    report: (error) => reported.push(error),
  });
  return { desk, reported, clock };
}

/** A peer whose bytes cross in memory, and who can stop to read. */
function enter(desk: RelayDesk, peer: string, token = "good") {
  const { server, client } = memoryQuicPair();
  server.listen(desk.acceptConnection(server));
  client.listen({ stream() {}, datagram() {}, closed() {} });
  const heard: Uint8Array[] = [];
  const stream = client.openStream("both-ways");
  stream.listen({ data: (bytes) => heard.push(bytes), drained() {}, ended() {}, closed() {} });
  const hello = { session: "s", from: peer, to: "", payload: Buffer.from(token), seq: 0n };
  stream.write(prefixed(encodeRelayFrame(hello)));
  return { client, server, stream, heard: () => Buffer.concat(heard).toString("latin1") };
}

const endOf = (connection: MemoryQuic) => connection.end?.code;

describe("a line over QUIC", () => {
  it("[QR7] ends when its peer listens to nothing at all", async () => {
    const { desk } = deskOf();
    const deaf = enter(desk, "deaf");
    await vi.waitFor(() => expect(deaf.heard()).toContain("joined"));
    deaf.stream.stopReading();
    const line = desk.relay.seatOf("s", "deaf")?.line;

    const name = "x".repeat(10_000);
    for (let i = 0; i < 300; i++) line?.tell({ type: "peer-left", peer: name });

    await vi.waitFor(() => expect(endOf(deaf.client)).toBe(RELAY_ENDS.overrun.code));
    await vi.waitFor(() => expect(desk.relay.counts.peers).toBe(0));
  });

  it("[QR14] leaves with its first stream, [QR20] and may come in again while its connection lasts", async () => {
    const { desk, clock } = deskOf();
    const [ada, bob] = [enter(desk, "ada"), enter(desk, "bob")];
    await vi.waitFor(() => expect(bob.heard()).toContain("joined"));

    bob.stream.reset();

    await vi.waitFor(() => expect(ada.heard()).toContain("peer-left"));
    expect(endOf(bob.client)).toBeUndefined();
    clock.now = 2000;
    desk.tick();
    await vi.waitFor(() => expect(endOf(bob.client)).toBe(RELAY_ENDS.admission_timeout.code));
    expect(endOf(ada.client)).toBeUndefined();
  });

  it("[QR3] ends with internal, and a report, when the fault is our own", async () => {
    const { desk, reported } = deskOf();
    const { client } = enter(desk, "ada", "broken");
    await vi.waitFor(() => expect(endOf(client)).toBe(RELAY_ENDS.internal.code));
    expect(reported).toHaveLength(1);
  });

  it("[QR4] takes no one-way streams", async () => {
    const { desk } = deskOf();
    const { client } = enter(desk, "ada");
    let isOver = false;
    const stream = client.openStream("one-way");
    stream.listen({ data() {}, drained() {}, ended() {}, closed: () => (isOver = true) });
    await vi.waitFor(() => expect(isOver).toBe(true));
    expect(endOf(client)).toBeUndefined();
  });
});
