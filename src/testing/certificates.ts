import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missing } from "./missing.ts";

/** A certificate with its key, in files and as PEM text. */
export interface Issued {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate, in lower-case hex. */
  readonly fingerprint: string;
}

/** Whether the `openssl` command is there; Node alone can only read certificates. */
export function hasOpenssl(tests: string): boolean {
  try {
    return execFileSync("openssl", ["version"]).length > 0;
  } catch (error) {
    missing(tests, error);
    return false;
  }
}

/** Makes certificates, as many as a test needs, in a folder of its own. */
export class CertificateOffice {
  readonly folder = mkdtempSync(join(tmpdir(), "parlor-certificates-"));
  #serial = 1;

  /** A certificate by `issuer`, or one that vouches for itself and may issue others. */
  issue(name: string, issuer?: Issued): Issued {
    const [certPath, keyPath, request] = ["crt", "key", "csr"].map((ending) =>
      join(this.folder, `${name}.${ending}`),
    ) as [string, string, string];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyPath];
    const subject = ["-subj", `/CN=${name}`];
    if (!issuer) this.#openssl("req", "-x509", ...key, ...subject, "-days", "2", "-out", certPath);
    else {
      const by = ["-CA", issuer.certPath, "-CAkey", issuer.keyPath, "-set_serial", String(++this.#serial)];
      this.#openssl("req", "-new", ...key, ...subject, "-out", request);
      this.#openssl("x509", "-req", "-in", request, ...by, "-days", "2", "-out", certPath);
    }
    const cert = readFileSync(certPath, "utf8");
    const fingerprint = createHash("sha256").update(new X509Certificate(cert).raw).digest("hex");
    return { certPath, keyPath, cert, key: readFileSync(keyPath, "utf8"), fingerprint };
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { stdio: "ignore" });
  }
}
