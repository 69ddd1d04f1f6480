import type { ServerFrames } from "../dialects/native/wire.ts";
import { openRelay, type Relay, type RelayOptions } from "./relay.ts";
import type { RoomOwner } from "./room-owner.ts";

/** What may be said about a line to the relay of a room; all else the server knows. */
export type RoomRelayOptions = Pick<
  RelayOptions,
  "carriers" | "ca" | "WebSocket" | "openWithinMs" | "signal"
>;

/** Opens this peer's line to the relay of a room that it is in. @throws {ParlorError} as `openRelay` does. */
export async function openRoomRelay(
  { owner, room }: { readonly owner: RoomOwner; readonly room: string },
  options: RoomRelayOptions,
): Promise<Relay> {
  const { signal } = options;
  const frame: unknown = await owner.request({ t: "relay", room }, { numbered: false, signal });
  const { session, peer, token, ws, url, hash } = frame as ServerFrames["relay"];
  const webSocketUrl = new URL(ws, owner.url).href;
  return await openRelay({ ...options, session, peer, token, webSocketUrl, url, certificateHash: hash });
}
