import { createHmac, randomBytes } from "node:crypto";
import type { Sealing } from "../core/seals.ts";

/**
 * HMAC-SHA-256 (RFC 2104) under a key that lives and dies with the process, as rooms do: a verifier that got out is
 * worth nothing without it. Not made slow on purpose: guesses come over the network only, where the hub limits them, and
 * slow ones would be a way to keep the server busy.
 */
export function keyedSealing(): Sealing {
  const key = randomBytes(32);
  return (password, salt) => createHmac("sha256", key).update(`${salt}\n${password}`).digest("hex");
}
