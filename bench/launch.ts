import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Readable } from "node:stream";

/** Files a process needs open besides its peers: its libraries, pipes and listeners. */
const OTHER_FILES = 100;

/** The cores of the two sides. They never share one: then neither takes time from the other. */
export const CORE = { server: 0, generator: 1 } as const;

/** Whether processes can be bound to a core here. */
export const canPin =
  availableParallelism() >= 2 &&
  Object.values(CORE).every((core) => spawnSync("taskset", ["-c", String(core), "true"]).status === 0);

// Raises the limit on open files if it is too low and may be raised, then becomes the command: the process id stays.
// What came of it is checked by `requireOpenFiles`.
const RAISE =
  '[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge "$0" ] || ulimit -n "$0" 2>/dev/null; exec "$@"';

/** A process of the bench, with what it prints. */
export type Launched = ChildProcessByStdio<null, Readable, Readable>;

const running = new Set<Launched>();

/** Runs a Node script on its core, with room for that many connections. It does not outlive this process. */
export function launch(
  command: readonly string[],
  options: {
    readonly core: number;
    readonly connections: number;
    readonly environment?: Readonly<Record<string, string>>;
  },
): Launched {
  const pin = canPin ? ["taskset", "-c", String(options.core)] : [];
  const files = String(options.connections + OTHER_FILES);
  const child = spawn("sh", ["-c", RAISE, files, ...pin, process.execPath, ...command], {
    // Nothing else of the environment: a NODE_OPTIONS or a PORT of the shell must not decide who is faster.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Ends at once whatever still runs. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** @throws {Error} that says what to do, when a process may not open that many connections. */
export function requireOpenFiles(allowed: number, connections: number): void {
  const needed = connections + OTHER_FILES;
  if (allowed >= needed) return;
  throw new Error(
    `this scenario needs ${needed} open files per process and ${allowed} are allowed: ` +
      `run it from a shell with a higher limit (as root: ulimit -n 65536), or raise "nofile" in limits.conf`,
  );
}
