import type { Clock } from "./clock.ts";
import type { AnyFrame, Codec } from "./codec.ts";
import { ParlorError } from "./errors.ts";
import type { Wire } from "./line.ts";
import { type OfflinePolicy, Outbox, type Outgoing } from "./outbox.ts";
import { type Positions, Progress } from "./progress.ts";
import { Pump, type Sink } from "./pump.ts";
import { type CallOptions, type Question, Requests } from "./requests.ts";

/** What the server takes. */
export interface ServerLimits {
  readonly maxMessageBytes: number;
  readonly messagesPerSecond: number;
  readonly burst: number;
  readonly queueBytes: number;
}

/** A one-way message that the server refused. */
export interface RefusedPost {
  readonly item: Outgoing;
  readonly error: ParlorError;
}

export interface SessionOptions {
  readonly codec: Codec;
  readonly clock: Clock;
  readonly sink: Sink;
  readonly offline: { readonly maxItems: number; readonly maxBytes: number; readonly maxAgeMs: number };
  /** How far each room was followed, for the server and for the resume. */
  readonly positions: () => Positions;
  readonly refused: (refused: RefusedPost) => void;
  /** The number of pending messages changed. */
  readonly pendingChanged: () => void;
}

/** How a question is put. */
export interface RequestOptions extends CallOptions, Pick<Question, "received" | "abandoned"> {
  /** Whether it changes something, so that it must be processed exactly once. */
  readonly numbered: boolean;
  /** Goes before everything else that waits. */
  readonly isFirst?: boolean;
}

interface PostOptions {
  readonly policy: OfflinePolicy;
  readonly about: { readonly room?: string; readonly type?: string };
}

/** Frames in flight at once. The server acknowledges at least every 32. */
const WINDOW = 256;
/** How often the server is told what it may forget. */
const ACK_EVERY_MS = 5_000;
const DEFAULT_HOLD_MS = 1_000;
const DEFAULT_LIMITS: ServerLimits = {
  maxMessageBytes: 65_536,
  messagesPerSecond: 50,
  burst: 50,
  queueBytes: 1_048_576,
};

/** The client's half of a session: what it said, what it asked, and how much it has heard. */
export class Session {
  readonly #options: SessionOptions;
  readonly #outbox: Outbox;
  readonly #requests: Requests;
  readonly #pump: Pump;
  #identity: { readonly session: string; readonly token: string } | undefined;
  readonly #progress: Progress;
  #limits: ServerLimits = DEFAULT_LIMITS;
  #isUp = false;
  #stopTimer: () => void = () => {};

