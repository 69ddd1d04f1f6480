import type { Incoming } from "./frame.ts";

/** Whether a message takes more than `enough` bytes on the wire, as UTF-8. Counts only when the number of characters leaves doubt. */
export function isLargerThan(message: Incoming, enough: number): boolean {
  if (typeof message !== "string") return message.byteLength > enough;
  if (message.length * 3 <= enough) return false;
  let bytes = message.length;
  for (let at = 0; at < message.length && bytes <= enough; at++) {
    const code = message.charCodeAt(at);
    // Both halves of a surrogate pair take two bytes.
    if (code >= 0x800 && (code < 0xd800 || code > 0xdfff)) bytes += 2;
    else if (code >= 0x80) bytes++;
  }
  return bytes > enough;
}
