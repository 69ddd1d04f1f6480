import { setTimeout as pause } from "node:timers/promises";

import { cpuSeconds } from "./proc.ts";
import type { Sample, Target, Timing } from "./scenario.ts";

/** How long to listen for what should not come: a delivery made twice. */
const LISTEN_AFTER_MS = 50;

/** A load that keeps itself going. */
export interface Traffic {
  start(): void;
  /** Sends nothing more; what is under way may still arrive. */
  stop(): void;
  /** How often the thing that is counted has happened. */
  readonly done: number;
  /** How much of it is still to come. */
  readonly inFlight: number;
}

/** The same as `perCpuSecond`, by the clock: where the server's threads share the work with the kernel. */
export async function perSecond(
  target: Target,
  timing: Timing,
  begin: (fail: (error: Error) => void) => Traffic,
): Promise<Sample> {
  const { details } = await perCpuSecond(target, timing, begin);
  return { value: details.perSecond ?? 0, details };
}

/**
 * What a server gets done per second of its own CPU time.
 *
 * CPU time and not wall time: it does not depend on whether the generator kept the server busy, and it counts the work
 * of all the server's threads. `begin` is given a function to call when the run is no longer worth finishing.
 *
 * @throws {Error} the reported failure, or that something got lost.
 */
export async function perCpuSecond(
  target: Target,
  timing: Timing,
  begin: (fail: (error: Error) => void) => Traffic,
): Promise<Sample> {
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failure.catch(() => {}); // it is heard where `pass` is awaited
  const pass = (ms: number) => Promise.race([pause(ms), failure]);
  const reading = () => ({
    done: traffic.done,
    server: cpuSeconds(target.pid),
    generator: generatorCpuSeconds(),
    at: performance.now() / 1_000,
  });

  const traffic = begin(fail);
  traffic.start();
  await pass(timing.warmUpMs);
  const from = reading();
  await pass(timing.measureMs);
  const to = reading();

  traffic.stop();
  const deadline = performance.now() + timing.drainMs;
  while (traffic.inFlight > 0 && performance.now() < deadline) await pass(5);
  if (traffic.inFlight > 0) throw new Error(`${traffic.inFlight} of what was sent for never arrived`);
  await pass(LISTEN_AFTER_MS);

  const done = to.done - from.done;
  const seconds = to.at - from.at;
  const serverCpuSeconds = to.server - from.server;
  const generatorSeconds = to.generator - from.generator;
  if (done === 0 || serverCpuSeconds <= 0) throw new Error("the run was too short to measure anything");
  return {
    value: done / serverCpuSeconds,
    details: {
      done,
      seconds,
      serverCpuSeconds,
      perSecond: done / seconds,
      serverBusy: serverCpuSeconds / seconds,
      generatorBusy: generatorSeconds / seconds,
    },
  };
}

function generatorCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
