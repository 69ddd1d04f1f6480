import type { Config } from "./schema.ts";
import { SETTINGS, type Setting } from "./setting.ts";

/** A copy of the configuration that may be shown to anyone: secrets and passwords in addresses are `•••`. */
export function redacted(config: Config): Config {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const setting of SETTINGS) {
    const value = valueIn(config, setting);
    if (value === undefined) continue;
    const [outer, inner] = setting.keys;
    const holder = inner === undefined ? copy : (copy[outer] as Record<string, unknown>);
    holder[inner ?? outer] = setting.field.redact(value);
  }
  return copy as Config;
}

/** The value of one setting. */
export function valueIn(config: Config, { keys: [outer, inner] }: Setting): unknown {
  const value = (config as Readonly<Record<string, unknown>>)[outer];
  return inner === undefined ? value : (value as Readonly<Record<string, unknown>>)[inner];
}
