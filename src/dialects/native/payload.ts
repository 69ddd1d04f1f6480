import type { Payload } from "../../core/payload.ts";
import { isDeeperThan } from "../../lib/json-text.ts";
import { MsgpackError } from "../msgpack-cursor.ts";
import { MAX_DEPTH, unpack } from "../msgpack-reader.ts";
import { pack } from "./msgpack-writer.ts";

/** How JSON writes bytes: an object with this one field, in base64. */
const BYTES = "$bytes";

/** A payload as JSON text. */
export function payloadText(payload: Payload): string {
  switch (payload.form) {
    case "json":
      return payload.text;
    case "bytes":
      return JSON.stringify(jsonBytes(payload.bytes));
    case "msgpack":
      return JSON.stringify(unpacked(payload.bytes), (_key, value: unknown) =>
        value instanceof Uint8Array ? jsonBytes(value) : value,
      );
  }
}

/** A payload as the bytes of one MessagePack value. */
export function payloadBytes(payload: Payload): Uint8Array {
  switch (payload.form) {
    case "msgpack":
      return payload.bytes;
    case "bytes":
      return pack(payload.bytes);
    case "json":
      // Peers of other languages may nest deeper than it is safe to walk: those values arrive as their text.
      if (isDeeperThan(payload.text, MAX_DEPTH)) return pack(payload.text);
      return pack(JSON.parse(payload.text, (_key, value: unknown) => bytesIn(value) ?? value));
  }
}

/** The value of MessagePack bytes; the bytes themselves where they hold what this protocol does not take. */
function unpacked(bytes: Uint8Array): unknown {
  try {
    return unpack(bytes);
  } catch (error) {
    if (error instanceof MsgpackError) return bytes;
    throw error;
  }
}

const jsonBytes = (bytes: Uint8Array) => ({ [BYTES]: toBase64(bytes) });

/** The bytes that a JSON value stands for, if it stands for bytes. */
function bytesIn(value: unknown): Uint8Array | undefined {
  if (typeof value !== "object" || value === null || !(BYTES in value)) return undefined;
  const text = value[BYTES];
  if (typeof text !== "string" || Object.keys(value).length !== 1) return undefined;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    // Not base64: somebody's own object that happens to look like ours.
    return undefined;
  }
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return btoa(binary);
}
