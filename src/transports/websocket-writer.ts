import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { WebSocket } from "ws";
import type { Frame } from "../lib/frame.ts";
import { isDroppable, type Lane } from "../lib/lane.ts";
import { type DropCounts, LaneQueue } from "../lib/lane-queue.ts";
import { QueueBudget } from "../lib/queue-budget.ts";
import type { Flushable, FlushTurn } from "./flush-turn.ts";
import type { AccountTerms } from "./link.ts";
import { webSocketBytes } from "./websocket-frame.ts";

/** While a socket holds more than this, frames wait in our queue, where lanes can still be dropped. */
const HIGH_WATER_BYTES = 64 * 1024;

/** Frames are joined into writes of up to this size. */
const JOIN_BYTES = 64 * 1024;

/** Frames from this size on are written as they are, shared by all recipients, without a copy. */
const NO_COPY_BYTES = 16 * 1024;

/** Who a writer works for. All calls are made between the events of the link, never from inside `send`. */
export interface WriterOwner {
  /** Whether data frames may still be written: no close frame went out before. */
  readonly isWritable: boolean;
  /** A congested socket takes bytes again. */
  drained(): void;
  dropped(count: number, lane: Lane): void;
  /** The budget is used up and nothing droppable is left. What was queued is gone. */
  overwhelmed(): void;
}

export interface WriterOptions {
  readonly owner: WriterOwner;
  readonly turn: FlushTurn;
  /** Budget for what waits in the queue and in the socket, in bytes, besides one frame that is larger than all of it. */
  readonly maxBytes: number;
  /** Set when permessage-deflate was agreed on: then `ws` itself must make the frames. */
  readonly deflating: WebSocket | undefined;
}

/** Shared by all sockets: its bytes are free again as soon as the kernel took a write. */
let scratch: Buffer | undefined;

const sizeOf = (frame: Frame) => webSocketBytes(frame).byteLength;

/** The outgoing side of one WebSocket: its queue, its budget, and as few write calls as possible. */
export class SocketWriter implements Flushable {
  readonly #socket: Duplex;
  readonly #owner: WriterOwner;
  readonly #turn: FlushTurn;
  readonly #budget: QueueBudget;
  readonly #deflating: WebSocket | undefined;
  readonly #queue = new LaneQueue(sizeOf);
  #maxFrames = Number.POSITIVE_INFINITY;
  #isDirty = false;
  /** Whether the socket is congested and will call back. */
  #waits = false;
  #isOverwhelmed = false;
  #dropped: DropCounts | undefined;

  constructor(socket: Duplex, { owner, turn, maxBytes, deflating }: WriterOptions) {
    this.#socket = socket;
    this.#owner = owner;
    this.#turn = turn;
    this.#budget = new QueueBudget(maxBytes);
    this.#deflating = deflating;
  }

  get queuedBytes(): number {
    return this.#queue.bytes + this.#pendingBytes;
  }

  /** Frames that wait while the socket is congested. */
  get waitingFrames(): number {
    return this.#waits ? this.#queue.length : 0;
  }

  get passedFrames(): number {
    return this.#queue.passed;
  }

  account({ maxFrames, ledger }: AccountTerms): void {
    this.#maxFrames = maxFrames;
    this.#queue.account(ledger);
  }

