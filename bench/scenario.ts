import type { Contestant } from "./servers.ts";

/** The server a load is aimed at. It runs on this machine, so that its CPU time and memory can be read. */
export interface Target {
  readonly pid: number;
  readonly port: number;
}

/** How long to press. Warm-up is not counted: it lets the compiler of the server's runtime settle. */
export interface Timing {
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** How long what is under way may take to arrive after the last message was sent; then it counts as lost. */
  readonly drainMs: number;
}

/** One measurement of one server. */
export interface Sample {
  /** In the unit of the scenario. */
  readonly value: number;
  /** What the value was computed from, and how busy both sides were; goes to the JSON report as it is. */
  readonly details: Readonly<Record<string, number>>;
}

/** A setting of a scenario that gets its own line in the table. */
export interface Variant {
  readonly name: string;
  /** Presses `target` and measures. Runs in the generator's process. @throws {Error} if anything got lost or wrong. */
  run(target: Target, timing: Timing): Promise<Sample>;
}

/** One question the bench can answer, in one file of `scenarios/`. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** What `value` counts, as the head of a column. */
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** Sockets one process needs open at once. */
  readonly connections: number;
  readonly variants: readonly Variant[];
  /** Who is compared, where it is not the servers that are compared otherwise. */
  readonly contestants?: readonly Contestant[];
}
