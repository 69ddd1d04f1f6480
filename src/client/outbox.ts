import type { Codec } from "./codec.ts";
import { ParlorError } from "./errors.ts";
import type { Wire } from "./line.ts";

/** What is to become of a message that cannot be sent now because there is no connection. */
export type OfflinePolicy =
  /** It waits, in order. */
  | "queue"
  /** It is forgotten. */
  | "drop"
  /** It is refused: `send` throws `offline`. */
  | "reject"
  /** It waits in the place of an earlier one with the same key that still waits. */
  | { readonly replace: string };

/** One outgoing frame, encoded. */
export interface Outgoing {
  /** Without its number. */
  readonly wire: Wire;
  /** Whether the server is to process it exactly once: then it gets a number and is kept until acknowledged. */
  readonly numbered: boolean;
  /** What it was about, for whoever has to tell that it failed. */
  readonly about: { readonly room?: string; readonly type?: string; readonly requestId?: number };
  readonly replaceKey?: string;
  /** When it was handed over, in ms. */
  readonly at: number;
}

/** An outgoing frame that was sent under a number and is not acknowledged. */
export interface Flying {
  readonly q: number;
  readonly item: Outgoing;
}

export interface OutboxLimits {
  /** Most frames that wait. */
  readonly maxItems: number;
  /** Most bytes that wait, about. */
  readonly maxBytes: number;
  /** Most frames that are sent and not acknowledged; more wait. */
  readonly window: number;
}

/**
 * What the client has to say: frames that wait, then frames in flight, in one order that survives lost links.
 *
 * Numbers count up from 1 in a session, without gaps. The server processes each number once, so sending again what is
 * not acknowledged is always right.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #codec: Codec;
  #lastQ = 0;
  /** Frames without a number, or with one that the server knows, that are to be sent before all others. */
  #again: Wire[] = [];
  #flying: Flying[] = [];
  /** Index in `#flying` of the first one that is not sent on this line. */
  #next = 0;
  #waiting: Outgoing[] = [];
  #waitingBytes = 0;

  constructor(codec: Codec, limits: OutboxLimits) {
    this.#codec = codec;
    this.#limits = limits;
  }

  /** Messages that are not known to have arrived. */
  get pending(): number {
    return this.#flying.length + this.#waiting.length;
  }

  /** Whether `take` has something. */
  get hasMore(): boolean {
    return (
      this.#again.length > 0 ||
      this.#next < this.#flying.length ||
      (this.#waiting.length > 0 && (this.#flying.length < this.#limits.window || !this.#waiting[0]?.numbered))
    );
  }

  /** @throws {ParlorError} `queue_full` */
  add(item: Outgoing, { isFirst = false }: { readonly isFirst?: boolean } = {}): void {
    const bytes = sizeOf(item);
    const { replaceKey } = item;
    const replaced =
      replaceKey === undefined
        ? undefined
        : this.#waiting.find((waiting) => waiting.replaceKey === replaceKey);
    const waiting = this.#waiting.length - (replaced ? 1 : 0);
    const waitingBytes = this.#waitingBytes - (replaced ? sizeOf(replaced) : 0);
    if (waiting >= this.#limits.maxItems || waitingBytes + bytes > this.#limits.maxBytes) {
      throw new ParlorError("queue_full", { details: { waiting: this.#waiting.length } });
    }
    if (replaced) this.withdraw(replaced);
    if (isFirst) this.#waiting.unshift(item);
    else this.#waiting.push(item);
    this.#waitingBytes += bytes;
  }

  /** Takes back a frame that has not been sent yet. `false`: it has. */
  withdraw(item: Outgoing): boolean {
    const at = this.#waiting.indexOf(item);
    if (at < 0) return false;
    this.#takeOut(at);
    return true;
  }

  /** The next frame to send, and the number under which it goes. */
  take(): { readonly wire: Wire; readonly item?: Outgoing; readonly q?: number } | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return { wire: again };

    let flying = this.#flying[this.#next];
    if (!flying) {
      if (!this.hasMore) return undefined;
      const item = this.#takeOut(0);
      if (!item.numbered) return { wire: item.wire, item };
      flying = { q: ++this.#lastQ, item };
      this.#flying.push(flying);
    }
    this.#next++;
    return { wire: this.#codec.number(flying.item.wire, flying.q), item: flying.item, q: flying.q };
  }

  /** The server has processed everything up to `q`. */
  acknowledge(q: number): void {
    let count = 0;
    while (count < this.#flying.length && this.#flying[count]!.q <= q) count++;
    if (count === 0) return;
    this.#flying.splice(0, count);
    this.#next = Math.max(0, this.#next - count);
  }

  flyingAs(q: number): Outgoing | undefined {
    return this.#flying.find((flying) => flying.q === q)?.item;
  }

  /** Everything in flight is to be sent again: on a new line of the same session, or because the server asked. */
  rewind(again: readonly Wire[] = []): void {
    this.#again = [...again];
    this.#next = 0;
  }

  /**
   * A new session begins, in which `again` is said first. What was in flight may have arrived or not: it is handed
   * back, and not sent again.
   */
  restart(again: readonly Wire[]): readonly Flying[] {
    const lost = this.#flying;
    this.#flying = [];
    this.#lastQ = 0;
    this.rewind(again);
    return lost;
  }

  /** Takes out what waits since before `at`, oldest first. */
  expire(at: number): readonly Outgoing[] {
    const expired = this.#waiting.filter((item) => item.at < at);
    if (expired.length === 0) return expired;
    this.#waiting = this.#waiting.filter((item) => item.at >= at);
    this.#waitingBytes = this.#waiting.reduce((sum, item) => sum + sizeOf(item), 0);
    return expired;
  }

  /** Forgets everything; answers what that was. */
  clear(): readonly Outgoing[] {
    const all = [...this.#flying.map(({ item }) => item), ...this.#waiting];
    this.#again = [];
    this.#flying = [];
    this.#next = 0;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return all;
  }

  #takeOut(at: number): Outgoing {
    const [item] = this.#waiting.splice(at, 1);
    if (!item) throw new RangeError("nothing waits there");
    this.#waitingBytes -= sizeOf(item);
    return item;
  }
}

function sizeOf(item: Outgoing): number {
  return typeof item.wire === "string" ? item.wire.length : item.wire.byteLength;
}
