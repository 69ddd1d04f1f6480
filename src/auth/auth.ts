import type { Credentials, Identity } from "../core/identity.ts";

/** What the opening link told besides the credentials. */
export interface AuthContext {
  readonly remoteAddress: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Name of the dialect that asks. */
  readonly dialect: string;
}

/** Checks who is there. */
export interface AuthProvider {
  /**
   * The identity that `credentials` stand for.
   *
   * @throws {Refusal} `unauthorized` when they are missing, wrong, expired or revoked.
   */
  authenticate(credentials: Credentials, context: AuthContext): Promise<Identity>;
}
