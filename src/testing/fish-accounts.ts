/** Where somebody is in the numbers of a sender. */
export interface Stamp {
  readonly epoch: number;
  readonly seq: number;
}

export interface Gap {
  readonly from_player: string;
  readonly epoch: number;
  readonly from_seq: number;
  readonly to_seq: number;
  readonly reason: string;
}

export interface Report {
  readonly per_class: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly gaps?: readonly Gap[];
}

const MAX_GAPS = 256;

/** The number of a player that has left: nothing follows it. */
const GONE = Number.MAX_SAFE_INTEGER;

/**
 * The books that a client of version 3 keeps of what it is told: every number of every sender is either heard or reported
 * as missing, before anything later. Throws at the first thing that does not add up.
 */
export class DeliveryAccounts {
  readonly #heard = new Map<string, Stamp>();
  /** Reported as missing, and not yet passed by. */
  #gaps: Gap[] = [];
  #counters: Report["per_class"] | undefined;
  /** Whether a report of data in an unsupported format has not yet been spoken of in an `Error`. */
  #mayBeAdvised = false;

  /** A snapshot: who is there, and from which numbers on. The counters of the link go on. */
  begin(players: readonly (Stamp & { readonly id: string })[]): void {
    this.#heard.clear();
    this.#gaps = [];
    this.#mayBeAdvised = false;
    for (const { id, epoch, seq } of players) this.#heard.set(id, { epoch, seq });
  }

  get baselines(): ReadonlyMap<string, Stamp> {
    return this.#heard;
  }

  /** A player comes, or comes back. To be told twice of the same epoch is harmless. */
  announced(id: string, { epoch, seq }: Stamp): void {
    const known = this.#heard.get(id);
    if (known?.epoch === epoch && known.seq !== GONE) return;
    must(known === undefined || epoch > known.epoch, `an epoch after ${known?.epoch}, not ${epoch}`);
    this.#heard.set(id, { epoch, seq });
  }

  /** A player has left; nothing of that epoch may be open, and it can only come back with a later one. */
  left(id: string, { epoch, seq }: Stamp): void {
    const known = this.#heard.get(id);
    must(known?.epoch === epoch, `the epoch ${known?.epoch} to end, not ${epoch}`);
    const last = this.#passGaps(id, known ?? { epoch, seq });
    must(last === seq, `the last number ${last}, not ${seq}`);
    this.#heard.set(id, { epoch, seq: GONE });
  }

  /** Game data with its number. */
  received(from: string, { epoch, seq }: Stamp): void {
    const known = this.#heard.get(from);
    must(known !== undefined, "data of a player that was announced");
    must(known?.epoch === epoch, `epoch ${epoch} after ${known?.epoch}`);
    const last = this.#passGaps(from, known ?? { epoch, seq });
    must(last === seq - 1, `number ${seq} after ${last}`);
    this.#heard.set(from, { epoch, seq });
  }

  reported({ per_class: counters, gaps = [] }: Report): void {
    must(gaps.length <= MAX_GAPS, `at most ${MAX_GAPS} gaps`);
    for (const gap of gaps) {
      const known = this.#heard.get(gap.from_player);
      must(gap.to_seq >= gap.from_seq, "a gap that is one");
      must(known?.epoch === gap.epoch && gap.from_seq > known.seq, "a gap behind what was heard");
      const overlaps = this.#gaps.some(
        (each) => isSameTalk(each, gap) && each.from_seq <= gap.to_seq && gap.from_seq <= each.to_seq,
      );
      must(!overlaps, "gaps that do not overlap");
      this.#gaps.push(gap);
    }
    for (const [count, reasons] of Object.entries(LOSSES)) {
      const lost = gaps.filter(({ reason }) => reason === count);
      const numbers = lost.reduce((sum, { from_seq, to_seq }) => sum + to_seq - from_seq + 1, 0);
      const grown = reasons.reduce((sum, path) => sum + this.#growth(counters, path), 0);
      must(grown === numbers, `${count} counted as the gaps say: ${numbers}, not ${grown}`);
      if (count === "unsupported_format" && lost.length > 0) this.#mayBeAdvised = true;
    }
    for (const [name, counts] of Object.entries(counters)) {
      for (const count of Object.keys(counts)) {
        must(this.#growth(counters, [name, count]) >= 0, `${name}.${count} never less than it was`);
      }
    }
    this.#counters = counters;
  }

  /** An `Error` that says that data could not be told. */
  advised(): void {
    must(this.#mayBeAdvised, "a report before the error that speaks of it");
    this.#mayBeAdvised = false;
  }

  #growth(counters: Report["per_class"], [name, count]: readonly [string, string]): number {
    return (counters[name]?.[count] ?? 0) - (this.#counters?.[name]?.[count] ?? 0);
  }

  /** The last number of `from` that is settled, gaps that follow what was heard included. */
  #passGaps(from: string, { epoch, seq }: Stamp): number {
    let last = seq;
    for (;;) {
      const next = this.#gaps.find(
        (gap) => isSameTalk(gap, { from_player: from, epoch }) && gap.from_seq === last + 1,
      );
      if (!next) return last;
      last = next.to_seq;
    }
  }
}

/** Which counters grow with the gaps of a reason. */
const LOSSES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  latest_superseded: [["latest", "superseded"]],
  latest_dropped_full: [["latest", "dropped_full"]],
  volatile_dropped: [["volatile", "dropped"]],
  unsupported_format: [
    ["reliable", "unsupported_format"],
    ["latest", "unsupported_format"],
    ["volatile", "unsupported_format"],
  ],
};

const isSameTalk = (one: Pick<Gap, "from_player" | "epoch">, other: Pick<Gap, "from_player" | "epoch">) =>
  one.from_player === other.from_player && one.epoch === other.epoch;

/** @throws {Error} that says what a strict client expected. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`a strict client expected ${what}`);
}
