import type { Frame, Incoming } from "../lib/frame.ts";
import { PREFIX_BYTES } from "../lib/length-prefix.ts";

/** What a record holds, by its first byte: text, bytes, or a close code (16 bits) with its reason. */
const KIND = { text: 0, bytes: 1, close: 2 } as const;

/** A message that is split over many packets still has this much overhead: its kind. */
export const KIND_BYTES = 1;

/** What a frame takes on the stream, in bytes. */
export function sizeOf({ data }: Frame): number {
  const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
  return PREFIX_BYTES + KIND_BYTES + bytes;
}

/** A message as it is written. */
export function recordOf(frame: Frame): Uint8Array {
  const { data } = frame;
  const isText = typeof data === "string";
  const record = Buffer.allocUnsafe(sizeOf(frame));
  record.writeUInt32BE(record.length - PREFIX_BYTES);
  record[PREFIX_BYTES] = isText ? KIND.text : KIND.bytes;
  if (isText) record.write(data, PREFIX_BYTES + KIND_BYTES);
  else record.set(data, PREFIX_BYTES + KIND_BYTES);
  return record;
}

/** The last record: why the link ends. */
export function closeRecord(code: number, reason: string): Uint8Array {
  const words = Buffer.from(reason);
  const record = Buffer.alloc(PREFIX_BYTES + KIND_BYTES + 2 + words.length);
  record.writeUInt32BE(record.length - PREFIX_BYTES);
  record[PREFIX_BYTES] = KIND.close;
  record.writeUInt16BE(code, PREFIX_BYTES + KIND_BYTES);
  words.copy(record, PREFIX_BYTES + KIND_BYTES + 2);
  return record;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Why the peer ends the link, where that is what a record says. */
export function closeIn(kind: number | undefined, content: Uint8Array) {
  if (kind !== KIND.close || content.length < 2) return undefined;
  const code = ((content[0] ?? 0) << 8) | (content[1] ?? 0);
  return { code, reason: Buffer.from(content.subarray(2)).toString() };
}

/** The message of a record; bytes are a copy, which keeps no larger buffer alive. */
export function messageOf(kind: number | undefined, content: Uint8Array): Incoming | undefined {
  if (kind === KIND.bytes) return new Uint8Array(content);
  if (kind !== KIND.text) return undefined;
  try {
    return strict.decode(content);
  } catch {
    return undefined;
  }
}
