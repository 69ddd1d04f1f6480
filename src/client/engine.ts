import type { ServerFrame, ServerFrames } from "../dialects/native/wire.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type AnyFrame, type Codec, jsonCodec, loadCodec } from "./codec.ts";
import type { ConnectionEvents } from "./connection-events.ts";
import type { ConnectionState, LossReason } from "./connection-state.ts";
import { ParlorError } from "./errors.ts";
import { Introduction } from "./introduction.ts";
import { Lifeline, type LifelineOwner } from "./lifeline.ts";
import type { Wire } from "./line.ts";
import { Matches } from "./matches.ts";
import type { ConnectOptions } from "./options.ts";
import type { OfflinePolicy } from "./outbox.ts";
import type { RoomOwner } from "./room-owner.ts";
import { Rooms } from "./rooms.ts";
import { type RefusedPost, type RequestOptions, type ServerLimits, Session } from "./session.ts";
import { findSocketClass } from "./socket.ts";
import { Waiters } from "./waiters.ts";

const DAY_MS = 86_400_000;

type Tell = <Name extends keyof ConnectionEvents>(name: Name, event: ConnectionEvents[Name]) => void;
type EngineOptions = ConnectOptions & { readonly onTrouble: (error: unknown) => void };

/** Everything behind a connection: the line, the session on it, and the rooms of the session. */
export class Engine implements LifelineOwner, RoomOwner {
  readonly clock: Clock;
  readonly random: () => number;
  readonly rooms: Rooms;
  readonly matches: Matches;
  readonly url: string;
  readonly #options: EngineOptions;
  readonly #tell: Tell;
  readonly #isLoaded: Promise<void>;
  #codec: Codec = jsonCodec;
  #lifeline: Lifeline | undefined;
  #session: Session;
  #state: ConnectionState = { is: "connecting", attempt: 1 };
  #peer = "";
  #alias = "";
  #toldPending = 0;
  /** Messages that are being encrypted. */
  #busy = 0;
  readonly #introduction: Introduction;
  readonly #waiters = new Waiters(() => (this.#state.is === "closed" ? this.#closedError() : undefined));
  readonly #stopListening: () => void;

  constructor(url: string, options: EngineOptions, tell: Tell) {
    this.url = url;
    this.#options = options;
    this.#tell = tell;
    this.#introduction = new Introduction(options);
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.rooms = new Rooms(this);
    this.matches = new Matches(this, this.rooms);
    this.#session = this.#newSession();
    const { signal } = options;
    const aborted = () => this.close("aborted", "the signal of the connection was aborted");
    signal?.addEventListener("abort", aborted);
    this.#stopListening = () => signal?.removeEventListener("abort", aborted);
    this.#isLoaded = this.#load();
    this.#isLoaded.catch(() => {});
    if (signal?.aborted) aborted();
  }

  get state(): ConnectionState {
    return this.#state;
  }
  get peer(): string {
    return this.#peer;
  }
  get alias(): string {
    return this.#alias;
  }
  get pending(): number {
    return this.#session.pending + this.#busy;
  }
  get isIdle(): boolean {
    return this.#state.is === "connected" && this.pending === 0;
  }
  get limits(): ServerLimits {
    return this.#session.limits;
  }
  get maxMessageBytes(): number {
    return this.limits.maxMessageBytes;
  }

  /** Resolves when messages can be encoded. */
  async loaded(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.#isLoaded;
  }

  reached(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    return this.#waiters.until(condition, signal);
  }

