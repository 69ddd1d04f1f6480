import { readFile } from "node:fs/promises";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";

export interface TlsOptions {
  /** A PEM file with the certificate, followed by those of its issuers. */
  readonly certPath: string;
  /** A PEM file with the private key. */
  readonly keyPath: string;
  /** How often the two files are looked at, in ms. 0: never. */
  readonly reloadIntervalMs?: number;
  /** Called when a changed pair is in use. */
  readonly onReload?: () => void;
  /** Called when a changed pair is not usable. The old one stays in use. */
  readonly onReloadError?: (error: Error) => void;
}

/** A certificate and its key, as PEM text. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

const RELOAD_INTERVAL_MS = 30_000;

/**
 * Reads and checks a pair.
 *
 * @throws {Error} that names the files when one cannot be read or they do not belong together.
 */
export async function readTlsPair({ certPath, keyPath }: TlsOptions): Promise<TlsPair> {
  try {
    const [cert, key] = await Promise.all([readFile(certPath, "utf8"), readFile(keyPath, "utf8")]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`TLS: ${certPath} and ${keyPath} are no usable pair: ${why}`, { cause });
  }
}

/**
 * Gives a server every new pair that appears in the two files.
 *
 * The contents are compared, not the times: renewal tools swap symbolic links, and write one file before the other. A
 * pair that does not match yet is simply looked at again; it is reported once.
 */
export class TlsReloader {
  readonly #server: Pick<Server, "setSecureContext">;
  readonly #options: TlsOptions;
  #current: TlsPair;
  #reported: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;

  constructor(
    server: Pick<Server, "setSecureContext">,
    { pair, ...options }: TlsOptions & { pair: TlsPair },
  ) {
    this.#server = server;
    this.#options = options;
    this.#current = pair;
    const intervalMs = options.reloadIntervalMs ?? RELOAD_INTERVAL_MS;
    if (intervalMs > 0) this.#timer = setInterval(() => void this.check(), intervalMs).unref();
  }

  /** Looks at the files now. Never rejects. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    try {
      const pair = await readTlsPair(this.#options);
      this.#reported = undefined;
      if (pair.cert === this.#current.cert && pair.key === this.#current.key) return;
      this.#server.setSecureContext({ ...pair, minVersion: MIN_TLS_VERSION });
      this.#current = pair;
      this.#options.onReload?.();
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error));
      if (problem.message === this.#reported) return;
      this.#reported = problem.message;
      this.#options.onReloadError?.(problem);
    }
  }
}

export const MIN_TLS_VERSION = "TLSv1.2";
