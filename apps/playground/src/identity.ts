/**
 * Who this tab is: an ECDSA P-256 key pair, kept for as long as the tab lives, so that a reload is the same peer.
 * The server knows a peer by its public key; the key's SHA-256 is the fingerprint others see.
 */

const STORED_AS = "parlor.playground.key";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
/** A reload asks for the name before the browser has noticed that the old page is gone. */
const CLAIM_WITHIN_MS = 600;

/**
 * The public key of this tab in base64, the same after a reload.
 *
 * Outside a secure context the browser offers no cryptography: then it is a random text, new with each load. The
 * server takes either; it hashes the text and does not look inside.
 */
export async function ownPublicKey(): Promise<string> {
  if (globalThis.crypto.subtle === undefined) return randomText();
  try {
    const kept = await keptKey();
    if (kept !== undefined && (await claim(kept))) return kept;

    const made = await makeKey();
    await claim(made);
    return made;
  } catch {
    // Storage or keys may be forbidden (private modes, policies); the playground works without either.
    return randomText();
  }
}

async function keptKey(): Promise<string | undefined> {
  const stored = sessionStorage.getItem(STORED_AS);
  if (stored === null) return undefined;
  try {
    const { d: _secret, key_ops: _uses, ...pub } = JSON.parse(stored) as JsonWebKey;
    return await rawPublicKey(await crypto.subtle.importKey("jwk", pub, ALGORITHM, true, ["verify"]));
  } catch {
    sessionStorage.removeItem(STORED_AS);
    return undefined;
  }
}

async function makeKey(): Promise<string> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  sessionStorage.setItem(STORED_AS, JSON.stringify(await crypto.subtle.exportKey("jwk", pair.privateKey)));
  return rawPublicKey(pair.publicKey);
}

async function rawPublicKey(key: CryptoKey): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.exportKey("raw", key)));
}

/**
 * Takes the key for this tab alone, until the tab is gone; false when another tab holds it.
 *
 * "Duplicate tab" copies the session storage. Two tabs with one key would throw each other out for ever, since the
 * server lets the newer connection of an identity win.
 */
function claim(publicKey: string): Promise<boolean> {
  return new Promise((resolve) => {
    const holdUntilGone = (): Promise<never> => {
      resolve(true);
      return new Promise<never>(() => {});
    };
    navigator.locks
      .request(`parlor:${publicKey}`, { signal: AbortSignal.timeout(CLAIM_WITHIN_MS) }, holdUntilGone)
      .catch(() => resolve(false));
  });
}

function randomText(): string {
  return base64(crypto.getRandomValues(new Uint8Array(32)));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