  request(frame: AnyFrame, options: RequestOptions): Promise<AnyFrame> {
    if (this.#state.is === "closed") return Promise.reject(this.#closedError());
    try {
      return this.#session.request(frame, options).catch((error: unknown) => {
        throw this.#explained(error);
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  post(frame: AnyFrame, options: { policy: OfflinePolicy; about: { room: string; type?: string } }): void {
    if (this.#state.is === "closed") throw this.#closedError();
    this.#session.post(frame, options);
  }

  murmur(frame: AnyFrame): void {
    if (this.#state.is === "closed") throw this.#closedError();
    this.#session.murmur(frame);
  }

  busy(change: 1 | -1): void {
    this.#busy += change;
    this.#pendingChanged();
  }

  async iceServers(): Promise<RTCIceServer[]> {
    const answer: unknown = await this.request({ t: "ice" }, { numbered: false });
    return (answer as ServerFrames["ice"]).servers;
  }

  policyOf(type: string): OfflinePolicy {
    const policies = this.#options.offline?.policies ?? {};
    return (Object.hasOwn(policies, type) ? policies[type] : undefined) ?? "queue";
  }

  troubled(error: unknown): void {
    this.#options.onTrouble(error);
  }

  forget(room: string): void {
    this.rooms.forget(room);
  }

  close(reason: string, text: string): void {
    if (this.#state.is === "closed") return;
    if (this.#lifeline) this.#lifeline.close(reason, { last: this.#codec.encode({ t: "bye" }), text });
    else this.changed({ is: "closed", reason, text });
  }

  // What the lifeline asks and tells.

  hello(): Promise<Wire> {
    return this.#introduction.hello(this.#session.resumption);
  }

  welcomed(frame: AnyFrame): void {
    const welcome = frame as unknown as ServerFrames["welcome"];
    const hadSession = this.#session.resumption !== undefined;
    const unconfirmed = this.#session.welcomed(frame);
    this.#peer = welcome.peer;
    this.#alias = welcome.alias;
    this.#introduction.taken();
    if (welcome.resumed) {
      this.rooms.recover(welcome.rooms);
      if (welcome.inLost) this.matches.failAll(new ParlorError("session_lost"));
    } else if (hadSession) {
      this.matches.failAll(new ParlorError("session_lost"));
      this.rooms.rejoin();
      this.#tell("session-lost", { unconfirmed: unconfirmed.length });
      for (const item of unconfirmed) this.#refused({ item, error: new ParlorError("session_lost") });
    }
    this.#session.start();
  }

  heard(frame: AnyFrame): void {
    if (!this.#session.heard(frame)) return;
    const event = frame as unknown as ServerFrame;
    switch (event.t) {
      case "matched":
      case "match-expired":
        this.matches.hear(event);
        break;
      case "expiring":
        this.#tell("expiring", { inMs: event.inMs });
        void this.#renew();
        break;
      case "direct":
        this.#tell("direct", { from: event.from, data: event.d });
        break;
      default:
        this.rooms.hear(event);
    }
  }

  ping(): void {
    this.#lifeline?.send(this.#codec.encode({ t: "ping" }));
  }

  canMend(reason: LossReason): boolean {
    return this.#introduction.canMend(reason);
  }

  changed(state: ConnectionState): void {
    this.#state = state;
    if (state.is === "resuming" || state.is === "connecting") this.#session.lost();
    if (state.is === "closed") this.#ended(state.reason);
    this.#tell("state", state);
    this.#waiters.look();
  }

  #ended(reason: string): void {
    this.#stopListening();
    const error = this.#closedError();
    this.#session.end(error);
    this.matches.failAll(error);
    this.rooms.end(reason);
  }

  async #load(): Promise<void> {
    const { encoding = "json", reconnect = {} } = this.#options;
    try {
      const [Socket, codec] = await Promise.all([
        findSocketClass(this.#options.WebSocket),
        loadCodec(encoding),
      ]);
      if (this.#state.is === "closed") return;
      if (codec !== this.#codec) {
        this.#codec = codec;
        this.#session = this.#newSession();
      }
      const {
        minMs = 250,
        maxMs = 15_000,
        maxAttempts = Number.POSITIVE_INFINITY,
        handshakeMs = 10_000,
      } = reconnect;
      const { clock, random } = this;
      const backoff = { minMs, maxMs, random };
      this.#lifeline = new Lifeline(
        { url: this.url, Socket, clock, codec, backoff, maxAttempts, handshakeMs },
        this,
      );
    } catch (error) {
      const reason = error instanceof ParlorError ? error.code : "internal";
      this.changed({ is: "closed", reason, text: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  #newSession(): Session {
    const { maxItems = 1_000, maxBytes = 4_194_304, maxAgeMs = 10 * 60_000 } = this.#options.offline ?? {};
    const lineBytes = () => this.#lifeline?.bufferedBytes ?? 0;
    return new Session({
      codec: this.#codec,
      clock: this.clock,
      sink: {
        get bufferedBytes() {
          return lineBytes();
        },
        send: (wire) => this.#lifeline?.send(wire),
      },
      offline: { maxItems, maxBytes, maxAgeMs: Math.min(maxAgeMs, DAY_MS) },
      positions: () => this.rooms.positions,
      refused: (refused) => this.#refused(refused),
      pendingChanged: () => this.#pendingChanged(),
    });
  }

  #refused({ item, error }: RefusedPost): void {
    const { room, type } = item.about;
    if (room) this.rooms.refused(room, { type, error });
  }

  #pendingChanged(): void {
    const { pending } = this;
    if (pending === this.#toldPending) return;
    this.#toldPending = pending;
    this.#tell("pending", { count: pending });
    this.#waiters.look();
  }

  async #renew(): Promise<void> {
    try {
      const token = await this.#introduction.renewed();
      if (token !== undefined) await this.request({ t: "token", token }, { numbered: false });
    } catch (error) {
      // The server will say goodbye when it has to; a new line fetches a token of its own.
      this.troubled(error);
    }
  }

  /** Who waited in vain because there is no connection hears why there is none. */
  #explained(error: unknown): unknown {
    const whyNot = this.#lifeline?.whyNot;
    if (!(error instanceof ParlorError) || error.code !== "timeout" || whyNot === undefined) return error;
    const { message, details } = error;
    return new ParlorError("timeout", {
      message: `${message}, as there is no connection: ${whyNot}`,
      details,
    });
  }

  #closedError(): ParlorError {
    const state = this.#state;
    if (state.is !== "closed") return new ParlorError("closed");
    return new ParlorError("closed", { message: state.text, details: { reason: state.reason } });
  }
}
