import type { Clock } from "../clock.ts";
import { jsonCodec } from "../codec.ts";
import { Attempt, type PeerConnectionClass } from "./attempt.ts";
import type { MeshSignal } from "./packets.ts";

export interface DirectLineOptions {
  readonly clock: Clock;
  readonly PeerConnection: PeerConnectionClass;
  readonly configuration: () => Promise<RTCConfiguration>;
  /** Whether this side gives way when two offers cross. Of two peers exactly one does. */
  readonly isPolite: boolean;
  readonly signal: (signal: Unaddressed<MeshSignal>) => void;
  readonly opened: () => void;
  readonly closed: () => void;
  /** What the other side sent: not looked at. */
  readonly heard: (parcel: unknown) => void;
  readonly troubled: (error: unknown) => void;
}

/** Without the incarnations: those are the pair's business. */
type Unaddressed<Signal> = Signal extends MeshSignal ? Omit<Signal, "i" | "ri"> : never;

const GIVE_WAY_MS = 500;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A channel that lived so long makes good for earlier failures. */
const STEADY_MS = 30_000;

/**
 * Keeps data channels to one other peer open, with that peer's help.
 *
 * Either side may begin an attempt, and either may renegotiate within one: when two offers cross, the polite side takes
 * its own back (perfect negotiation, https://w3c.github.io/webrtc-pc/#perfect-negotiation-example). Attempts are numbered;
 * the greater number is the later, and what belongs to an earlier one is passed over.
 */
export class DirectLine {
  readonly #options: DirectLineOptions;
  #attempt: Attempt | undefined;
  /** Number of the last attempt that either side began. */
  #count = 0;
  #failures = 0;
  #openedAt = 0;
  #stopTimer: () => void = () => {};
  #isClosed = false;
  /** Signals are dealt with one after another. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: DirectLineOptions) {
    this.#options = options;
  }

  /** Begins an attempt, unless there is one by then. The polite side waits a little, so that mostly the other begins. */
  start(): void {
    this.#startIn(0);
  }

  /** The other side is another one now: everything begins anew. */
  restart(): void {
    this.#enqueue(async () => {
      if (this.#attempt) this.#end(this.#attempt);
      this.#count = 0;
      this.#failures = 0;
      this.start();
    });
  }

  get isOpen(): boolean {
    return this.#attempt?.isOpen ?? false;
  }

  /** Reliable and in order. `false`: there is no open channel, or it cannot take this. */
  send(parcel: object): boolean {
    return this.#attempt?.channels?.send(jsonCodec.encode({ t: "", ...parcel }) as string) ?? false;
  }

  /** The same without a promise: it may get lost. */
  cast(parcel: object): boolean {
    return this.#attempt?.channels?.cast(jsonCodec.encode({ t: "", ...parcel }) as string) ?? false;
  }

  signaled(signal: MeshSignal): void {
    this.#enqueue(() => this.#take(signal));
  }

  /** Ends the present channels, as if the network had; others are opened in time. */
  cut(): void {
    if (this.#attempt) this.#fail(this.#attempt);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    if (this.#attempt) this.#end(this.#attempt);
  }

  #startIn(ms: number): void {
    this.#stopTimer();
    this.#stopTimer = this.#options.clock.after(ms + (this.#options.isPolite ? GIVE_WAY_MS : 0), () =>
      this.#enqueue(async () => {
        if (!this.#attempt) await this.#offer();
      }),
    );
  }

  #enqueue(act: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#isClosed) return;
      try {
        await act();
      } catch {
        // An attempt that fails is weather: there are other ways, the path is visible, and another attempt follows.
        if (this.#attempt && !this.#attempt.isOpen) this.#fail(this.#attempt);
      }
    });
  }

  async #offer(): Promise<void> {
    const attempt = await this.#begin(this.#count + 1);
    if (!attempt) return;
    attempt.openChannels();
    this.#describe(attempt, await attempt.offer());
  }

  async #take(signal: MeshSignal): Promise<void> {
    const { c } = signal;
    if ("candidate" in signal) {
      if (this.#attempt?.c === c) await this.#attempt.add(signal.candidate);
      return;
    }
    const { description } = signal;
    if (description.type === "answer") {
      if (this.#attempt?.c === c) await this.#attempt.accept(description);
      return;
    }
    const attempt = c > this.#count ? await this.#begin(c) : this.#attempt;
    if (attempt?.c !== c) return;
    if (attempt.isOffering && !this.#options.isPolite) return;
    this.#describe(attempt, await attempt.answer(description));
  }

  async #begin(c: number): Promise<Attempt | undefined> {
    const { PeerConnection, configuration, clock, signal } = this.#options;
    this.#count = c;
    this.#stopTimer();
    const given = await configuration();
    if (this.#isClosed) return undefined;
    if (this.#attempt) this.#end(this.#attempt);
    const attempt: Attempt = new Attempt(c, {
      clock,
      connection: new PeerConnection(given),
      candidate: (candidate) => signal({ c, candidate }),
      opened: () => this.#opened(attempt),
      heard: (text) => this.#heard(attempt, text),
      failed: () => this.#fail(attempt),
      restarted: () => this.#enqueue(async () => this.#describe(attempt, await attempt.offer())),
    });
    this.#attempt = attempt;
    return attempt;
  }

  #describe(attempt: Attempt, description: RTCSessionDescriptionInit | null): void {
    if (this.#attempt !== attempt || !description) return;
    const { type, sdp = "" } = description;
    if (type === "offer" || type === "answer")
      this.#options.signal({ c: attempt.c, description: { type, sdp } });
  }

  #opened(attempt: Attempt): void {
    if (this.#attempt !== attempt) return;
    this.#openedAt = this.#options.clock.now();
    this.#options.opened();
  }

  #heard(attempt: Attempt, text: string): void {
    if (this.#attempt !== attempt) return;
    try {
      this.#options.heard(jsonCodec.decode(text));
    } catch (error) {
      this.#options.troubled(error);
    }
  }

  #fail(attempt: Attempt): void {
    if (this.#attempt !== attempt || this.#isClosed) return;
    if (attempt.isOpen && this.#options.clock.now() - this.#openedAt >= STEADY_MS) this.#failures = 0;
    this.#end(attempt);
    this.#startIn(Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 16), MAX_RETRY_MS));
  }

  #end(attempt: Attempt): void {
    const wasOpen = attempt.isOpen;
    this.#attempt = undefined;
    attempt.end();
    if (wasOpen) this.#options.closed();
  }
}
