import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";

export type ClientAuth = "none" | "optional" | "require";

export interface TlsOptions {
  /** A PEM file with the certificate, followed by those of its issuers. */
  readonly certPath: string;
  /** A PEM file with the private key. */
  readonly keyPath: string;
  /**
   * Whether clients show a certificate of their own. `optional`: who shows none comes in as well; one that is not good
   * fails the handshake in any case.
   */
  readonly clientAuth?: ClientAuth;
  /** A PEM file with the certificates of those who issue the clients'; needed unless `clientAuth` is `none`. */
  readonly clientCaPath?: string | undefined;
  /** How often the files are looked at, in ms. 0: never. */
  readonly reloadIntervalMs?: number;
  /** Called when changed files are in use. */
  readonly onReload?: () => void;
  /** Called when changed files are not usable. The old ones stay in use. */
  readonly onReloadError?: (error: Error) => void;
}

/** A certificate and its key, as PEM text. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** What a server needs to speak TLS, as PEM text. */
export interface TlsFiles extends TlsPair {
  /** Certificates of those whose word on clients is trusted. */
  readonly ca?: string | undefined;
}

const RELOAD_INTERVAL_MS = 30_000;

/**
 * Reads and checks a pair.
 *
 * @throws {Error} that names the files when one cannot be read or they do not belong together.
 */
export async function readTlsPair({
  certPath,
  keyPath,
}: Pick<TlsOptions, "certPath" | "keyPath">): Promise<TlsPair> {
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
 * Reads and checks everything that `options` name.
 *
 * @throws {Error} that names the files when one cannot be read or used.
 */
export async function readTlsFiles(options: TlsOptions): Promise<TlsFiles> {
  const pair = await readTlsPair(options);
  return asksClients(options) ? { ...pair, ca: await readIssuers(options.clientCaPath) } : pair;
}

/** Whether clients are asked for a certificate. */
export const asksClients = ({ clientAuth = "none" }: Pick<TlsOptions, "clientAuth">): boolean =>
  clientAuth !== "none";

async function readIssuers(path: string | undefined): Promise<string> {
  if (path === undefined) throw new Error("TLS: nobody is named whose client certificates are good");
  try {
    const pem = await readFile(path, "utf8");
    const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
    if (certificates.length === 0) throw new Error("there is no certificate in it");
    // OpenSSL passes over what it cannot read, and would then trust nobody without a word.
    for (const certificate of certificates) new X509Certificate(certificate);
    return pem;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`TLS: ${path} does not tell who issues client certificates: ${why}`, { cause });
  }
}

/**
 * Gives a server what is new in the files.
 *
 * The contents are compared, not the times: renewal tools swap symbolic links, and write one file before the other. A
 * pair that does not match yet is simply looked at again; it is reported once.
 */
export class TlsReloader {
  readonly #server: Pick<Server, "setSecureContext">;
  readonly #options: TlsOptions;
  #current: TlsFiles;
  #reported: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;

  constructor(
    server: Pick<Server, "setSecureContext">,
    { files, ...options }: TlsOptions & { files: TlsFiles },
  ) {
    this.#server = server;
    this.#options = options;
    this.#current = files;
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
      const files = await readTlsFiles(this.#options);
      this.#reported = undefined;
      const { cert, key, ca } = this.#current;
      if (files.cert === cert && files.key === key && files.ca === ca) return;
      this.#server.setSecureContext({ ...files, minVersion: MIN_TLS_VERSION });
      this.#current = files;
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
