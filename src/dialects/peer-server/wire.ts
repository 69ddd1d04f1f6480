import { Refusal } from "../../core/errors.ts";
import type { Metadata } from "../../core/metadata.ts";
import type { Incoming } from "../../lib/frame.ts";

/** The envelope of every message in both directions. Server-made messages carry no `ts`. */
export interface Envelope {
  readonly type: string;
  readonly to: string | undefined;
  readonly namespace: string | undefined;
  /** `undefined` when the key is missing, `null` when it says so. */
  readonly payload: unknown;
}

/** A refusal in the words of the original: the message is clear to its clients, the code is always 400. */
export function badMessage(text: string): Refusal {
  return new Refusal("bad_message", { text });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The text of a message; a binary message is taken for the UTF-8 of its text. */
export function textOf(message: Incoming): string {
  if (typeof message === "string") return message;
  try {
    return utf8.decode(message);
  } catch (cause) {
    throw new Refusal("bad_message", { text: "invalid message" }, { cause });
  }
}

/** @throws {Refusal} `invalid message` for what is not one JSON object (or `null`) with text fields. */
export function parseEnvelope(text: string): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Refusal("bad_message", { text: "invalid message" }, { cause });
  }
  if (value === null) return { type: "", to: undefined, namespace: undefined, payload: undefined };
  if (!isRecord(value)) throw badMessage("invalid message");
  return {
    type: optionalText(value, "type", "invalid message") ?? "",
    to: optionalText(value, "to", "invalid message"),
    namespace: optionalText(value, "namespace", "invalid message"),
    payload: Object.hasOwn(value, "payload") ? value.payload : undefined,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const own = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

/** The payload as an object; `null` has no fields. `text` says what is wrong with any other. */
export function payloadOf(envelope: Envelope, text: string): Fields {
  if (envelope.payload === null) return {};
  if (!isRecord(envelope.payload)) throw badMessage(text);
  return envelope.payload;
}

/** A field of text; missing and `null` are `undefined`. */
export function optionalText(fields: Fields, name: string, text: string): string | undefined {
  const value = own(fields, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw badMessage(text);
  return value;
}

/** An object; missing and `null` are `undefined`. */
export function optionalRecord(fields: Fields, name: string, text: string): Metadata | undefined {
  const value = own(fields, name);
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw badMessage(text);
  return value;
}

/** A whole number; missing and `null` are `undefined`. */
export function optionalWhole(fields: Fields, name: string, text: string): number | undefined {
  const value = own(fields, name);
  if (value === undefined || value === null) return undefined;
  if (!Number.isSafeInteger(value)) throw badMessage(text);
  return value as number;
}

/** A list of texts, or one text; missing and `null` are `undefined`. */
export function optionalTexts(fields: Fields, name: string, text: string): readonly string[] | undefined {
  const value = own(fields, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return [value];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) throw badMessage(text);
  return value;
}
