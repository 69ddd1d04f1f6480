import type { Config } from "../config/index.ts";
import type { TlsOptions } from "../transports/tls-files.ts";

/** How listeners encrypt; `undefined`: they do not. */
export function encryptionOf({ tls }: Pick<Config, "tls">): TlsOptions | undefined {
  const { enabled, certPath, keyPath, clientAuth, clientCaPath } = tls;
  if (!enabled || certPath === undefined || keyPath === undefined) return undefined;
  return { certPath, keyPath, clientAuth, clientCaPath };
}
