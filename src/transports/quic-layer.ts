import type { QuicStream, QuicStreamListener } from "./quic.ts";

export interface QuicLayerOptions {
  /** Bytes came, and nobody listens yet; may find somebody. */
  unheard?(bytes: Uint8Array): void;
  /** The stream is over, and its listener has heard so. */
  onClosed?(): void;
}

/**
 * A stream as those see it who are given it after somebody else has read its beginning: to them it is a stream like any
 * other. It listens to the one below.
 */
export class QuicLayer implements QuicStream, QuicStreamListener {
  readonly id: number;
  readonly #below: QuicStream;
  readonly #options: QuicLayerOptions;
  #listener: QuicStreamListener | undefined;
  #isOver = false;

  constructor(below: QuicStream, options: QuicLayerOptions = {}) {
    this.id = below.id;
    this.#below = below;
    this.#options = options;
  }

  get isHeeded(): boolean {
    return this.#listener !== undefined;
  }

  get isCongested(): boolean {
    return this.#below.isCongested;
  }

  get queuedBytes(): number {
    return this.#below.queuedBytes;
  }

  listen(listener: QuicStreamListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): void {
    this.#below.write(bytes);
  }

  end(): void {
    this.#below.end();
  }

  reset(code: number): void {
    this.#below.reset(code);
    this.closed();
  }

  data(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (!this.#listener) this.#options.unheard?.(bytes);
    this.#listener?.data(bytes);
  }

  drained(): void {
    if (!this.#isOver) this.#listener?.drained();
  }

  ended(): void {
    if (this.#isOver) return;
    if (this.#listener) this.#listener.ended();
    else this.reset(0);
  }

  closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener?.closed();
    this.#options.onClosed?.();
  }
}
