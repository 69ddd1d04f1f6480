import { type Config, redacted } from "../config/index.ts";
import { valueIn } from "../config/redact.ts";
import { SETTING_BY_PATH, SETTINGS } from "../config/setting.ts";

/** Every setting as a person would write it, in the order of the schema; secrets are hidden. */
export function settings(config: Config) {
  const shown = redacted(config);
  const valueAt = (path: string) => {
    const setting = SETTING_BY_PATH.get(path);
    return setting && valueIn(config, setting);
  };
  const host = { valueAt, isTerminal: process.stdout.isTTY === true };
  return SETTINGS.map((setting) => {
    const { path, group, field, schema } = setting;
    const value = valueIn(shown, setting);
    const initial = field.derived ? field.derived.from(host) : schema.default;
    const text = value === undefined ? "" : field.format(value);
    return {
      path,
      group,
      doc: field.doc,
      value: text,
      isDefault:
        value === undefined || (initial !== undefined && field.format(initial) === field.format(value)),
    };
  });
}
