import { CONFIG_FILE_ENV, type Env, readEnv } from "./env.ts";
import type { DefaultsHost } from "./field.ts";
import { readFlags } from "./flags.ts";
import { type Given, nothingGiven } from "./given.ts";
import { readObject } from "./object.ts";
import { ConfigError } from "./problem.ts";
import { adviceOn, RULES } from "./rules.ts";
import type { Config, ConfigInput } from "./schema.ts";
import { SETTINGS } from "./setting.ts";
import { readSignalFishSources } from "./signal-fish-sources.ts";
import { readBoundedText, readSourceFile, readStandardInput } from "./source-file.ts";

export interface LoadOptions {
  /** Flags only, without the program and the subcommand. */
  readonly argv?: readonly string[];
  readonly env: Env;
  /** The whole text of a file. Throws what `node:fs` throws. */
  readonly readFile?: (path: string) => string;
  /** The whole text of the standard input; asked only where Signal Fish's environment says so. */
  readonly readInput?: () => string;
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
 * The configuration: flags, then environment, then file, then Signal Fish's own sources, then defaults; the first that
 * says something counts.
 *
 * @throws {ConfigError} with everything that is wrong in any of them, also in values that another source overrules.
 */
export function loadConfig(options: LoadOptions): Loaded {
  const { argv = [], env, cwd = process.cwd(), isTerminal = false } = options;
  const { readFile = readBoundedText, readInput = readStandardInput } = options;
  const flags = readFlags(argv);
  const path = flags.configPath ?? env[CONFIG_FILE_ENV];
  const namedBy = flags.configPath === undefined ? `env ${CONFIG_FILE_ENV}` : "flag --config";
  const fromFile = path ? readSourceFile({ path, namedBy, cwd, readFile }) : nothingGiven();

  const fromSignalFish = readSignalFishSources(env, { cwd, readFile, readInput, isAlone: !path });

  return settle([...fromSignalFish, fromFile, readEnv(env), flags.given], { isTerminal });
}

/**
 * The configuration an embedder asks for; what it leaves out has its default. No file, no environment, no flags.
 *
 * @throws {ConfigError}
 */
export function configOf(input: ConfigInput = {}): Config {
  const given = readObject(input, { source: "options", aliases: false });
  return settle([given], { isTerminal: false }).config;
}

/** The configuration of someone who says nothing. */
export function defaults(): Config {
  return configOf();
}

/** One configuration of several sources, the weakest first. */
function settle(sources: readonly Given[], { isTerminal }: Pick<DefaultsHost, "isTerminal">): Loaded {
  const given = new Map(sources.flatMap(({ values }) => [...values]));
  const problems = sources.flatMap((source) => source.problems);
  const settled = new Map<string, unknown>();
  const host: DefaultsHost = { isTerminal, valueAt: (path) => settled.get(path) };
  for (const { path, field, schema } of SETTINGS) {
    const found = given.get(path);
    settled.set(path, found ? found.value : (field.derived?.from(host) ?? schema.default));
  }
  const config = assemble(settled);

  const bad = new Set(problems.map(({ path }) => path));
  for (const { paths, message, isBroken } of RULES) {
    if (paths.some((path) => bad.has(path)) || !isBroken(config)) continue;
    problems.push({ path: paths[0], source: given.get(paths[0])?.source ?? "not set", message });
  }
  if (problems.length > 0) throw new ConfigError(problems);

  return {
    config,
    notices: [...sources.flatMap(({ notices }) => notices), ...adviceOn(config, (path) => given.has(path))],
    sources: new Map(SETTINGS.map(({ path }) => [path, given.get(path)?.source ?? "default"])),
  };
}

/** The frozen object of known settings. Nothing of the input's own shape survives, so nothing can hide in it. */
function assemble(settled: ReadonlyMap<string, unknown>): Config {
  const root: Record<string, unknown> = {};
  for (const { path, keys } of SETTINGS) {
    const value = settled.get(path);
    const [outer, inner] = keys;
    if (inner === undefined) {
      root[outer] = Array.isArray(value) ? [...value] : value;
    } else {
      root[outer] ??= {};
      if (value !== undefined)
        (root[outer] as Record<string, unknown>)[inner] = Array.isArray(value) ? [...value] : value;
    }
  }
  // The one cast: every value was checked against the schema that `Config` is derived from.
  return deepFrozen(root) as Config;
}

function deepFrozen(value: unknown): unknown {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(deepFrozen);
  return Object.freeze(value);
}
