import { peerId } from "../../core/ids.ts";
import { type Fields, flag, optionalWord, uuid } from "./envelope.ts";
import { Fault, Gibberish, type WireCode } from "./fault.ts";
import { type Place, placeIn, type Talk } from "./talk.ts";

/**
 * `Signal`, which a server that only relays never passes on: always a refusal, found in the order of rule SF90.
 *
 * @param raw  the payload as it arrived.
 */
export function refuseSignal(fields: Fields, signalText: string | undefined, talk: Talk): never {
  const to = uuid(fields, "to");
  uuid(fields, "generation");
  if (signalText === undefined) throw new Gibberish();

  const { window, now, settings } = talk;
  const [code, text] = signalFlaw({ to, bytes: Buffer.byteLength(signalText) }, talk);
  if (window.count("signal-error", now) >= settings.maxSignalErrors) {
    throw new Fault("SIGNAL_RATE_LIMITED", "Too many signals that lead nowhere");
  }
  window.add("signal-error", now);
  throw new Fault(code, text);
}

function signalFlaw(
  { to, bytes }: { to: string; bytes: number },
  { settings, place, peer }: Talk,
): [WireCode, string] {
  if (bytes > settings.maxSignalBytes) return ["SIGNAL_TOO_LARGE", "Signal is too large"];
  if (place?.role !== "member") return ["NOT_IN_ROOM", "Not in a room"];
  const target = peer.space.peers.get(peerId(to));
  const there = target && placeIn(target);
  if (to === peer.id || !there) return ["SIGNAL_TARGET_NOT_FOUND", "Nobody of that id is in a room"];
  if (there.room !== place.room) return ["CROSS_ROOM_SIGNAL", "That player is in another room"];
  return ["UNSUPPORTED_TRANSPORT", "WebRTC was not negotiated"];
}

/** By which way a player's data goes, or `undefined` for a report that concerns nobody. */
export function transportReport(
  fields: Fields,
  { version, place }: Pick<Talk, "version"> & { place: Place | undefined },
) {
  const transport = optionalWord(fields, "transport", ["relay", "direct", "webrtc"]);
  const connected = flag(fields, "connected");
  if (transport === undefined) throw new Gibberish();
  // A server that only relays negotiates `relay` and nothing else.
  if (version === 2 || transport !== "relay" || place?.role !== "member") return undefined;
  return { transport, connected } as const;
}
