import { createHash, timingSafeEqual } from "node:crypto";
import { placeOf } from "../lib/place.ts";
import { TokenBucket } from "../lib/token-bucket.ts";

/** Wrong tokens that one address may show: ten at once, then one each six seconds. */
const ATTEMPTS = { perSecond: 1 / 6, burst: 10 };

/** Most addresses whose wrong tokens are remembered; beyond that the longest-known one is forgotten. */
const MAX_PLACES = 10_000;

const MINUTE_MS = 60_000;

export type Verdict =
  | { readonly is: "welcome" }
  | { readonly is: "wrong" }
  /** Too many wrong tokens came from there: not even the right one is looked at. */
  | { readonly is: "too-many"; readonly retryAfterMs: number };

export interface AccessOptions {
  readonly token: string;
  /** Hears of wrong tokens, at most once a minute; `attempts` counts those since it last heard. */
  refused(attempts: number): void;
}

/** Who may use the console: whoever shows the token. Knows no clock. */
export class Access {
  readonly #wanted: Buffer;
  readonly #refused: AccessOptions["refused"];
  readonly #places = new Map<string, { readonly bucket: TokenBucket; lockedUntil: number }>();
  #unreported = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor({ token, refused }: AccessOptions) {
    this.#wanted = digest(`Bearer ${token}`);
    this.#refused = refused;
  }

  /** How many addresses have shown wrong tokens lately. */
  get places(): number {
    return this.#places.size;
  }

  /** Judges the header `Authorization` of a request from `address` at `now`, in ms. */
  judge(authorization: string | undefined, { address, now }: { address: string; now: number }): Verdict {
    const place = placeOf(address);
    const known = this.#places.get(place);
    if (known && known.lockedUntil > now) return { is: "too-many", retryAfterMs: known.lockedUntil - now };

    // Digests are of one length, so neither the length nor the beginning of the token shows in the time it takes.
    if (timingSafeEqual(digest(authorization ?? ""), this.#wanted)) {
      this.#places.delete(place);
      return { is: "welcome" };
    }
    // A page that has no token yet guesses nothing.
    if (authorization !== undefined) this.#count(place, now);
    return { is: "wrong" };
  }

  #count(place: string, now: number): void {
    const known = this.#places.get(place) ?? { bucket: new TokenBucket(ATTEMPTS, now), lockedUntil: 0 };
    // The last one that is allowed locks: the next is not looked at before there is a token again.
    known.bucket.take(now);
    known.lockedUntil = now + known.bucket.retryAfterMs;
    this.#places.delete(place);
    this.#places.set(place, known);
    const oldest = this.#places.size > MAX_PLACES ? this.#places.keys().next().value : undefined;
    if (oldest !== undefined) this.#places.delete(oldest);

    this.#unreported++;
    if (now - this.#reportedAt < MINUTE_MS) return;
    this.#refused(this.#unreported);
    this.#unreported = 0;
    this.#reportedAt = now;
  }
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
