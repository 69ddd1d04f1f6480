import { Type } from "typebox";
import { type About, type Field, GROUPED, HIDDEN, type Initial, keywords, same } from "./field.ts";

interface TextShape {
  readonly maxLength?: number;
  /** With `expected`: what the text must look like. */
  readonly pattern?: string;
  readonly expected?: string;
  readonly placeholder?: string;
}

/** A line of text that has a default. */
export function text(initial: Initial<string>, about: About & TextShape) {
  return Type.String(textKeywords(about, initial));
}

/** A line of text that may be left out. */
export function optionalText(about: About & TextShape) {
  return Type.Optional(Type.String(textKeywords(about)));
}

/** A text nobody but the server may see: no default, and it prints as `•••`. */
export function secret(about: About & TextShape) {
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

function textKeywords(about: About & TextShape, initial?: Initial<string>, more: Partial<Field> = {}) {
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
  const redact = (value: unknown) => (typeof value === "string" ? withoutPassword(value) : HIDDEN);
  return textKeywords(shape, initial, { redact });
}

/** Hides what stands before the last "@" (a password may itself contain one), and passwords in the query. */
function withoutPassword(address: string): string {
  return address
    .replace(/^([a-z+.-]*:\/\/)?.*@/is, `$1${HIDDEN}@`)
    .replace(/([?&][^=&]*(?:pass|secret|token|key)[^=&]*=)[^&]*/gi, `$1${HIDDEN}`);
}
