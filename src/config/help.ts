import { CONFIG_FILE_ENV } from "./env.ts";
import { SETTINGS, type Setting } from "./setting.ts";

/** Wider lines are hard to read however wide the terminal is. */
const MAX_WIDTH = 120;
const INDENT = 6;

/** Every setting as a flag, by group, for `--help`. */
export function settingsHelp({ width }: { readonly width: number }): string {
  const lines = [
    "Settings may also stand in a file (--config FILE, or PARLOR_CONFIG) or in the environment:",
    "--rooms-capacity is rooms.capacity there, and PARLOR_ROOMS_CAPACITY here. Flags win, then the environment.",
    "",
    "  --config <file>",
    `${" ".repeat(INDENT)}JSON file with settings; comments are fine. (or ${CONFIG_FILE_ENV})`,
  ];
  let group = "";
  for (const setting of SETTINGS) {
    if (setting.group !== group) {
      group = setting.group;
      lines.push("", `${group}:`);
    }
    lines.push(`  ${usageOf(setting)}`);
    const about = `${setting.field.doc.replaceAll("`", "")} ${factsOf(setting)}`;
    lines.push(...wrap(about, Math.min(width, MAX_WIDTH) - INDENT).map((line) => " ".repeat(INDENT) + line));
  }
  return lines.join("\n");
}

/** The default of a setting in words, without the doc's backticks: `10s`, `1MiB`, `none`. */
export function defaultOf({ schema, field }: Setting): string {
  if (field.derived) return field.derived.text;
  return schema.default === undefined ? "none" : field.format(schema.default) || "empty";
}

function usageOf({ flag, field, isToggle }: Setting): string {
  return isToggle ? `${flag}, --no-${flag.slice(2)}` : `${flag} <${field.placeholder}>`;
}

function factsOf(setting: Setting): string {
  const facts = [`default: ${defaultOf(setting).replaceAll("`", "")}`];
  const { minimum, maximum } = setting.schema as { minimum?: number; maximum?: number };
  if (minimum !== undefined && maximum !== undefined) {
    facts.push(`${setting.field.format(minimum)} to ${setting.field.format(maximum)}`);
  }
  return `(${facts.join("; ")})`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
