import { memberText } from "../../lib/json-text.ts";

/** What a client says: `data` as the text that arrived, and what it calls itself, which nobody believes. */
export interface Envelope {
  readonly dataText: string;
  /** The `type` of data that is an object with one: the application's name of the message. */
  readonly name: string | undefined;
}

/** Longest `type` that counts as a name. */
const MAX_NAME_LENGTH = 128;

/** `{"from":text,"data":anything}`; `undefined` for everything else. */
export function parseEnvelope(text: string): Envelope | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { from, data } = value as Readonly<Record<string, unknown>>;
  if (typeof from !== "string" || data === undefined) return undefined;
  return { dataText: memberText(text, "data") ?? JSON.stringify(data), name: nameOf(data) };
}

function nameOf(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { type } = data as Readonly<Record<string, unknown>>;
  return typeof type === "string" && type !== "" && type.length <= MAX_NAME_LENGTH ? type : undefined;
}
