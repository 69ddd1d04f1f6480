import { MsgpackCursor, MsgpackError } from "../msgpack-cursor.ts";

/** Deeper nesting is not converted. */
const MAX_DEPTH = 128;

/**
 * One MessagePack value as JSON text, or `undefined` when JSON cannot say it: bytes, extensions, keys that are not text,
 * numbers that are not finite, broken UTF-8, nesting beyond 128 levels, or bytes that are no value or more than one.
 * Whole numbers keep all of their 64 bits, and maps the order of their keys.
 */
export function msgpackToJson(bytes: Uint8Array): string | undefined {
  const cursor = new MsgpackCursor(bytes);
  try {
    const text = valueAt(cursor, 0);
    cursor.end();
    return text;
  } catch (error) {
    if (error instanceof MsgpackError) return undefined;
    throw error;
  }
}

/** @throws {MsgpackError} when JSON has no word for what comes next. */
function valueAt(cursor: MsgpackCursor, depth: number): string {
  if (depth > MAX_DEPTH) throw new MsgpackError("nested too deeply");
  const head = cursor.byte();
  if (head < 0x80) return String(head);
  if (head >= 0xe0) return String(head - 0x100);
  const text = cursor.textSize(head);
  if (text !== undefined) return JSON.stringify(cursor.text(text));
  const array = cursor.arraySize(head);
  if (array !== undefined) {
    return `[${Array.from({ length: array }, () => valueAt(cursor, depth + 1)).join(",")}]`;
  }
  const map = cursor.mapSize(head);
  if (map !== undefined) {
    const member = () => `${JSON.stringify(cursor.key())}:${valueAt(cursor, depth + 1)}`;
    return `{${Array.from({ length: map }, member).join(",")}}`;
  }
  return scalarText(cursor.scalar(head));
}

function scalarText(value: number | bigint | boolean | null): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new MsgpackError("JSON has only finite numbers");
  }
  return Object.is(value, -0) ? "-0.0" : String(value);
}
