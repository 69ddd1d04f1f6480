import { fieldsOf, textOf } from "./wire.ts";

/** What two playgrounds say to each other, by either way. */
export type Talk =
  | { readonly kind: "chat"; readonly id: string; readonly text: string; readonly sentAt: number }
  /** The chat message with this id has arrived. */
  | { readonly kind: "ack"; readonly id: string }
  /** Asks for a pong by the same way, to measure it. */
  | { readonly kind: "ping"; readonly id: string }
  | { readonly kind: "pong"; readonly id: string };

/** The way a message travelled: from tab to tab, or through the server. */
export type Way = "direct" | "relay";

export const MAX_TEXT = 2000;

/** Reads what a peer said; `undefined` when it is not of this language. */
export function talkOf(value: unknown): Talk | undefined {
  const { kind, id: rawId, text: rawText, sentAt } = fieldsOf(value);
  const id = textOf(rawId, 64);
  if (!id) return undefined;
  switch (kind) {
    case "chat": {
      const text = textOf(rawText, MAX_TEXT);
      if (!text) return undefined;
      return { kind, id, text, sentAt: typeof sentAt === "number" && Number.isFinite(sentAt) ? sentAt : 0 };
    }
    case "ack":
    case "ping":
    case "pong":
      return { kind, id };
    default:
      return undefined;
  }
}

/** An id nobody else will choose. `crypto.randomUUID` exists in secure contexts only. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
