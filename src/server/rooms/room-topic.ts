import type { PubSub, Subscription } from "../../brokers/broker.ts";

interface TopicOptions {
  readonly pubsub: PubSub;
  failed(error: unknown, where: string): void;
}

/** The line between the rooms of one name on several nodes: what is said in one is heard in the others. */
export class RoomTopic {
  readonly #name: string;
  readonly #options: TopicOptions;
  #subscription: Subscription | undefined;
  #isClosed = false;

  constructor(name: string, options: TopicOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** Begins to hear the other nodes; one's own messages are not among what is heard. */
  async open(hear: (message: string) => void): Promise<void> {
    const { pubsub, failed } = this.#options;
    this.#subscription = await pubsub.subscribe(this.#name, ({ origin, data }) => {
      if (origin === pubsub.origin || this.#isClosed) return;
      try {
        hear(new TextDecoder().decode(data));
      } catch (error) {
        failed(error, "pubsub");
      }
    });
  }

  publish(message: string): void {
    const { pubsub, failed } = this.#options;
    if (this.#isClosed || !this.#subscription) return;
    pubsub.publish(this.#name, message).catch((error: unknown) => failed(error, "pubsub"));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#subscription?.stop();
  }
}
