import { type Fields, optionalText, optionalWord, text } from "./envelope.ts";
import { Gibberish } from "./fault.ts";

const TRANSPORTS = ["tcp", "udp", "websocket", "auto"] as const;

function whole(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 65_535)
    throw new Gibberish();
  return value;
}

/** How a player is reached, in the words and the order in which others are told. */
const KINDS: Readonly<Record<string, (fields: Fields) => object>> = {
  direct: (fields) => ({ type: "direct", host: text(fields, "host"), port: whole(fields, "port") }),
  unity_relay: (fields) => ({
    type: "unity_relay",
    allocation_id: text(fields, "allocation_id"),
    connection_data: text(fields, "connection_data"),
    key: text(fields, "key"),
  }),
  relay(fields) {
    const hasClient = fields.client_id !== undefined && fields.client_id !== null;
    return {
      type: "relay",
      host: text(fields, "host"),
      port: whole(fields, "port"),
      transport: optionalWord(fields, "transport", TRANSPORTS) ?? "auto",
      allocation_id: text(fields, "allocation_id"),
      token: text(fields, "token"),
      ...(hasClient && { client_id: whole(fields, "client_id") }),
    };
  },
  webrtc(fields) {
    const candidates = fields.ice_candidates;
    if (!Array.isArray(candidates) || candidates.some((each) => typeof each !== "string"))
      throw new Gibberish();
    return { type: "webrtc", sdp: optionalText(fields, "sdp") ?? null, ice_candidates: candidates };
  },
  custom(fields) {
    if (fields.data === undefined) throw new Gibberish();
    return { type: "custom", data: fields.data };
  },
};

/** The JSON text of a ConnectionInfo. @throws {Gibberish} for what is none. */
export function connectionInfo(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Gibberish();
  const fields = value as Fields;
  const kind = text(fields, "type");
  const read = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!read) throw new Gibberish();
  try {
    return JSON.stringify(read(fields));
  } catch (error) {
    // Nested deeper than JSON can be written.
    throw error instanceof RangeError ? new Gibberish() : error;
  }
}
