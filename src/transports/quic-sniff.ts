import type { QuicConnectionListener, QuicEnd, QuicStream } from "./quic.ts";
import { QuicLayer } from "./quic-layer.ts";

export interface SniffOptions {
  /** Takes the connection over, once its first bytes told what is spoken on it. */
  choose(protocol: "h3" | "other"): QuicConnectionListener;
  /** The connection is gone. */
  closed(): void;
}

/**
 * Finds out what is spoken on a connection, where QUIC does not tell which of the offered protocols was agreed on.
 *
 * HTTP/3 opens one-way streams first of all, and its requests begin with a frame type other than 0; frames with a 32-bit
 * length in front begin with a 0, as long as they are shorter than 16 MiB, and are never sent one way.
 */
export class SniffedConnection implements QuicConnectionListener {
  readonly #options: SniffOptions;
  #next: QuicConnectionListener | undefined;

  constructor(options: SniffOptions) {
    this.#options = options;
  }

  stream(stream: QuicStream): void {
    if (!this.#next && (stream.id & 2) !== 0) this.#next = this.#options.choose("h3");
    if (this.#next) {
      this.#next.stream(stream);
      return;
    }
    // Once something was heard on it, it is its new listener's, as if it had always been.
    const layer = new QuicLayer(stream, {
      unheard: ([first]) => {
        if (first !== undefined) this.#decide(first).stream(layer);
      },
    });
    stream.listen(layer);
  }

  datagram(bytes: Uint8Array): void {
    this.#next?.datagram(bytes);
  }

  closed(end: QuicEnd): void {
    this.#next?.closed(end);
    this.#options.closed();
  }

  #decide(first: number): QuicConnectionListener {
    this.#next ??= this.#options.choose(first === 0 ? "other" : "h3");
    return this.#next;
  }
}
