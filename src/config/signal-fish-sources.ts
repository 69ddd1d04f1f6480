import { isAbsolute, resolve } from "node:path";
import type { Env } from "./env.ts";
import { type Given, nothingGiven } from "./given.ts";
import { parseJsonc } from "./jsonc.ts";
import { isPeerServers } from "./object.ts";
import { isSignalFishs, readSignalFishs } from "./signal-fish-file.ts";
import { readSourceFile } from "./source-file.ts";

const JSON_ENV = "SIGNAL_FISH_CONFIG_JSON";
const STDIN_ENV = "SIGNAL_FISH_CONFIG_STDIN";
const PATH_ENV = "SIGNAL_FISH_CONFIG_PATH";

/** Where a server of Signal Fish's looks by itself. */
const OWN_FILE = "config.json";

interface Surroundings {
  readonly cwd: string;
  readonly readFile: (path: string) => string;
  readonly readInput: () => string;
  /** Whether no other file was named. */
  readonly isAlone: boolean;
}

/**
 * Configurations of Signal Fish's where its own server finds them, the weakest first: one in the environment, one in the
 * standard input, the file that the environment names, and `config.json` in the working directory.
 */
export function readSignalFishSources(
  env: Env,
  { cwd, readFile, readInput, isAlone }: Surroundings,
): Given[] {
  const sources: Given[] = [];
  const json = env[JSON_ENV];
  if (json) sources.push(readText(json, `env ${JSON_ENV}`));
  if (/^(?:1|true|yes)$/i.test(env[STDIN_ENV] ?? "")) sources.push(readInputText(readInput));
  const path = env[PATH_ENV];
  if (path) {
    const namedBy = `env ${PATH_ENV}`;
    sources.push(readSourceFile({ path, namedBy, cwd, readFile, language: "signal-fish" }));
  }
  if (isAlone && !isSamePath(path, cwd)) sources.push(readOwnFile(cwd, readFile));
  return sources;
}

const isSamePath = (path: string | undefined, cwd: string): boolean =>
  path !== undefined && (isAbsolute(path) ? path : resolve(cwd, path)) === resolve(cwd, OWN_FILE);

function readInputText(readInput: () => string): Given {
  const source = "the standard input";
  try {
    return readText(readInput(), source);
  } catch (error) {
    const given = nothingGiven();
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    given.problems.push({ path: STDIN_ENV, source, message });
    return given;
  }
}

function readText(text: string, source: string): Given {
  try {
    return readSignalFishs(parseJsonc(text), { source });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const given = nothingGiven();
    given.problems.push({ path: "(root)", source, message: `is not JSON: ${error.message}` });
    return given;
  }
}

/** A file that nobody named is read only when it is Signal Fish's without doubt. */
function readOwnFile(cwd: string, readFile: Surroundings["readFile"]): Given {
  const given = nothingGiven();
  let object: unknown;
  try {
    object = parseJsonc(readFile(resolve(cwd, OWN_FILE)));
  } catch {
    // There is none, or it is something else's.
    return given;
  }
  if (isSignalFishs(object)) {
    const read = readSignalFishs(object, { source: `file ./${OWN_FILE}` });
    read.notices.push(`./${OWN_FILE} was read, for it is Signal Fish's; --config reads another file instead`);
    return read;
  }
  if (isPeerServers(object)) {
    given.notices.push(`./${OWN_FILE} was not read; if it is meant, name it: --config ${OWN_FILE}`);
  }
  return given;
}
