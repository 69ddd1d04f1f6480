import type { Messages } from "../core/protocol.ts";
import type { CreateOptions, RecoveryFrame, ServerFrame, SnapshotFrame } from "../dialects/native/wire.ts";
import { Calls } from "./calls.ts";
import type { AnyFrame } from "./codec.ts";
import type { Contract } from "./contract.ts";
import type { RoomEncryption } from "./encryption/encryption.ts";
import { ParlorError } from "./errors.ts";
import type { Position } from "./progress.ts";
import type { CallOptions } from "./requests.ts";
import { Room } from "./room.ts";
import { RoomFeed } from "./room-feed.ts";
import type { RoomOwner } from "./room-owner.ts";
import type { RoomParts } from "./room-parts.ts";

/** Which room, and what to do when it is not there. Without `room` and `code`, `create` opens one with a new name. */
export interface JoinTarget {
  readonly room?: string;
  /** A room code, in any case. */
  readonly code?: string;
  /** Opens the room when it is not there. */
  readonly create?: CreateOptions;
}

export interface JoinTerms extends CallOptions {
  readonly as?: "member" | "spectator" | undefined;
  /** Seals the room if it is opened; otherwise what it is sealed with. */
  readonly password?: string | undefined;
  /** What this peer tells about itself in this room only. */
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
  readonly contract: Contract;
  /** Called in the moment in which the room is joined. */
  readonly attach?: ((parts: RoomParts) => RoomEncryption) | undefined;
}

interface Joined {
  readonly feed: RoomFeed;
  readonly parts: RoomParts;
  /** What to ask for when the session is lost. */
  readonly again: AnyFrame;
}

/** Long enough for any backoff; a room that cannot be joined again by then is over. */
const REJOIN_TIMEOUT_MS = 10 * 60_000;

/** The rooms that a connection is in. */
export class Rooms {
  readonly #owner: RoomOwner;
  readonly #joined = new Map<string, Joined>();
  /** Rooms whose joining was given up, until they are left. */
  readonly #leaving = new Set<string>();

  constructor(owner: RoomOwner) {
    this.#owner = owner;
  }

  /** How far each room was heard. */
  get positions(): Record<string, Position> {
    return Object.fromEntries([...this.#joined].map(([name, { feed }]) => [name, feed.position]));
  }

  get names(): readonly string[] {
    return [...this.#joined.keys()];
  }

  async join<M extends Messages>(target: JoinTarget, terms: JoinTerms): Promise<Room<M>> {
    const { as, password, meta, contract, attach, signal, timeoutMs } = terms;
    const more = { ...(as && { as }), ...(password !== undefined && { password }), ...(meta && { meta }) };
    const frame: AnyFrame = { t: "join", ...target, ...more };
    let parts: RoomParts | undefined;
    await this.#owner.request(frame, {
      numbered: true,
      signal,
      timeoutMs,
      received: (answer) => {
        parts = this.open(answer as unknown as SnapshotFrame, { contract, again: frame, attach });
        parts.feed.view.password = password;
      },
      abandoned: (wasSent) => {
        // By number, the server lets us in first and out again then. A room known by its code only is left when its
        // name is: see `hear`.
        if (wasSent && target.room !== undefined) this.#leave(target.room);
      },
    });
    if (!parts) throw new ParlorError("bad_frame");
    return new Room<M>(parts);
  }

  /** This peer is in a room now; events that follow find it. Whoever joins twice gets the same room twice. */
  open(
    snapshot: SnapshotFrame,
    { contract, again, attach }: Pick<JoinTerms, "contract" | "attach"> & { readonly again: AnyFrame },
  ): RoomParts {
    const joined = this.#joined.get(snapshot.r);
    if (joined) return joined.parts;
    const owner = this.#owner;
    const calls = new Calls(owner, { room: snapshot.r, contract });
    const feed = new RoomFeed(owner, { snapshot, contract, asked: (frame) => calls.asked(frame) });
    const plain: RoomParts = { owner, feed, contract, calls };
    const parts: RoomParts = attach ? { ...plain, encryption: attach(plain) } : plain;
    this.#joined.set(snapshot.r, { feed, parts, again: { ...again, room: snapshot.r, code: undefined } });
    return parts;
  }

  /** An event. Those of rooms that were left in the meantime are passed over. */
  hear(frame: ServerFrame): void {
    if (!("r" in frame) || frame.r === undefined) return;
    const joined = this.#joined.get(frame.r);
    if (joined) joined.feed.hear(frame);
    else if (frame.t === "snapshot" && !this.#leaving.has(frame.r)) this.#leave(frame.r);
  }

  refused(room: string, { type, error }: { type: string | undefined; error: ParlorError }): void {
    this.#joined.get(room)?.feed.refused(type, error);
  }

  /** The session goes on. */
  recover(recoveries: readonly RecoveryFrame[]): void {
    for (const recovery of recoveries) this.#joined.get(recovery.room)?.feed.recover(recovery);
  }

  /** There is a new session, which is in no room: joins them all again, before anything else is said. */
  rejoin(): void {
    for (const [name, { feed, again }] of this.#joined) {
      const received = (answer: AnyFrame) => feed.resync(answer as unknown as SnapshotFrame, "session-lost");
      const options = { numbered: true, isFirst: true, timeoutMs: REJOIN_TIMEOUT_MS, received };
      // What was opened in the meantime is not sealed again by somebody who comes back.
      const frame = { ...again, password: feed.view.isSealed ? feed.view.password : undefined };
      this.#owner.request(frame, options).catch((error: unknown) => {
        const code = error instanceof ParlorError ? error.code : "internal";
        // Lost again: the next session tries again.
        if (code !== "session_lost" && this.#joined.get(name)?.feed === feed) feed.end(code);
      });
    }
  }

  forget(room: string): void {
    this.#joined.delete(room);
  }

  end(reason: string): void {
    for (const { feed } of [...this.#joined.values()]) feed.end(reason);
  }

  #leave(room: string): void {
    const isLeft = this.#owner.request(
      { t: "leave", room },
      { numbered: true, timeoutMs: REJOIN_TIMEOUT_MS },
    );
    this.#leaving.add(room);
    // A refusal means that we are not in it, which is all that was wanted.
    void isLeft.catch(() => {}).then(() => this.#leaving.delete(room));
  }
}
