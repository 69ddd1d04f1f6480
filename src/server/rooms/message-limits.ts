import { Refusal } from "../../core/errors.ts";
import { type Bans, refusalOf } from "./bans.ts";

/** How much one user may say. */
export interface MessageLimits {
  /** Largest message, in bytes. Default 65,536. */
  readonly maxMessageBytes?: number | undefined;
  /** Most messages in any stretch of `perMs`. Default 10 in 1 s. */
  readonly messages?: { readonly max: number; readonly perMs: number } | undefined;
  /** What too many messages lead to. Default `ban`. */
  readonly onExceed?: "drop" | "ban" | "disconnect" | undefined;
  /** How long the first ban lasts, in ms; each further one within a day twice as long. Default 60 s. */
  readonly banMs?: number | undefined;
  /** So many messages too many within that time lead to it; those before are only refused. Default 3 in 10 s. */
  readonly escalation?: { readonly strikes: number; readonly withinMs: number } | undefined;
}

interface Heard {
  /** When the last messages were heard, oldest first. */
  readonly heardAt: number[];
  readonly strikesAt: number[];
  bans: number;
  lastBanAt: number;
}

/** The user said too much, and is to be disconnected. */
export class TooMuch extends Refusal {
  constructor(details: Refusal["details"]) {
    super("slow_down", details);
  }
}

const DAY_MS = 24 * 3_600_000;

/** Counts what users say, by user: several links count together, and a new link changes nothing. */
export class MessageLimiter {
  readonly #records = new Map<string, Heard>();
  readonly #bans: Bans;
  readonly #now: () => number;
  readonly #limits: Required<{ [Key in keyof MessageLimits]: NonNullable<MessageLimits[Key]> }>;

  constructor(limits: MessageLimits, { bans, now }: { bans: Bans; now(): number }) {
    this.#bans = bans;
    this.#now = now;
    this.#limits = {
      maxMessageBytes: limits.maxMessageBytes ?? 65_536,
      messages: limits.messages ?? { max: 10, perMs: 1_000 },
      onExceed: limits.onExceed ?? "ban",
      banMs: limits.banMs ?? 60_000,
      escalation: limits.escalation ?? { strikes: 3, withinMs: 10_000 },
    };
    const { max, perMs } = this.#limits.messages;
    if (!(max >= 1 && max <= 100_000 && perMs >= 1))
      throw new RangeError("messages: expected max and perMs of at least 1");
  }

  /** @throws {Refusal} `too_large`, `banned` with `until`, `slow_down` with `retryAfterMs`. */
  check(userId: string, bytes: number): void {
    const { maxMessageBytes, messages } = this.#limits;
    if (bytes > maxMessageBytes) throw new Refusal("too_large", { maxBytes: maxMessageBytes });
    this.#bans.refuse(userId);

    const now = this.#now();
    const record = this.#recordOf(userId);
    const { heardAt } = record;
    while (heardAt[0] !== undefined && heardAt[0] <= now - messages.perMs) heardAt.shift();
    if (heardAt.length >= messages.max) this.#exceeded(userId, record, now);
    heardAt.push(now);
  }

  /** Forgets what a user has said, and its strikes. */
  reset(userId: string): void {
    this.#records.delete(userId);
  }

  /** Forgets users that have been quiet. */
  sweep(): void {
    const now = this.#now();
    const quietMs = Math.max(this.#limits.messages.perMs, this.#limits.escalation.withinMs);
    for (const [userId, { heardAt, strikesAt, lastBanAt }] of this.#records) {
      const last = Math.max(heardAt.at(-1) ?? 0, strikesAt.at(-1) ?? 0);
      if (last < now - quietMs && lastBanAt < now - DAY_MS) this.#records.delete(userId);
    }
  }

  #recordOf(userId: string): Heard {
    let record = this.#records.get(userId);
    if (!record) {
      record = { heardAt: [], strikesAt: [], bans: 0, lastBanAt: Number.NEGATIVE_INFINITY };
      this.#records.set(userId, record);
    }
    return record;
  }

  #exceeded(userId: string, record: Heard, now: number): never {
    const { escalation, onExceed, banMs, messages } = this.#limits;
    const retryAfterMs = Math.max(1, (record.heardAt[0] ?? now) + messages.perMs - now);
    const { strikesAt } = record;
    while (strikesAt[0] !== undefined && strikesAt[0] <= now - escalation.withinMs) strikesAt.shift();
    if (onExceed !== "drop") strikesAt.push(now);
    if (onExceed === "drop" || strikesAt.length < escalation.strikes) {
      throw new Refusal("slow_down", { retryAfterMs });
    }
    strikesAt.length = 0;
    if (onExceed === "disconnect") throw new TooMuch({ retryAfterMs });

    record.bans = record.lastBanAt > now - DAY_MS ? record.bans + 1 : 1;
    record.lastBanAt = now;
    const ms = Math.min(DAY_MS, banMs * 2 ** Math.min(record.bans - 1, 20));
    throw refusalOf(this.#bans.ban(userId, { ms, reason: "too many messages" }));
  }
}
