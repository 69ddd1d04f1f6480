import type { RecoveryFrame, ServerFrame, ServerFrames, SnapshotFrame } from "../dialects/native/wire.ts";
import { CarefulEmitter, callCarefully } from "./careful.ts";
import type { Contract } from "./contract.ts";
import { ParlorError } from "./errors.ts";
import { Inlet } from "./inlet.ts";
import type { Position } from "./progress.ts";
import type { MessageMeta, ResyncReason, RoomEvents } from "./room-events.ts";
import type { RoomOwner } from "./room-owner.ts";
import { memberOf, RoomView } from "./room-view.ts";

/** What arrives in a room, in its order: frames of the server, and what the connection itself knows. */
type Arrival =
  | { readonly is: "frame"; readonly frame: ServerFrame }
  | { readonly is: "recovered" }
  | { readonly is: "resync"; readonly snapshot: SnapshotFrame; readonly reason: ResyncReason }
  | { readonly is: "over"; readonly reason: string };

export type TypedListener = (data: unknown, meta: MessageMeta) => void;

/** Makes something else of a payload before it is told, as decryption does. */
export type Unwrap = (data: unknown, message: ServerFrames["msg"]) => unknown;

/** How the names of messages between parts of the SDK begin. Applications neither send nor hear them. */
export const INTERNAL = "parlor.";

interface FeedOptions {
  readonly snapshot: SnapshotFrame;
  readonly contract: Contract;
  readonly asked: (frame: ServerFrames["asked"]) => Promise<void>;
}

/** The incoming half of a room: what is heard, each thing once, becomes the view and is told in order. */
export class RoomFeed extends CarefulEmitter<RoomEvents> {
  readonly view: RoomView;
  readonly #owner: RoomOwner;
  readonly #options: FeedOptions;
  readonly #inlet: Inlet<Arrival>;
  readonly #typed = new Map<string, Set<TypedListener>>();
  /** Listeners of parts of the SDK, for messages that applications do not see. */
  readonly #internal = new Map<string, TypedListener>();
  /** How far the log was heard; ahead of the view while things wait to be told. */
  #seen: Position;
  #isOver = false;
  /** Set by the mesh; `true`: the signal was meant for it. */
  onSignal: ((from: string, data: unknown) => boolean) | undefined;
  /** Set by the part that decrypts. */
  unwrap: Unwrap | undefined;

