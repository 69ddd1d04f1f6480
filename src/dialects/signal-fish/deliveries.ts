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

/** A time in a room: what the room told after `since` in its log, and what of it is missing. */
interface Stay {
  readonly room: RoomId;
  readonly since: number;
  readonly gaps: Gaps;
}

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
  /** Its stays in rooms that have not been told to the end, oldest first: what waits may tell of several. */
  readonly #stays: Stay[] = [];
  /** The one that the link has been told it is in. */
  #stay: Stay | undefined;
  /** The epochs of the senders that the link has been told of. */
  readonly #announced = new Map<PeerId, number>();
  /** Senders about whose format the link was advised, and when. */
  readonly #advisedAt = new Map<PeerId, number>();
  #advice: string | undefined;
  #now = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  get isOwing(): boolean {
    return this.#stays.some(({ gaps }) => gaps.size > 0);
  }

  get isBeyondTelling(): boolean {
    return this.#stays.reduce((count, { gaps }) => count + gaps.size, 0) > MAX_UNTOLD;
  }

  /** The link is being told that it is in a room now; whatever the room tells it further belongs to that. */
  enters({ room, offset: since }: EventOf<"room-joined" | "reclaimed">): void {
    this.#stays.push({ room, since, gaps: new Gaps() });
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
        this.#enter(event);
        break;
      case "member-joined":
        this.#announce(event.member);
        break;
      case "member-returned":
        this.#announced.set(event.peer, event.epoch);
        break;
      case "room-left":
      case "room-closed":
        if (this.#stay) this.#stays.shift();
        this.#stay = undefined;
        break;
    }
  }

  isDue(now: number): boolean {
    this.#now = Math.max(this.#now, now);
    return this.isOwing && this.#now - this.#reportedAt >= PAUSE_MS;
  }

  #mustReport(event: Event | undefined): boolean {
    if (event === undefined) return this.isDue(this.#now);
    if (event.type === "message") return this.#stay?.gaps.has(event.from) ?? false;
    if (event.type === "member-left") return this.#stay?.gaps.has(event.peer) ?? false;
    return false;
  }

  #miss(event: EventOf<"message">, reason: Reason): void {
    const { room, offset, from, stamp } = event;
    // What takes no place in the log is not queued where it could be lost: it is missed at once, and so now.
    const isNow = offset === 0;
    const stay = this.#stays.findLast((each) => each.room === room && (isNow || each.since < offset));
    if (stamp) stay?.gaps.add(from, stamp, { reason, class: classOf(event) });
  }

  #enter({ room, offset, members }: EventOf<"room-joined" | "reclaimed">): void {
    // What was not told of earlier stays is over.
    const at = this.#stays.findIndex((stay) => stay.room === room && stay.since === offset);
    this.#stays.splice(0, Math.max(at, 0));
    this.#stay = this.#stays[0];
    this.#announced.clear();
    this.#advisedAt.clear();
    for (const member of members) this.#announce(member);
  }

  #announce({ peer, standing }: MemberInfo): void {
    if (standing) this.#announced.set(peer, standing.stamp.epoch);
  }

  /** Tells of what is missing of those that the link knows; `undefined` when that is nothing. */
  #report(): string | undefined {
    const isKnown = ({ from, epoch }: Gap) => (this.#announced.get(from) ?? 0) >= epoch;
    // Of an epoch that is over everything was told before its end: what is left is of a room of the same name before.
    const isOfNow = ({ from, epoch }: Gap) => this.#announced.get(from) === epoch;
    const told = (this.#stay?.gaps.take(MAX_GAPS, isKnown) ?? []).filter(isOfNow);
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
