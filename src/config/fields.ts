import { Type } from "typebox";
import { DURATION_PATTERN, formatDuration, parseDuration } from "./duration.ts";
import { type About, type DefaultsHost, GROUPED, type Initial, isDerived, keywords, same } from "./field.ts";
import { formatSize, parseSize, SIZE_PATTERN } from "./size.ts";

interface Range {
  readonly min: number;
  readonly max: number;
}

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

/** A whole number that may be left out. */
export function optionalCount(about: About & Range) {
  const { min: minimum, max: maximum } = about;
  const field = {
    placeholder: "count",
    expected: `a whole number from ${GROUPED.format(minimum)} to ${GROUPED.format(maximum)}`,
    fromText: (text: string) => (/^\d{1,16}$/.test(text) ? Number(text) : text),
    fromJson: same,
    format: String,
  };
  return Type.Optional(Type.Integer({ minimum, maximum, ...keywords(about, field) }));
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

/** Something that is on or off, or up to whoever runs the server: `auto`. As a flag: `--name`, `--no-name`, `--name=auto`. */
export function toggleOrAuto(about: About) {
  const field = {
    placeholder: "",
    expected: 'true, false or "auto"',
    fromText: (text: string) => SWITCH_WORDS.get(text.toLowerCase()) ?? text,
    fromJson: same,
    format: String,
  };
  return Type.Union([Type.Boolean(), Type.Literal("auto")], keywords(about, field, "auto"));
}

/** One of a few words. */
export function choice<const Words extends string[]>(
  words: readonly [...Words],
  initial: Initial<Words[number]>,
  about: About & { readonly placeholder?: string },
) {
  const field = {
    placeholder: about.placeholder ?? words.join("|"),
    expected: `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`,
    fromText: same,
    fromJson: same,
    format: String,
  };
  return Type.Enum(words, keywords(about, field, initial));
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
