import { type Given, nothingGiven, take } from "./given.ts";
import { nearest } from "./nearest.ts";
import { KEYS_WITHOUT_EFFECT } from "./peer-server-file.ts";
import { printable } from "./problem.ts";
import { aliasOf, GROUP_KEYS, SETTING_BY_PATH, SETTINGS, type Setting } from "./setting.ts";

type Read = ReturnType<typeof aliasOf>["read"];

/** Top-level keys of other servers' files, with the setting each stands for. */
const SETTING_BY_ALIAS: ReadonlyMap<string, { readonly setting: Setting; readonly read: Read }> = new Map(
  SETTINGS.flatMap((setting) =>
    (setting.field.keys ?? []).map(aliasOf).map(({ name, read }) => [name, { setting, read }] as const),
  ),
);

const KNOWN_KEYS: readonly string[] = [...SETTING_BY_PATH.keys(), ...GROUP_KEYS];

/**
 * The settings in an object: a parsed file, or what an embedder says.
 *
 * Only known keys are ever followed, so the object may come from anywhere; `__proto__` is one more unknown key.
 *
 * @param source  What to call the object in problems: `file parlor.json`.
 */
export function readObject(
  object: unknown,
  { source, aliases }: { source: string; aliases: boolean },
): Given {
  const given = nothingGiven();
  if (!isRecord(object)) {
    given.problems.push({ path: "(root)", source, message: `found ${kindOf(object)}, expected an object` });
    return given;
  }

  for (const [key, value] of Object.entries(object)) {
    if (value === undefined || (aliases && key === "$schema")) continue;
    const setting = SETTING_BY_PATH.get(key);
    const alias = aliases ? SETTING_BY_ALIAS.get(key) : undefined;
    const without = aliases ? KEYS_WITHOUT_EFFECT.get(key) : undefined;

    if (GROUP_KEYS.has(key)) readGroup(given, { key, value, source });
    else if (setting?.keys.length === 1)
      take(given, { setting, value: setting.field.fromJson(value), source });
    else if (alias) readAlias(given, { ...alias, value, object, source: `${source}, ${key}` });
    else if (without) given.notices.push(`${key} (${source}) has no effect here: ${without}`);
    else given.problems.push({ path: printable(key), source, message: unknownSetting(key) });
  }
  return given;
}

/** Whether an object holds a key that only Peer Server's configuration has. */
export function isPeerServers(object: unknown): boolean {
  return isRecord(object) && Object.keys(object).some((key) => SETTING_BY_ALIAS.has(key));
}

function readGroup(
  given: Given,
  { key, value, source }: { key: string; value: unknown; source: string },
): void {
  if (!isRecord(value)) {
    given.problems.push({ path: key, source, message: `found ${kindOf(value)}, expected an object` });
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const path = `${key}.${name}`;
    const setting = SETTING_BY_PATH.get(path);
    // The second look keeps `{ "a": { "b.c": 1 } }` from meaning a path of its own.
    if (setting?.keys[1] === name) take(given, { setting, value: setting.field.fromJson(inner), source });
    else given.problems.push({ path: printable(path), source, message: unknownSetting(path) });
  }
}

/** A key of another server. Our own key for the same setting wins, wherever in the file it stands. */
function readAlias(
  given: Given,
  from: { setting: Setting; read: Read; value: unknown; object: Record<string, unknown>; source: string },
): void {
  const [outer, inner] = from.setting.keys;
  const own = Object.hasOwn(from.object, outer) ? from.object[outer] : undefined;
  const isOverruled = inner === undefined ? own !== undefined : isRecord(own) && Object.hasOwn(own, inner);
  const value = from.read(from.value, (name) => from.object[name]);
  if (value === undefined || isOverruled) return;
  take(given, { setting: from.setting, value: from.setting.field.fromJson(value), source: from.source });
}

function unknownSetting(path: string): string {
  // Someone who forgot the group, or put the setting into another one, wrote the name itself correctly.
  const name = path.slice(path.lastIndexOf(".") + 1);
  const sameName = SETTINGS.find(({ keys }) => keys.at(-1) === name && name !== "enabled");
  const meant = sameName?.path ?? nearest(path, KNOWN_KEYS);
  return `unknown setting${meant ? `; did you mean ${meant}?` : ""}`;
}

/** What stands where a group should: the kind alone, for the value may be a secret in the wrong place. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null ? "null" : `a ${typeof value}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
