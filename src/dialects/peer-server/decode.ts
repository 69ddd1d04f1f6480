import type { Command, Criteria } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import { peerId, type RoomId, roomId } from "../../core/ids.ts";
import { jsonPayload, type Payload } from "../../core/payload.ts";
import { NAMESPACE, PRIVATE_ROOM } from "../../core/policy.ts";
import { memberText } from "../../lib/json-text.ts";
import type { PeerServerSettings } from "./settings.ts";
import {
  badMessage,
  type Envelope,
  optionalRecord,
  optionalText,
  optionalTexts,
  optionalWhole,
  payloadOf,
} from "./wire.ts";

/** One registered peer's message as a command. `text` is the whole message, whose payloads are passed on as they are. */
type Decoder = (envelope: Envelope, text: string, settings: PeerServerSettings) => Command;

/** Members listed when a `discover` says nothing else. */
const DEFAULT_LIMIT = 50;

function name(text: string | undefined, what: string, { maxNameLength }: PeerServerSettings): RoomId {
  if (!text) throw badMessage(`${what} required`);
  if (text.length > maxNameLength) throw badMessage(`${what} too long`);
  return roomId(text);
}

/** A field that is only shown. */
function label(fields: Readonly<Record<string, unknown>>, key: string, wrong: string, max: number) {
  const text = optionalText(fields, key, wrong);
  if (text && text.length > max) throw badMessage(`${key} too long`);
  return text;
}

function rawPayload(text: string): Payload | undefined {
  const raw = memberText(text, "payload");
  return raw === undefined ? undefined : jsonPayload(raw);
}

function criteriaOf(fields: Readonly<Record<string, unknown>>): Criteria {
  const criteria = optionalRecord(fields, "criteria", "invalid match payload") ?? {};
  for (const value of Object.values(criteria)) {
    // A number too large for JSON's readers would be equal to every other such number.
    const isScalar = typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
    if (!isScalar) throw badMessage("invalid match payload");
  }
  return criteria as Criteria;
}

function namespaceMember(envelope: Envelope, namespace: string | undefined): string {
  return namespace && envelope.namespace === namespace ? `"namespace":${JSON.stringify(namespace)},` : "";
}

const toOne =
  (type: "signal" | "relay"): Decoder =>
  (envelope, text) => {
    if (!envelope.to) throw badMessage("target peer required");
    const data = rawPayload(text);
    return envelope.namespace
      ? { type, to: envelope.to, data, room: roomId(envelope.namespace) }
      : { type, to: envelope.to, data };
  };

