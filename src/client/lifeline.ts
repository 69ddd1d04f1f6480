import { GOODBYES } from "../core/goodbyes.ts";
import { type BackoffOptions, backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { AnyFrame, Codec } from "./codec.ts";
import {
  type ConnectionSignal,
  type ConnectionState,
  type LossReason,
  nextConnectionState,
} from "./connection-state.ts";
import { Line, type LineEnd, type Wire } from "./line.ts";
import { Pulse } from "./pulse.ts";
import type { SocketClass } from "./socket.ts";
import { watchSurroundings } from "./surroundings.ts";

/** Whose line is kept alive. */
export interface LifelineOwner {
  /** The first frame of a new line. Called for every line; a rejection counts as a line that failed. */
  hello(): Promise<Wire>;
  welcomed(welcome: AnyFrame): void;
  /** Everything after the welcome. */
  heard(frame: AnyFrame): void;
  /** Asks the server for a sign of life. */
  ping(): void;
  /** Whether a goodbye for this reason can be mended by coming back, although the server says no. */
  canMend(reason: LossReason): boolean;
  changed(state: ConnectionState): void;
  /** Something that nobody waits for went wrong. */
  troubled(error: unknown): void;
}

export interface LifelineOptions {
  readonly url: string;
  readonly Socket: SocketClass;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly backoff: BackoffOptions;
  /** Attempts in a row without a welcome after which it gives up. */
  readonly maxAttempts: number;
  /** How long a line may take to be welcomed, in ms. */
  readonly handshakeMs: number;
}

/** Silence after which a line counts as dead, when the server has said nothing about heartbeats. */
const DEFAULT_QUIET_MS = 20_000;
const PONG_WAIT_MS = 5_000;
/** A line that lived this long has proved itself: the next loss starts with the shortest wait again. */
const STABLE_MS = 5_000;

/** Keeps one line open for as long as it is wanted: dials, greets, notices its death, waits, dials again. */
export class Lifeline {
  readonly #options: LifelineOptions;
  readonly #owner: LifelineOwner;
  #state: ConnectionState = { is: "connecting", attempt: 1 };
  #line: Line | undefined;
  #pulse: Pulse | undefined;
  /** Calls off whatever is waited for: the next attempt, or the welcome. */
  #stopTimer: () => void = () => {};
  readonly #stopWatching: () => void;
  /** What the server said before it closed. */
  #goodbye: { readonly reason: LossReason; readonly comeBack: boolean; readonly text: string } | undefined;
  /** What the server refused a hello for, in words. */
  #refusal: string | undefined;
  /** Why the last line was lost, in words. */
  #lossText = "";
  #retryAfterMs = 0;
  /** Losses since a line last lived long enough. */
  #losses = 0;
  /** Attempts since a line was last welcomed. */
  #attempts = 0;
  #welcomedAt = 0;
  /**
   * Whether a line was given up on which the server may still read our hello. It then takes that line for our newest,
   * and says `superseded` on the one that is.
   */
  #hasStrayHello = false;
  /** Which attempt is the current one; answers to earlier ones are ignored. */
  #dial = 0;

  constructor(options: LifelineOptions, owner: LifelineOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#stopWatching = watchSurroundings({
      favourable: () => (this.#line ? this.#pulse?.probe() : this.#redialNow()),
      doubtful: () => this.#pulse?.probe(),
    });
    void this.#dialNow();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Why there is no line, in words; `undefined` while there is one, or it is too early to say. */
  get whyNot(): string | undefined {
    return this.#state.is === "connected" || this.#lossText === "" ? undefined : this.#lossText;
  }

  get bufferedBytes(): number {
    return this.#line?.bufferedBytes ?? 0;
  }

  /** Does nothing unless connected. */
  send(wire: Wire): void {
    if (this.#state.is === "connected") this.#line?.send(wire);
  }

  /** Ends it for good, in good manners. `last` is said before. */
  close(reason: string, { last, text = "" }: { last?: Wire; text?: string } = {}): void {
    if (this.#state.is === "closed") return;
    if (last !== undefined) this.send(last);
    this.#line?.close(1000, "bye");
    this.#end({ type: "ended", reason, text });
  }

  /** Gives the line up and dials again, as if the network had failed. */
  cut(reason: LossReason): void {
    this.#line?.cut(reason);
  }

  #redialNow(): void {
    if (this.#state.is === "closed" || this.#line || !("retryInMs" in this.#state)) return;
    // What the server asked for holds, whatever the network says.
    if (this.#retryAfterMs > 0) return;
    void this.#dialNow();
  }

  async #dialNow(): Promise<void> {
    const { url, Socket, clock, handshakeMs } = this.#options;
    const dial = ++this.#dial;
    this.#stopTimer();
    this.#goodbye = undefined;
    this.#refusal = undefined;
    this.#retryAfterMs = 0;
    this.#signal({ type: "dialing" });
    let hello: Wire;
    try {
      hello = await this.#owner.hello();
    } catch (error) {
      this.#owner.troubled(error);
      if (dial === this.#dial) this.#lost("unauthorized", `no token: ${messageOf(error)}`);
      return;
    }
    if (dial !== this.#dial || this.#state.is === "closed") return;

    let isGreeted = false;
    try {
      const line = new Line(Socket, url, {
        opened: () => {
          line.send(hello);
          isGreeted = true;
        },
        heard: (wire) => this.#heard(wire),
        ended: (end) => {
          if (isGreeted && this.#state.is !== "connected") this.#hasStrayHello = true;
          this.#ended(end);
        },
      });
      this.#line = line;
      this.#stopTimer = clock.after(handshakeMs, () => line.cut("silent"));
    } catch (error) {
      // The address itself is wrong: no attempt will go better.
      this.#end({ type: "ended", reason: "bad_address", text: messageOf(error) });
    }
  }

  /** Nothing that arrives may break more than itself: what a server of another kind sends is no reason to end. */
  #heard(wire: Wire): void {
    try {
      this.#take(this.#options.codec.decode(wire));
    } catch (error) {
      this.#owner.troubled(error);
    }
  }

  #take(frame: AnyFrame): void {
    this.#pulse?.heard();
    if (frame.t === "goodbye") this.#noteGoodbye(frame);
    else if (this.#state.is === "connected") this.#owner.heard(frame);
    else if (frame.t === "welcome") this.#welcomed(frame);
    else if (frame.t === "error") this.#noteRefusal(frame);
  }

  #welcomed(welcome: AnyFrame): void {
    const { clock } = this.#options;
    const quietMs = typeof welcome.heartbeatMs === "number" ? welcome.heartbeatMs : DEFAULT_QUIET_MS;
    this.#stopTimer();
    this.#welcomedAt = clock.now();
    this.#pulse = new Pulse({
      clock,
      quietMs,
      answerMs: Math.min(PONG_WAIT_MS, quietMs),
      ask: () => this.#owner.ping(),
      dead: () => this.cut("silent"),
    });
    this.#state = nextConnectionState(this.#state, { type: "welcomed" });
    this.#owner.welcomed(welcome);
    if (this.#state.is === "connected") this.#owner.changed(this.#state);
  }

  #noteGoodbye({ reason, comeBack, retryAfterMs, message }: AnyFrame): void {
    const known = typeof reason === "string" ? reason : "network";
    const text = this.#refusal ?? String(message ?? textOf(known));
    this.#goodbye = { reason: known, comeBack: comeBack !== false, text };
    if (typeof retryAfterMs === "number") this.#retryAfterMs = Math.max(0, retryAfterMs);
  }

  /** A refused hello: the close that follows says whether to come back. */
  #noteRefusal({ code, message, details, retryAfterMs }: AnyFrame): void {
    if (typeof retryAfterMs === "number") this.#retryAfterMs = Math.max(0, retryAfterMs);
    if (typeof code !== "string") return;
    const comeBack = typeof retryAfterMs === "number";
    this.#refusal = refusalText(String(message ?? code), details);
    this.#goodbye = { reason: code, comeBack, text: this.#refusal };
  }

  #ended(end: LineEnd): void {
    this.#line = undefined;
    this.#pulse?.stop();
    this.#pulse = undefined;
    this.#stopTimer();
    const reason = this.#goodbye?.reason ?? reasonOf(end);
    const comesBack = comesBackAfter(end.code) ?? this.#goodbye?.comeBack ?? true;
    const isOurOwnDoing = reason === "superseded" && this.#hasStrayHello;
    if (isOurOwnDoing) this.#hasStrayHello = false;
    const text = this.#goodbye?.text ?? end.fault ?? textOf(reason);
    if (comesBack || isOurOwnDoing || this.#owner.canMend(reason)) this.#lost(reason, text);
    else this.#end({ type: "ended", reason, text });
  }

  #lost(reason: LossReason, text: string): void {
    const { clock, backoff, maxAttempts } = this.#options;
    const wasStable = this.#state.is === "connected" && clock.now() - this.#welcomedAt >= STABLE_MS;
    this.#losses = wasStable ? 1 : this.#losses + 1;
    this.#attempts = this.#state.is === "connected" ? 0 : this.#attempts + 1;
    this.#lossText = text;
    if (this.#attempts >= maxAttempts) {
      this.#end({
        type: "ended",
        reason: "gave-up",
        text: `no connection after ${maxAttempts} attempts: ${text}`,
      });
      return;
    }
    const retryInMs = backoffMs(this.#losses, this.#retryAfterMs, backoff);
    this.#stopTimer = clock.after(retryInMs, () => void this.#dialNow());
    this.#signal({ type: "lost", reason, retryInMs });
  }

  #end(signal: ConnectionSignal & { readonly type: "ended" }): void {
    this.#dial++;
    this.#line = undefined;
    this.#pulse?.stop();
    this.#stopTimer();
    this.#stopWatching();
    this.#signal(signal);
  }

  #signal(signal: ConnectionSignal): void {
    const before = this.#state;
    this.#state = nextConnectionState(before, signal);
    if (this.#state !== before) this.#owner.changed(this.#state);
  }
}

/** What a close code says about coming back; `undefined`: nothing. 4000 and above are the embedder's, and final. */
function comesBackAfter(code: number): boolean | undefined {
  if (code >= 3000 && code < 3500) return true;
  return code >= 3500 && code < 5000 ? false : undefined;
}

function reasonOf({ code, reason }: LineEnd): LossReason {
  const known = Object.entries(GOODBYES).find(([, info]) => info.close === code);
  if (known) return known[0];
  if (code >= 4000) return reason === "" ? "closed by the application" : reason;
  return code === 1006 && reason === "silent" ? "silent" : "network";
}

function textOf(reason: LossReason): string {
  if (reason === "silent") return "nothing was heard in time";
  if (reason === "network") return "the network failed, or nobody answers there as a parlor server does";
  return Object.hasOwn(GOODBYES, reason) ? GOODBYES[reason as keyof typeof GOODBYES].text : reason;
}

/** What was refused, and which field is to be mended, where the server says that. */
function refusalText(message: string, details: unknown): string {
  const { path, expected } = (details ?? {}) as { readonly path?: unknown; readonly expected?: unknown };
  const about = [path, expected].filter((part) => typeof part === "string" && part !== "").join(": ");
  return about === "" ? message : `${message} (${about})`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
