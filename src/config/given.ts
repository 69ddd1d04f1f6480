import { HIDDEN } from "./field.ts";
import { type Problem, shown } from "./problem.ts";
import type { Setting } from "./setting.ts";

/** What one source (a file, the environment, the flags) says. */
export interface Given {
  /** Good values by path. */
  readonly values: Map<string, { readonly value: unknown; readonly source: string }>;
  readonly problems: Problem[];
  readonly notices: string[];
}

export function nothingGiven(): Given {
  return { values: new Map(), problems: [], notices: [] };
}

/** What was read for a setting. */
interface Taking {
  readonly setting: Setting;
  readonly value: unknown;
  readonly source: string;
  /** Completes "expected …"; by default in the setting's own words. */
  readonly expected?: string | undefined;
}

/** Takes a value that was read for a setting, or notes what is wrong with it. */
export function take(given: Given, { setting, value, source, expected }: Taking): void {
  const { path, field } = setting;
  if (setting.accepts(value)) {
    given.values.set(path, { value, source });
    return;
  }
  const redacted = field.redact(value);
  const found = redacted === HIDDEN ? HIDDEN : shown(redacted);
  given.problems.push({ path, source, message: `found ${found}, expected ${expected ?? field.expected}` });
}
