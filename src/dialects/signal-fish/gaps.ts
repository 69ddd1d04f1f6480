import type { PeerId } from "../../core/ids.ts";
import type { Stamp } from "../../core/views.ts";

/** Why a message was not told, in the words of the wire. */
export type Reason = "latest_superseded" | "latest_dropped_full" | "volatile_dropped" | "unsupported_format";

/** Messages of one sender that were not told, by their numbers, both included. */
export interface Gap {
  readonly from: PeerId;
  readonly epoch: number;
  readonly first: number;
  last: number;
  readonly reason: Reason;
  /** The class of a message that could not be told; numbers of another one are another gap. */
  readonly class: DeliveryClass;
}

export type DeliveryClass = "reliable" | "latest" | "volatile";

/** What is missing of one room and not told of yet, in as few ranges as it takes. */
export class Gaps {
  readonly #bySender = new Map<PeerId, Gap[]>();
  #size = 0;

  /** Ranges. */
  get size(): number {
    return this.#size;
  }

  has(from: PeerId): boolean {
    return this.#bySender.has(from);
  }

  /** Adds one number, which is in no gap yet. */
  add(
    from: PeerId,
    { epoch, seq }: Stamp,
    { reason, ...kind }: { readonly reason: Reason; readonly class: DeliveryClass },
  ): void {
    const gaps = this.#bySender.get(from) ?? [];
    this.#bySender.set(from, gaps);
    // Nearly always it is the latest one.
    let at = gaps.length;
    while (at > 0 && isLater(gaps[at - 1] as Gap, { epoch, seq })) at--;
    const before = gaps[at - 1];
    const isNext = before?.epoch === epoch && before.last === seq - 1;
    if (before && isNext && before.reason === reason && before.class === kind.class) {
      before.last = seq;
      return;
    }
    gaps.splice(at, 0, { from, epoch, first: seq, last: seq, reason, class: kind.class });
    this.#size++;
  }

  /** Removes and returns at most `max` gaps that `mayBeTold`, each sender's in the order of its numbers. */
  take(max: number, mayBeTold: (gap: Gap) => boolean): Gap[] {
    const taken: Gap[] = [];
    for (const [from, gaps] of this.#bySender) {
      let count = 0;
      while (count < gaps.length && taken.length < max && mayBeTold(gaps[count] as Gap)) {
        taken.push(gaps[count++] as Gap);
      }
      gaps.splice(0, count);
      if (gaps.length === 0) this.#bySender.delete(from);
    }
    this.#size -= taken.length;
    return taken;
  }
}

const isLater = (gap: Gap, { epoch, seq }: Stamp): boolean =>
  gap.epoch > epoch || (gap.epoch === epoch && gap.first > seq);
