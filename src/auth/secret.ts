import { randomBytes } from "node:crypto";

export interface SecretOptions {
  readonly secret: string | undefined;
  readonly mode: "development" | "production";
  /** Where the secret should have come from, for the message. */
  readonly setting: string;
  /** Told when the secret had to be made up. */
  warn(notice: string): void;
}

/**
 * The secret to sign with. Without one, development gets a random one that dies with the process, and a warning;
 * production does not start.
 *
 * @throws {Error} in production without a secret.
 */
export function requireSecret({ secret, mode, setting, warn }: SecretOptions): string {
  if (secret) return secret;
  if (mode === "production") {
    throw new Error(`production needs ${setting}: without it nobody's token can be checked`);
  }
  warn(`${setting} is not set: tokens are signed with a random secret and end with this process`);
  return randomBytes(32).toString("hex");
}
