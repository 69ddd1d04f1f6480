/** A message as a subscriber gets it. */
export interface PubSubMessage {
  readonly topic: string;
  /** The bytes that were published; text as UTF-8. */
  readonly data: Uint8Array;
  /** Which node published it: the `origin` of its `PubSub`. */
  readonly origin: string;
  /** Unique among the messages of one origin. */
  readonly id: string;
}

export interface Subscription {
  /** Nothing is heard any more once this resolves. Safe to call twice. */
  stop(): Promise<void>;
  readonly active: boolean;
  /** Messages that were lost, because the listener's buffer was full or the connection was down. */
  readonly missed: number;
}

export type PubSubStatus = "up" | "degraded" | "down";

/**
 * Carries messages between nodes. Topics are free text; nothing in them is a wildcard.
 *
 * Every promise here is a rule in docs/spec/brokers.md, and `describeBroker` of `parlor/testing` checks them all.
 */
export interface PubSub {
  /** Names this node among those that share the backend. */
  readonly origin: string;
  readonly status: PubSubStatus;
  /** Calls `listener` with every later status, until the returned function is called. */
  onStatus(listener: (status: PubSubStatus) => void): () => void;
  /** Resolves when the backend has the message. Rejects when it cannot be had, and after `close`. */
  publish(topic: string, data: Uint8Array | string): Promise<void>;
  /** Resolves when the backend has confirmed it: what is published from then on is heard. */
  subscribe(topic: string, listener: (message: PubSubMessage) => void): Promise<Subscription>;
  /** Ends all subscriptions. Safe to call twice. */
  close(): Promise<void>;
}
