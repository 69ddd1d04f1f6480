import { setTimeout as pause } from "node:timers/promises";

import { CORE, type Launched, launch, requireOpenFiles } from "./launch.ts";
import { listeningPorts, maxOpenFiles } from "./proc.ts";
import type { Target } from "./scenario.ts";
import type { Contestant } from "./servers.ts";

const READY_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 5_000;

/** How much of what a server printed is kept, to be shown when it dies. */
const MAX_TAIL_CHARS = 4_000;

/** A contestant, running alone on its core. */
export class ServerProcess implements Target {
  readonly pid: number;
  readonly port: number;
  readonly #child: Launched;
  readonly #tail: () => string;

  private constructor(child: Launched, port: number, tail: () => string) {
    this.pid = child.pid!;
    this.port = port;
    this.#child = child;
    this.#tail = tail;
  }

  /** Starts a contestant and waits until it listens. */
  static async start(
    contestant: Contestant,
    options: { readonly connections: number },
  ): Promise<ServerProcess> {
    const { connections } = options;
    const { command, environment } = contestant;
    const child = launch(command, { core: CORE.server, connections, environment });
    const tail = tailOf(child);
    try {
      const port = await portOf(child, contestant.name);
      requireOpenFiles(maxOpenFiles(child.pid!), connections);
      return new ServerProcess(child, port, tail);
    } catch (error) {
      await end(child);
      throw new Error(`${contestant.name} could not be measured. ${tail()}`, { cause: error });
    }
  }

  /** What is left to say if the server has ended on its own; undefined while it runs. */
  get obituary(): string | undefined {
    const { exitCode, signalCode } = this.#child;
    return exitCode === null && signalCode === null
      ? undefined
      : `it ended (${signalCode ?? exitCode}). ${this.#tail()}`;
  }

  /** Asks the server to end, and insists after a while. */
  async stop(): Promise<void> {
    await end(this.#child);
  }
}

async function portOf(child: Launched, name: string): Promise<number> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline && hasNotEnded(child)) {
    const ports = child.pid === undefined ? [] : listeningPorts(child.pid);
    if (ports.length > 1) throw new Error(`${name} listens on ${ports.join(", ")}: one port is enough`);
    if (ports[0] !== undefined) return ports[0];
    await pause(20);
  }
  throw new Error(`${name} does not listen`);
}

async function end(child: Launched): Promise<void> {
  if (!hasNotEnded(child)) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const insist = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await ended;
  clearTimeout(insist);
}

function hasNotEnded(child: Launched): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function tailOf(child: Launched): () => string {
  let tail = "";
  const keep = (text: Buffer) => {
    tail = (tail + text.toString()).slice(-MAX_TAIL_CHARS);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return () => (tail === "" ? "It printed nothing." : `Its last words:\n${tail}`);
}
