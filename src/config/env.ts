import { type Given, nothingGiven, take } from "./given.ts";
import { nearest } from "./nearest.ts";
import { ENV_WITHOUT_EFFECT } from "./peer-server-file.ts";
import { printable } from "./problem.ts";
import { aliasOf, SETTING_BY_PATH, SETTINGS } from "./setting.ts";
import { fishKey } from "./signal-fish-env.ts";
import { isSwitch, noticesOf as noticesOfFish } from "./signal-fish-file.ts";

/** Environment variables, as `process.env` has them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The variable that names the configuration file. */
export const CONFIG_FILE_ENV = "PARLOR_CONFIG";

const FISH_PREFIX = "SIGNAL_FISH__";

/** Kubernetes describes a service called `parlor` in variables of these names; they are not meant for us. */
const SERVICE_LINK = /^PARLOR_(?:SERVICE_(?:HOST|PORT)|PORT_\d+_(?:TCP|UDP))/;

/**
 * The settings in the environment. An empty variable counts as unset. A setting's own name wins over its aliases,
 * and an earlier alias over a later one.
 */
export function readEnv(env: Env): Given {
  const given = nothingGiven();
  for (const setting of SETTINGS) {
    for (const { name, read } of [setting.env, ...(setting.field.env ?? [])].map(aliasOf)) {
      const text = env[name];
      if (text === undefined || text === "" || isServiceLink(name, text)) continue;
      const meant = read(text, (other) => env[other]);
      if (meant === undefined) continue;

      const value = typeof meant === "string" ? setting.field.fromText(meant) : meant;
      take(given, { setting, value, source: `env ${name}` });
      break;
    }
  }
  given.notices.push(...noticesOf(env));
  return given;
}

function* noticesOf(env: Env): Iterable<string> {
  for (const [name, why] of ENV_WITHOUT_EFFECT) {
    if (env[name]) yield `env ${name} has no effect here: ${why}`;
  }

  yield* noticesOfFish(unknownFish(env), "env SIGNAL_FISH__…");

  const known = new Set([...SETTINGS.map((setting) => setting.env), CONFIG_FILE_ENV]);
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith("PARLOR_") || !text || SERVICE_LINK.test(name)) continue;
    if (isServiceLink(name, text)) {
      yield `env ${name} was ignored: it is Kubernetes' description of a service, not a port`;
    } else if (!known.has(name)) {
      const meant = nearest(name, known);
      yield `env ${printable(name)} is no setting${meant ? `; did you mean ${meant}?` : ""}`;
    }
  }
}

/** Keys of Signal Fish's that stand in the environment and are no setting. */
function unknownFish(env: Env): string[] {
  const known = new Set(SETTINGS.flatMap(({ field }) => field.env ?? []).map((alias) => aliasOf(alias).name));
  return Object.keys(env)
    .filter((name) => name.startsWith(FISH_PREFIX) && env[name] && !known.has(name))
    .map((name) => fishKey(name.slice(FISH_PREFIX.length)))
    .filter((key) => !isSwitch(key));
}

/** Whether `PARLOR_PORT` was set by Kubernetes (`tcp://10.0.0.7:8080`) and not by a person. */
function isServiceLink(name: string, text: string): boolean {
  return name === SETTING_BY_PATH.get("port")?.env && /^(?:tcp|udp|sctp):\/\//.test(text);
}
