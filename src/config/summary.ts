import type { Loaded } from "./load.ts";
import { valueIn } from "./redact.ts";
import { SETTINGS } from "./setting.ts";

/** What was chosen, and by whom: one line for each setting that is not at its default. Secrets are hidden. */
export function summary({ config, sources }: Loaded): string {
  const chosen = SETTINGS.filter(({ path }) => sources.get(path) !== "default");
  if (chosen.length === 0) return "The configuration is good: every setting has its default.";

  const rows = chosen.map((setting) => {
    const shown = setting.field.format(setting.field.redact(valueIn(config, setting)));
    return [setting.path, shown || "empty", sources.get(setting.path) ?? ""] as const;
  });
  const [pathWidth, valueWidth] = [0, 1].map((column) =>
    Math.min(48, Math.max(...rows.map((row) => (row[column] as string).length))),
  ) as [number, number];
  return [
    `The configuration is good: ${chosen.length} of ${SETTINGS.length} settings differ from the default.`,
    ...rows.map(
      ([path, value, source]) => `  ${path.padEnd(pathWidth)}  ${value.padEnd(valueWidth)}  ${source}`,
    ),
  ].join("\n");
}
