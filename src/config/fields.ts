import { type TSchema, Type } from "typebox";
import { DURATION_PATTERN, formatDuration, parseDuration } from "./duration.ts";
import { formatSize, parseSize, SIZE_PATTERN } from "./size.ts";

/** What hides a secret wherever it would be printed. */
export const HIDDEN = "•••";

/**
 * Another name a setting goes by, in the environment or as a top-level key of a file. `read` turns the other
 * system's value into ours; `undefined` says that this value means "not set".
 */
export type Alias = string | { readonly name: string; read(value: unknown): unknown };

/** A default that depends on other settings or on where the process runs. */
export interface Derived<Value> {
  readonly from: (host: DefaultsHost) => Value;
  /** The rule in words, for help and docs. */
  readonly text: string;
}

/** What a derived default may look at. */
export interface DefaultsHost {
  /** The value of a setting listed earlier in the schema. */
  valueAt(path: string): unknown;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
}

interface About {
  readonly doc: string;
  /** Other environment names, the one that wins first. `PARLOR_…` wins over all of them. */
  readonly env?: readonly Alias[];
  /** Top-level file keys of other systems. */
  readonly keys?: readonly Alias[];
}

/** What a field knows beyond JSON Schema; kept under `field` on the schema. */
export interface Field extends About {
  /** For help: what to write after the flag. Empty for a switch. */
  readonly placeholder: string;
  /** Completes "is not …" and "expected …". */
  readonly expected: string;
  /** Text of the environment or a flag → value; text that makes no sense is returned as it is, to be refused. */
  fromText(text: string): unknown;
  /** A file's or an embedder's value → value. */
  fromJson(value: unknown): unknown;
  /** The value as a person would write it. */
  format(value: unknown): string;
  /** The value as it may be shown to anyone: a secret is hidden. */
  redact(value: unknown): unknown;
  readonly derived?: Derived<unknown>;
  /** The shape in a file, where it is not the shape in code. */
  readonly written?: TSchema;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

type Initial<Value> = Value | Derived<Value>;

function isDerived<Value>(initial: Initial<Value>): initial is Derived<Value> {
  return typeof initial === "object" && initial !== null && "from" in initial;
}

const same = <Value>(value: Value): Value => value;

/** The keywords every field has: its doc, its default if that is a plain value, and what only we understand. */
function keywords(
  about: About,
  field: Omit<Field, keyof About | "redact" | "derived"> & Partial<Field>,
  initial?: unknown,
) {
  const { doc, env, keys } = about;
  const derived = isDerived(initial) ? initial : undefined;
  const full: Field = {
    doc,
    ...(env && { env }),
    ...(keys && { keys }),
    ...(derived && { derived }),
    redact: same,
    ...field,
  };
  const hasDefault = initial !== undefined && !derived;
  return { description: doc, ...(hasDefault && { default: initial }), field: full };
}

const GROUPED = new Intl.NumberFormat("en");

/** A whole number. */
export function count(initial: Initial<number>, about: About & Range) {
  const { min: minimum, max: maximum } = about;
  const field = {
    placeholder: "count",
    expected: `a whole number from ${GROUPED.format(minimum)} to ${GROUPED.format(maximum)}`,
    fromText: (text: string) => (/^\d{1,16}$/.test(text) ? Number(text) : text),
    fromJson: same,
    format: String,
  };
  return Type.Integer({ minimum, maximum, ...keywords(about, field, initial) });
}

/** A length of time. Written "30s" in files and flags; always milliseconds in code. */
export function duration(initial: string, about: About & { readonly min: string; readonly max: string }) {
  const [minimum, maximum] = [inMs(about.min), inMs(about.max)];
  const read = (value: unknown) => (typeof value === "string" ? (parseDuration(value) ?? value) : value);
  const field = {
    placeholder: "time",
    expected: `a length of time such as "30s", from ${about.min} to ${about.max}`,
    fromText: read,
    fromJson: read,
    format: (value: unknown) => formatDuration(value as number),
    written: Type.Union([Type.Integer({ minimum, maximum }), Type.String({ pattern: DURATION_PATTERN })]),
  };
  return Type.Integer({ minimum, maximum, ...keywords(about, field, inMs(initial)) });
}

/** An amount of bytes. Written "64KiB" in files and flags; always bytes in code. */
export function size(
  initial: Initial<string>,
  about: About & { readonly min: string; readonly max: string },
) {
  const [minimum, maximum] = [inBytes(about.min), inBytes(about.max)];
  const read = (value: unknown) => (typeof value === "string" ? (parseSize(value) ?? value) : value);
  const field = {
    placeholder: "size",
    expected: `a size such as "64KiB", from ${about.min} to ${about.max}`,
    fromText: read,
    fromJson: read,
    format: (value: unknown) => formatSize(value as number),
    written: Type.Union([Type.Integer({ minimum, maximum }), Type.String({ pattern: SIZE_PATTERN })]),
  };
  const initialBytes = isDerived(initial)
    ? { ...initial, from: (host: DefaultsHost) => inBytes(initial.from(host)) }
    : inBytes(initial);
  return Type.Integer({ minimum, maximum, ...keywords(about, field, initialBytes) });
}

const SWITCH_WORDS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["off", false],
]);

