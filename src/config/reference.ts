import { CONFIG_FILE_ENV } from "./env.ts";
import { HIDDEN } from "./field.ts";
import { defaultOf } from "./help.ts";
import { ENV_WITHOUT_EFFECT, KEYS_WITHOUT_EFFECT } from "./peer-server-file.ts";
import { aliasOf, SETTINGS, type Setting } from "./setting.ts";
import { FISH_KEYS, FISH_WITHOUT_EFFECT } from "./signal-fish-keys.ts";

/** The reference page of every setting, in Markdown. */
export function referencePage(): string {
  const groups = [...new Set(SETTINGS.map(({ group }) => group))];
  return `${[
    INTRODUCTION,
    ...groups.map((group) => [
      `## ${group}`,
      ...SETTINGS.filter((setting) => setting.group === group).map(entryOf),
    ]),
    withoutEffect(),
    signalFish(),
  ]
    .flat()
    .join("\n\n")}\n`;
}

const INTRODUCTION = `<!-- Written by \`npm run docs\` from src/config. Do not edit. -->

# Configuration

Every setting has four places to stand in. What stands further to the left wins:

| flag | environment | file | default |
|---|---|---|---|
| \`--rooms-capacity 8\` | \`PARLOR_ROOMS_CAPACITY=8\` | \`{ "rooms": { "capacity": 8 } }\` | 100 |

* The file is JSON, comments and trailing commas are fine. \`--config FILE\` or \`${CONFIG_FILE_ENV}\` names it; unasked
  only a \`./config.json\` of Signal Fish's is read, see the end of this page. \`config.schema.json\` beside this page describes it to editors (\`"$schema"\` is a known key).
* A length of time is written \`"30s"\`, \`"1m30s"\`, \`"250ms"\` or as a number of milliseconds; a size \`"64KiB"\` (of
  1,024), \`"1MB"\` (of 1,000) or as a number of bytes.
* A switch is \`--name\` or \`--no-name\` as a flag, and \`true\` or \`false\` (also 1, 0, yes, no, on, off) in the environment.
* A list is separated by commas in flags and in the environment.
* An empty environment variable counts as unset. An unknown \`PARLOR_…\` variable is reported and ignored; everything else
  that is unknown or out of its limits keeps the server from starting, and all of it is reported at once (exit code 2, and 1 with
  \`--validate-config\` and \`--print-config\`).
* Secrets, and passwords in addresses, are printed as \`${HIDDEN}\`.

\`parlor check\` takes the same flags as \`parlor serve\` and tells what would come of them.`;

function entryOf(setting: Setting): string {
  const facts = [
    `default: ${codeOr(setting)}`,
    `value: ${setting.field.expected}`,
    `environment: \`${setting.env}\`${otherNames(setting.field.env)}`,
    `flag: \`${setting.flag}\`${setting.isToggle ? `, \`--no-${setting.flag.slice(2)}\`` : ""}`,
  ];
  const keys = otherNames(setting.field.keys);
  if (keys) facts.push(`file, at the top level${keys}`);
  return [`### \`${setting.path}\``, "", setting.field.doc, "", ...facts.map((fact) => `* ${fact}`)].join(
    "\n",
  );
}

function codeOr(setting: Setting): string {
  const text = defaultOf(setting);
  return setting.field.derived || text === "none" || text === "empty" ? text : `\`${text}\``;
}

function otherNames(aliases: Setting["field"]["env"]): string {
  return aliases?.length ? `; also ${aliases.map((alias) => `\`${aliasOf(alias).name}\``).join(", ")}` : "";
}

function withoutEffect(): string {
  return [
    "## Peer Server's configuration",
    "",
    "A `config.json` of Peer Server works as it is: its flat keys are the ones named above. These change nothing here,",
    "and a notice says so:",
    "",
    ...[...KEYS_WITHOUT_EFFECT, ...ENV_WITHOUT_EFFECT].map(([name, why]) => `* \`${name}\`: ${why}`),
  ].join("\n");
}

function signalFish(): string {
  return [
    "## Signal Fish's configuration",
    "",
    "A configuration of Signal Fish's works as it is: `SIGNAL_FISH_CONFIG_JSON` holds one, with `SIGNAL_FISH_CONFIG_STDIN=1`",
    "the standard input does, `SIGNAL_FISH_CONFIG_PATH` names one, and `./config.json` is read when it is one and no other",
    "file is named. Later ones win, then a file of parlor's own, the environment and the flags. A file is Signal Fish's when",
    "one of its sections holds a key of the two lists below; `SIGNAL_FISH__SERVER__PING_TIMEOUT` is the same as",
    "`server.ping_timeout`. A value of the wrong type keeps the server from starting.",
    "",
    ...FISH_KEYS.map(({ setting, nested }) => `* \`${nested.key}\`: \`${setting.path}\``),
    "",
    "These change nothing, and one notice says so:",
    "",
    ...[...FISH_WITHOUT_EFFECT].map(([key, why]) => `* \`${key}${/[._]$/.test(key) ? "…" : ""}\`: ${why}`),
  ].join("\n");
}
