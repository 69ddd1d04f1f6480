import type { Relay, RelayOptions } from "./relay.ts";

/**
 * Opens a line to a session's relay over the best that works: WebTransport, QUIC, WebSocket. The code for it is loaded when
 * it is first used.
 *
 * @throws {ParlorError} `no_carrier` when nothing works; `unauthorized`, `forbidden`, `peer_taken` and so on when the server
 *   answers no, and then nothing else is tried.
 */
export async function openRelay(options: RelayOptions): Promise<Relay> {
  const relay = await import("./relay.ts");
  return await relay.openRelay(options);
}
