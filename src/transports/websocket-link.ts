import type { Duplex } from "node:stream";
import { type RawData, WebSocket } from "ws";
import type { Frame, Incoming } from "../lib/frame.ts";
import type { Lane } from "../lib/lane.ts";
import type { FlushTurn } from "./flush-turn.ts";
import type { Beating } from "./heartbeat.ts";
import type { AccountTerms, Link, LinkFault, LinkListener } from "./link.ts";
import { closeCode, closeReason, faultOf } from "./websocket-close.ts";
import { SocketWriter, type WriterOwner } from "./websocket-writer.ts";

/** How long a peer that is too slow, or silent, has to take the close frame, in ms. */
const LAST_WORDS_MS = 1000;

/** What all links of one listener have in common. */
export interface LinkHome {
  readonly turn: FlushTurn;
  readonly maxQueueBytes: number;
  /** Called when a link is gone. */
  gone(link: WebSocketLink): void;
  /** A listener threw: a bug of the application. The link lives on. */
  failed(error: unknown): void;
}

/** The WebSocket of a link. Closes that `ws` begins by itself wait for what the link has still to send. */
export class LinkWebSocket extends WebSocket {
  link: WebSocketLink | undefined;

  /**
   * Called by `ws` alone: to answer the peer's close frame, or to refuse bytes that break the protocol. Waits for the
   * end of the current call, so that answers to what arrived before are in the queue and a fault is worded first.
   */
  override close(code?: number, reason?: string | Buffer): void {
    queueMicrotask(() => {
      this.link?.closing();
      super.close(code, reason);
    });
  }

  /** Sends the close frame now. */
  sayClose(code: number | undefined, reason: string): void {
    super.close(code, reason);
  }
}

/** A link over one WebSocket. Its outgoing frames bypass `ws`: see `SocketWriter`. */
export class WebSocketLink implements Link, WriterOwner, Beating {
  readonly remoteAddress: string;
  heard = true;
  beatAt = 0;
  awaited = false;

  readonly #home: LinkHome;
  readonly #webSocket: LinkWebSocket;
  readonly #writer: SocketWriter;
  #listener: LinkListener | undefined;
  #isOpen = true;
  #isPaused = false;
  /** Ends the link unless a sign of life comes first. */
  #probe: NodeJS.Timeout | undefined;
  /** The rest of a chunk in which a message made the listener pause; at most one read's worth. */
  #held: Incoming[] | undefined;

