/** Counts what happens within windows of `windowMs`, each of which begins with the first thing that happens in it. */
export class Window {
  #beganAt = Number.NEGATIVE_INFINITY;
  readonly #counts = new Map<string, number>();

  constructor(readonly windowMs: number) {}

  /** How often `what` happened in the window of `now`. */
  count(what: string, now: number): number {
    this.#renew(now);
    return this.#counts.get(what) ?? 0;
  }

  add(what: string, now: number): void {
    this.#renew(now);
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** Whole seconds until the window ends, at least 1. */
  secondsLeft(now: number): number {
    return Math.max(1, Math.ceil((this.#beganAt + this.windowMs - now) / 1000));
  }

  #renew(now: number): void {
    if (now - this.#beganAt < this.windowMs && now >= this.#beganAt) return;
    this.#beganAt = now;
    this.#counts.clear();
  }
}
