import type { LinkFault } from "./link.ts";

/** The most bytes of a reason that fit into a close frame (RFC 6455 § 5.5). */
const MAX_REASON_BYTES = 123;

/** A close code as it may go out on the wire; `undefined` stands for a close frame without a code. */
export function closeCode(code: number): number | undefined {
  if (code === 1005) return undefined;
  const isRegistered = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1006;
  const isOurs = code >= 3000 && code <= 4999;
  return Number.isInteger(code) && (isRegistered || isOurs) ? code : 1011;
}

/** A reason cut to what a close frame holds, never in the middle of a character. */
export function closeReason(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.byteLength <= MAX_REASON_BYTES) return reason;
  let end = MAX_REASON_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

/** What an error of `ws` means, and the close code and reason that go with it. */
export function faultOf(error: Error & { code?: string }): { is: LinkFault; code: number; reason: string } {
  switch (error.code) {
    case "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH":
    case "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH":
      return { is: "message_too_large", code: 1009, reason: "message is too large" };
    case "WS_ERR_TOO_MANY_BUFFERED_PARTS":
      return { is: "protocol_error", code: 1008, reason: "too many fragments" };
    case "WS_ERR_INVALID_UTF8":
      return { is: "protocol_error", code: 1007, reason: "text is not valid UTF-8" };
    default:
      return { is: "protocol_error", code: 1002, reason: "the WebSocket protocol was broken" };
  }
}