  constructor(owner: RoomOwner, options: FeedOptions) {
    super((error) => owner.troubled(error));
    const { snapshot } = options;
    this.#owner = owner;
    this.#options = options;
    this.view = new RoomView(snapshot);
    this.#seen = { e: snapshot.e, o: snapshot.o };
    this.#inlet = new Inlet(owner.clock, {
      handle: (arrival) => this.#tell(arrival),
      failed: (error) => owner.troubled(error),
    });
  }

  get position(): Position {
    return this.#seen;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  onTyped(type: string, listener: TypedListener): () => void {
    const set = this.#typed.get(type) ?? new Set();
    this.#typed.set(type, set.add(listener));
    return () => void set.delete(listener);
  }

  onInternal(type: string, listener: TypedListener): () => void {
    this.#internal.set(type, listener);
    return () => void this.#internal.delete(type);
  }

  /** A frame about this room. What was heard before is passed over. */
  hear(frame: ServerFrame): void {
    if (this.#isOver) return;
    if ("o" in frame && typeof frame.o === "number") {
      if (frame.o <= this.#seen.o) return;
      this.#seen = { e: this.#seen.e, o: frame.o };
    }
    this.#inlet.push({ is: "frame", frame });
    if (frame.t === "closed" || frame.t === "kicked") this.#end();
  }

  /** The session was resumed: what the server says about this room. */
  recover(recovery: RecoveryFrame): void {
    if (this.#isOver) return;
    if (recovery.lost) this.end(recovery.reason ?? "lost");
    else if (recovery.snapshot) this.resync(recovery.snapshot, "history-lost");
    else this.#inlet.push({ is: "recovered" });
  }

  resync(snapshot: SnapshotFrame, reason: ResyncReason): void {
    if (this.#isOver) return;
    this.#seen = { e: snapshot.e, o: snapshot.o };
    this.#inlet.push({ is: "resync", snapshot, reason });
  }

  /** The room is over for this peer. */
  end(reason: string): void {
    if (this.#isOver) return;
    this.#inlet.push({ is: "over", reason });
    this.#end();
  }

  /** A message of ours was refused. */
  refused(type: string | undefined, error: ParlorError): void {
    this.emit("refused", { type, error });
  }

  /** A message came that does not fit. */
  unfit(message: RoomEvents["invalid"]): void {
    this.emit("invalid", message);
  }

  pathChanged(path: RoomEvents["path"]): void {
    this.emit("path", path);
  }

  #end(): void {
    this.#isOver = true;
    this.#owner.forget(this.view.name);
  }

  #tell(arrival: Arrival): void | Promise<void> {
    switch (arrival.is) {
      case "frame":
        if (arrival.frame.t === "msg") return this.#message(arrival.frame);
        this.#event(arrival.frame);
        break;
      case "recovered":
        this.emit("recovered", {});
        break;
      case "resync":
        this.view.replace(arrival.snapshot);
        this.emit("resync", { reason: arrival.reason });
        break;
      case "over":
        this.emit("closed", { reason: arrival.reason });
        break;
    }
  }

  /** An event becomes part of the view before it is told; who left is still known to those who hear of it. */
  #event(frame: ServerFrame): void {
    const { view } = this;
    const before = "peer" in frame ? view.members.get(frame.peer) : undefined;
    view.apply(frame, this.#owner.peer);
    const member = "peer" in frame ? (view.members.get(frame.peer) ?? before) : undefined;
    switch (frame.t) {
      case "joined":
      case "updated":
        this.emit(frame.t, { member: memberOf(frame.m) });
        break;
      case "left":
        if (member) this.emit("left", { member, reason: frame.reason });
        break;
      case "away":
        if (member) this.emit("away", { member, untilMs: frame.until });
        break;
      case "back":
        if (member) this.emit("back", { member });
        break;
      case "host":
        this.emit("host", { peer: frame.peer });
        break;
      case "room":
        this.emit("room", {});
        break;
      case "ready":
        this.emit("ready", { ready: frame.ready, isEverybody: frame.all });
        break;
      case "started":
        this.emit("started", { by: frame.by, members: frame.members.map(memberOf) });
        break;
      case "closed":
        this.emit("closed", { reason: frame.reason });
        break;
      case "kicked":
        this.emit("kicked", { by: frame.by, reason: frame.reason });
        this.emit("closed", { reason: "kicked" });
        break;
      case "signal":
        if (this.onSignal?.(frame.from, frame.d)) break;
        this.emit("signal", { from: frame.from, data: frame.d });
        break;
      case "asked":
        // Not waited for: a slow answer must not hold up the room.
        void this.#options.asked(frame);
        break;
    }
  }

  #message(frame: ServerFrames["msg"]): void | Promise<void> {
    const meta: MessageMeta = {
      from: frame.from,
      at: frame.at,
      type: frame.type,
      isDirected: frame.to === true,
    };
    if (frame.type?.startsWith(INTERNAL)) {
      // A peer that uses a part of the SDK which is not in use here: nothing for the application.
      this.#internal.get(frame.type)?.(frame.d, meta);
      return;
    }
    const data = this.unwrap ? this.unwrap(frame.d, frame) : frame.d;
    if (!(data instanceof Promise)) {
      this.#hand(meta, data);
      return;
    }
    return data.then(
      (value) => this.#hand(meta, value),
      (error: unknown) => this.#unfit(meta, error),
    );
  }

  #hand(meta: MessageMeta, raw: unknown): void {
    let data: unknown;
    try {
      data = this.#options.contract.incoming("message", meta.type, raw);
    } catch (error) {
      this.#unfit(meta, error);
      return;
    }
    for (const listener of [...(this.#typed.get(meta.type ?? "") ?? [])]) {
      callCarefully(listener, [data, meta], (error) => this.#owner.troubled(error));
    }
    this.emit("message", { ...meta, data });
  }

  #unfit({ from, type }: MessageMeta, cause: unknown): void {
    const error = cause instanceof ParlorError ? cause : new ParlorError("invalid_message", { cause });
    this.unfit({ from, type, error });
  }
}
