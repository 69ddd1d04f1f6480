import { parseArgs } from "node:util";
import type { Scenario, Timing } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { CONTESTANTS, type Contestant } from "./servers.ts";

/** What was asked for. */
export interface Request {
  readonly scenarios: readonly Scenario[];
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  readonly timing: Timing;
  /** Where to write the report as JSON. */
  readonly jsonFile: string | undefined;
}

/** A command line that cannot be followed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const USAGE = `usage: npm run bench -- <scenario>... [options]

scenarios
${SCENARIOS.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join("\n")}
  ${"all".padEnd(12)}all of them, one after another

options
  --rounds N       measurements of each server, alternating (default 5, at most 100)
  --seconds N      length of one measurement, after its warm-up (default 4, 2 to 600)
  --quick          2 rounds of 2 seconds: to see that it works, not to be quoted
  --servers A,B    who is compared: ${CONTESTANTS.map(({ name }) => name).join(", ")} (default all; the ratio is first to last)
  --json FILE      also write every sample to FILE
`;

/** @throws {UsageError} */
export function readCommandLine(argv: readonly string[]): Request {
  const { values, positionals } = parse(argv);
  const quick = values.quick === true;
  const seconds = numberOf("--seconds", values.seconds, { initial: quick ? 2 : 4, min: 2, max: 600 });
  return {
    scenarios: scenariosOf(positionals),
    contestants: contestantsOf(values.servers),
    rounds: wholeOf("--rounds", values.rounds, { initial: quick ? 2 : 5, min: 1, max: 100 }),
    timing: { warmUpMs: quick ? 1_000 : 1_500, measureMs: seconds * 1_000, drainMs: 10_000 },
    jsonFile: values.json,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        seconds: { type: "string" },
        quick: { type: "boolean" },
        servers: { type: "string" },
        json: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function scenariosOf(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) throw new UsageError("which scenario?");
  if (names.includes("all")) return SCENARIOS;
  return names.map((name) => {
    const scenario = SCENARIOS.find((candidate) => candidate.name === name);
    if (!scenario) throw new UsageError(`there is no scenario "${name}"`);
    return scenario;
  });
}

function contestantsOf(names: string | undefined): readonly Contestant[] {
  if (names === undefined) return CONTESTANTS;
  return names.split(",").map((name) => {
    const contestant = CONTESTANTS.find((candidate) => candidate.name === name);
    if (!contestant) throw new UsageError(`there is no server "${name}"`);
    return contestant;
  });
}

interface Range {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

function numberOf(option: string, raw: string | undefined, { initial, min, max }: Range): number {
  if (raw === undefined) return initial;
  const value = Number(raw);
  if (raw.trim() === "" || !(value >= min && value <= max)) {
    throw new UsageError(`${option} is a number from ${min} to ${max}, not "${raw}"`);
  }
  return value;
}

function wholeOf(option: string, raw: string | undefined, range: Range): number {
  const value = numberOf(option, raw, range);
  if (!Number.isInteger(value)) throw new UsageError(`${option} is a whole number, not "${raw}"`);
  return value;
}
