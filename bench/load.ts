import { fileURLToPath } from "node:url";

import { CORE, launch } from "./launch.ts";
import type { Sample, Target, Timing } from "./scenario.ts";

/** What a run may take besides its own time: starting, and everybody's arrival. */
const MARGIN_MS = 120_000;

const script = fileURLToPath(new URL("./generator.js", import.meta.url));

/** What the generator is to do, once. */
export interface Job {
  readonly scenario: string;
  readonly variant: string;
  readonly target: Target;
  readonly timing: Timing;
}

/** Runs one job in a process of its own. @throws {Error} what went wrong there, or that it took too long. */
export async function press(job: Job, options: { readonly connections: number }): Promise<Sample> {
  const { pid, port } = job.target;
  const command = [script, JSON.stringify({ ...job, target: { pid, port } } satisfies Job)];
  const child = launch(command, { core: CORE.generator, ...options });
  const { warmUpMs, measureMs, drainMs } = job.timing;
  const overdue = setTimeout(() => child.kill("SIGKILL"), warmUpMs + measureMs + drainMs + MARGIN_MS);
  const [result, complaint, [code, signal]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (...how) => resolve(how));
    }),
  ]);
  clearTimeout(overdue);
  if (signal)
    throw new Error(`the generator was ended by ${signal}: the run took too long, or somebody interfered`);
  if (code !== 0) throw new Error(complaint.trim() || `the generator ended with code ${code}`);
  return JSON.parse(result) as Sample;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
