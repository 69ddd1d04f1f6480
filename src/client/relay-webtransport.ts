import { fromBase64 } from "./base64.ts";
import { ParlorError } from "./errors.ts";
import type { OpenWire, WireListener, WireOptions, WireStream } from "./relay-wire.ts";

/** Datagrams that the browser has not taken; more are old news. */
const MAX_WAITING_DATAGRAMS = 256;

/** Opens a session of the browser's WebTransport. @throws {ParlorError} `no_carrier` */
export const openWebTransport: OpenWire = async ({ url, certificateHash, listener, signal }: WireOptions) => {
  if (typeof globalThis.WebTransport !== "function") throw new ParlorError("no_carrier");
  const session = new WebTransport(url.href, {
    ...(certificateHash !== undefined && {
      serverCertificateHashes: [{ algorithm: "sha-256", value: fromBase64(certificateHash) }],
    }),
  });
  const abort = () => session.close();
  signal?.addEventListener("abort", abort, { once: true });
  // Told below; a session that never opened tells of it here, too.
  session.closed.catch(() => {});
  try {
    await session.ready;
  } catch (cause) {
    throw new ParlorError("no_carrier", { cause });
  } finally {
    signal?.removeEventListener("abort", abort);
  }

  session.closed.then(
    ({ closeCode = 0, reason = "" }) => listener.closed({ code: closeCode, reason }),
    (error: unknown) => listener.closed({ code: 0, reason: error instanceof Error ? error.message : "" }),
  );
  void readDatagrams(session, listener);
  const datagrams = session.datagrams.writable.getWriter();
  let waiting = 0;
  return {
    carrier: "webtransport",
    maxStreams: 6,
    async openStream() {
      const { readable, writable } = await session.createBidirectionalStream();
      const writer = writable.getWriter();
      const stream: WireStream = {
        async write(record) {
          await writer.ready;
          // Its end is told by the session; nobody waits for each write.
          writer.write(record).catch(() => {});
        },
      };
      void readAll(readable, (bytes) => listener.bytes(stream, bytes));
      return stream;
    },
    sendDatagram(frame) {
      // The writer's own measure has room for one at a time.
      if (frame.byteLength > session.datagrams.maxDatagramSize || waiting >= MAX_WAITING_DATAGRAMS)
        return false;
      waiting++;
      const settle = () => void waiting--;
      datagrams.write(frame).then(settle, settle);
      return true;
    },
    close(code, reason) {
      session.close({ closeCode: code, reason });
    },
  };
};

async function readDatagrams(session: WebTransport, listener: WireListener): Promise<void> {
  await readAll(session.datagrams.readable, (frame) => listener.datagram(frame));
}

/** Hands over everything that comes, until the end, of whatever kind it is. */
async function readAll(
  readable: ReadableStream<Uint8Array>,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  const reader = readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  } catch {
    // The session tells why.
  }
}