  constructor(options: SessionOptions) {
    const { codec, clock, sink, offline } = options;
    this.#options = options;
    this.#outbox = new Outbox(codec, { ...offline, window: WINDOW });
    this.#requests = new Requests(clock);
    this.#progress = new Progress(options.positions);
    this.#pump = new Pump({
      outbox: this.#outbox,
      sink,
      clock,
      sent: ({ about }, q) => {
        if (about.requestId !== undefined) this.#requests.sent(about.requestId, q);
      },
    });
  }

  get limits(): ServerLimits {
    return this.#limits;
  }

  get pending(): number {
    return this.#outbox.pending;
  }

  /** What a new line says to go on where the last one broke off; `undefined` without a session. */
  get resumption(): AnyFrame["resume"] {
    if (!this.#identity) return undefined;
    return { ...this.#identity, ...this.#progress.resumption };
  }

  /**
   * A new line is welcomed.
   *
   * @returns messages of a lost session of which nobody knows whether they arrived; empty when it was resumed.
   */
  welcomed(welcome: AnyFrame): readonly Outgoing[] {
    const { session, resume, resumed, lastq, in: lastDirect } = welcome;
    const wasResumed = resumed === true && session === this.#identity?.session;
    this.#identity = { session: String(session), token: String(resume) };
    this.#limits = { ...DEFAULT_LIMITS, ...(welcome.limits as Partial<ServerLimits> | undefined) };
    this.#isUp = true;

    if (wasResumed) {
      const processed = typeof lastq === "number" ? lastq : 0;
      const again = this.#again(processed);
      this.#outbox.acknowledge(processed);
      this.#outbox.rewind(again);
      return [];
    }
    this.#progress.begin(typeof lastDirect === "number" ? lastDirect : 0);
    this.#requests.sessionLost();
    const lost = this.#outbox.restart(this.#again(0));
    return lost.map(({ item }) => item).filter(({ about }) => about.requestId === undefined);
  }

  /** Sends what waits: to be called when everything that must be said first is in the queue. */
  start(): void {
    this.#expire();
    this.#progress.told();
    this.#pump.start(this.#limits);
    this.#everySoOften();
    this.#options.pendingChanged();
  }

  lost(): void {
    this.#isUp = false;
    this.#pump.stop();
    this.#everySoOften();
  }

  /** Everybody who still waits hears why, and nothing more is sent. */
  end(error: ParlorError): void {
    this.lost();
    this.#stopTimer();
    this.#requests.failAll(error);
    this.#outbox.clear();
    this.#options.pendingChanged();
  }

  /**
   * Takes what is about the session itself: acknowledgements, answers, refusals.
   *
   * @returns whether the frame is still to be dealt with: it is an event, and a new one.
   */
  heard(frame: AnyFrame): boolean {
    const { t, re, aq, n } = frame;
    if (typeof aq === "number") this.#acknowledge(aq);
    if (typeof n === "number" && !this.#progress.heard(n)) return false;
    if (t === "ack") {
      if (typeof frame.q === "number") this.#acknowledge(frame.q);
      return false;
    }
    if (t === "error") {
      this.#refused(frame);
      return false;
    }
    if (typeof re === "number") {
      // A room that nobody waits for any more has to be left again.
      if (!this.#requests.has(re)) return t === "snapshot";
      const q = this.#requests.answered(re, frame);
      if (q !== undefined) this.#acknowledge(q);
      return false;
    }
    return true;
  }

  /** Asks the server something; see `Requests.wait` for what it rejects with. @throws {ParlorError} as `post` */
  request(fields: AnyFrame, options: RequestOptions): Promise<AnyFrame> {
    options.signal?.throwIfAborted();
    const id = this.#requests.nextId();
    const item: Outgoing = {
      wire: this.#encode({ ...fields, id }),
      numbered: options.numbered,
      about: { requestId: id },
      at: this.#options.clock.now(),
    };
    this.#outbox.add(item, { isFirst: options.isFirst === true });
    const { received } = options;
    const abandoned = (wasSent: boolean) => {
      this.#outbox.withdraw(item);
      options.abandoned?.(wasSent);
    };
    const answer = this.#requests.wait({ id, item, received, abandoned }, options);
    this.#moved();
    return answer;
  }

  /** Says something that is processed exactly once. @throws {ParlorError} `offline`, `queue_full`, `too_large` */
  post(fields: AnyFrame, { policy, about }: PostOptions): void {
    if (!this.#isUp) {
      if (policy === "drop") return;
      if (policy === "reject") throw new ParlorError("offline");
    }
    const wire = this.#encode(fields);
    const replaceKey = typeof policy === "object" ? { replaceKey: `${about.room} ${policy.replace}` } : {};
    this.#outbox.add({ wire, numbered: true, about, at: this.#options.clock.now(), ...replaceKey });
    this.#moved();
  }

  /** Says something that may be lost, now or never. */
  murmur(fields: AnyFrame): void {
    if (this.#isUp && !this.#outbox.hasMore && this.#pump.spend())
      this.#options.sink.send(this.#encode(fields));
  }

  #encode(fields: AnyFrame): Wire {
    const wire = this.#options.codec.encode(fields);
    const bytes = typeof wire === "string" ? utf8Bytes(wire, this.#limits.maxMessageBytes) : wire.byteLength;
    if (bytes > this.#limits.maxMessageBytes) {
      throw new ParlorError("too_large", {
        message: "message is too large",
        details: { bytes, maxBytes: this.#limits.maxMessageBytes },
      });
    }
    return wire;
  }

  /** Frames to say again before what is in flight: those that were processed, but whose answer did not come. */
  #again(processedQ: number): Wire[] {
    return this.#requests
      .unanswered(processedQ)
      .map(({ item, q }) => (q === undefined ? item.wire : this.#options.codec.number(item.wire, q)));
  }

  #acknowledge(q: number): void {
    this.#outbox.acknowledge(q);
    this.#moved();
  }

  #refused({ re, q, code, message, details, retryAfterMs }: AnyFrame): void {
    const wait = typeof retryAfterMs === "number" ? retryAfterMs : undefined;
    if (typeof q === "number" && code === "gap") {
      // The one refusal that takes no number: nothing was processed, and neither is what was sent behind it.
      this.#outbox.rewind(this.#again(q - 1));
      this.#pump.hold(wait ?? DEFAULT_HOLD_MS);
      return;
    }
    const error = new ParlorError(typeof code === "string" ? code : "internal", {
      message: typeof message === "string" ? message : undefined,
      details: details as Record<string, unknown> | undefined,
      retryAfterMs: wait,
    });
    if (typeof re === "number") this.#requests.refused(re, error);
    const item = typeof q === "number" ? this.#outbox.flyingAs(q) : undefined;
    if (typeof q === "number") this.#acknowledge(q);
    if (item && item.about.requestId === undefined) this.#options.refused({ item, error });
  }

  #moved(): void {
    if (this.#isUp) this.#pump.run();
    this.#options.pendingChanged();
  }

  #everySoOften(): void {
    this.#stopTimer();
    this.#stopTimer = this.#options.clock.after(ACK_EVERY_MS, () => {
      this.#expire();
      this.#tellProgress();
      this.#everySoOften();
    });
  }

  /** Refuses what has waited too long for a connection. */
  #expire(): void {
    const { clock, offline, refused } = this.#options;
    for (const item of this.#outbox.expire(clock.now() - offline.maxAgeMs)) {
      const error = new ParlorError("expired", { details: { maxAgeMs: offline.maxAgeMs } });
      if (item.about.requestId === undefined) refused({ item, error });
      else this.#requests.refused(item.about.requestId, error);
    }
  }

  #tellProgress(): void {
    if (!this.#isUp) return;
    const { news } = this.#progress;
    if (news === undefined || !this.#pump.spend()) return;
    this.#progress.told();
    this.#options.sink.send(this.#options.codec.encode(news));
  }
}

/** Bytes of a text as UTF-8; counted only when that can matter. */
function utf8Bytes(text: string, limit: number): number {
  return text.length * 3 <= limit ? text.length : new TextEncoder().encode(text).length;
}
