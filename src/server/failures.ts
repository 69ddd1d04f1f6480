import type { Log } from "../observe/log.ts";

/** In the middle of what it happened. */
export interface FailureContext {
  readonly dialect?: string | undefined;
  readonly command?: string | undefined;
}

/** What is our own fault: counted, and told to the log with its stack. */
export class Failures {
  readonly #log: Log;
  count = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  report(err: unknown, { dialect, command }: FailureContext = {}): void {
    this.count++;
    this.#log.error("server.error", { err, ...(dialect && { dialect }), ...(command && { command }) });
  }
}