  /** Queues a frame for the end of this turn. */
  send(frame: Frame): void {
    if (this.#isOverwhelmed) return;
    if (this.waitingFrames >= this.#maxFrames && isDroppable(frame.lane)) {
      this.#dropped ??= {};
      this.#queue.squeeze(frame, this.#dropped);
      this.#mark();
    } else this.#queue.push(frame);
    if (!this.#waits) this.#mark();
    if (this.#queue.bytes > Math.min(JOIN_BYTES, this.#budget.maxBytes / 2)) this.#relieve();
  }

  flush(): void {
    this.#isDirty = false;
    if (!this.#owner.isWritable) {
      this.abandon();
      return;
    }

    if (!this.#waits) this.#write();
    this.#report();
  }

  /** Hands over everything that is queued, however congested the socket: the last thing before a close frame. */
  finish(): void {
    while (this.#queue.length > 0) this.#writeSome();
  }

  /** Forgets everything that is queued. */
  abandon(): void {
    this.#queue.clear();
    this.#dropped = undefined;
  }

  get #pendingBytes(): number {
    return this.#deflating ? this.#deflating.bufferedAmount : this.#socket.writableLength;
  }

  #mark(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#turn.add(this);
  }

  #write(): void {
    // Above its own high-water mark a socket is sure to announce `drain`.
    const highWater = Math.max(
      Math.min(HIGH_WATER_BYTES, this.#budget.maxBytes / 4),
      this.#socket.writableHighWaterMark,
    );
    while (this.#queue.length > 0 && !this.#waits) {
      if (this.#pendingBytes > highWater) this.#wait();
      else this.#writeSome();
    }
  }

  #wait(): void {
    this.#waits = true;
    if (!this.#deflating) this.#socket.once("drain", () => this.#goOn());
  }

  #goOn(): void {
    this.#waits = false;
    this.#owner.drained();
    this.flush();
  }

  /** Much was queued within one turn, or the peer is slow: writes now what can be written, then keeps the budget. */
  #relieve(): void {
    if (!this.#waits && this.#owner.isWritable) this.#write();
    const room = this.#budget.room(this.#pendingBytes);
    if (this.#queue.bytes <= room) return;

    this.#dropped ??= {};
    if (!this.#queue.shed(room, this.#dropped)) {
      this.#isOverwhelmed = true;
      this.#queue.clear();
    }
    this.#mark();
  }

  #report(): void {
    const dropped = this.#dropped;
    this.#dropped = undefined;
    for (const lane in dropped) this.#owner.dropped(dropped[lane as Lane] ?? 0, lane as Lane);
    if (!this.#isOverwhelmed) return;
    // The owner may have last words; they are few, and fit.
    this.#isOverwhelmed = false;
    this.#owner.overwhelmed();
  }

  /** Writes at least one frame, and at most `JOIN_BYTES` unless that one is larger. */
  #writeSome(): void {
    const frame = this.#queue.shift();
    if (!frame) return;
    const bytes = webSocketBytes(frame);
    this.#budget.wrote(bytes.byteLength);
    if (this.#deflating) this.#deflate(frame, this.#deflating);
    else if (this.#queue.length === 0 || bytes.byteLength >= NO_COPY_BYTES) this.#socket.write(bytes);
    else this.#writeJoined(bytes);
  }

  #writeJoined(first: Uint8Array): void {
    scratch ??= Buffer.allocUnsafeSlow(JOIN_BYTES);
    scratch.set(first);
    let used = first.byteLength;
    for (let next = this.#queue.peek(); next; next = this.#queue.peek()) {
      const bytes = webSocketBytes(next);
      if (used + bytes.byteLength > JOIN_BYTES) break;
      scratch.set(bytes, used);
      used += bytes.byteLength;
      this.#queue.shift();
    }

    const joined = scratch.subarray(0, used);
    if (!isTakenAtOnce(this.#socket)) {
      this.#socket.write(Buffer.from(joined));
      return;
    }
    this.#socket.write(joined);
    // The kernel took only a part: the rest of these bytes is the socket's now.
    if (this.#socket.writableLength > 0) scratch = undefined;
  }

  #deflate(frame: Frame, webSocket: WebSocket): void {
    const binary = typeof frame.data !== "string";
    webSocket.send(frame.data, { binary, compress: true }, () => {
      if (this.#waits) this.#goOn();
    });
  }
}

/** Whether a write is likely to be over when it returns. Not so with TLS, which encrypts first, or on Windows. */
function isTakenAtOnce(socket: Duplex): boolean {
  return (
    socket.writableLength === 0 &&
    socket instanceof Socket &&
    !(socket instanceof TLSSocket) &&
    process.platform !== "win32"
  );
}
