import { Refusal } from "./errors.ts";
import type { PeerId } from "./ids.ts";

export interface Ask {
  /** What is asked for. */
  readonly pair: string;
  readonly by: PeerId;
  readonly of: PeerId;
  /** The paths asked for; empty when there is nothing to tell one ask from another. */
  readonly paths: ReadonlySet<string>;
}

export interface Answer {
  readonly pair: string;
  readonly of: PeerId;
  /** A path that it is about. */
  readonly path: string | undefined;
  readonly to: PeerId | undefined;
  /** Whether nothing further will follow. */
  readonly last: boolean;
}

/** Most questions of one peer that nobody has answered yet. */
const MAX_OPEN_ASKS = 256;
/** After that long without an answer, nobody waits any more. */
const ASK_KEPT_MS = 5 * 60_000;

/**
 * Who asked whom for what. The language of the editor names neither in an answer, so answers go to the first who asked
 * for that path, and else to the first who asked at all.
 */
export class Asks {
  #open: { readonly ask: Ask; at: number }[] = [];

  get size(): number {
    return this.#open.length;
  }

  /** @throws {Refusal} `slow_down` when this peer has asked too much that was not answered yet. */
  add(ask: Ask, now: number): void {
    this.#forget(now);
    const mine = this.#open.filter((open) => open.ask.by === ask.by).length;
    if (mine >= MAX_OPEN_ASKS) throw new Refusal("slow_down", { retryAfterMs: ASK_KEPT_MS });
    this.#open.push({ ask, at: now });
  }

  /** Who is to hear an answer; `undefined` when nobody has asked. */
  answered({ pair, of, path, to, last }: Answer, now: number): PeerId | undefined {
    this.#forget(now);
    const mine = this.#open.filter(
      ({ ask }) => ask.pair === pair && ask.of === of && (to === undefined || ask.by === to),
    );
    const found = mine.find(({ ask }) => path !== undefined && ask.paths.has(path)) ?? mine[0];
    if (!found) return undefined;
    if (last) this.#open = this.#open.filter((open) => open !== found);
    else found.at = now;
    return found.ask.by;
  }

  #forget(now: number): void {
    this.#open = this.#open.filter(({ at }) => now - at < ASK_KEPT_MS);
  }
}
