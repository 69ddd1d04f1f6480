import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";

import { type Request, readCommandLine, USAGE, UsageError } from "./command-line.ts";
import { CORE, canPin, killAll } from "./launch.ts";
import { press } from "./load.ts";
import { figure, jsonOf, type Result, type Series, tableOf } from "./report.ts";
import type { Sample, Scenario, Variant } from "./scenario.ts";
import { ServerProcess } from "./server-process.ts";
import { type Contestant, requireBuilt } from "./servers.ts";

const about = {
  startedAt: new Date().toISOString(),
  processor: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  node: process.version,
  pinnedTo: canPin ? CORE : undefined,
};

process.once("exit", killAll);
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

/** Exit codes: 0 measured, 1 a server died or something was lost or wrong, 2 the command line was not understood. */
try {
  const request = readCommandLine(process.argv.slice(2));
  await run(request);
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  process.stderr.write(`${reasonsOf(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
}

async function run(request: Request): Promise<void> {
  if (!canPin)
    note("processes cannot be bound to cores here: servers and generator share them, expect more spread");
  const results: Result[] = [];
  for (const scenario of request.scenarios) {
    for (const variant of scenario.variants) results.push(await measureVariant(request, scenario, variant));
  }
  process.stdout.write(`${tableOf(results)}\n`);
  if (request.jsonFile !== undefined) {
    const { rounds, timing } = request;
    await writeFile(request.jsonFile, jsonOf(results, { ...about, rounds, timing }));
  }
}

async function measureVariant(request: Request, scenario: Scenario, variant: Variant): Promise<Result> {
  const { rounds } = request;
  const contestants = scenario.contestants ?? request.contestants;
  contestants.forEach(requireBuilt);
  // Not by name: naming a server twice shows how much of a difference is noise.
  const runs = contestants.map((contestant) => ({ contestant, samples: [] as Sample[] }));
  for (let round = 1; round <= rounds; round++) {
    // Every second round in reverse, so that a machine which slowly heats up or calms down favours nobody.
    for (const { contestant, samples } of round % 2 === 1 ? runs : runs.toReversed()) {
      const sample = await measureOnce(request, scenario, variant, contestant);
      samples.push(sample);
      note(
        `${scenario.name}, ${variant.name}, round ${round}/${rounds}: ${contestant.name} ${figure(sample.value)}`,
      );
    }
  }
  const series: Series[] = runs.map(({ contestant, samples }) => ({ server: contestant.name, samples }));
  return {
    scenario: scenario.name,
    variant: variant.name,
    unit: scenario.unit,
    better: scenario.better,
    series,
  };
}

/** Each sample is taken of a server that was just started: no round inherits the heap of the one before. */
async function measureOnce(
  { timing }: Request,
  { name, connections }: Scenario,
  variant: Variant,
  contestant: Contestant,
): Promise<Sample> {
  const server = await ServerProcess.start(contestant, { connections });
  try {
    const sample = await press(
      { scenario: name, variant: variant.name, target: server, timing },
      { connections },
    );
    if (server.obituary) throw new Error(server.obituary);
    return sample;
  } catch (error) {
    const died = server.obituary;
    throw new Error(`${name}, ${variant.name}: ${contestant.name} failed${died ? `: ${died}` : ""}`, {
      cause: error,
    });
  } finally {
    await server.stop();
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function reasonsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n  because ${reasonsOf(error.cause)}`;
}
