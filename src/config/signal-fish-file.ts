import type { Look } from "./field.ts";
import { type Given, nothingGiven, take } from "./given.ts";
import { nearest } from "./nearest.ts";
import { isRecord, kindOf } from "./object.ts";
import { printable } from "./problem.ts";
import { GROUP_KEYS } from "./setting.ts";
import { FISH_KEYS, FISH_WITHOUT_EFFECT, isWithoutEffect } from "./signal-fish-keys.ts";

/** Most keys that one notice names. */
const MAX_NAMED = 40;

const KEYS: ReadonlySet<string> = new Set(FISH_KEYS.map(({ nested }) => nested.key));

/** Every section, outer ones too. */
const SECTIONS: ReadonlySet<string> = new Set(
  [...KEYS, ...FISH_WITHOUT_EFFECT.keys()].flatMap((key) => {
    const parts = key.split(".");
    return parts.slice(0, -1).map((_, at) => parts.slice(0, at + 1).join("."));
  }),
);

/**
 * Whether an object is a configuration of Signal Fish's: one of its sections holds a key that it knows. Sections that
 * parlor has too count only when everything in them is Signal Fish's.
 */
export function isSignalFishs(object: unknown): object is Record<string, unknown> {
  if (!isRecord(object)) return false;
  return Object.entries(object).some(([section, fields]) => {
    if (!SECTIONS.has(section) || !isRecord(fields)) return false;
    const known = Object.keys(fields).map((name) => {
      const key = `${section}.${name}`;
      return KEYS.has(key) || SECTIONS.has(key) || isWithoutEffect(key);
    });
    return GROUP_KEYS.has(section) ? known.length > 0 && known.every(Boolean) : known.some(Boolean);
  });
}

/**
 * The settings in a configuration of Signal Fish's. What means nothing here is told in one notice, what nobody knows in
 * another; a value of the wrong type is a problem.
 *
 * @param source  What to call it in problems: `file config.json`.
 */
export function readSignalFishs(object: unknown, { source }: { readonly source: string }): Given {
  const given = nothingGiven();
  if (!isRecord(object)) {
    given.problems.push({ path: "(root)", source, message: `found ${kindOf(object)}, expected an object` });
    return given;
  }
  const found = new Map<string, unknown>();
  flatten(given, { object, into: found, source });
  const look: Look = (key) => found.get(key);

  for (const { setting, nested } of FISH_KEYS) {
    const value = found.get(nested.key);
    if (value === undefined || (value === null && setting.isOptional)) continue;
    const meant = nested.read(value, look);
    if (meant === undefined || given.values.has(setting.path)) continue;
    const { expected } = nested;
    take(given, { setting, value: meant, source: `${source}, ${nested.key}`, expected });
  }

  const others = [...found.keys()].filter((key) => !KEYS.has(key) && !isSwitch(key));
  given.notices.push(...noticesOf(others, source));
  return given;
}

/** What means nothing, and what nobody knows, in one notice each. */
export function* noticesOf(keys: readonly string[], source: string): Iterable<string> {
  const idle = keys.filter(isWithoutEffect);
  const unknown = keys
    .filter((key) => !isWithoutEffect(key))
    .map((key) => {
      const meant = nearest(key, KEYS);
      return `${printable(key)}${meant ? ` (did you mean ${meant}?)` : ""}`;
    });
  if (idle.length > 0) yield `${source}: without effect here: ${listed(idle)}`;
  if (unknown.length > 0) yield `${source}: no settings of Signal Fish: ${listed(unknown)}`;
}

const listed = (names: readonly string[]): string =>
  names.slice(0, MAX_NAMED).join(", ") +
  (names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "");

/** Keys that only say whether others count. */
export const isSwitch = (key: string): boolean => key === "security.transport.tls.enabled";

/** Every value by its key. Only known sections are entered, so nothing can lie deeper than they do. */
function flatten(
  given: Given,
  {
    object,
    into,
    source,
    within = "",
  }: { object: Record<string, unknown>; into: Map<string, unknown>; source: string; within?: string },
): void {
  for (const [name, value] of Object.entries(object)) {
    const key = `${within}${name}`;
    const isSection = SECTIONS.has(key) && !KEYS.has(key);
    if (!isSection || value === null) into.set(key, value);
    else if (isRecord(value)) flatten(given, { object: value, into, source, within: `${key}.` });
    else given.problems.push({ path: key, source, message: `found ${kindOf(value)}, expected an object` });
  }
}
