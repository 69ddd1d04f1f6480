import type {
  QuicConnection,
  QuicConnectionListener,
  QuicEnd,
  QuicStream,
  QuicStreamListener,
} from "../transports/quic.ts";

/** What a stream holds before it calls itself congested, and what its reader is sent ahead, in bytes. */
const WINDOW_BYTES = 64 * 1024;

/** Two ends of one connection in memory, with streams that can be congested: for tests of what runs over QUIC. */
export function memoryQuicPair(): { readonly server: MemoryQuic; readonly client: MemoryQuic } {
  const server = new MemoryQuic("server");
  const client = new MemoryQuic("client");
  server.other = client;
  client.other = server;
  return { server, client };
}

export class MemoryQuic implements QuicConnection {
  readonly remoteAddress = "memory";
  readonly datagrams: Uint8Array[] = [];
  other: MemoryQuic | undefined;
  readonly #streams = new Set<MemoryQuicStream>();
  readonly #side: "server" | "client";
  #listener: QuicConnectionListener | undefined;
  #opened = { "both-ways": 0, "one-way": 0 };
  end: QuicEnd | undefined;

  constructor(side: "server" | "client") {
    this.#side = side;
  }

  listen(listener: QuicConnectionListener): void {
    this.#listener = listener;
  }

  openStream(direction: "both-ways" | "one-way"): MemoryQuicStream {
    const id =
      this.#opened[direction]++ * 4 + (direction === "one-way" ? 2 : 0) + (this.#side === "server" ? 1 : 0);
    const near = new MemoryQuicStream(id);
    const far = new MemoryQuicStream(id);
    near.other = far;
    far.other = near;
    this.#streams.add(near);
    if (this.other) this.other.#came(far);
    return near;
  }

  sendDatagram(bytes: Uint8Array): boolean {
    if (this.end) return false;
    const { other } = this;
    setImmediate(() => {
      if (other) other.#listener?.datagram(bytes);
    });
    return true;
  }

  close(code: number, reason: string): void {
    if (this.end) return;
    for (const side of [this, this.other]) {
      if (!side) continue;
      side.end = { code, reason };
      setImmediate(() => {
        for (const stream of side.#streams) stream.over();
        side.#listener?.closed({ code, reason });
      });
    }
  }

  #came(stream: MemoryQuicStream): void {
    this.#streams.add(stream);
    setImmediate(() => {
      this.#listener?.stream(stream);
      stream.arrive();
    });
  }
}

export class MemoryQuicStream implements QuicStream {
  readonly id: number;
  other: MemoryQuicStream | undefined;
  #listener: QuicStreamListener | undefined;
  /** What was written here and has not been handed over there. */
  #sent: Uint8Array[] = [];
  #sentBytes = 0;
  #isReading = true;
  #state: "open" | "ended" | "over" = "open";
  #wasCongested = false;
  #isCarrying = false;
  #hasArrived = false;

  constructor(id: number) {
    this.id = id;
  }

  get isCongested(): boolean {
    return this.#wasCongested;
  }

  get queuedBytes(): number {
    return Math.max(0, this.#sentBytes - WINDOW_BYTES);
  }

  listen(listener: QuicStreamListener): void {
    this.#listener = listener;
    this.arrive();
  }

  arrive(): void {
    this.#hasArrived = true;
    this.other?.carry();
  }

  write(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#sent.push(bytes);
    this.#sentBytes += bytes.length;
    if (this.queuedBytes >= WINDOW_BYTES) this.#wasCongested = true;
    this.carry();
  }

  end(): void {
    if (this.#state === "open") this.#state = "ended";
    this.carry();
  }

  reset(): void {
    setImmediate(() => {
      this.over();
      this.other?.over();
    });
  }

  over(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#listener?.closed();
  }

  stopReading(): void {
    this.#isReading = false;
  }

  goOnReading(): void {
    this.#isReading = true;
    this.other?.carry();
  }

  carry(): void {
    if (this.#isCarrying) return;
    this.#isCarrying = true;
    setImmediate(() => {
      this.#isCarrying = false;
      this.#carryNow();
    });
  }

  /** Who takes what arrives now. */
  get #reader(): QuicStreamListener | undefined {
    return this.#hasArrived && this.#isReading ? this.#listener : undefined;
  }

  #carryNow(): void {
    const there = this.other;
    const reader = there ? there.#reader : undefined;
    if (!there || !reader) return;
    for (const bytes of this.#sent.splice(0)) {
      this.#sentBytes -= bytes.length;
      reader.data(bytes.slice());
    }
    if (this.#wasCongested) {
      this.#wasCongested = false;
      this.#listener?.drained();
    }
    if (this.#state === "ended" && this.#sent.length === 0) {
      reader.ended();
      if (there.#state !== "open") {
        this.over();
        there.over();
      }
    }
  }
}