  constructor(
    webSocket: LinkWebSocket,
    { socket, remoteAddress, home }: { socket: Duplex; remoteAddress: string; home: LinkHome },
  ) {
    this.remoteAddress = remoteAddress;
    this.#home = home;
    this.#webSocket = webSocket;
    this.#writer = new SocketWriter(socket, {
      owner: this,
      turn: home.turn,
      maxBytes: home.maxQueueBytes,
      deflating: webSocket.extensions === "" ? undefined : webSocket,
    });
    webSocket.link = this;
    webSocket.on("message", onMessage);
    webSocket.on("ping", onSignOfLife);
    webSocket.on("pong", onSignOfLife);
    webSocket.on("error", onError);
    webSocket.on("close", onClose);
  }

  get kind(): "websocket" {
    return "websocket";
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  get waitingFrames(): number {
    return this.#writer.waitingFrames;
  }

  get passedFrames(): number {
    return this.#writer.passedFrames;
  }

  account(terms: AccountTerms): void {
    this.#writer.account(terms);
  }

  discard(): void {
    this.#writer.abandon();
    this.#hurry();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isWritable(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** Whether somebody listens. */
  get isHeeded(): boolean {
    return this.#listener !== undefined;
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
  }

  send(frame: Frame): void {
    if (this.#isOpen) this.#writer.send(frame);
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.closing();
    this.#webSocket.sayClose(closeCode(code), closeReason(reason));
  }

  limit(maxMessageBytes: number): void {
    // `ws` knows the limit of a receiver only when it is made; its version is pinned, and [WS22] fails if this moves.
    const { _receiver: receiver } = this.#webSocket as unknown as { _receiver?: { _maxPayload: number } };
    if (receiver) receiver._maxPayload = maxMessageBytes;
  }

  destroy(): void {
    this.#isOpen = false;
    this.#writer.abandon();
    this.#webSocket.terminate();
  }

  pause(): void {
    if (!this.#isOpen || this.#isPaused) return;
    this.#isPaused = true;
    this.#webSocket.pause();
  }

  resume(): void {
    if (!this.#isOpen || !this.#isPaused) return;
    this.#isPaused = false;
    this.heard = true;
    if (this.#held) queueMicrotask(() => this.#release());
    else this.#webSocket.resume();
  }

  /** Writes out what is queued; from now on nothing is sent, and no message heard. */
  closing(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#held = undefined;
    if (this.isWritable) this.#writer.finish();
    else this.#writer.abandon();
    // The peer's half of the closing handshake must be read.
    if (this.#isPaused) this.#webSocket.resume();
    this.#isPaused = false;
  }

  probe(withinMs: number): void {
    if (this.#probe || !this.#isOpen) return;
    this.#probe = setTimeout(() => {
      this.#probe = undefined;
      // What does not read cannot see an answer.
      if (!this.#isPaused) this.expire();
    }, withinMs).unref();
    this.ping();
  }

  /** The peer has shown that it lives. */
  lives(): void {
    this.heard = true;
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  ping(): void {
    if (this.isWritable) this.#webSocket.ping();
  }

  expire(): void {
    // Once is enough: the sweep comes again while the close frame has its last chance.
    this.heard = true;
    this.#fault("heartbeat_timeout", { code: 1001, reason: "no sign of life" });
    this.#hurry();
  }

  drained(): void {
    this.heard = true;
  }

  dropped(count: number, lane: Lane): void {
    if (!this.#isOpen) return;
    try {
      this.#listener?.dropped?.(count, lane);
    } catch (error) {
      this.#home.failed(error);
    }
  }

  overwhelmed(): void {
    this.#fault("slow_consumer", { code: 1013, reason: "messages were not taken fast enough" });
    this.#hurry();
  }

  /** A message came in. */
  arrived(data: Buffer, isBinary: boolean): void {
    this.lives();
    if (!this.#isOpen) return;
    const message = isBinary ? ownBytes(data) : data.toString();
    if (this.#isPaused || this.#held) {
      this.#held ??= [];
      this.#held.push(message);
    } else {
      this.#hand(message);
    }
  }

  /** The incoming bytes break the protocol, or a limit. */
  broken(error: Error): void {
    const fault = faultOf(error);
    this.#fault(fault.is, fault);
  }

  /** The socket is gone. */
  ended(code: number, reason: string): void {
    this.#isOpen = false;
    clearTimeout(this.#probe);
    this.#held = undefined;
    this.#writer.abandon();
    try {
      this.#listener?.closed({ code, reason, clean: code !== 1006 });
    } catch (error) {
      this.#home.failed(error);
    }
    this.#home.gone(this);
  }

  #hand(message: Incoming): void {
    try {
      this.#listener?.message(message);
    } catch (error) {
      this.#home.failed(error);
    }
  }

  /** Hands over what was held back, as long as the listener does not pause again. */
  #release(): void {
    while (!this.#isPaused && this.#held?.length) this.#hand(this.#held.shift() ?? "");
    if (this.#isPaused || !this.#isOpen) return;
    this.#held = undefined;
    this.#webSocket.resume();
  }

  #fault(fault: LinkFault, { code, reason }: { code: number; reason: string }): void {
    if (!this.#isOpen) return;
    try {
      this.#listener?.fault(fault);
    } catch (error) {
      this.#home.failed(error);
    }
    this.close(code, reason);
  }

  #hurry(): void {
    setTimeout(() => this.destroy(), LAST_WORDS_MS).unref();
  }
}

/** Bytes that do not keep a whole read buffer alive when somebody keeps them. */
function ownBytes(data: Buffer): Uint8Array {
  const isSmallPart = data.byteLength * 2 < data.buffer.byteLength;
  return isSmallPart ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

// One function each for all links, not a closure per link.

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  // With `binaryType` left alone every message is one Buffer.
  linkOf(this)?.arrived(data as Buffer, isBinary);
}

function onSignOfLife(this: WebSocket): void {
  linkOf(this)?.lives();
}

function onError(this: WebSocket, error: Error): void {
  linkOf(this)?.broken(error);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  linkOf(this)?.ended(code, reason.toString());
}

function linkOf(webSocket: WebSocket): WebSocketLink | undefined {
  return (webSocket as LinkWebSocket).link;
}
