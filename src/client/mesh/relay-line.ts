import { backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import { ParlorError } from "../errors.ts";
import type { Relay } from "../relay.ts";
import type { RelayCarrier } from "../relay-wire.ts";

/** As much of a line to the relay as is used here. */
export type RelayPort = Pick<
  Relay,
  "carrier" | "peers" | "maxPayloadBytes" | "on" | "send" | "sendDatagram" | "close"
>;

export interface RelayLineOptions {
  readonly clock: Clock;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  /** What is tried, the best first; none: there is no line. */
  readonly carriers: readonly RelayCarrier[];
  readonly open: (carriers: readonly RelayCarrier[], signal: AbortSignal) => Promise<RelayPort>;
  /** Whether somebody would use it now. Asked now and then. */
  readonly isNeeded: () => boolean;
  /** Whether another peer can be reached has changed. */
  readonly reachable: (peer: string, isReachable: boolean) => void;
  readonly heard: (from: string, payload: Uint8Array) => void;
  /** There is another carrier now, or none. */
  readonly carrierChanged: () => void;
}

/** Most bytes for one peer that the line has not yet taken. */
const MAX_WAITING_BYTES = 1_048_576;
const LOOK_MS = 250;
/** Data channels open sooner than this, mostly: then nobody needs the relay. */
const OPEN_AFTER_MS = 750;
/** A line that nobody needs is kept so long: ways that have just come may go again. */
const LINGER_MS = 30_000;
/** A line on which nothing comes for so long although something was sent counts as dead; twice as long the next time. */
const FIRST_SILENCE_MS = 10_000;
const MAX_SILENCE_MS = 300_000;
const RETRY = { minMs: 1_000, maxMs: 60_000 };
/** Who was told no is not asked again for a while. */
const REFUSED_MS = 300_000;
/** How long after it opened a line on a lesser carrier tries for a better one; doubled each time. */
const FIRST_CLIMB_MS = 15_000;
const MAX_CLIMB_MS = 600_000;

/**
 * This peer's one line to the relay of the room, shared by all pairs: opened when one of them needs it, opened again when
 * it is lost, and moved to a better carrier when that works again. The server puts a new line in the place of the old
 * one, so the others notice nothing of it.
 */
export class RelayLine {
  readonly #options: RelayLineOptions;
  #port: RelayPort | undefined;
  #opening: AbortController | undefined;
  readonly #waiting = new Map<string, number>();
  #neededAt: number | undefined;
  #unneededAt: number | undefined;
  #attempts = 0;
  #retryAt = Number.NEGATIVE_INFINITY;
  /** Since when it waits for something to come after something was sent. */
  #unansweredAt: number | undefined;
  #silenceMs = FIRST_SILENCE_MS;
  #climbMs = FIRST_CLIMB_MS;
  #climbAt = Number.POSITIVE_INFINITY;
  #stopTimer: () => void = () => {};
  #isClosed = false;

  constructor(options: RelayLineOptions) {
    this.#options = options;
    if (options.carriers.length > 0) this.#look();
  }

  /** What carries it; `undefined` while there is no line. */
  get carrier(): RelayCarrier | undefined {
    return this.#port?.carrier;
  }

  /** Whether there is a line, and the other peer has one. */
  reaches(peer: string): boolean {
    return this.#port?.peers.has(peer) ?? false;
  }

  isBusy(peer: string): boolean {
    return this.#waiting.has(peer);
  }

  /** `false`: it cannot take this now. */
  send(peer: string, payload: Uint8Array): boolean {
    const port = this.#port;
    const waiting = this.#waiting.get(peer) ?? 0;
    if (!port?.peers.has(peer) || payload.length > port.maxPayloadBytes) return false;
    if (waiting > 0 && waiting + payload.length > MAX_WAITING_BYTES) return false;
    this.#waiting.set(peer, waiting + payload.length);
    this.#unansweredAt ??= this.#options.clock.now();
    const settle = () => this.#settled(port, peer, payload.length);
    // What it could not send is not acknowledged, and goes again.
    port.send(peer, payload).then(settle, settle);
    return true;
  }

  /** The same for what may get lost: in a datagram where there are such, and it fits into one. */
  cast(peer: string, payload: Uint8Array): boolean {
    const port = this.#port;
    if (!port?.peers.has(peer)) return false;
    if (port.sendDatagram(peer, payload)) return true;
    // What is worthless when late does not wait for a stream that is held up.
    return this.isBusy(peer) || this.send(peer, payload);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    this.#opening?.abort();
    this.#drop();
  }

  #settled(port: RelayPort, peer: string, bytes: number): void {
    if (port !== this.#port) return;
    const left = (this.#waiting.get(peer) ?? 0) - bytes;
    if (left > 0) this.#waiting.set(peer, left);
    else this.#waiting.delete(peer);
  }

  #look(): void {
    if (this.#isClosed) return;
    const { clock, carriers, isNeeded } = this.#options;
    const now = clock.now();
    this.#neededAt = isNeeded() ? (this.#neededAt ?? now) : undefined;
    this.#unneededAt = this.#neededAt === undefined ? (this.#unneededAt ?? now) : undefined;
    const isWanted = this.#neededAt !== undefined && now - this.#neededAt >= OPEN_AFTER_MS;
    if (this.#port) {
      if (this.#unneededAt !== undefined && now - this.#unneededAt >= LINGER_MS) this.#drop();
      else if (this.#unansweredAt !== undefined && now - this.#unansweredAt >= this.#silenceMs) this.#dead();
      else if (now >= this.#climbAt) void this.#climb(this.#port);
    } else if (isWanted && now >= this.#retryAt) void this.#open(carriers);
    this.#stopTimer = clock.after(LOOK_MS, () => this.#look());
  }

  async #open(carriers: readonly RelayCarrier[]): Promise<void> {
    if (this.#opening) return;
    const { clock, random, open } = this.#options;
    const opening = new AbortController();
    this.#opening = opening;
    try {
      const port = await open(carriers, opening.signal);
      if (this.#isClosed) port.close();
      else this.#opened(port);
    } catch (error) {
      const isWeather =
        !(error instanceof ParlorError) || ["no_carrier", "timeout", "closed"].includes(error.code);
      const waitMs = isWeather ? backoffMs(++this.#attempts, 0, { ...RETRY, random }) : REFUSED_MS;
      this.#retryAt = clock.now() + waitMs;
    } finally {
      this.#opening = undefined;
    }
  }

  /** Tries the carriers that are better than the present one. */
  async #climb({ carrier }: RelayPort): Promise<void> {
    const { clock, carriers } = this.#options;
    const better = carriers.slice(0, carriers.indexOf(carrier));
    this.#climbMs = Math.min(this.#climbMs * 2, MAX_CLIMB_MS);
    this.#climbAt = better.length > 0 ? clock.now() + this.#climbMs : Number.POSITIVE_INFINITY;
    if (better.length > 0) await this.#open(better);
  }

  #opened(port: RelayPort): void {
    const { clock, carriers, heard, reachable, carrierChanged } = this.#options;
    const isBest = port.carrier === carriers[0];
    if (isBest) this.#climbMs = FIRST_CLIMB_MS;
    this.#drop();
    this.#port = port;
    this.#attempts = 0;
    this.#climbAt = isBest ? Number.POSITIVE_INFINITY : clock.now() + this.#climbMs;
    port.on("message", ({ from, payload }) => {
      if (this.#port !== port) return;
      this.#unansweredAt = undefined;
      this.#silenceMs = FIRST_SILENCE_MS;
      heard(from, payload);
    });
    port.on("peer-joined", ({ peer }) => this.#port === port && reachable(peer, true));
    port.on("peer-left", ({ peer }) => this.#port === port && reachable(peer, false));
    port.on("closed", ({ comeBack }) => {
      if (this.#port !== port) return;
      this.#drop();
      // Replaced by a line that is being opened: that tells how it went.
      if (!this.#opening) this.#lost(comeBack);
    });
    carrierChanged();
    for (const peer of port.peers) reachable(peer, true);
  }

  /** Another line tells whether it was this one, or the others'. */
  #dead(): void {
    this.#silenceMs = Math.min(this.#silenceMs * 2, MAX_SILENCE_MS);
    this.#retryAt = this.#options.clock.now();
    this.#drop();
  }

  #lost(comeBack: boolean): void {
    const { clock, random } = this.#options;
    this.#retryAt =
      clock.now() + (comeBack ? backoffMs(++this.#attempts, 0, { ...RETRY, random }) : REFUSED_MS);
  }

  #drop(): void {
    const port = this.#port;
    if (!port) return;
    this.#port = undefined;
    this.#waiting.clear();
    this.#unansweredAt = undefined;
    this.#climbAt = Number.POSITIVE_INFINITY;
    port.close();
    for (const peer of port.peers) this.#options.reachable(peer, false);
    this.#options.carrierChanged();
  }
}
