import { IsBoolean, IsObject, IsOptional, IsUnion, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { Alias, Field, Look, NestedKey } from "./field.ts";
import { schema } from "./schema.ts";

/** One setting, found in the schema, with every name it goes by. */
export interface Setting {
  /** As written in files: `rooms.capacity`. */
  readonly path: string;
  /** The keys that lead to it: one for a general setting, group and name for the others. */
  readonly keys: readonly [string] | readonly [string, string];
  readonly group: string;
  /** The environment name: `PARLOR_ROOMS_CAPACITY`. */
  readonly env: string;
  /** The flag: `--rooms-capacity`. */
  readonly flag: string;
  readonly field: Field;
  readonly schema: TSchema & { readonly default?: unknown };
  readonly isToggle: boolean;
  readonly isList: boolean;
  readonly isOptional: boolean;
  /** Whether a value that was read is within the limits. */
  accepts(value: unknown): boolean;
}

/** The title of the settings that belong to no group. */
const GENERAL = "General";

/** Every setting, in the order of the schema. */
export const SETTINGS: readonly Setting[] = Object.entries(schema.properties).flatMap(([key, entry]) =>
  IsObject(entry)
    ? Object.entries(entry.properties).map(([name, leaf]) =>
        settingOf([key, name], String((entry as { title?: string }).title), leaf),
      )
    : [settingOf([key], GENERAL, entry)],
);

/** Settings by path. */
export const SETTING_BY_PATH: ReadonlyMap<string, Setting> = new Map(
  SETTINGS.map((setting) => [setting.path, setting]),
);

/** The top-level keys of a file that hold a group of settings. */
export const GROUP_KEYS: ReadonlySet<string> = new Set(
  SETTINGS.filter(({ keys }) => keys.length === 2).map(({ keys }) => keys[0]),
);

/** An alias as a name and a way to read the value found there. */
export function aliasOf(alias: Alias): {
  readonly name: string;
  read(value: unknown, look: Look): unknown;
  readonly nested?: NestedKey;
} {
  return typeof alias === "string" ? { name: alias, read: (value) => value } : alias;
}

function settingOf(keys: Setting["keys"], group: string, leaf: TSchema): Setting {
  const words = keys
    .join(".")
    .replace(/([a-z0-9])([A-Z])/g, "$1.$2")
    .split(".");
  const { field } = leaf as TSchema & { readonly field: Field };
  let validator: ReturnType<typeof Compile> | undefined;
  return {
    path: keys.join("."),
    keys,
    group,
    env: `PARLOR_${words.join("_").toUpperCase()}`,
    flag: `--${words.join("-").toLowerCase()}`,
    field,
    schema: leaf,
    isToggle: IsBoolean(leaf) || (IsUnion(leaf) && leaf.anyOf.some(IsBoolean)),
    isList: (leaf as { type?: string }).type === "array",
    isOptional: IsOptional(leaf),
    // Compiled when first asked: a start sets few of the settings, and `--version` none.
    accepts(value) {
      validator ??= Compile(leaf);
      return validator.Check(value);
    },
  };
}
