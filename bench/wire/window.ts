/**
 * How much may be under way: the closed loop of the bench.
 *
 * A sender may have `size` messages in flight; each causes `fanOut` deliveries, and its place is free again when as
 * many deliveries came back. Deliveries are not attributed to messages: in a room all members are one loop.
 */
export class Window {
  readonly size: number;
  readonly #fanOut: number;
  #inFlight = 0;
  #stopped = false;

  constructor(size: number, options: { readonly fanOut: number }) {
    this.size = size;
    this.#fanOut = options.fanOut;
  }

  /** Deliveries that are still expected. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Returns how many messages may be sent now and counts them as sent. Always 0 once stopped. */
  take(): number {
    if (this.#stopped) return 0;
    const messages = Math.floor(this.size - this.#inFlight / this.#fanOut);
    this.#inFlight += messages * this.#fanOut;
    return messages;
  }

  /** @throws {Error} when more came back than was sent: the server delivered something twice. */
  returned(deliveries: number): void {
    this.#inFlight -= deliveries;
    if (this.#inFlight < 0) throw new Error(`${-this.#inFlight} deliveries more than were sent for`);
  }

  /** From now on nothing may be sent; what is under way still returns. */
  stop(): void {
    this.#stopped = true;
  }
}