const decoders: Readonly<Record<string, Decoder>> = {
  join(envelope, _text, settings) {
    const wrong = "invalid join payload";
    const fields = payloadOf(envelope, wrong);
    const namespace = optionalText(fields, "namespace", wrong);
    const app = label(fields, "app_type", wrong, settings.maxNameLength);
    const version = label(fields, "version", wrong, settings.maxNameLength);
    const metadata = optionalRecord(fields, "meta", wrong);
    return {
      type: "join",
      room: name(namespace, "namespace", settings),
      create: { ...NAMESPACE, capacity: settings.namespaceCapacity },
      profile: { ...(app && { app }), ...(version && { version }), ...(metadata && { metadata }) },
    };
  },

  leave(envelope, _text, settings) {
    const wrong = "invalid leave payload";
    return {
      type: "leave",
      room: name(optionalText(payloadOf(envelope, wrong), "namespace", wrong), "namespace", settings),
    };
  },

  discover(envelope, _text, settings) {
    const wrong = "invalid discover payload";
    const fields = payloadOf(envelope, wrong);
    const asked = optionalWhole(fields, "limit", wrong) ?? 0;
    const limit = Math.min(asked > 0 ? asked : DEFAULT_LIMIT, settings.discoverMaxLimit);
    // An empty name is nobody's namespace: an empty list, as for any other that nobody is in.
    return { type: "discover", room: roomId(optionalText(fields, "namespace", wrong) ?? ""), limit };
  },

  signal: toOne("signal"),
  relay: toOne("relay"),

  broadcast(envelope, text, settings) {
    const wrong = "invalid broadcast payload";
    const fields = payloadOf(envelope, wrong);
    const namespace = optionalText(fields, "namespace", wrong) || envelope.namespace;
    const except = optionalTexts(fields, "exclude", wrong);
    const raw = memberText(text, "payload") ?? "null";
    return {
      type: "broadcast",
      room: name(namespace, "namespace", settings),
      data: new BroadcastData(raw),
      // A top-level namespace comes back when it is the true one; the original passes on any.
      verbatim: { dialect: "peer-server", text: `${namespaceMember(envelope, namespace)}"payload":${raw}` },
      ...(except && { except }),
    };
  },

  metadata(envelope) {
    const wrong = "invalid metadata payload";
    const fields = payloadOf(envelope, wrong);
    // The original's own client sends the bare object, without `meta` around it.
    const metadata = Object.hasOwn(fields, "meta") ? optionalRecord(fields, "meta", wrong) : fields;
    return { type: "set-metadata", metadata: metadata ?? {} };
  },

  match(envelope, _text, settings) {
    const wrong = "invalid match payload";
    const fields = payloadOf(envelope, wrong);
    const size = Math.max(2, optionalWhole(fields, "group_size", wrong) ?? 2);
    if (size > settings.maxGroupSize) throw badMessage(`group_size must be at most ${settings.maxGroupSize}`);
    return {
      type: "match",
      pool: optionalText(fields, "namespace", wrong) ?? "",
      size,
      criteria: criteriaOf(fields),
    };
  },

  match_cancel(envelope) {
    if (envelope.payload === undefined) return { type: "cancel-match" };
    const wrong = "invalid match_cancel payload";
    const pool = optionalText(payloadOf(envelope, wrong), "namespace", wrong);
    return pool === undefined ? { type: "cancel-match" } : { type: "cancel-match", pool };
  },

  create_room(envelope, _text, settings) {
    const wrong = "invalid create_room payload";
    const fields = payloadOf(envelope, wrong);
    const id = optionalText(fields, "room_id", wrong);
    const size = optionalWhole(fields, "max_size", wrong) ?? 0;
    const capacity = Math.min(size > 0 ? size : settings.roomDefaultSize, settings.roomMaxSize);
    return {
      type: "create-room",
      room: name(id, "room_id", settings),
      policy: { ...PRIVATE_ROOM, capacity, banAfterKick: settings.banAfterKick },
      profile: { app: "room" },
    };
  },

  join_room(envelope, _text, settings) {
    const wrong = "invalid join_room payload";
    const id = optionalText(payloadOf(envelope, wrong), "room_id", wrong);
    return { type: "join", room: name(id, "room_id", settings), kind: "room", profile: { app: "room" } };
  },

  room_info(envelope, _text, settings) {
    const wrong = "invalid room_info payload";
    const id = optionalText(payloadOf(envelope, wrong), "room_id", wrong);
    return { type: "room-info", room: name(id, "room_id", settings), kind: "room" };
  },

  kick(envelope) {
    const wrong = "invalid kick payload";
    const fields = payloadOf(envelope, wrong);
    const id = optionalText(fields, "room_id", wrong);
    const fingerprint = optionalText(fields, "fingerprint", wrong);
    if (!id || !fingerprint) throw badMessage("room_id and fingerprint required");
    return { type: "kick", room: roomId(id), peer: peerId(fingerprint), kind: "room" };
  },

  ping: () => ({ type: "ping" }),
};

/**
 * A registered peer's message as a command.
 *
 * @throws {Refusal} `bad_message` with the original's text; `unknown_command`.
 */
export function decode(envelope: Envelope, text: string, settings: PeerServerSettings): Command {
  const decoder = Object.hasOwn(decoders, envelope.type) ? decoders[envelope.type] : undefined;
  if (!decoder) throw new Refusal("unknown_command");
  return decoder(envelope, text, settings);
}

/** The `data` of a broadcast, cut out only when a speaker of another language needs it. */
class BroadcastData {
  readonly form = "json";
  #data: string | undefined;

  constructor(readonly payload: string) {}

  get text(): string {
    this.#data ??= memberText(this.payload, "data") ?? "null";
    return this.#data;
  }
}
