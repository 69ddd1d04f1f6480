import { bytesOf } from "../lib/bytes-of.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { ParlorError } from "./errors.ts";
import type { Wire } from "./line.ts";

export type Encoding = "json" | "msgpack";

/** Any frame: an object whose `t` says what it is. */
export interface AnyFrame {
  readonly t: string;
  readonly [field: string]: unknown;
}

/** Frames to bytes and back. */
export interface Codec {
  readonly encoding: Encoding;
  encode(frame: AnyFrame): Wire;
  /** The same frame with `q` in it. Frames are encoded when they are queued, numbered when they are sent. */
  number(wire: Wire, q: number): Wire;
  /** @throws {ParlorError} `bad_frame` */
  decode(wire: Wire): AnyFrame;
}

export const jsonCodec: Codec = {
  encoding: "json",
  encode: toJson,
  number: (wire, q) => `{"q":${q},${(wire as string).slice(1)}`,
  decode: fromJson,
};

/** Loads the MessagePack codec, or answers the JSON codec at once. */
export async function loadCodec(encoding: Encoding): Promise<Codec> {
  if (encoding === "json") return jsonCodec;
  const { msgpackCodec } = await import("./codec-msgpack.ts");
  return msgpackCodec;
}

/** @throws {ParlorError} `bad_frame` */
export function frameOf(value: unknown): AnyFrame {
  if (typeof value === "object" && value !== null && "t" in value && typeof value.t === "string") {
    return value as AnyFrame;
  }
  throw new ParlorError("bad_frame");
}

function toJson(frame: AnyFrame): string {
  return JSON.stringify(frame, jsonBytes);
}

/** A replacer. It looks at the value itself: what arrives as argument may be its `toJSON`, as that of Node's `Buffer`. */
function jsonBytes(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const bytes = typeof value === "object" ? bytesOf(this[key]) : undefined;
  return bytes ? { $bytes: toBase64(bytes) } : value;
}

function fromJson(wire: Wire): AnyFrame {
  if (typeof wire !== "string") throw new ParlorError("bad_frame");
  // A reviver makes parsing several times slower: only where there are bytes to be found.
  const revive = wire.includes('"$bytes"') ? reviveBytes : undefined;
  try {
    return frameOf(JSON.parse(wire, revive));
  } catch (cause) {
    throw cause instanceof ParlorError ? cause : new ParlorError("bad_frame", { cause });
  }
}

function reviveBytes(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$bytes" in value)) return value;
  if (typeof value.$bytes !== "string" || Object.keys(value).length !== 1) return value;
  try {
    return fromBase64(value.$bytes);
  } catch {
    // Somebody's own field of that name.
    return value;
  }
}
