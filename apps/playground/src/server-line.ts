import { backoffMs } from "./backoff.ts";
import { Emitter } from "./emitter.ts";
import { type Heard, hear, type Said } from "./wire.ts";
import { closedWords } from "./words.ts";

export type LineState =
  | { readonly is: "connecting" }
  | { readonly is: "registering" }
  | { readonly is: "online"; readonly fingerprint: string; readonly alias: string }
  | { readonly is: "waiting"; readonly untilMs: number; readonly why: string };

export interface FrameSeen {
  readonly direction: "in" | "out";
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

interface ServerLineEvents {
  state: LineState;
  heard: Heard;
  frame: FrameSeen;
  /** Milliseconds from a ping to its pong. */
  roundTrip: number;
}

const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 25_000;
const REGISTERED_WITHIN_MS = 15_000;
/** A line that lived this long was good: the next loss starts counting from nothing. */
const STEADY_AFTER_MS = 10_000;
const MAX_QUEUED_BYTES = 1024 * 1024;
const CLOSE_SILENT = 4000;

/**
 * The connection to the server: opens, registers, keeps itself alive and comes back after a loss, for ever.
 *
 * `heard` is emitted for every frame that makes sense, `registered` included, after `state` has changed.
 */
export class ServerLine extends Emitter<ServerLineEvents> {
  readonly #url: string;
  readonly #publicKey: string;
  #socket: WebSocket | undefined;
  #state: LineState = { is: "connecting" };
  #attempt = 0;
  #sinceMs = 0;
  #pingedAtMs = 0;
  #awaitingPong = false;

  constructor(url: string, publicKey: string) {
    super();
    this.#url = url;
    this.#publicKey = publicKey;
  }

  get state(): LineState {
    return this.#state;
  }

  open(): void {
    this.#move({ is: "connecting" });
    const socket = new WebSocket(this.#url);
    this.#socket = socket;

    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      this.#move({ is: "registering" });
      this.#write({ type: "register", payload: { public_key: this.#publicKey, alias: "", meta: {} } });
    });
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket && typeof event.data === "string") this.#take(event.data);
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#lost(closedWords(event.code, event.reason));
    });
  }

  /** Sends a frame; false when there is no registered line, or the line is too far behind. */
  send(said: Said): boolean {
    if (this.#state.is !== "online") return false;
    return this.#write(said);
  }

  /** Does what is due. To be called about once a second. */
  tick(nowMs: number): void {
    switch (this.#state.is) {
      case "waiting":
        if (nowMs >= this.#state.untilMs) this.open();
        return;
      case "connecting":
      case "registering":
        if (nowMs - this.#sinceMs > REGISTERED_WITHIN_MS) this.#giveUp("The server did not answer in time.");
        return;
      case "online":
        if (nowMs - this.#sinceMs > STEADY_AFTER_MS) this.#attempt = 0;
        if (this.#awaitingPong && nowMs - this.#pingedAtMs > PONG_WITHIN_MS) {
          this.#giveUp("The server fell silent.");
        } else if (!this.#awaitingPong && nowMs - this.#pingedAtMs > PING_EVERY_MS) {
          this.#ping(nowMs);
        }
    }
  }

  /** Tries again now instead of later, because the network just came back or a person asked. */
  hurry(): void {
    if (this.#state.is === "waiting") this.open();
  }

  #ping(nowMs: number): void {
    this.#awaitingPong = true;
    this.#pingedAtMs = nowMs;
    this.#write({ type: "ping" });
  }

  #take(text: string): void {
    this.emit("frame", { direction: "in", text, atMs: Date.now() });
    const heard = hear(text);
    if (!heard) return;

    if (heard.type === "registered") {
      this.#move({ is: "online", fingerprint: heard.fingerprint, alias: heard.alias });
      this.#ping(Date.now());
    }
    if (heard.type === "pong" && this.#awaitingPong) {
      this.#awaitingPong = false;
      this.emit("roundTrip", Date.now() - this.#pingedAtMs);
    }
    this.emit("heard", heard);
  }

  #write(said: Said): boolean {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > MAX_QUEUED_BYTES)
      return false;
    const text = JSON.stringify(said);
    socket.send(text);
    this.emit("frame", { direction: "out", text, atMs: Date.now() });
    return true;
  }

  #giveUp(why: string): void {
    const socket = this.#socket;
    // Forgotten first: a socket whose network is gone reports its close only after a long time.
    this.#lost(why);
    socket?.close(CLOSE_SILENT, "silent");
  }

  #lost(why: string): void {
    this.#socket = undefined;
    this.#awaitingPong = false;
    const waitMs = backoffMs(this.#attempt, Math.random());
    this.#attempt += 1;
    this.#move({ is: "waiting", untilMs: Date.now() + waitMs, why });
  }

  #move(state: LineState): void {
    this.#state = state;
    // The deadline to register runs from the first attempt to connect, not from the open socket.
    if (state.is !== "registering") this.#sinceMs = Date.now();
    this.emit("state", state);
  }
}
