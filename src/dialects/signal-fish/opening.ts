import type { Random } from "../../core/random.ts";
import { offeredSubprotocols } from "../../lib/subprotocols.ts";
import type { Opening, OpeningAnswer } from "../dialect.ts";
import { Binding, NONCE_BYTES } from "./binding.ts";
import { Fault } from "./fault.ts";
import type { SignalFishSettings } from "./settings.ts";

/** Tells clients, before the first message, how large the messages may be that they are sent. */
const OUTBOUND_HEADER = "x-signal-fish-max-outbound-message-size";

const WEBSOCKET_KEY_BYTES = 16;

/** Whether a link may open, and what it is answered: rules SF105, SF110 and SF116. */
export function answerOpening(opening: Opening, settings: SignalFishSettings): OpeningAnswer {
  const { binding, maxOutboundBytes } = settings;
  const headers = { [OUTBOUND_HEADER]: String(maxOutboundBytes) };
  if (!binding) return { accept: true, headers };

  const offered = offeredSubprotocols(opening.headers["sec-websocket-protocol"]) ?? [];
  const subprotocol = offered.find((name) => isSame(name, binding.subprotocol));
  if (binding.requireFingerprint && opening.clientFingerprint === undefined) {
    return { accept: false, status: 401, text: "A client certificate is required.\n" };
  }
  if (subprotocol === undefined) {
    // Who could leave the proofs out would not be held to its certificate either.
    if (!binding.isRequired && !binding.requireFingerprint) return { accept: true, headers };
    return { accept: false, status: 400, text: `The subprotocol ${binding.subprotocol} is required.\n` };
  }
  if (keyOf(opening) === undefined) {
    return { accept: false, status: 400, text: "Sec-WebSocket-Key must be 16 bytes in base64.\n" };
  }
  return { accept: true, subprotocol, headers };
}

/**
 * The binding of a link that has agreed on one.
 *
 * @throws {Fault} for a link that should have, and came in by another way than an upgrade.
 */
export function bindingOf(
  opening: Opening,
  { settings, random }: { readonly settings: SignalFishSettings; readonly random: Random },
): Binding | undefined {
  const { binding } = settings;
  if (!binding) return undefined;
  const webSocketKey = keyOf(opening);
  if (webSocketKey === undefined || !isSame(opening.subprotocol ?? "", binding.subprotocol)) {
    if (!binding.isRequired && !binding.requireFingerprint) return undefined;
    throw new Fault("UNAUTHORIZED", "Token binding is required", "close");
  }
  const { scheme, requireFingerprint } = binding;
  const fingerprint = opening.clientFingerprint;
  return new Binding({
    scheme,
    webSocketKey,
    nonce: random.bytes(NONCE_BYTES),
    fingerprint,
    requireFingerprint,
  });
}

/** What a link proves besides its words; `undefined`: nothing. A binding has keys of its own for every link. */
export function bondOf({ clientFingerprint }: Opening, binding: Binding | undefined): string | undefined {
  if (!binding) return clientFingerprint;
  return `bound ${clientFingerprint ?? ""}`;
}

function keyOf({ headers }: Opening): string | undefined {
  const key = headers["sec-websocket-key"];
  return key !== undefined && Buffer.from(key, "base64").length === WEBSOCKET_KEY_BYTES ? key : undefined;
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
