import type { App } from "./settings.ts";

const MINUTE_MS = 60_000;

/** Handshakes of each app within the last minute; shared by all links of a listener. */
export class AppWindows {
  /** Times of handshakes, oldest first; there are no more apps than are configured. */
  readonly #times = new Map<string, number[]>();

  /** Counts a handshake of `app`. `false`: the app's minute is used up, and nothing was counted. */
  admit({ id, handshakesPerMinute }: App, now: number): boolean {
    if (handshakesPerMinute === undefined) return true;
    const recent = (this.#times.get(id) ?? []).filter((at) => now - at < MINUTE_MS);
    const isAdmitted = recent.length < handshakesPerMinute;
    this.#times.set(id, isAdmitted ? [...recent, now] : recent);
    return isAdmitted;
  }
}
