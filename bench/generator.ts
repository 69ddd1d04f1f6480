// The process that presses: `node generator.js <job as JSON>`. Its result is one line of JSON on stdout; whatever goes
// wrong is told on stderr and by its exit code. A process of its own, so that it can have a core of its own.

import { requireOpenFiles } from "./launch.ts";
import type { Job } from "./load.ts";
import { maxOpenFiles } from "./proc.ts";
import { SCENARIOS } from "./scenarios.ts";

const job = JSON.parse(process.argv[2] ?? "{}") as Job;
const scenario = SCENARIOS.find(({ name }) => name === job.scenario);
const variant = scenario?.variants.find(({ name }) => name === job.variant);

try {
  if (!scenario || !variant) throw new Error(`there is no scenario ${job.scenario} (${job.variant})`);
  requireOpenFiles(maxOpenFiles(process.pid), scenario.connections);
  const sample = await variant.run(job.target, job.timing);
  process.stdout.write(JSON.stringify(sample), () => process.exit(0));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error), () => process.exit(1));
}
