import { utf8Bytes, utf8Text } from "../lib/utf8.ts";
import type { ErrorCode } from "./errors.ts";
import { encodeRelayFrame, type RelayFrame } from "./relay-frame.ts";

/** What the server itself says on a line: the payload of a frame without `from`, as JSON. */
export type RelayWord =
  /** The line is open. `key` lets the same peer take its place back from another line. */
  | {
      readonly type: "joined";
      readonly key: string;
      /** The others in the session. */
      readonly peers: readonly string[];
      /** What may be under way on each stream; see `relayCost`. */
      readonly windowBytes: number;
      /** Longest frame. */
      readonly maxFrameBytes: number;
    }
  | { readonly type: "peer-joined"; readonly peer: string }
  | { readonly type: "peer-left"; readonly peer: string }
  /** On the stream that it came on, that much was passed on. */
  | { readonly type: "credit"; readonly bytes: number }
  /** A frame was not passed on. */
  | { readonly type: "refused"; readonly code: ErrorCode; readonly to: string; readonly seq: string }
  /** The line is over, while others on the same connection are not: the code of its end, and why. The last word. */
  | { readonly type: "ended"; readonly code: number; readonly reason: string };

/** What a frame counts for: its bytes with prefix, and about what the network adds to each. */
export function relayCost(recordBytes: number): number {
  return recordBytes + 64;
}

/** The frame in which the server says `word` to `to`. */
export function wordFrame(word: RelayWord, { session, to }: { session: string; to: string }): Uint8Array {
  return encodeRelayFrame({ session, from: "", to, payload: utf8Bytes(JSON.stringify(word)), seq: 0n });
}

/** What the server says with a frame; `undefined` when it is a peer's, or a word of a later version. */
export function wordOf({ from, payload }: RelayFrame): RelayWord | undefined {
  if (from !== "") return undefined;
  try {
    const word: unknown = JSON.parse(utf8Text(payload) ?? "");
    return typeof word === "object" && word !== null && "type" in word && WORDS.has(String(word.type))
      ? (word as RelayWord)
      : undefined;
  } catch {
    return undefined;
  }
}

const WORDS: ReadonlySet<string> = new Set<RelayWord["type"]>([
  "joined",
  "peer-joined",
  "peer-left",
  "credit",
  "refused",
  "ended",
]);
