import { type Event, laneOf } from "../core/events.ts";
import type { Goodbye } from "../core/goodbyes.ts";
import type { PeerId } from "../core/ids.ts";
import type { Outbox } from "../core/outbox.ts";
import { EACH, type Urgency, type Wire } from "../dialects/dialect.ts";
import { type Frame, frameOf } from "../lib/frame.ts";
import { isDroppable } from "../lib/lane.ts";

/** Whoever can tell a peer something: its connection. */
export interface Speaker {
  readonly encoding: string;
  encode(event: Event): Wire | typeof EACH | undefined;
  /** Tells what only this peer can be told so. */
  sayOwn(event: Event): void;
  /** Encodes the answer to the command at hand. */
  encodeAnswer(event: Event): Wire | typeof EACH | undefined;
  send(frame: Frame): void;
  /** How the event is queued, where that is not what the core says. */
  urgency?(event: Event): Urgency | undefined;
  /** Whether account is kept of what is lost on the way. */
  readonly keepsAccount?: boolean;
  /** Whether so much is on its way there that whoever sends more should wait; for how long at most, in ms. */
  readonly fullForMs?: number | undefined;
  dismiss(goodbye: Goodbye): void;
  /** Hears nothing further for that long. */
  slow?(ms: number): void;
  /** Ends unless there is a sign of life within that long. */
  probe?(withinMs: number): void;
  /** Hears nothing further until `isOver` says so, or for some seconds. */
  wait?(isOver: () => boolean, maxMs?: number): void;
  /** Bytes on their way to the peer. */
  readonly queuedBytes?: number;
}

/** Who sends to one peer is made to wait when more than this is on its way there. */
const PACE_BYTES = 256 * 1024;

/** Encodes what the core tells, once for each encoding in use, and hands it to the links. */
export class ServerOutbox implements Outbox {
  readonly #speakers = new Map<PeerId, Speaker>();
  /** Messages handed to links since the start. */
  delivered = 0;

  get size(): number {
    return this.#speakers.size;
  }

  /** Who speaks for `peer` now. */
  speaker(peer: PeerId): Speaker | undefined {
    return this.#speakers.get(peer);
  }

  /** From now on `speaker` speaks for `peer`. */
  seat(peer: PeerId, speaker: Speaker): void {
    this.#speakers.set(peer, speaker);
  }

  /** Ends that; returns `false` when somebody else speaks for `peer` by now. */
  unseat(peer: PeerId, speaker: Speaker): boolean {
    if (this.#speakers.get(peer) !== speaker) return false;
    return this.#speakers.delete(peer);
  }

  deliver(to: Iterable<PeerId>, event: Event, except?: PeerId | ReadonlySet<PeerId>): void {
    let encoding: string | undefined;
    let frame: Frame | typeof EACH | undefined;
    let others: Map<string, typeof frame> | undefined;
    let full: Speaker[] | undefined;
    const isMessage = event.type === "message";

    for (const peer of to) {
      if (except !== undefined && (peer === except || (typeof except === "object" && except.has(peer))))
        continue;
      const speaker = this.#speakers.get(peer);
      if (!speaker) continue;

      if (speaker.encoding !== encoding) {
        // Nearly always all members speak alike, so the last encoding is kept at hand and the others in a map.
        if (encoding !== undefined) others = (others ?? new Map()).set(encoding, frame);
        encoding = speaker.encoding;
        frame = others?.has(encoding)
          ? others.get(encoding)
          : frameFor(event, speaker, speaker.encode(event));
      }
      if (frame === undefined) continue;
      this.delivered++;
      if (frame === EACH) {
        speaker.sayOwn(event);
        continue;
      }
      speaker.send(frame);
      if (isMessage && speaker.fullForMs !== undefined && !isDroppable(frame.lane)) {
        full ??= [];
        full.push(speaker);
      }
    }
    if (full && event.type === "message") this.#holdBack(event.from, full);
  }

  /** Hears nothing further of `from` until all of `full` have place again, for as long as each of them may take. */
  #holdBack(from: PeerId, full: readonly Speaker[]): void {
    const maxMs = Math.max(...full.map(({ fullForMs = 0 }) => fullForMs));
    this.#speakers.get(from)?.wait?.(() => full.every(({ fullForMs }) => fullForMs === undefined), maxMs);
  }

  answer(to: PeerId, event: Event): void {
    const speaker = this.#speakers.get(to);
    if (!speaker) return;
    const frame = frameFor(event, speaker, speaker.encodeAnswer(event));
    if (frame === undefined) return;
    this.delivered++;
    if (frame === EACH) speaker.sayOwn(event);
    else speaker.send(frame);
  }

  pace(from: PeerId, to: PeerId): void {
    const target = this.#speakers.get(to);
    const backlog = (): number => (this.#speakers.get(to) === target ? (target?.queuedBytes ?? 0) : 0);
    if (backlog() > PACE_BYTES) this.#speakers.get(from)?.wait?.(() => backlog() <= PACE_BYTES);
  }

  probe(peer: PeerId, withinMs: number): void {
    this.#speakers.get(peer)?.probe?.(withinMs);
  }

  slow(peer: PeerId, ms: number): void {
    this.#speakers.get(peer)?.slow?.(ms);
  }

  dismiss(peer: PeerId, goodbye: Goodbye): void {
    const speaker = this.#speakers.get(peer);
    if (!speaker) return;
    this.#speakers.delete(peer);
    speaker.dismiss(goodbye);
  }
}

function frameFor(
  event: Event,
  speaker: Speaker,
  wire: Wire | typeof EACH | undefined,
): Frame | typeof EACH | undefined {
  if (wire === undefined || wire === EACH) return wire;
  if (!speaker.keepsAccount) return frameOf(wire, laneOf(event));
  const { lane = laneOf(event), replaces } = speaker.urgency?.(event) ?? {};
  return frameOf(wire, lane, { about: event, replaces });
}
