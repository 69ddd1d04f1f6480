import { Refusal } from "../../core/errors.ts";
import { memberText } from "../../lib/json-text.ts";

/** One message: `type` and flat fields beside it. */
export interface Message {
  readonly type: string;
  readonly fields: Fields;
  /** The whole, as it arrived. */
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

export const MAX_NAME_LENGTH = 128;
/** A session id stands in paths and in the ids of peers. */
const SESSION_ID = /^[A-Za-z0-9._:~-]{1,128}$/;
const MAX_PATH_LENGTH = 4_096;
const MAX_PATHS = 100_000;
const MAX_PORT = 65_535;

/** A refusal that names the field. */
export function badField(path: string, expected: string): Refusal {
  return new Refusal("bad_message", { path, expected });
}

/** @throws {Refusal} `bad_message` for what is not one JSON object with a `type`. */
export function parseMessage(text: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Refusal("bad_message", { expected: "JSON" }, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refusal("bad_message", { expected: "one JSON object" });
  const fields = value as Fields;
  return { type: textField(fields, "type", { maxLength: 64 }), fields, text };
}

/** What stands in the message itself, and not in what every object has. */
const own = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

interface TextLimits {
  readonly maxLength?: number;
  readonly minLength?: number;
}

export function textField(fields: Fields, name: string, limits: TextLimits = {}): string {
  const value = own(fields, name);
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = limits;
  if (typeof value !== "string" || value.length < minLength || value.length > maxLength) {
    const bound = maxLength === Number.POSITIVE_INFINITY ? "" : ` of ${minLength} to ${maxLength} characters`;
    throw badField(name, `text${bound}`);
  }
  return value;
}

/** Missing and `null` are `undefined`. */
export function optionalText(fields: Fields, name: string, limits: TextLimits = {}): string | undefined {
  const value = own(fields, name);
  return value === undefined || value === null ? undefined : textField(fields, name, limits);
}

/** @param allowed  whether the id may be left empty, to be made up by the server. */
export function sessionField(fields: Fields, { allowed }: { readonly allowed: "blank" | "name" }): string {
  const id = textField(fields, "session_id", { maxLength: MAX_NAME_LENGTH });
  if (!(SESSION_ID.test(id) || (allowed === "blank" && id === "")))
    throw badField("session_id", "1 to 128 letters, digits, dots, colons, dashes, tildes or underscores");
  return id;
}

export function peerField(fields: Fields, name = "peer_id"): string {
  return textField(fields, name, { minLength: 1, maxLength: MAX_NAME_LENGTH });
}

export function pathField(fields: Fields, name: string): string {
  return textField(fields, name, { minLength: 1, maxLength: MAX_PATH_LENGTH });
}

export function pathsField(fields: Fields, name: string): readonly string[] {
  const value = own(fields, name);
  const isList =
    Array.isArray(value) &&
    value.length <= MAX_PATHS &&
    value.every((path) => typeof path === "string" && path.length <= MAX_PATH_LENGTH);
  if (!isList) throw badField(name, `a list of at most ${MAX_PATHS} paths`);
  return value;
}

export function booleanField(fields: Fields, name: string): boolean {
  const value = own(fields, name);
  if (typeof value !== "boolean") throw badField(name, "true or false");
  return value;
}

export function wordField<Word extends string>(fields: Fields, name: string, words: readonly Word[]): Word {
  const value = own(fields, name);
  const found = words.find((word) => word === value);
  if (found === undefined) throw badField(name, `one of ${words.join(", ")}`);
  return found;
}

export function wholeField(
  fields: Fields,
  name: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): number {
  const value = own(fields, name);
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max)
    throw badField(name, `a whole number from ${min} to ${max}`);
  return value;
}

export const portField = (fields: Fields, name: string): number =>
  wholeField(fields, name, { max: MAX_PORT });

/** The digits of a number of 64 bits, as they arrived: a JavaScript number would not keep them all. */
export function longField({ fields, text }: Message, name: string): string {
  const value = own(fields, name);
  const digits = typeof value === "number" ? memberText(text, name) : undefined;
  if (digits === undefined || !/^(?:0|[1-9]\d{0,19})$/.test(digits) || BigInt(digits) >= 1n << 64n)
    throw badField(name, "a whole number of 64 bits");
  return digits;
}

/** The text of a list of byte values, as short as it can be. */
export function bytesField(fields: Fields, name: string): string {
  const value = own(fields, name);
  const isBytes =
    Array.isArray(value) &&
    value.every((byte) => typeof byte === "number" && Number.isInteger(byte) && byte >= 0 && byte <= 255);
  if (!isBytes) throw badField(name, "a list of numbers from 0 to 255");
  return `[${value.join(",")}]`;
}
