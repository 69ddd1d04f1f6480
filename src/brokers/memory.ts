import { randomUUID } from "node:crypto";
import { Emitter } from "../lib/emitter.ts";
import type { PubSub, PubSubMessage, PubSubStatus, Subscription } from "./broker.ts";

const DEFAULT_BUFFER = 64;

/** What nodes in one process share. */
export class MemoryBus {
  readonly #topics = new Map<string, Set<MemorySubscription>>();

  /** Topics that somebody listens to. */
  get size(): number {
    return this.#topics.size;
  }

  tell(message: PubSubMessage): void {
    for (const subscription of this.#topics.get(message.topic) ?? []) subscription.take(message);
  }

  add(subscription: MemorySubscription): void {
    const all = this.#topics.get(subscription.topic) ?? new Set();
    this.#topics.set(subscription.topic, all.add(subscription));
  }

  /** Forgets the topic with its last subscription. */
  remove(subscription: MemorySubscription): void {
    const all = this.#topics.get(subscription.topic);
    if (all?.delete(subscription) && all.size === 0) this.#topics.delete(subscription.topic);
  }
}

/** One listener, with a buffer: publishing never calls it directly, so it cannot slow down or fail the publisher. */
class MemorySubscription implements Subscription {
  missed = 0;
  readonly #waiting: PubSubMessage[] = [];
  #isActive = true;
  #isRunning = false;

  constructor(
    readonly topic: string,
    private readonly options: {
      readonly bus: MemoryBus;
      readonly buffer: number;
      readonly listener: (message: PubSubMessage) => void;
      readonly stopped: (subscription: MemorySubscription) => void;
    },
  ) {
    options.bus.add(this);
  }

  get active(): boolean {
    return this.#isActive;
  }

  take(message: PubSubMessage): void {
    if (this.#waiting.length >= this.options.buffer) {
      this.#waiting.shift();
      this.missed++;
    }
    this.#waiting.push(message);
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => this.#run());
  }

  async stop(): Promise<void> {
    this.#isActive = false;
    this.#waiting.length = 0;
    this.options.bus.remove(this);
    this.options.stopped(this);
  }

  #run(): void {
    for (let next = this.#waiting.shift(); next && this.#isActive; next = this.#waiting.shift()) {
      try {
        this.options.listener(next);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
    this.#isRunning = false;
  }
}

interface StatusEvents {
  readonly status: PubSubStatus;
}

class MemoryPubSub extends Emitter<StatusEvents> implements PubSub {
  readonly origin = randomUUID();
  readonly #bus: MemoryBus;
  readonly #buffer: number;
  readonly #subscriptions = new Set<MemorySubscription>();
  #isClosed = false;
  #published = 0;

  constructor({ bus, buffer }: { readonly bus: MemoryBus; readonly buffer: number }) {
    super();
    this.#bus = bus;
    this.#buffer = buffer;
  }

  get status(): PubSubStatus {
    return this.#isClosed ? "down" : "up";
  }

  onStatus(listener: (status: PubSubStatus) => void): () => void {
    return this.on("status", listener);
  }

  async publish(topic: string, data: Uint8Array | string): Promise<void> {
    this.#refuseClosed();
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : Uint8Array.from(data);
    this.#published++;
    this.#bus.tell({ topic, data: bytes, origin: this.origin, id: String(this.#published) });
  }

  async subscribe(topic: string, listener: (message: PubSubMessage) => void): Promise<Subscription> {
    this.#refuseClosed();
    const subscription = new MemorySubscription(topic, {
      bus: this.#bus,
      buffer: this.#buffer,
      listener,
      stopped: (ended) => void this.#subscriptions.delete(ended),
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    this.emit("status", "down");
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new Error("this PubSub is closed");
  }
}

/** A PubSub within one process. Several of one `bus` are several nodes; each subscription buffers `buffer` messages. */
export function memoryPubSub({
  bus = new MemoryBus(),
  buffer = DEFAULT_BUFFER,
}: {
  readonly bus?: MemoryBus;
  readonly buffer?: number;
} = {}): PubSub {
  if (!Number.isInteger(buffer) || buffer < 1)
    throw new RangeError(`buffer: found ${buffer}, expected 1 or more`);
  return new MemoryPubSub({ bus, buffer });
}
