import { isSwitchWord } from "./fields.ts";
import { type Given, nothingGiven, take } from "./given.ts";
import { nearest } from "./nearest.ts";
import { printable } from "./problem.ts";
import { SETTINGS, type Setting } from "./setting.ts";

const SETTING_BY_FLAG: ReadonlyMap<string, Setting> = new Map(
  SETTINGS.map((setting) => [setting.flag, setting]),
);

const KNOWN_FLAGS: readonly string[] = [
  "--config",
  ...SETTINGS.flatMap(({ flag, isToggle }) => (isToggle ? [flag, negated(flag)] : [flag])),
];

/** What the command line says: settings, and the file to read them from. */
export interface Flags {
  readonly given: Given;
  readonly configPath: string | undefined;
}

/**
 * The settings among the flags: `--name value`, `--name=value`, and for a switch `--name` or `--no-name`.
 * A flag given twice: the last one counts; a list collects them all.
 */
export function readFlags(argv: readonly string[]): Flags {
  const given = nothingGiven();
  const texts = new Map<Setting, string>();
  let configPath: string | undefined;
  const complain = (flag: string, message: string) =>
    given.problems.push({ path: flag, source: "command line", message });

  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [name, inline] = split(argument);
    /** The value after the flag; another flag is not one. */
    const value = () =>
      inline ?? (rest[0] === undefined || rest[0].startsWith("--") ? undefined : rest.shift());

    if (name === "--config") {
      configPath = value();
      if (!configPath) complain("--config", "found nothing, expected the path of a file");
      continue;
    }

    const setting = SETTING_BY_FLAG.get(name);
    const denied = setting ? undefined : switchDeniedBy(name);
    if (setting?.isToggle) {
      const word = inline ?? (rest[0] !== undefined && isSwitchWord(rest[0]) ? rest.shift() : "true");
      texts.set(setting, word as string);
    } else if (setting) {
      const text = value();
      if (text === undefined)
        complain(setting.path, `found nothing after ${name}, expected ${setting.field.expected}`);
      else texts.set(setting, setting.isList && texts.has(setting) ? `${texts.get(setting)},${text}` : text);
    } else if (denied && inline === undefined) {
      texts.set(denied, "false");
    } else if (name.startsWith("-")) {
      const meant = nearest(name, KNOWN_FLAGS);
      complain(printable(name), `unknown flag${meant ? `; did you mean ${meant}?` : ""}`);
      // What follows was meant as its value: complaining about that too would only confuse.
      if (inline === undefined && rest[0] !== undefined && !rest[0].startsWith("-")) rest.shift();
    } else {
      complain(printable(name), "unexpected argument");
    }
  }

  for (const [setting, text] of texts)
    take(given, { setting, value: setting.field.fromText(text), source: `flag ${setting.flag}` });
  return { given, configPath };
}

function negated(flag: string): string {
  return `--no-${flag.slice(2)}`;
}

function switchDeniedBy(name: string): Setting | undefined {
  const setting = name.startsWith("--no-") ? SETTING_BY_FLAG.get(`--${name.slice(5)}`) : undefined;
  return setting?.isToggle ? setting : undefined;
}

/** A flag and the value behind its `=`. Peer Server's `-config` is our `--config`. */
function split(argument: string): [name: string, value: string | undefined] {
  const equals = argument.startsWith("-") ? argument.indexOf("=") : -1;
  const name = equals < 0 ? argument : argument.slice(0, equals);
  return [name === "-config" ? "--config" : name, equals < 0 ? undefined : argument.slice(equals + 1)];
}
