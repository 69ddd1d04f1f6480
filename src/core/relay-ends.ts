/** Why the relay ends a line: the code of the QUIC or WebTransport close, and whether to come back. */
export const RELAY_ENDS = {
  left: { code: 0, comeBack: false, text: "goodbye" },
  draining: { code: 1, comeBack: true, text: "the server is stopping, or has a new certificate" },
  idle: { code: 2, comeBack: true, text: "nothing was said for too long" },
  admission_timeout: { code: 3, comeBack: true, text: "no join token came in time" },
  server_full: { code: 4, comeBack: true, text: "the server has no free place" },
  unauthorized: { code: 16, comeBack: false, text: "the join token was not accepted" },
  forbidden: { code: 17, comeBack: false, text: "the join token is not good for that" },
  peer_taken: { code: 18, comeBack: false, text: "that peer id is in use" },
  replaced: { code: 19, comeBack: false, text: "the same peer came back on another line" },
  bad_frame: { code: 20, comeBack: false, text: "bytes that are no frame" },
  overrun: { code: 21, comeBack: true, text: "more was sent than there was credit for" },
  internal: { code: 32, comeBack: true, text: "the server failed" },
} as const satisfies Record<string, { code: number; comeBack: boolean; text: string }>;

export type RelayEnd = keyof typeof RELAY_ENDS;

/** A line cannot go on. */
export class LineEnded extends Error {
  override readonly name = "LineEnded";

  constructor(readonly end: RelayEnd) {
    super(RELAY_ENDS[end].text);
  }
}
