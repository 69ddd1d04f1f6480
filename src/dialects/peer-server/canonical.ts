import type { Command } from "../../core/commands.ts";
import { jsonPayload } from "../../core/payload.ts";

const RELAY = '{"type":"relay","to":"';
const SIGNAL = '{"type":"signal","to":"';
const PAYLOAD = ',"payload":';
const CLOSING_BRACE = 125;

/** Printable ASCII that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]+$/;

/**
 * A relay or signal written as `JSON.stringify({ type, to, payload })` writes it; `undefined` for everything else,
 * right or wrong, which the general decoder takes care of.
 *
 * Most messages of a busy server look like this, and only their payload has to be parsed: when that is one JSON value,
 * the whole is one object of just these three members, so nothing else can hide in what is passed on.
 */
export function decodeCanonical(text: string): Command | undefined {
  const type = text.startsWith(RELAY) ? "relay" : text.startsWith(SIGNAL) ? "signal" : undefined;
  if (type === undefined || text.charCodeAt(text.length - 1) !== CLOSING_BRACE) return undefined;
  const toAt = type === "relay" ? RELAY.length : SIGNAL.length;
  const toEnd = text.indexOf('"', toAt);
  if (!text.startsWith(PAYLOAD, toEnd + 1)) return undefined;
  const to = text.slice(toAt, toEnd);
  if (!PLAIN.test(to)) return undefined;

  const payload = text.slice(toEnd + 1 + PAYLOAD.length, -1);
  try {
    JSON.parse(payload);
  } catch {
    return undefined;
  }
  return { type, to, data: jsonPayload(payload) };
}
