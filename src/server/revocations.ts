import type { Identity } from "../core/identity.ts";

/** Whose credentials are good no more: those of one token, or all of one user until now. */
export interface Revocation {
  /** Id of a token (`jti`). */
  readonly tokenId?: string;
  readonly user?: string;
}

/** Most tokens, and most users, that are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 100_000;
/** As long as the longest token that `jwtAuth` signs: what is older has ended by itself. */
const MEMORY_MS = 366 * 24 * 3_600_000;

/** Credentials that are good no more although they have not ended. */
export class Revocations {
  /** When each was revoked, in ms since the epoch, oldest first. */
  readonly #tokens = new Map<string, number>();
  readonly #users = new Map<string, number>();

  add({ tokenId, user }: Revocation, now: number): void {
    if (tokenId !== undefined) remember(this.#tokens, tokenId, now);
    if (user !== undefined) remember(this.#users, user, now);
  }

  /** Whether what it stands for was revoked: by the token, or because it is not newer than when its user was. */
  has({ tokenId, user, issuedAt }: Pick<Identity, "tokenId" | "user" | "issuedAt">): boolean {
    if (tokenId !== undefined && this.#tokens.has(tokenId)) return true;
    const revokedAt = user === undefined ? undefined : this.#users.get(user);
    return revokedAt !== undefined && issuedAt !== undefined && issuedAt <= revokedAt;
  }

  /** Forgets what has ended by itself since. */
  sweep(now: number): void {
    for (const memory of [this.#tokens, this.#users]) {
      for (const [key, revokedAt] of memory) {
        if (revokedAt > now - MEMORY_MS) break;
        memory.delete(key);
      }
    }
  }
}

/** Whether `identity` is one of those meant. */
export function isMeant({ tokenId, user }: Revocation, identity: Identity): boolean {
  const isToken = tokenId !== undefined && identity.tokenId === tokenId;
  return isToken || (user !== undefined && identity.user === user);
}

function remember(memory: Map<string, number>, key: string, now: number): void {
  memory.delete(key);
  memory.set(key, now);
  const [oldest] = memory.keys();
  if (memory.size > MAX_REMEMBERED && oldest !== undefined) memory.delete(oldest);
}
