import type { Event, EventOf } from "../../core/events.ts";
import type { PeerId, RoomId } from "../../core/ids.ts";
import type { MemberInfo } from "../../core/views.ts";
import type { Loss } from "../../lib/lane-queue.ts";
import type { Account } from "../dialect.ts";
import { frame } from "./encode.ts";
import { type DeliveryClass, type Gap, Gaps, type Reason } from "./gaps.ts";
import { wireId } from "./objects.ts";

/** Reports that nothing forces come at most so often, and so do advices about one sender. */
const PAUSE_MS = 1_000;

/** Most gaps that one report may have. */
const MAX_GAPS = 256;

/** Of more gaps than this nobody is told one by one. */
const MAX_UNTOLD = 4_096;

/**
 * What one link of version 3 was told of the game data meant for it, and what not: counted for as long as the link lives.
 *
 * Every number of every sender is either told or reported as missing before anything later of that sender is told. All of
 * it happens in the order in which messages leave the server, for what was queued may still be lost.
 */
export class Deliveries implements Account {
  readonly #delivered: Record<DeliveryClass, number> = { reliable: 0, latest: 0, volatile: 0 };
  readonly #unsupported: Record<DeliveryClass, number> = { reliable: 0, latest: 0, volatile: 0 };
  #superseded = 0;
  #droppedFull = 0;
  #dropped = 0;
  /** What is missing, by room: the link may be in another one before the last of it is told. */
  readonly #untold = new Map<RoomId, Gaps>();
  /** The room that the link has been told it is in. */
  #room: RoomId | undefined;
  /** The epochs of the senders that the link has been told of. */
  readonly #announced = new Map<PeerId, number>();
  /** Senders about whose format the link was advised, and when. */
  readonly #advisedAt = new Map<PeerId, number>();
  #advice: string | undefined;
  #now = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  get isOwing(): boolean {
    return this.#untold.size > 0;
  }

  get isBeyondTelling(): boolean {
    let count = 0;
    for (const { size } of this.#untold.values()) count += size;
    return count > MAX_UNTOLD;
  }

  lost(event: Event, because: Loss): void {
    if (event.type !== "message") return;
    const isLatest = event.delivery?.class === "latest";
    const reason = because === "replaced" ? "latest_superseded" : "latest_dropped_full";
    this.#miss(event, isLatest ? reason : "volatile_dropped");
  }

  /** A message that this link's form has no word for. */
  unsupported(event: EventOf<"message">): void {
    this.#now = Math.max(this.#now, event.at);
    this.#miss(event, "unsupported_format");
  }

  before(event: Event | undefined): string | undefined {
    const advice = this.#advice;
    this.#advice = undefined;
    if (advice !== undefined) return advice;
    return this.#mustReport(event) ? this.#report() : undefined;
  }

  leaves(event: Event): void {
    switch (event.type) {
      case "message":
        this.#delivered[classOf(event)]++;
        break;
      case "room-joined":
      case "reclaimed":
        this.#enter(event.room, event.members);
        break;
      case "member-joined":
        this.#announce(event.member);
        break;
      case "member-returned":
        this.#announced.set(event.peer, event.epoch);
        break;
      case "room-left":
      case "room-closed":
        this.#untold.delete(event.room);
        this.#room = undefined;
        break;
    }
  }

  isDue(now: number): boolean {
    this.#now = Math.max(this.#now, now);
    return this.isOwing && this.#now - this.#reportedAt >= PAUSE_MS;
  }

  #mustReport(event: Event | undefined): boolean {
    if (event === undefined) return this.isDue(this.#now);
    if (event.type === "message") return this.#untold.get(event.room)?.has(event.from) ?? false;
    if (event.type === "member-left") return this.#untold.get(event.room)?.has(event.peer) ?? false;
    return false;
  }

  #miss(event: EventOf<"message">, reason: Reason): void {
    const { room, from, stamp } = event;
    if (!stamp) return;
    const gaps = this.#untold.get(room) ?? new Gaps();
    this.#untold.set(room, gaps);
    gaps.add(from, stamp, { reason, class: classOf(event) });
  }

  #enter(room: RoomId, members: readonly MemberInfo[]): void {
    this.#room = room;
    for (const other of this.#untold.keys()) if (other !== room) this.#untold.delete(other);
    this.#announced.clear();
    this.#advisedAt.clear();
    for (const member of members) this.#announce(member);
  }

  #announce({ peer, standing }: MemberInfo): void {
    if (standing) this.#announced.set(peer, standing.stamp.epoch);
  }

  /** Tells of what is missing of those that the link knows; `undefined` when that is nothing. */
  #report(): string | undefined {
    const gaps = this.#room === undefined ? undefined : this.#untold.get(this.#room);
    const told = gaps?.take(MAX_GAPS, ({ from, epoch }) => (this.#announced.get(from) ?? 0) >= epoch) ?? [];
    if (this.#room !== undefined && gaps?.size === 0) this.#untold.delete(this.#room);
    if (told.length === 0) return undefined;

    for (const gap of told) this.#count(gap);
    this.#reportedAt = this.#now;
    this.#advise(told);
    const [delivered, missing] = [this.#delivered, this.#unsupported];
    return frame("DeliveryReport", {
      per_class: {
        reliable: { delivered: delivered.reliable, abandoned: 0, unsupported_format: missing.reliable },
        latest: {
          delivered: delivered.latest,
          superseded: this.#superseded,
          dropped_full: this.#droppedFull,
          abandoned: 0,
          unsupported_format: missing.latest,
        },
        volatile: {
          delivered: delivered.volatile,
          dropped: this.#dropped,
          abandoned: 0,
          unsupported_format: missing.volatile,
        },
      },
      gaps: told.map(({ from, epoch, first, last, reason }) => ({
        from_player: wireId(from),
        epoch,
        from_seq: first,
        to_seq: last,
        reason,
      })),
    });
  }

  #count({ first, last, reason, ...gap }: Gap): void {
    const numbers = last - first + 1;
    if (reason === "latest_superseded") this.#superseded += numbers;
    else if (reason === "latest_dropped_full") this.#droppedFull += numbers;
    else if (reason === "volatile_dropped") this.#dropped += numbers;
    else this.#unsupported[gap.class] += numbers;
  }

  /** After the report, in words: what the sender said cannot be told in this link's format. */
  #advise(told: readonly Gap[]): void {
    for (const { from, reason } of told) {
      const isNews = this.#now - (this.#advisedAt.get(from) ?? Number.NEGATIVE_INFINITY) >= PAUSE_MS;
      if (reason !== "unsupported_format" || !isNews) continue;
      this.#advisedAt.set(from, this.#now);
      this.#advice = UNSUPPORTED;
    }
  }
}

/** Said to a link whose form has no word for a message. */
export const UNSUPPORTED = frame("Error", {
  message: "Game data could not be converted to json",
  error_code: "UNSUPPORTED_GAME_DATA_FORMAT",
});

const classOf = ({ delivery }: EventOf<"message">): DeliveryClass => delivery?.class ?? "reliable";
