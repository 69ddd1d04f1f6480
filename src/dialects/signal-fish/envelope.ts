import type { Incoming } from "../../lib/frame.ts";
import { Gibberish } from "./fault.ts";

/** One message: its type, and its payload as a value and as text. */
export interface Envelope {
  readonly type: string;
  readonly data: Fields | undefined;
  /** The payload as it arrived; empty when there is none. */
  readonly raw: string;
}

export type Fields = Readonly<Record<string, unknown>>;

const UUID = /^(?:urn:uuid:)?(?:\{([0-9a-f-]{36})\}|([0-9a-f-]{36})|([0-9a-f]{32})|\{([0-9a-f]{32})\})$/i;
const HYPHENATED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @throws {Gibberish} for what is not an object with a type, and for an object that says something twice. */
export function parseEnvelope(message: Incoming): Envelope {
  const text = String(message);
  const value = parse(text);
  if (!isObject(value)) throw new Gibberish();
  const { type, data } = value;
  const raw = membersOf(text).get("data") ?? "";
  if (typeof type !== "string") throw new Gibberish();
  if (data === undefined || data === null) return { type, data: undefined, raw: "" };
  if (!isObject(data)) throw new Gibberish();
  return { type, data, raw };
}

const PLAIN_HEAD = '{"type":"GameData","data":{"data":';
const PLAIN_TAIL = "}}";

/**
 * The data of a `GameData` in the form that nearly all have: nothing but the data. `undefined` for any other message,
 * which is then to be read as a whole: what stands between head and tail is one value, so nothing else can be there.
 */
export function plainGameData(text: string): string | undefined {
  if (!text.startsWith(PLAIN_HEAD) || !text.endsWith(PLAIN_TAIL)) return undefined;
  const data = text.slice(PLAIN_HEAD.length, -PLAIN_TAIL.length);
  try {
    JSON.parse(data);
    return data;
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Gibberish();
  }
}

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The members of a JSON object by name, each as the text that stands there.
 *
 * @param text  an object that `JSON.parse` has accepted. Other texts give nonsense.
 * @throws {Gibberish} for a name that occurs twice.
 */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = text.indexOf("{") + 1;
  for (;;) {
    at = afterSpace(text, at);
    if (text[at] !== '"') return members;
    const nameEnd = afterString(text, at);
    const name = nameOf(text.slice(at, nameEnd));
    if (members.has(name)) throw new Gibberish();
    const valueAt = afterSpace(text, afterSpace(text, nameEnd) + 1);
    const valueEnd = afterValue(text, valueAt);
    members.set(name, text.slice(valueAt, valueEnd).trimEnd());
    at = afterSpace(text, valueEnd) + 1;
  }
}

const nameOf = (literal: string): string =>
  literal.includes("\\") ? (JSON.parse(literal) as string) : literal.slice(1, -1);

function afterSpace(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code === 32 || code === 10 || code === 13 || code === 9; ) {
    code = text.charCodeAt(++at);
  }
  return at;
}

function afterString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34) return at + 1;
  }
}

/** Where the value ends, space behind a number or word included. */
function afterValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) at = afterString(text, at) - 1;
    else if (code === 91 || code === 123) depth++;
    else if (code === 93 || code === 125) {
      if (depth === 0) return at;
      depth--;
    } else if (code === 44 && depth === 0) return at;
  }
  return text.length;
}

/** The payload, which must be there and say nothing twice. */
export function payloadOf({ data, raw }: Envelope): Fields {
  if (!data) throw new Gibberish();
  membersOf(raw);
  return data;
}

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

export function text(fields: Fields, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined) throw new Gibberish();
  return value;
}

export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (isAbsent(value)) return undefined;
  if (typeof value !== "string") throw new Gibberish();
  return value;
}

export function optionalFlag(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (isAbsent(value)) return undefined;
  if (typeof value !== "boolean") throw new Gibberish();
  return value;
}

export function flag(fields: Fields, name: string): boolean {
  const value = optionalFlag(fields, name);
  if (value === undefined) throw new Gibberish();
  return value;
}

/** A whole number from 0 to `max`. */
export function optionalWhole(fields: Fields, name: string, max: number): number | undefined {
  const value = fields[name];
  if (isAbsent(value)) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max)
    throw new Gibberish();
  return value;
}

/** One of a few words. */
export function optionalWord<Word extends string>(
  fields: Fields,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = optionalText(fields, name);
  if (value === undefined) return undefined;
  const word = words.find((each) => each === value);
  if (word === undefined) throw new Gibberish();
  return word;
}

/** Several of a few words; none at all counts as absent. */
export function optionalWords<Word extends string>(
  fields: Fields,
  name: string,
  words: readonly Word[],
): Word[] | undefined {
  const value = fields[name];
  if (isAbsent(value)) return undefined;
  if (!Array.isArray(value)) throw new Gibberish();
  const found = value.map((item) => {
    const word = words.find((each) => each === item);
    if (word === undefined) throw new Gibberish();
    return word;
  });
  return found.length > 0 ? found : undefined;
}

/** A UUID in any of its spellings, as lower-case text with hyphens. */
export function uuid(fields: Fields, name: string): string {
  const match = UUID.exec(text(fields, name));
  const digits = match
    ?.slice(1)
    .find((group) => group !== undefined)
    ?.toLowerCase();
  if (digits === undefined) throw new Gibberish();
  const plain = digits.includes("-") ? digits : hyphenated(digits);
  if (!HYPHENATED.test(plain)) throw new Gibberish();
  return plain;
}

/** A UUID in lower case and with hyphens, and no other way. */
export function strictUuid(fields: Fields, name: string): string {
  const value = text(fields, name);
  if (!HYPHENATED.test(value)) throw new Gibberish();
  return value;
}

export const isUuid = (value: string): boolean => HYPHENATED.test(value);

export function hyphenated(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
