import { Refusal } from "../../core/errors.ts";

/** Most bans that are remembered; the oldest is forgotten first. */
const MAX_BANS = 100_000;

export interface Ban {
  readonly userId: string;
  /** The room it is from; `undefined`: from the whole server. */
  readonly roomId: string | undefined;
  /** Ms since the epoch; `undefined`: for good. */
  readonly until: number | undefined;
  readonly reason: string | undefined;
}

export interface BanOptions {
  /** How long, in ms; for good unless said otherwise. */
  readonly ms?: number | undefined;
  readonly reason?: string | undefined;
  /** Only from this room. */
  readonly roomId?: string | undefined;
}

/** Who is not wanted, by user: so a ban outlives the link. */
export class Bans {
  readonly #bans = new Map<string, Ban>();
  readonly #now: () => number;

  constructor({ now }: { now(): number }) {
    this.#now = now;
  }

  /** Bans a user; an earlier ban of the same extent is replaced. */
  ban(userId: string, { ms, reason, roomId }: BanOptions = {}): Ban {
    if (ms !== undefined && !(ms > 0)) throw new RangeError(`ms: found ${ms}, expected more than 0`);
    const until = ms === undefined || ms === Number.POSITIVE_INFINITY ? undefined : this.#now() + ms;
    const ban: Ban = { userId, roomId, until, reason };
    const key = keyOf(userId, roomId);
    this.#bans.delete(key);
    this.#bans.set(key, ban);
    for (const oldest of this.#bans.keys()) {
      if (this.#bans.size <= MAX_BANS) break;
      this.#bans.delete(oldest);
    }
    return ban;
  }

  /** `false` when there was no such ban. */
  unban(userId: string, { roomId }: Pick<BanOptions, "roomId"> = {}): boolean {
    const isBanned = this.get(userId, { roomId }) !== undefined;
    this.#bans.delete(keyOf(userId, roomId));
    return isBanned;
  }

  /** The ban that holds now: from that room, or from the server where none is named. */
  get(userId: string, { roomId }: Pick<BanOptions, "roomId"> = {}): Ban | undefined {
    const key = keyOf(userId, roomId);
    const ban = this.#bans.get(key);
    if (!ban || ban.until === undefined || ban.until > this.#now()) return ban;
    this.#bans.delete(key);
    return undefined;
  }

  isBanned(userId: string, options?: Pick<BanOptions, "roomId">): boolean {
    return this.get(userId, options) !== undefined;
  }

  /** All that hold now, the oldest first. */
  list(): Ban[] {
    this.sweep();
    return [...this.#bans.values()];
  }

  /** @throws {Refusal} `banned`, with `until` if it ends, for a user that is banned from the server or the room. */
  refuse(userId: string, roomId?: string): void {
    const ban = this.get(userId) ?? (roomId === undefined ? undefined : this.get(userId, { roomId }));
    if (ban) throw refusalOf(ban);
  }

  /** Forgets bans that are over. */
  sweep(): void {
    const now = this.#now();
    for (const [key, { until }] of this.#bans)
      if (until !== undefined && until <= now) this.#bans.delete(key);
  }
}

export function refusalOf({ until, reason, roomId }: Ban): Refusal {
  return new Refusal("banned", {
    ...(until !== undefined && { until }),
    ...(reason !== undefined && { reason }),
    ...(roomId !== undefined && { room: roomId }),
  });
}

const keyOf = (userId: string, roomId: string | undefined): string =>
  roomId === undefined ? userId : JSON.stringify([userId, roomId]);
