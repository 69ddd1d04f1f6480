import type { Identity } from "../core/identity.ts";

/** Whose credentials are good no more: those of one token, or all of one user until now. */
export interface Revocation {
  /** Id of a token (`jti`). */
  readonly tokenId?: string;
  readonly user?: string;
}

/** Most ids of tokens that are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 100_000;

/** Tokens that are good no more although they have not ended. */
export class Revocations {
  readonly #tokens = new Set<string>();

  add({ tokenId }: Revocation): void {
    if (tokenId === undefined) return;
    this.#tokens.add(tokenId);
    for (const oldest of this.#tokens) {
      if (this.#tokens.size <= MAX_REMEMBERED) break;
      this.#tokens.delete(oldest);
    }
  }

  has({ tokenId }: Identity): boolean {
    return tokenId !== undefined && this.#tokens.has(tokenId);
  }
}

/** Whether `identity` is one of those meant. */
export function isMeant({ tokenId, user }: Revocation, identity: Identity): boolean {
  const isToken = tokenId !== undefined && identity.tokenId === tokenId;
  return isToken || (user !== undefined && identity.user === user);
}
