import { createHmac } from "node:crypto";
import type { IceAnswer } from "../dialects/native/settings.ts";

export interface IceOptions {
  readonly stunUrls: readonly string[];
  readonly turnUrls: readonly string[];
  /** Shared with the TURN servers; without it none is told. */
  readonly turnSecret?: string | undefined;
  readonly turnTtlMs: number;
}

/**
 * The servers by which a browser finds its way, with TURN credentials that end by themselves, as coturn's REST scheme
 * wants them: the user name is the end in seconds since the epoch and the user, the password an HMAC-SHA1 of it.
 */
export function iceServers(
  { stunUrls, turnUrls, turnSecret, turnTtlMs }: IceOptions,
  { user, now }: { readonly user: string; readonly now: number },
): IceAnswer {
  const stun = stunUrls.length > 0 ? [{ urls: [...stunUrls] }] : [];
  if (turnSecret === undefined || turnUrls.length === 0) return { servers: stun };

  const username = `${Math.floor((now + turnTtlMs) / 1_000)}:${user}`;
  const credential = createHmac("sha1", turnSecret).update(username).digest("base64");
  return { servers: [...stun, { urls: [...turnUrls], username, credential }], ttlMs: turnTtlMs };
}
