import { quicVarint, readQuicVarint } from "../lib/quic-varint.ts";
import { CLOSE_SESSION_CAPSULE, FRAME, http3Frame, STREAM } from "./http3-frames.ts";
import type {
  QuicConnection,
  QuicConnectionListener,
  QuicEnd,
  QuicStream,
  QuicStreamListener,
} from "./quic.ts";
import { QuicLayer } from "./quic-layer.ts";

/** Longest reason of a close, and more than any capsule that we understand, in bytes. */
const MAX_CAPSULE_BYTES = 4 + 1024;
/** How long a page may take to go after it was told to, in ms; then its whole connection is ended. */
const CLOSE_WITHIN_MS = 1000;

/**
 * One WebTransport session: to its user a connection like any other, though it may share a real one.
 */
export class WebTransportSession implements QuicConnection {
  readonly #connection: QuicConnection;
  /** The stream that asked for the session, and whose end is its end. */
  readonly #request: QuicStream;
  readonly #onOver: () => void;
  readonly #streams = new Set<QuicLayer>();
  readonly #datagramPrefix: Uint8Array;
  #listener: QuicConnectionListener | undefined;
  #state: "open" | "closing" | "over" = "open";
  #said: QuicEnd | undefined;
  #capsules: Uint8Array = new Uint8Array(0);

  constructor(connection: QuicConnection, { stream, onOver }: { stream: QuicStream; onOver: () => void }) {
    this.#connection = connection;
    this.#request = stream;
    this.#onOver = onOver;
    this.#datagramPrefix = quicVarint(stream.id / 4);
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  listen(listener: QuicConnectionListener): void {
    this.#listener = listener;
  }

  openStream(direction: "both-ways" | "one-way"): QuicStream {
    if (this.#state !== "open") throw new Error("the session is over");
    const stream = this.#connection.openStream(direction);
    const type = direction === "both-ways" ? STREAM.webTransportBothWays : STREAM.webTransportOneWay;
    stream.write(Buffer.concat([quicVarint(type), quicVarint(this.#request.id)]));
    const ours = new QuicLayer(stream, { onClosed: () => this.#streams.delete(ours) });
    this.#streams.add(ours);
    stream.listen(ours);
    return ours;
  }

  sendDatagram(bytes: Uint8Array): boolean {
    return (
      this.#state === "open" && this.#connection.sendDatagram(Buffer.concat([this.#datagramPrefix, bytes]))
    );
  }

  close(code: number, reason: string): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#said = { code, reason };
    const words = Buffer.from(reason).subarray(0, 1024);
    const content = Buffer.alloc(4 + words.length);
    content.writeUInt32BE(code);
    words.copy(content, 4);
    const capsule = Buffer.concat([quicVarint(CLOSE_SESSION_CAPSULE), quicVarint(content.length), content]);
    this.#request.write(http3Frame(FRAME.data, capsule));
    this.#request.end();
    setTimeout(() => {
      if (this.#state !== "over") this.#connection.close(0, "");
    }, CLOSE_WITHIN_MS).unref();
  }

  /** The peer opened a stream in this session; answers who listens to it. */
  streamCame(stream: QuicStream, data: Uint8Array): QuicStreamListener {
    const ours = new QuicLayer(stream, { onClosed: () => this.#streams.delete(ours) });
    this.#streams.add(ours);
    if (this.#state === "open") this.#listener?.stream(ours);
    if (!ours.isHeeded) stream.reset(0);
    else if (data.length > 0) ours.data(data);
    return ours;
  }

  datagramCame(bytes: Uint8Array): void {
    if (this.#state === "open") this.#listener?.datagram(bytes);
  }

  /** Bytes on the stream that asked: capsules, of which one says why the peer goes. */
  capsulesCame(bytes: Uint8Array): void {
    this.#capsules = Buffer.concat([this.#capsules, bytes]);
    for (;;) {
      const type = readQuicVarint(this.#capsules);
      const size = type && readQuicVarint(this.#capsules, type.end);
      if (!type || !size) return;
      if (size.value > MAX_CAPSULE_BYTES) {
        this.over({ code: 0, reason: "" });
        return;
      }
      const end = size.end + size.value;
      if (this.#capsules.length < end) return;
      const content = Buffer.from(this.#capsules.subarray(size.end, end));
      this.#capsules = this.#capsules.subarray(end);
      if (type.value !== CLOSE_SESSION_CAPSULE || content.length < 4) continue;
      this.over({ code: content.readUInt32BE(), reason: content.toString("utf8", 4) });
      return;
    }
  }

  /** The session is gone: by the peer's word, or with its connection. */
  over(end: QuicEnd): void {
    if (this.#state === "over") return;
    this.#state = "over";
    for (const stream of [...this.#streams]) stream.reset(0);
    this.#request.end();
    this.#listener?.closed(this.#said ?? end);
    this.#onOver();
  }
}
