import type { Incoming } from "../lib/frame.ts";

/** Whether a message is within `maxBytes`, counted as UTF-8. Counts only when the number of characters leaves doubt. */
export function fits(data: Incoming, maxBytes: number): boolean {
  if (typeof data !== "string") return data.byteLength <= maxBytes;
  if (data.length * 3 <= maxBytes) return true;
  return data.length <= maxBytes && Buffer.byteLength(data) <= maxBytes;
}
