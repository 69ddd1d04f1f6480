import type { PeerId } from "../../core/ids.ts";

/** One message as it was delivered. */
export interface HistoryEntry {
  readonly id: string;
  /** Place in the room's log; grows, with gaps. */
  readonly seq: number;
  /** Ms since the epoch. */
  readonly ts: number;
  /** The user it is from; `null`: the server. */
  readonly from: string | null;
  /** The application's name of the message, if it has one. */
  readonly type: string | undefined;
  readonly data: unknown;
}

interface Kept {
  readonly entry: HistoryEntry;
  /** The link that it came from. */
  readonly peer: PeerId;
  /** `undefined`: everybody who was there. */
  readonly to: ReadonlySet<string> | undefined;
  readonly text: string;
}

export interface HistoryQuery {
  /** Most entries, the newest of those that fit. Default 50. */
  readonly limit?: number | undefined;
  /** Only those older than this `seq`. */
  readonly before?: number | undefined;
  /** Only those newer than this `seq`. */
  readonly since?: number | undefined;
}

/** Bound on the text that one room keeps. */
const MAX_CHARACTERS = 4 * 1_048_576;

/** The last messages of a room, as they were delivered: what was refused or never sent on is not in it. */
export class History {
  readonly #max: number;
  #kept: Kept[] = [];
  #characters = 0;

  constructor({ max }: { readonly max: number }) {
    this.#max = max;
  }

  add(entry: Omit<HistoryEntry, "data">, { text, to, peer }: Omit<Kept, "entry">): void {
    if (this.#max === 0) return;
    this.#kept.push({ entry: { ...entry, data: JSON.parse(text) as unknown }, to, text, peer });
    this.#characters += text.length;
    let cut = 0;
    while (this.#kept.length - cut > this.#max || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#kept[cut]?.text.length ?? 0;
      cut++;
    }
    if (cut > 0) this.#kept.splice(0, cut);
  }

  /** Oldest first. With `reader`, only what was meant for that user too. */
  read({ limit = 50, before = Infinity, since = -1 }: HistoryQuery = {}, reader?: string): HistoryEntry[] {
    return this.#pick({ limit, before, since }, reader).map(({ entry }) => entry);
  }

  /** What a newcomer is sent: the last `count` messages that were for everybody, with their text. */
  replay(count: number): readonly Kept[] {
    if (count === 0) return [];
    return this.#kept.filter(({ to }) => to === undefined).slice(-count);
  }

  /** Takes one message out; `false` when it is not there. */
  redact(id: string): boolean {
    const at = this.#kept.findIndex(({ entry }) => entry.id === id);
    const [gone] = at < 0 ? [] : this.#kept.splice(at, 1);
    this.#characters -= gone?.text.length ?? 0;
    return gone !== undefined;
  }

  clear(): void {
    this.#kept = [];
    this.#characters = 0;
  }

  #pick({ limit, before, since }: Required<HistoryQuery>, reader: string | undefined): Kept[] {
    const fitting = this.#kept.filter(
      ({ entry, to }) =>
        entry.seq < Number(before) &&
        entry.seq > Number(since) &&
        (reader === undefined || to === undefined || to.has(reader) || entry.from === reader),
    );
    return Number(limit) > 0 ? fitting.slice(-Number(limit)) : [];
  }
}
