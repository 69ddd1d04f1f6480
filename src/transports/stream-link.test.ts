import { describe, expect, it, vi } from "vitest";
import type { Incoming } from "../lib/frame.ts";
import { PREFIX_BYTES, prefixed, RecordSplitter } from "../lib/length-prefix.ts";
import { describeLink } from "../testing/link-contract.ts";
import { memoryQuicPair } from "../testing/memory-quic.ts";
import type { Link, LinkFault, LinkListener } from "./link.ts";
import { acceptStreamLink } from "./stream-link.ts";

/** A message as the peer writes it. */
function recordOf(data: Incoming): Uint8Array {
  const content = typeof data === "string" ? Buffer.from(data) : data;
  return prefixed(Buffer.concat([Uint8Array.of(typeof data === "string" ? 0 : 1), content]));
}

const FAR = { maxMessageBytes: 4 * 1024 * 1024, maxQueueBytes: 1024 * 1024, openWithinMs: 1000 };

async function open(options: Partial<typeof FAR>, listener: LinkListener) {
  const { server, client } = memoryQuicPair();
  const errors: unknown[] = [];
  const linked = new Promise<Link>((resolve) => {
    acceptStreamLink(server, {
      ...FAR,
      ...options,
      onLink: (link) => {
        link.listen(listener);
        resolve(link);
      },
      onError: (error) => errors.push(error),
    });
  });
  const stream = client.openStream("both-ways");
  const splitter = new RecordSplitter(64 * 1024 * 1024);
  const received: Incoming[] = [];
  let ended: { code: number; reason: string } | undefined;
  stream.listen({
    data(bytes) {
      for (const record of splitter.push(bytes)) {
        const content = record.subarray(PREFIX_BYTES + 1);
        const kind = record[PREFIX_BYTES];
        if (kind === 0) received.push(Buffer.from(content).toString());
        else if (kind === 1) received.push(content.slice());
        else
          ended = {
            code: (content[0] ?? 0) * 256 + (content[1] ?? 0),
            reason: Buffer.from(content.subarray(2)).toString(),
          };
      }
    },
    drained() {},
    ended() {},
    closed() {
      ended ??= { code: 1006, reason: "" };
    },
  });
  client.listen({ stream() {}, datagram() {}, closed: () => (ended ??= { code: 1006, reason: "" }) });
  const peer = {
    received,
    get ended() {
      return ended;
    },
    send: (data: Incoming) => stream.write(recordOf(data)),
    write: (bytes: Uint8Array) => stream.write(bytes),
    stopReading: () => stream.stopReading(),
    goOnReading: () => stream.goOnReading(),
  };
  return { link: await linked, peer, server, client, errors };
}

describe("[QS1] over one stream of WebTransport", () => {
  describeLink("stream", async ({ maxQueueBytes, listener }) => {
    const { link, peer } = await open({ maxQueueBytes }, listener);
    return { link, peer, carry: () => {} };
  });
});

describe("a link over one stream", () => {
  function hear() {
    const faults: LinkFault[] = [];
    const ends: number[] = [];
    const messages: Incoming[] = [];
    const listener: LinkListener = {
      message: (data) => messages.push(data),
      fault: (fault) => faults.push(fault),
      closed: ({ code }) => ends.push(code),
    };
    return { listener, faults, ends, messages };
  }

  it("[QS2] hears the peer's close after everything that came before it", async () => {
    const { listener, ends, messages } = hear();
    const { peer } = await open({}, listener);

    peer.send("last words");
    peer.write(prefixed(Uint8Array.of(2, 0x0b, 0xb8, ...Buffer.from("bye"))));

    await vi.waitFor(() => expect(ends).toEqual([3000]));
    expect(messages).toEqual(["last words"]);
  });

  it("[QS3] keeps what comes while it is paused within bounds", async () => {
    const { listener, faults, ends } = hear();
    const { link, peer } = await open({ maxQueueBytes: 10_000 }, listener);
    link.pause();

    for (let i = 0; i < 12; i++) peer.send("x".repeat(1000));

    await vi.waitFor(() => expect(faults).toEqual(["protocol_error"]));
    await vi.waitFor(() => expect(ends).toEqual([1008]));
  });

  it.each([
    ["a record of a kind that nobody knows", Uint8Array.of(9, 1, 2)],
    ["text that is no UTF-8", Uint8Array.of(0, 0xc3, 0x28)],
    ["an empty record", new Uint8Array(0)],
  ])("[QS3] ends with protocol_error on %s", async (_what, body) => {
    const { listener, faults, ends } = hear();
    const { peer } = await open({}, listener);
    peer.write(prefixed(body));
    await vi.waitFor(() => expect(faults).toEqual(["protocol_error"]));
    await vi.waitFor(() => expect(ends).toEqual([1002]));
  });

  it("[QS1] refuses a message above the limit before it has come", async () => {
    const { listener, faults, ends } = hear();
    const { peer } = await open({ maxMessageBytes: 100 }, listener);
    peer.write(Uint8Array.of(0, 0, 1, 0));
    await vi.waitFor(() => expect(faults).toEqual(["message_too_large"]));
    await vi.waitFor(() => expect(ends).toEqual([1009]));
  });

  it("[QS1] reports what a listener throws, and lives on", async () => {
    const { listener, messages } = hear();
    let isFirst = true;
    const { peer, errors } = await open(
      {},
      {
        ...listener,
        message(data) {
          if (isFirst) {
            isFirst = false;
            throw new Error("our own fault");
          }
          listener.message(data);
        },
      },
    );
    peer.send("first");
    peer.send("second");
    await vi.waitFor(() => expect(messages).toEqual(["second"]));
    expect(errors).toHaveLength(1);
  });
});
