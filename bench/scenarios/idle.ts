import { setTimeout as pause } from "node:timers/promises";

import { BenchPeer } from "../peer.ts";
import { cpuSeconds, rssBytes } from "../proc.ts";
import type { Sample, Scenario, Target, Timing } from "../scenario.ts";

const PEERS = 10_000;

/** Peers that come before the first reading, so that what any first peer costs (loaded code) is not counted. */
const EARLY_PEERS = 100;

/** Registrations under way at once while the peers arrive. */
const ARRIVING = 50;

/** Peers that are connected, registered, and say nothing: what a server holds most of the time. */
export const idle: Scenario = {
  name: "idle",
  summary: `${PEERS.toLocaleString("en-US")} registered peers that say nothing`,
  unit: "KB of RSS per peer",
  better: "lower",
  connections: PEERS + EARLY_PEERS,
  variants: [{ name: "registered", run }],
};

async function run(target: Target, { warmUpMs, measureMs }: Timing): Promise<Sample> {
  const ended: Error[] = [];
  const arrive = async (from: number, to: number) => {
    let next = from;
    const one = async () => {
      while (next < to) {
        const peer = await BenchPeer.register(target.port, `idle ${next++}`);
        peer.flow({
          complaintAbout: () => "an idle peer was told something",
          delivered: () => {},
          failed: (error) => ended.push(error),
        });
      }
    };
    await Promise.all(Array.from({ length: ARRIVING }, one));
  };

  await arrive(0, EARLY_PEERS);
  await pause(warmUpMs);
  const before = rssBytes(target.pid);
  const cpuBefore = cpuSeconds(target.pid);

  await arrive(EARLY_PEERS, EARLY_PEERS + PEERS);
  const cpuArrived = cpuSeconds(target.pid);
  await pause(measureMs);
  const after = rssBytes(target.pid);
  if (ended[0]) throw ended[0];
  return {
    value: (after - before) / 1024 / PEERS,
    details: {
      peers: PEERS,
      rssBeforeBytes: before,
      rssAfterBytes: after,
      arrivalCpuSeconds: cpuArrived - cpuBefore,
      settledCpuSeconds: cpuSeconds(target.pid) - cpuArrived,
    },
  };
}
