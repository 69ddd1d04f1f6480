import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface ServerProcessOptions {
  /** Where it listens; `[]` leaves that to the environment. */
  readonly place?: readonly string[];
  /** Arguments after `serve` and the place. */
  readonly args?: readonly string[];
  /** Added to the environment of this process; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly startWithinMs?: number;
  /** A program to run instead of `parlor serve`, from the root of the repository: it takes its port from `PORT`. */
  readonly script?: string;
  /** A command that runs the server: it is given the server's own command line. */
  readonly runBy?: readonly string[];
}

export interface Ended {
  /** `null` when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const START_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 10_000;
/** What is kept of the output, its end, to be shown when something goes wrong. */
const MAX_OUTPUT_CHARS = 64 * 1024;
const URL_PATTERN = /https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):[1-9]\d*/;

/** The server as its users run it: the built command, in a process of its own, on a port the system chose. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  #output = "";
  #url = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      // "close" rather than "exit": only then has everything been read that the process wrote.
      child.once("close", (code, signal) => resolve({ code, signal }));
      child.once("error", (error) => {
        this.#output += `\n${error.message}`;
        resolve({ code: null, signal: null });
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-MAX_OUTPUT_CHARS);
      });
    }
  }

  /**
   * Starts the server and waits until it has printed its address.
   *
   * @throws {Error} with the output in its message, when the process ends or stays silent instead. It is gone then.
   */
  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    // Another build of the server, for instance an installed one, can be put to the same tests.
    const main = process.env.PARLOR_MAIN ?? `${ROOT}dist/cli/main.js`;
    const { args = [], env = {}, startWithinMs = START_WITHIN_MS, script, runBy = [] } = options;
    const { place = ["--port", "0", "--host", "127.0.0.1"] } = options;
    const served = script === undefined ? [main, "serve", ...place] : [script];
    const [command = "", ...rest] = [...runBy, process.execPath, ...served, ...args];
    const child = spawn(command, rest, {
      cwd: ROOT,
      env: { ...process.env, ...(script !== undefined && { PORT: "0" }), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });

    const server = new ServerProcess(child);
    try {
      server.#url = await server.#announced(startWithinMs);
      return server;
    } catch (error) {
      child.kill("SIGKILL");
      await server.#ended;
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Such as `http://127.0.0.1:43210/`, always with the slash. */
  get url(): string {
    return this.#url;
  }

  /** The end of everything the process has written so far, to either stream. */
  get output(): string {
    return this.#output;
  }

  /**
   * Asks the process to end and tells how it did. Safe to call twice.
   *
   * @throws {Error} when it has not ended in time; it is killed then.
   */
  async stop(signal: "SIGTERM" | "SIGINT" | "SIGKILL" = "SIGTERM"): Promise<Ended> {
    this.#child.kill(signal);
    const ended = await within(STOP_WITHIN_MS, this.#ended);
    if (ended) return ended;
    this.#child.kill("SIGKILL");
    await this.#ended;
    throw new Error(`The server did not end within ${STOP_WITHIN_MS} ms of ${signal}.\n${this.#output}`);
  }

  async #announced(withinMs: number): Promise<string> {
    const printed = new AbortController();
    const address = (async () => {
      for (;;) {
        const found = URL_PATTERN.exec(this.#output)?.[0];
        // A port number can arrive in two pieces: only a finished line is believed.
        if (found && /\n/.test(this.#output.slice(this.#output.indexOf(found)))) return `${found}/`;
        await Promise.race([
          once(this.#child.stdout!, "data", { signal: printed.signal }),
          once(this.#child.stderr!, "data", { signal: printed.signal }),
        ]);
      }
    })();
    address.catch(() => {});
    const ended = this.#ended.then(({ code, signal }) => {
      throw new Error(
        `The server ended (${signal ?? code}) before it said where it listens.\n${this.#output}`,
      );
    });
    ended.catch(() => {});

    try {
      const url = await within(withinMs, Promise.race([address, ended]));
      if (url) return url;
      throw new Error(`The server did not say within ${withinMs} ms where it listens.\n${this.#output}`);
    } finally {
      printed.abort();
    }
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
