/** After the first fall a way must show so long that it lives before it is trusted again; doubled with each fall. */
const FIRST_PROBATION_MS = 500;
const MAX_PROBATION_MS = 30_000;
/** A way that was trusted so long has made good for earlier falls. */
const STEADY_MS = 30_000;
/** Signs of life that are further apart are not one life. */
const SILENCE_MS = 1_500;
/** How often a way that is not trusted is asked for a sign of life: first, and when it has long been silent. */
const FIRST_ASK_MS = 250;
const MAX_ASK_MS = 4_000;

/**
 * What is known of one way to a peer that comes and goes. Times are ms of one clock.
 *
 * An open way is a claim of the platform: it is trusted from when something was heard on it. One that has fallen is
 * trusted again when it has lived for a while, the longer the more often it fell: so a bad way does not take every
 * message on a detour.
 */
export class Rung {
  #isOpen = false;
  #trustedAt: number | undefined;
  #aliveSince: number | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  #falls = 0;
  #askAt = 0;
  #askMs = FIRST_ASK_MS;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isTrusted(): boolean {
    return this.#trustedAt !== undefined;
  }

  /** When something was heard on it last. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Since when it is trusted. */
  get trustedAt(): number | undefined {
    return this.#trustedAt;
  }

  opened(now: number): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#aliveSince = undefined;
    this.#askAt = now;
    this.#askMs = FIRST_ASK_MS;
  }

  closed(now: number): void {
    this.#fall(now);
    this.#isOpen = false;
  }

  /** It gave no sign of life when it should have. */
  doubted(now: number): void {
    this.#fall(now);
    this.#askAt = now;
  }

  heard(now: number): void {
    const wasSilent = now - this.#heardAt > SILENCE_MS;
    this.#heardAt = now;
    this.#askMs = FIRST_ASK_MS;
    if (!this.#isOpen || this.isTrusted) return;
    if (wasSilent || this.#aliveSince === undefined) this.#aliveSince = now;
    if (now - this.#aliveSince >= this.#probationMs) this.#trustedAt = now;
  }

  /** Whether it is to be asked for a sign of life now: open, and not trusted. Asked once, it is not for a while. */
  mustAsk(now: number): boolean {
    if (!this.#isOpen || this.isTrusted || now < this.#askAt) return false;
    this.#askAt = now + this.#askMs;
    this.#askMs = Math.min(this.#askMs * 2, MAX_ASK_MS);
    return true;
  }

  get #probationMs(): number {
    return this.#falls === 0
      ? 0
      : Math.min(FIRST_PROBATION_MS * 2 ** Math.min(this.#falls - 1, 16), MAX_PROBATION_MS);
  }

  #fall(now: number): void {
    this.#aliveSince = undefined;
    if (this.#trustedAt === undefined) return;
    this.#falls = now - this.#trustedAt >= STEADY_MS ? 1 : this.#falls + 1;
    this.#trustedAt = undefined;
  }
}
