import { X509Certificate } from "node:crypto";
import type { Config } from "../config/index.ts";
import { certificateHash, selfSigned } from "../transports/self-signed.ts";
import { readTlsPair, type TlsPair } from "../transports/tls-files.ts";

/** How often files are looked at, in ms. */
const LOOK_EVERY_MS = 30_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** A certificate of our own gets a successor so long before it ends. */
const RENEW_BEFORE_MS = 3 * DAY_MS;
/** So long before its end a certificate gives way to its successor, whomever that disturbs. */
const GIVE_WAY_BEFORE_MS = DAY_MS;

interface Files {
  readonly certPath: string;
  readonly keyPath: string;
}

/**
 * The certificate of the QUIC listener: from the files of `tls`, or self-signed and made anew in time. A new one waits beside
 * the one in use until it is taken.
 */
export class QuicCertificate {
  readonly #files: Files | undefined;
  #pair: TlsPair;
  #next: TlsPair | undefined;
  #dueAt: number;
  #reported = "";

  private constructor(pair: TlsPair, { files, dueAt }: { files: Files | undefined; dueAt: number }) {
    this.#files = files;
    this.#pair = pair;
    this.#dueAt = dueAt;
  }

  /** @throws {Error} when the files are no usable pair. */
  static async open(
    { tls: { certPath, keyPath } }: Pick<Config, "tls">,
    now: number,
  ): Promise<QuicCertificate> {
    if (certPath === undefined || keyPath === undefined) {
      const pair = selfSigned(now);
      return new QuicCertificate(pair, { files: undefined, dueAt: pair.expiresAt - RENEW_BEFORE_MS });
    }
    const files = { certPath, keyPath };
    return new QuicCertificate(await readTlsPair(files), { files, dueAt: now + LOOK_EVERY_MS });
  }

  /** The one in use. */
  get pair(): TlsPair {
    return this.#pair;
  }

  /** Whether it was made at start, so that nobody vouches for it. */
  get isSelfSigned(): boolean {
    return this.#files === undefined;
  }

  get hash(): string {
    return Buffer.from(certificateHash(this.#pair.cert)).toString("base64");
  }

  /** Whether another waits to be taken. */
  get hasNext(): boolean {
    return this.#next !== undefined;
  }

  /** Whether it is time for `look`. */
  isDue(now: number): boolean {
    return now >= this.#dueAt;
  }

  /** Whether the one in use is about to end, or has. */
  isEnding(now: number): boolean {
    return now >= Date.parse(new X509Certificate(this.#pair.cert).validTo) - GIVE_WAY_BEFORE_MS;
  }

  /** Looks for a new pair, or makes one. A bad pair is told once, and the old one stays. */
  async look(now: number): Promise<Error | undefined> {
    if (!this.#files) {
      const pair = selfSigned(now);
      this.#next = pair;
      this.#dueAt = pair.expiresAt - RENEW_BEFORE_MS;
      return undefined;
    }
    this.#dueAt = now + LOOK_EVERY_MS;
    try {
      const pair = await readTlsPair(this.#files);
      this.#reported = "";
      const isSame = pair.cert === this.#pair.cert && pair.key === this.#pair.key;
      this.#next = isSame ? undefined : pair;
      return undefined;
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error));
      if (problem.message === this.#reported) return undefined;
      this.#reported = problem.message;
      return problem;
    }
  }

  /** Puts the one that waits in use. */
  take(): void {
    this.#pair = this.#next ?? this.#pair;
    this.#next = undefined;
  }
}