/** Whether `text` is one of the words a switch understands. */
export function isSwitchWord(text: string): boolean {
  return SWITCH_WORDS.has(text.toLowerCase());
}

/** Something that is on or off. As a flag: `--name` and `--no-name`. */
export function toggle(initial: Initial<boolean>, about: About) {
  const field = {
    placeholder: "",
    expected: "true or false",
    fromText: (text: string) => SWITCH_WORDS.get(text.toLowerCase()) ?? text,
    fromJson: same,
    format: String,
  };
  return Type.Boolean(keywords(about, field, initial));
}

/** One of a few words. */
export function choice<const Words extends string[]>(
  words: readonly [...Words],
  initial: Initial<Words[number]>,
  about: About,
) {
  const field = {
    placeholder: words.join("|"),
    expected: `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`,
    fromText: same,
    fromJson: same,
    format: String,
  };
  return Type.Enum(words, keywords(about, field, initial));
}

interface TextShape {
  readonly maxLength?: number;
  /** With `expected`: what the text must look like. */
  readonly pattern?: string;
  readonly expected?: string;
  readonly placeholder?: string;
}

/** A line of text that has a default. */
export function text(initial: string, about: About & TextShape) {
  return Type.String(textKeywords(about, initial));
}

/** A line of text that may be left out. */
export function optionalText(about: About & TextShape) {
  return Type.Optional(Type.String(textKeywords(about)));
}

/** A text nobody but the server may see: no default, and it prints as `•••`. */
export function secret(about: About & { readonly maxLength?: number }) {
  const redact = () => HIDDEN;
  return Type.Optional(Type.String(textKeywords({ placeholder: "secret", ...about }, undefined, { redact })));
}

/** An address with a scheme. A user and password in it print as `•••`. */
export function url(initial: string, about: About & { readonly schemes: readonly string[] }) {
  return Type.String(urlKeywords(about, initial));
}

/** An address with a scheme that may be left out. */
export function optionalUrl(about: About & { readonly schemes: readonly string[] }) {
  return Type.Optional(Type.String(urlKeywords(about)));
}

/** Several short texts; in the environment and in flags separated by commas. */
export function list(
  initial: readonly string[],
  about: About & { readonly maxItems: number } & Required<TextShape>,
) {
  const { maxItems, maxLength, pattern, expected, placeholder } = about;
  const field = {
    placeholder,
    expected: `a list of at most ${GROUPED.format(maxItems)}, each ${expected}`,
    fromText: (raw: string) =>
      raw
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== ""),
    fromJson: same,
    format: (value: unknown) => (value as readonly string[]).join(","),
  };
  const items = Type.String({ minLength: 1, maxLength, pattern });
  return Type.Array(items, { maxItems, ...keywords(about, field, initial) });
}

function textKeywords(about: About & TextShape, initial?: string, more: Partial<Field> = {}) {
  const { maxLength = 1024, pattern, expected, placeholder = "text" } = about;
  const field = {
    placeholder,
    expected: expected ?? `text of 1 to ${GROUPED.format(maxLength)} characters`,
    fromText: same,
    fromJson: same,
    format: String,
    ...more,
  };
  return { minLength: 1, maxLength, ...(pattern && { pattern }), ...keywords(about, field, initial) };
}

function urlKeywords(about: About & { readonly schemes: readonly string[] }, initial?: string) {
  const shape = {
    ...about,
    placeholder: "url",
    maxLength: 2048,
    pattern: `^(?:${about.schemes.join("|")})://[^\\s]+$`,
    expected: `an address such as "${about.schemes[0]}://host", beginning with ${about.schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
  };
  // Up to the last "@", for a password may itself contain one.
  const redact = (value: unknown) =>
    typeof value === "string" ? value.replace(/^([a-z+.-]*:\/\/)?.*@/is, `$1${HIDDEN}@`) : HIDDEN;
  return textKeywords(shape, initial, { redact });
}

function inMs(written: string): number {
  const ms = parseDuration(written);
  if (ms === undefined) throw new RangeError(`"${written}" in the table of settings is not a length of time`);
  return ms;
}

function inBytes(written: string): number {
  const bytes = parseSize(written);
  if (bytes === undefined) throw new RangeError(`"${written}" in the table of settings is not a size`);
  return bytes;
}
