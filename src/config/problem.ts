/** One thing wrong with the configuration. */
export interface Problem {
  /** The setting as written in a file, `rooms.capacity`; the name as given (made printable) when there is none. */
  readonly path: string;
  /** Where the value came from: `file parlor.json`, `env PARLOR_PORT`, `flag --port`. */
  readonly source: string;
  /** What was found and what was expected, in one line. */
  readonly message: string;
}

/** Problems worth printing at once; the rest is only counted. */
const MAX_PRINTED = 50;

/** Every problem of a configuration at once. The server does not start with any of them. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly Problem[]) {
    super(describe(problems));
  }
}

function describe(problems: readonly Problem[]): string {
  const lines = problems
    .slice(0, MAX_PRINTED)
    .map(({ path, source, message }) => `  ${path} (${source}): ${message}`.replace(/\p{Cc}/gu, "?"));
  if (problems.length > MAX_PRINTED) lines.push(`  … and ${problems.length - MAX_PRINTED} more`);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`The configuration has ${count}:`, ...lines].join("\n");
}

/** A name from outside, safe for one line of a terminal: short, and quoted when it is no plain name. */
export function printable(name: string): string {
  const short = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return /^[\w.:/~@+\-…]+$/.test(short) ? short : JSON.stringify(short);
}

/** A value from outside as it may be shown: JSON, cut after 60 characters. */
export function shown(value: unknown): string {
  let text: string;
  try {
    // A function or a symbol has no JSON; a cycle or a bigint makes `stringify` throw.
    text = JSON.stringify(value) ?? typeof value;
  } catch {
    text = typeof value;
  }
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
