import type { Messages, OpenMessages } from "../core/protocol.ts";
import type { Listener } from "../lib/emitter.ts";
import type { AskContext } from "./calls.ts";
import type { AnyFrame } from "./codec.ts";
import type { RoomEncryption } from "./encryption/encryption.ts";
import { ParlorError } from "./errors.ts";
import type { Mesh } from "./mesh/mesh.ts";
import type { PeerPath } from "./mesh/mesh-events.ts";
import type { MeshOptions } from "./mesh/mesh-options.ts";
import type { Relay } from "./relay.ts";
import type { CallOptions } from "./requests.ts";
import { isRoomEvent, type Member, type MessageMeta, type Role, type RoomEvents } from "./room-events.ts";
import type { TypedListener } from "./room-feed.ts";
import { audience, type RoomChange, type SendOptions } from "./room-options.ts";
import { type HistoryPage, historyPage, type MembersPage, membersPage } from "./room-pages.ts";
import type { RoomParts } from "./room-parts.ts";
import type { RoomRelayOptions } from "./room-relay.ts";
import type { Lobby } from "./room-view.ts";

type Names<Part> = keyof Part & string;
type Field<Part, Name extends keyof Part, Key extends string> = Part[Name] extends {
  readonly [K in Key]: infer Value;
}
  ? Value
  : never;

/**
 * A room that this peer is in.
 *
 * What is told here is told once and in order, over any number of lost links, until `resync` says that something is
 * missing, or `closed` that the room is over. Every question may reject with a `ParlorError`; `send` may throw one.
 */
