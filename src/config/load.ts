import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CONFIG_FILE_ENV, type Env, readEnv } from "./env.ts";
import type { DefaultsHost } from "./fields.ts";
import { readFlags } from "./flags.ts";
import { type Given, nothingGiven } from "./given.ts";
import { parseJsonc } from "./jsonc.ts";
import { readObject } from "./object.ts";
import { ConfigError } from "./problem.ts";
import { adviceOn, brokenRules } from "./rules.ts";
import type { Config, ConfigInput } from "./schema.ts";
import { SETTINGS } from "./setting.ts";

/** A configuration file larger than this is some other file. */
const MAX_FILE_BYTES = 1024 * 1024;

export interface LoadOptions {
  /** Flags only, without the program and the subcommand. */
  readonly argv?: readonly string[];
  readonly env: Env;
  /** The whole text of a file. Throws what `node:fs` throws. */
  readonly readFile?: (path: string) => string;
  /** What a relative path to the configuration file starts from. */
  readonly cwd?: string;
  /** Whether people read the log as it is written. */
  readonly isTerminal?: boolean;
}

export interface Loaded {
  readonly config: Config;
  /** Things to tell the operator once, that do not keep the server from starting. */
  readonly notices: readonly string[];
  /** Where each setting's value came from, by path: `default`, `file parlor.json`, `env PORT`, `flag --port`. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * The configuration: flags, then environment, then file, then defaults; the first that says something counts.
 *
 * @throws {ConfigError} with everything that is wrong in any of them, also in values that another source overrules.
 */
export function loadConfig(options: LoadOptions): Loaded {
  const { argv = [], env, isTerminal = false } = options;
  const flags = readFlags(argv);
  const fromEnv = readEnv(env);
  const named = flags.configPath
    ? { path: flags.configPath, by: "flag --config" }
    : { path: env[CONFIG_FILE_ENV] || undefined, by: `env ${CONFIG_FILE_ENV}` };
  const fromFile = named.path ? readConfigFile(named.path, { ...options, by: named.by }) : nothingGiven();

  return settle([fromFile, fromEnv, flags.given], { isTerminal });
}

/**
 * The configuration an embedder asks for; what it leaves out has its default. No file, no environment, no flags.
 *
 * @throws {ConfigError}
 */
export function configOf(input: ConfigInput = {}): Config {
  return settle([readObject(input, { source: "options", aliases: false })], { isTerminal: false }).config;
}

/** The configuration of someone who says nothing. */
export function defaults(): Config {
  return settle([], { isTerminal: false }).config;
}

/** One configuration of several sources, the weakest first. */
function settle(sources: readonly Given[], { isTerminal }: Pick<DefaultsHost, "isTerminal">): Loaded {
  const values = new Map(sources.flatMap((given) => [...given.values]));
  const problems = sources.flatMap((given) => given.problems);
  const settled = new Map<string, unknown>();
  const from = new Map<string, string>();
  const host: DefaultsHost = { isTerminal, valueAt: (path) => settled.get(path) };

  for (const setting of SETTINGS) {
    const { path, field } = setting;
    const given = values.get(path);
    settled.set(path, given ? given.value : (field.derived?.from(host) ?? setting.schema.default));
    from.set(path, given?.source ?? "default");
  }

  const config = assemble(settled);
  for (const { path, message } of brokenRules(config)) {
    problems.push({ path, source: from.get(path) ?? "default", message });
  }
  if (problems.length > 0) throw new ConfigError(problems);

  const advice = adviceOn(config, (path) => values.has(path));
  const notices = [...sources.flatMap((given) => given.notices), ...advice];
  return { config, notices, sources: from };
}

/** The frozen object of known settings. Nothing of the input's own shape survives, so nothing can hide in it. */
function assemble(settled: ReadonlyMap<string, unknown>): Config {
  const root: Record<string, unknown> = {};
  for (const { path, keys } of SETTINGS) {
    const value = settled.get(path);
    const [outer, inner] = keys;
    if (inner === undefined) {
      root[outer] = frozen(value);
    } else {
      root[outer] ??= {};
      if (value !== undefined) (root[outer] as Record<string, unknown>)[inner] = frozen(value);
    }
  }
  for (const value of Object.values(root)) Object.freeze(value);
  // The one cast: every value was checked against the schema `Config` is derived from.
  return Object.freeze(root) as Config;
}

function frozen(value: unknown): unknown {
  return Array.isArray(value) ? Object.freeze([...value]) : value;
}

function readConfigFile(
  path: string,
  { by, cwd = process.cwd(), readFile = readText }: Omit<LoadOptions, "env"> & { readonly by: string },
): Given {
  const given = nothingGiven();
  const refuse = (message: string): Given => {
    given.problems.push({ path, source: by, message });
    return given;
  };

  let text: string;
  try {
    text = readFile(resolve(cwd, path));
  } catch (error) {
    return refuse(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (text.length > MAX_FILE_BYTES) return refuse("is larger than 1 MiB");

  try {
    return readObject(parseJsonc(text), { source: `file ${basename(path)}`, aliases: true });
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(`is not JSON: ${error.message}`);
    throw error;
  }
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
