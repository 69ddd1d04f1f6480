import { TokenBucket } from "../lib/token-bucket.ts";
import type { Clock } from "./clock.ts";
import type { Wire } from "./line.ts";
import type { Outbox, Outgoing } from "./outbox.ts";

/** Where frames go. */
export interface Sink {
  readonly bufferedBytes: number;
  send(wire: Wire): void;
}

export interface PumpOptions {
  readonly outbox: Outbox;
  readonly sink: Sink;
  readonly clock: Clock;
  /** A frame went out, under number `q` if it has one. */
  readonly sent: (item: Outgoing, q: number | undefined) => void;
}

/** With this much in the platform's own buffer, messages are better off in ours, where they can be replaced. */
const MAX_BUFFERED_BYTES = 512 * 1024;
/** WebSocket does not tell when its buffer drains, so it is looked at. */
const LOOK_AGAIN_MS = 20;

/** Moves frames from the outbox to the line, no faster than the server takes them. */
export class Pump {
  readonly #options: PumpOptions;
  #bucket: TokenBucket | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  /** Whether the server asked for a pause. */
  get isHeld(): boolean {
    return this.#stopTimer !== undefined;
  }

  /** A line is up, and its server takes so much. Sends what there is. */
  start({ messagesPerSecond, burst }: { readonly messagesPerSecond: number; readonly burst: number }): void {
    this.stop();
    // A little below the limit: the two clocks differ, and the network squeezes what was sent evenly.
    const options = {
      perSecond: Math.max(0.1, messagesPerSecond * 0.9),
      burst: Math.max(1, Math.floor(burst * 0.9)),
    };
    this.#bucket = new TokenBucket(options, this.#options.clock.now());
    this.run();
  }

  /** The line is gone. */
  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#bucket = undefined;
  }

  /** Sends nothing for `ms`. */
  hold(ms: number): void {
    this.#stopTimer?.();
    this.#stopTimer = this.#options.clock.after(ms, () => {
      this.#stopTimer = undefined;
      this.run();
    });
  }

  /** Takes one token for a message beside the queue; `false` when there is none. */
  spend(): boolean {
    return !this.isHeld && (this.#bucket?.take(this.#options.clock.now()) ?? false);
  }

  run(): void {
    const { outbox, sink, clock, sent } = this.#options;
    const bucket = this.#bucket;
    if (!bucket || this.isHeld) return;
    while (outbox.hasMore) {
      const waitMs = sink.bufferedBytes > MAX_BUFFERED_BYTES ? LOOK_AGAIN_MS : 0;
      if (waitMs > 0 || !bucket.take(clock.now())) {
        this.hold(waitMs || bucket.retryAfterMs);
        return;
      }
      const next = outbox.take();
      if (!next) return;
      if (next.item) sent(next.item, next.q);
      sink.send(next.wire);
    }
  }
}