export class Room<M extends Messages = OpenMessages> {
  readonly #parts: RoomParts;
  #mesh: Promise<Mesh<M>> | undefined;
  #opened: Mesh<M> | undefined;

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.feed.view.name;
  }
  /** Members by peer id, this peer included. Always as of the last event that was told. */
  get members(): ReadonlyMap<string, Member> {
    return this.#parts.feed.view.members;
  }
  /** How many are in the room; in a very large one `members` holds only some. */
  get total(): number {
    return this.#parts.feed.view.total;
  }
  /** This peer as the others see it. */
  get me(): Member | undefined {
    return this.members.get(this.#parts.owner.peer);
  }
  get role(): Role {
    return this.#parts.feed.view.role;
  }
  get host(): string | undefined {
    return this.#parts.feed.view.host;
  }
  /** The code by which others find the room, if it has one. */
  get code(): string | undefined {
    return this.#parts.feed.view.code;
  }
  get meta(): M["state"] {
    return this.#parts.feed.view.meta;
  }
  get capacity(): number | undefined {
    return this.#parts.feed.view.capacity;
  }
  get isLocked(): boolean {
    return this.#parts.feed.view.isLocked;
  }
  /** Whether newcomers must know a password. */
  get isSealed(): boolean {
    return this.#parts.feed.view.isSealed;
  }
  get visibility(): "public" | "private" {
    return this.#parts.feed.view.visibility;
  }
  get kind(): string {
    return this.#parts.feed.view.kind;
  }
  get lobby(): Lobby | undefined {
    return this.#parts.feed.view.lobby;
  }
  /** Whether the room is over for this peer. */
  get isOver(): boolean {
    return this.#parts.feed.isOver;
  }

  /** Listens to the room's own events, or to the application's messages of one type. The answer stops it. */
  on<Name extends keyof RoomEvents>(name: Name, listener: Listener<RoomEvents[Name]>): () => void;
  on<Type extends Names<M["receive"]>>(
    type: Type,
    listener: (data: M["receive"][Type], meta: MessageMeta) => void,
  ): () => void;
  on(name: string, listener: Listener<never> | TypedListener): () => void {
    const { feed } = this.#parts;
    if (isRoomEvent(name)) return feed.on(name, listener as Listener<RoomEvents[typeof name]>);
    return feed.onTyped(name, listener as TypedListener);
  }

  /**
   * Says something to the other members. It is sent once there is a connection, and processed exactly once; if the
   * server refuses it, `refused` tells.
   *
   * @throws {ParlorError} `invalid_message`, `too_large`, `queue_full`, `offline` (policy `reject`), `room_left`
   */
  send<Type extends Names<M["send"]>>(type: Type, data: M["send"][Type], options: SendOptions = {}): void {
    const { owner, contract, encryption, feed } = this.#parts;
    this.#mustBeOpen();
    const d = contract.outgoing("client", type, data);
    const frame = { t: "send", room: this.name, type, d, ...audience(options) };
    const policy = options.policy ?? owner.policyOf(type);
    const say = (ready: AnyFrame) => {
      if (options.ephemeral) owner.murmur({ ...ready, ephemeral: true });
      else owner.post(ready, { policy, about: { room: this.name, type } });
    };
    if (!encryption) say(frame);
    else
      encryption.seal(
        { type, data: d },
        (sealed) => say({ ...frame, d: sealed }),
        (error) => feed.refused(type, error),
      );
  }

  /** The keys of the room; `undefined` when it was joined without encryption. */
  get encryption(): RoomEncryption | undefined {
    return this.#parts.encryption;
  }

  /** Asks one member something. @throws what the other side refused with, `timeout`, `peer_gone` */
  async ask<Type extends Names<M["calls"]>>(
    peer: string,
    type: Type,
    data: Field<M["calls"], Type, "askInput">,
    options: CallOptions = {},
  ): Promise<Field<M["calls"], Type, "answer">> {
    this.#mustBeOpen();
    const answer = await this.#parts.calls.ask(peer, { type, data }, options);
    // Checked against the protocol where there is one; without one the type is `unknown`.
    return answer as Field<M["calls"], Type, "answer">;
  }

  /** Answers questions of one type; at most one answerer for each. What it throws, the asker hears as a refusal. */
  answer<Type extends Names<M["calls"]>>(
    type: Type,
    answerer: (
      question: Field<M["calls"], Type, "ask">,
      context: AskContext,
    ) => Field<M["calls"], Type, "answerInput"> | Promise<Field<M["calls"], Type, "answerInput">>,
  ): () => void {
    return this.#parts.calls.answer(type, answerer as (question: unknown, context: AskContext) => unknown);
  }

  /** WebRTC signaling of the application's own; `mesh` does its own. */
  signal(peer: string, data: unknown): void {
    this.#mustBeOpen();
    this.#parts.owner.post(
      { t: "signal", room: this.name, to: peer, d: data },
      { policy: "queue", about: { room: this.name, type: "signal" } },
    );
  }

  /**
   * Talks to the members who do the same by the best way there is: data channels, the room's relay, the messages of the
   * session. Answers the same mesh until that is closed.
   */
  mesh(options: MeshOptions = {}): Promise<Mesh<M>> {
    this.#mustBeOpen();
    if (!this.#mesh || this.#opened?.isClosed) this.#mesh = this.#openMesh(options);
    return this.#mesh;
  }

  /** How messages of the mesh to `peer` travel at present; `undefined` without a mesh or such a peer. */
  path(peer: string): PeerPath | undefined {
    return this.#opened?.path(peer);
  }

  async #openMesh(options: MeshOptions): Promise<Mesh<M>> {
    try {
      const { openMesh } = await import("./mesh/index.ts");
      const mesh = openMesh<M>(this.#parts, options);
      this.#opened = mesh;
      return mesh;
    } catch (error) {
      this.#mesh = undefined;
      throw error;
    }
  }

  /**
   * Opens a line of this peer's own to the room's relay: bytes to members who have one, too, in streams and datagrams. For
   * messages `mesh` is the better choice, which uses it by itself.
   *
   * @throws {ParlorError} `no_carrier`; `forbidden` in rooms whose server has rules for messages.
   */
  async relay(options: RoomRelayOptions = {}): Promise<Relay> {
    this.#mustBeOpen();
    const { openRoomRelay } = await import("./room-relay.ts");
    return await openRoomRelay({ owner: this.#parts.owner, room: this.name }, options);
  }

  /** Changes what this peer tells about itself in this room. */
  async setMeta(meta: Readonly<Record<string, unknown>>, options: CallOptions = {}): Promise<void> {
    await this.#command({ t: "set", meta }, options);
  }
  /** Changes the room; the host only. */
  async change({ isLocked, ...change }: RoomChange<M["state"]>, options: CallOptions = {}): Promise<void> {
    await this.#command(
      { t: "room-set", ...change, ...(isLocked !== undefined && { locked: isLocked }) },
      options,
    );
    const { password } = change;
    if (password !== undefined) this.#parts.feed.view.password = password ?? undefined;
  }
  /** Has others find the room by another code than before, and answers it; the host only. @throws `wrong_state` without a code */
  async renewCode(options: CallOptions = {}): Promise<string> {
    const { code } = await this.#command({ t: "code" }, options);
    // Asked again over another link, the server only says that it is done; the room has told the code before.
    return typeof code === "string" ? code : (this.code ?? "");
  }
  /** Takes a member out; the host only. */
  async kick(peer: string, options: CallOptions & { readonly reason?: string } = {}): Promise<void> {
    const { reason, ...call } = options;
    await this.#command({ t: "kick", peer, ...(reason !== undefined && { reason }) }, call);
  }
  /** Takes a member out and keeps it out, for `forMs` or for as long as the room lives; the host only. */
  async ban(
    peer: string,
    options: CallOptions & { readonly forMs?: number; readonly reason?: string } = {},
  ): Promise<void> {
    const { forMs, reason, ...call } = options;
    const terms = { ...(forMs !== undefined && { ms: forMs }), ...(reason !== undefined && { reason }) };
    await this.#command({ t: "ban", peer, ...terms }, call);
  }
  async unban(peer: string, options: CallOptions = {}): Promise<void> {
    await this.#command({ t: "unban", peer }, options);
  }
  /** Hands on the host's part; the host only. */
  async makeHost(peer: string, options: CallOptions = {}): Promise<void> {
    await this.#command({ t: "host", peer }, options);
  }
  /** In a lobby: ready, or with `{ isReady: false }` not. */
  async ready({
    isReady = true,
    ...options
  }: CallOptions & { readonly isReady?: boolean } = {}): Promise<void> {
    await this.#command({ t: "ready", ready: isReady }, options);
  }
  /** In a lobby: starts; the host only. */
  async start(options: CallOptions = {}): Promise<void> {
    await this.#command({ t: "start" }, options);
  }

  /** All members page by page, for rooms so large that `members` holds only some. */
  async page(
    options: CallOptions & { readonly limit?: number; readonly after?: string } = {},
  ): Promise<MembersPage> {
    const { limit, after, ...call } = options;
    const page = { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) };
    return membersPage(await this.#question({ t: "members", ...page }, call));
  }

  /** What the room's log still holds, newest page first. Encrypted messages are handed over as they are. */
  async history(
    options: CallOptions & { readonly before?: number; readonly limit?: number } = {},
  ): Promise<HistoryPage> {
    const { before, limit, ...call } = options;
    const page = { ...(before !== undefined && { before }), ...(limit !== undefined && { limit }) };
    return historyPage(await this.#question({ t: "history", ...page }, call));
  }

  /** Leaves. Nothing is told any more once this is called. */
  async leave(options: CallOptions = {}): Promise<void> {
    if (this.isOver) return;
    const left = this.#command({ t: "leave" }, options);
    this.#parts.feed.end("left");
    try {
      await left;
    } catch (error) {
      // Whoever is not in the room any more has left it.
      if (
        !(error instanceof ParlorError) ||
        !["not_in_room", "closed", "session_lost"].includes(error.code)
      ) {
        throw error;
      }
    }
  }

  async #command(fields: AnyFrame, { signal, timeoutMs }: CallOptions): Promise<AnyFrame> {
    this.#mustBeOpen();
    const options = { numbered: true, signal, timeoutMs };
    return await this.#parts.owner.request({ ...fields, room: this.name }, options);
  }

  async #question(fields: AnyFrame, { signal, timeoutMs }: CallOptions): Promise<AnyFrame> {
    this.#mustBeOpen();
    return await this.#parts.owner.request(
      { ...fields, room: this.name },
      { numbered: false, signal, timeoutMs },
    );
  }

  #mustBeOpen(): void {
    if (this.isOver) throw new ParlorError("room_left", { details: { room: this.name } });
  }
}
