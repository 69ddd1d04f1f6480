import { PREFIX_BYTES, prefixed } from "../lib/length-prefix.ts";
import { ParlorError } from "./errors.ts";
import type { RelayWire, WireOptions, WireStream } from "./relay-wire.ts";
import { findSocketClass, type SocketClass } from "./socket.ts";

/** Above this much in the socket, writing waits. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** How often a full socket is looked at: it does not tell when it has room. */
const LOOK_AGAIN_MS = 5;

/** Opens a WebSocket on which each message is one frame. @throws {ParlorError} `no_carrier` */
export async function openWebSocketWire(
  { url, listener, signal }: WireOptions,
  given?: SocketClass,
): Promise<RelayWire> {
  const Socket = await findSocketClass(given);
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^http/, "ws");
  const socket = new Socket(address.href, []);
  socket.binaryType = "arraybuffer";
  let isOpen = false;
  const stream: WireStream = {
    async write(record) {
      while (isOpen && socket.bufferedAmount > HIGH_WATER_BYTES) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
      if (!isOpen) throw new ParlorError("closed");
      socket.send(record.slice(PREFIX_BYTES));
    },
  };
  await new Promise<void>((resolve, reject) => {
    const abort = () => socket.close();
    signal?.addEventListener("abort", abort, { once: true });
    socket.onopen = () => {
      isOpen = true;
      signal?.removeEventListener("abort", abort);
      resolve();
    };
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      signal?.removeEventListener("abort", abort);
      if (isOpen) listener.closed({ code: code >= 3000 ? (code - 3000) % 500 : 0, reason });
      else reject(new ParlorError("no_carrier", { message: `no WebSocket at ${address.origin}` }));
      isOpen = false;
    };
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (data instanceof ArrayBuffer) listener.bytes(stream, prefixed(new Uint8Array(data)));
    };
  });
  return {
    carrier: "websocket",
    maxStreams: 1,
    openStream: async () => stream,
    sendDatagram(frame) {
      if (!isOpen || socket.bufferedAmount > HIGH_WATER_BYTES) return false;
      socket.send(frame.slice());
      return true;
    },
    close(code, reason) {
      socket.close(3500 + code, reason);
    },
  };
}
