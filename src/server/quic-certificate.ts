import type { Config } from "../config/index.ts";
import { certificateHash, type SelfSigned, selfSigned } from "../transports/self-signed.ts";
import { readTlsPair, type TlsPair } from "../transports/tls-files.ts";

/** How often files are looked at, in ms. */
const LOOK_EVERY_MS = 30_000;
/** A certificate of our own is replaced so long before it ends, in ms: pages need time to learn the new hash. */
const RENEW_BEFORE_MS = 3 * 24 * 60 * 60 * 1000;

interface Files {
  readonly certPath: string;
  readonly keyPath: string;
}

/** The certificate of the QUIC listener: from the files of `tls`, or self-signed and made anew in time. */
export class QuicCertificate {
  readonly #files: Files | undefined;
  #pair: TlsPair;
  #dueAt: number;
  #reported = "";

  private constructor(files: Files | undefined, { pair, dueAt }: { pair: TlsPair; dueAt: number }) {
    this.#files = files;
    this.#pair = pair;
    this.#dueAt = dueAt;
  }

  /** @throws {Error} when the files are no usable pair. */
  static async open({ tls: { certPath, keyPath } }: Pick<Config, "tls">): Promise<QuicCertificate> {
    const now = Date.now();
    if (certPath === undefined || keyPath === undefined) {
      const pair = selfSigned(now);
      return new QuicCertificate(undefined, { pair, dueAt: renewAt(pair) });
    }
    const files = { certPath, keyPath };
    return new QuicCertificate(files, { pair: await readTlsPair(files), dueAt: now + LOOK_EVERY_MS });
  }

  get pair(): TlsPair {
    return this.#pair;
  }

  get isSelfSigned(): boolean {
    return this.#files === undefined;
  }

  get hash(): string {
    return Buffer.from(certificateHash(this.#pair.cert)).toString("base64");
  }

  /** Whether it is time for `renew`. */
  isDue(now: number): boolean {
    return now >= this.#dueAt;
  }

  /** Takes a new pair if there is one. A bad pair is told once, and the old one stays. */
  async renew(now: number): Promise<"renewed" | "same" | Error> {
    if (!this.#files) {
      const pair = selfSigned(now);
      this.#pair = pair;
      this.#dueAt = renewAt(pair);
      return "renewed";
    }
    this.#dueAt = now + LOOK_EVERY_MS;
    try {
      const pair = await readTlsPair(this.#files);
      this.#reported = "";
      if (pair.cert === this.#pair.cert && pair.key === this.#pair.key) return "same";
      this.#pair = pair;
      return "renewed";
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error));
      if (problem.message === this.#reported) return "same";
      this.#reported = problem.message;
      return problem;
    }
  }
}

function renewAt({ expiresAt }: SelfSigned): number {
  return expiresAt - RENEW_BEFORE_MS;
}
