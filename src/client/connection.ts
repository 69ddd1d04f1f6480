import type { Messages, MessagesOf, OpenMessages, Protocol } from "../core/protocol.ts";
import type { ServerFrame, ServerFrames } from "../dialects/native/wire.ts";
import { CarefulEmitter } from "./careful.ts";
import type { ConnectionEvents } from "./connection-events.ts";
import type { ConnectionState } from "./connection-state.ts";
import { Contract } from "./contract.ts";
import { Engine } from "./engine.ts";
import type { Match, MatchTerms } from "./matches.ts";
import type { ConnectOptions } from "./options.ts";
import type { CallOptions } from "./requests.ts";
import type { Room } from "./room.ts";
import type { JoinTarget } from "./rooms.ts";
import type { ServerLimits } from "./session.ts";

/** How a room is joined. */
export interface JoinOptions<P extends Protocol | undefined = undefined> extends CallOptions {
  /** What is said in the room. Wrong names and payloads then do not compile, and are refused at run time. */
  readonly protocol?: P;
  readonly as?: "member" | "spectator";
  /** Seals the room if it is opened; otherwise what it is sealed with. Refused as `password_required`. */
  readonly password?: string;
  /** What this peer tells about itself in this room only. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Messages are encrypted so that the server cannot read them. All members have to ask for it. */
  readonly encrypt?: boolean;
}

/** The types of a room with protocol `P`, or with none. */
export type RoomMessages<P extends Protocol | undefined> = P extends Protocol ? MessagesOf<P> : OpenMessages;

/** How a match is looked for. */
export interface MatchOptions<P extends Protocol | undefined = undefined> extends MatchTerms {
  readonly protocol?: P;
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
}

/** A public room, as the directory shows it. */
export interface ListedRoom {
  readonly name: string;
  readonly kind: string;
  readonly members: number;
  readonly spectators: number;
  readonly capacity: number | undefined;
  readonly isLocked: boolean;
  readonly isSealed: boolean;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly code: string | undefined;
}

export interface ListOptions extends CallOptions {
  readonly kind?: string;
  /** Rooms whose metadata holds exactly these. */
  readonly filter?: Readonly<Record<string, string | number | boolean>>;
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: number;
}

/**
 * A connection to a parlor server, over as many links as it takes.
 *
 * While there is no link, questions and messages wait. Every method that answers a promise may reject with a
 * `ParlorError`, or with the reason of its signal.
 */
export class Connection extends CarefulEmitter<ConnectionEvents> {
  readonly #engine: Engine;

