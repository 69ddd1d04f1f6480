/**
 * What may wait for one slow peer: `maxBytes` in the queue and in the network, besides one frame that is larger than all of it.
 *
 * Such a frame is taken when nothing else waits; while it is on its way, what is said behind it has a budget of its own: its
 * size is not the peer's fault.
 */
export class QueueBudget {
  readonly maxBytes: number;
  /** What the network holds of a frame that is larger than the whole budget. */
  #oversizeBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** A frame of `bytes` was handed to the network. */
  wrote(bytes: number): void {
    if (bytes > this.maxBytes) this.#oversizeBytes = bytes;
  }

  /** Bytes that may wait in the queue while the network holds `pendingBytes`; the network hands over in order. */
  room(pendingBytes: number): number {
    this.#oversizeBytes = Math.min(this.#oversizeBytes, pendingBytes);
    return Math.max(0, this.maxBytes - (pendingBytes - this.#oversizeBytes));
  }
}