  /** Use `connect`. */
  constructor(url: string, options: ConnectOptions) {
    const troubled = options.onTrouble ?? ((error: unknown) => console.error(error));
    super(troubled);
    this.#engine = new Engine(url, { ...options, onTrouble: troubled }, (name, event) =>
      this.emit(name, event),
    );
  }

  get state(): ConnectionState {
    return this.#engine.state;
  }
  /** This peer's id; empty until the first welcome. Another one after `session-lost`. */
  get peer(): string {
    return this.#engine.peer;
  }
  /** What other peers may call this one by. */
  get alias(): string {
    return this.#engine.alias;
  }
  /** How many messages are not known to have arrived: they wait, or are not acknowledged. */
  get pending(): number {
    return this.#engine.pending;
  }
  /** What the server takes. */
  get limits(): ServerLimits {
    return this.#engine.limits;
  }
  /** Names of the rooms this peer is in. */
  get rooms(): readonly string[] {
    return this.#engine.rooms.names;
  }

  /** Resolves once connected. Rejects when the connection closes instead. */
  async ready({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#engine.reached(() => this.state.is === "connected", signal);
  }

  /** Resolves once nothing is pending. Rejects when the connection closes before. */
  async settled({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#engine.reached(() => this.pending === 0, signal);
  }

  /** Enters a room by name, by code, or the one to be created. */
  async join<const P extends Protocol | undefined = undefined>(
    target: string | JoinTarget,
    options: JoinOptions<P> = {},
  ): Promise<Room<RoomMessages<P>>> {
    const { protocol, encrypt = false, meta, ...terms } = options;
    const where = typeof target === "string" ? { room: target, create: {} } : target;
    await this.#engine.loaded(options.signal);
    const contract = new Contract(protocol);
    if (!encrypt) return await this.#engine.rooms.join<RoomMessages<P>>(where, { ...terms, meta, contract });
    const prepared = await (await import("./encryption/index.ts")).prepareEncryption();
    return await this.#engine.rooms.join<RoomMessages<P>>(where, {
      ...terms,
      contract,
      meta: { ...meta, ...prepared.meta },
      attach: prepared.attach,
    });
  }

  /** Waits for others who want the same, however long that takes. `signal` gives up. */
  async match<const P extends Protocol | undefined = undefined>(
    pool: string,
    { protocol, ...terms }: MatchOptions<P>,
  ): Promise<Match<RoomMessages<P> & Messages>> {
    await this.#engine.loaded(terms.signal);
    return await this.#engine.matches.find(pool, { ...terms, contract: new Contract(protocol) });
  }

  /** Why there is no match yet. */
  async explainMatch(
    pool: string,
    options: CallOptions = {},
  ): Promise<Omit<ServerFrames["match-explain"], "t" | "re" | "aq">> {
    const {
      t: _t,
      re: _re,
      aq: _aq,
      ...why
    } = await this.#ask<"match-explain">({ t: "match-explain", pool }, options);
    return why;
  }

  /** One page of the directory of public rooms, oldest first. */
  async list(options: ListOptions = {}): Promise<{ rooms: readonly ListedRoom[]; next: number | undefined }> {
    const { signal, timeoutMs, ...query } = options;
    const { rooms, next } = await this.#ask<"list">({ t: "list", ...query }, { signal, timeoutMs });
    return { rooms: rooms.map(listedRoom), next };
  }

  /** What a room is like, without entering it. */
  async info(
    room: string,
    options: CallOptions = {},
  ): Promise<ListedRoom & { readonly host: string | undefined }> {
    const answer = await this.#ask<"info">({ t: "info", room }, options);
    return { ...listedRoom(answer), host: answer.host };
  }

  /** Changes what this peer tells about itself in every room. */
  async setMeta(
    meta: Readonly<Record<string, unknown>>,
    { signal, timeoutMs }: CallOptions = {},
  ): Promise<void> {
    await this.#engine.loaded(signal);
    await this.#engine.request({ t: "set", meta }, { numbered: true, signal, timeoutMs });
  }

  /** ICE servers, as RTCPeerConnection takes them. */
  async iceServers(options: CallOptions = {}): Promise<RTCIceServer[]> {
    return (await this.#ask<"ice">({ t: "ice" }, options)).servers;
  }

  /** Renews the credentials in the middle of the session. */
  async renewToken(token: string, options: CallOptions = {}): Promise<void> {
    await this.#ask<"ok">({ t: "token", token }, options);
  }

  /** Ms that a question to the server takes, there and back. */
  async ping(options: CallOptions = {}): Promise<number> {
    await this.#engine.reached(() => this.state.is === "connected", options.signal);
    const askedAt = this.#engine.clock.now();
    await this.#ask<"pong">({ t: "ping" }, options);
    return this.#engine.clock.now() - askedAt;
  }

  /** Leaves for good: rooms are left, no seat is held, nothing is sent any more. Safe to call twice. */
  close(): void {
    this.#engine.close("by-us", "closed by the application");
  }

  async #ask<T extends keyof ServerFrames & string>(
    frame: { readonly t: string; readonly [field: string]: unknown },
    { signal, timeoutMs }: CallOptions,
  ): Promise<ServerFrames[T]> {
    await this.#engine.loaded(signal);
    const answer: unknown = await this.#engine.request(frame, { numbered: false, signal, timeoutMs });
    return answer as ServerFrames[T] & ServerFrame;
  }
}

/**
 * Connects to a parlor server. Answers at once; questions and messages wait until there is a link.
 *
 * @param url  such as `wss://play.example.com/parlor`.
 */
export function connect(url: string, options: ConnectOptions = {}): Connection {
  return new Connection(url, options);
}

function listedRoom(room: Omit<ServerFrames["info"], "t">): ListedRoom {
  const { r: name, locked: isLocked, sealed = false, kind, members, spectators, capacity, meta, code } = room;
  return { name, kind, members, spectators, capacity, isLocked, isSealed: sealed, meta, code };
}
