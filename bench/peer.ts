import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";

import { FrameWalker } from "./wire/frame-walker.ts";
import { clientFrame, jsonFrame, OPCODE } from "./wire/frames.ts";

/** How long a server may take for any one answer while a run is being set up. */
const ANSWER_WITHIN_MS = 15_000;

/** The largest answer to an upgrade request that is still believed. */
const MAX_HEAD_BYTES = 16 * 1024;

/** One in so many deliveries is read whole and verified; all are counted. */
const SAMPLE_EVERY = 1_000;

// All connections share one handshake key (it protects nothing) and, since a chunk is always walked to its end before
// the next one is read, one buffer.
const KEY = Buffer.from("parlor's bench!!").toString("base64");
const ACCEPT = createHash("sha1").update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
const chunkBuffer = Buffer.allocUnsafe(256 * 1024);

/** A message of the Peer Server protocol, or of tapaculo's, as far as the bench looks at it. */
export interface Message {
  readonly type?: string;
  readonly from?: string;
  readonly to?: string;
  readonly payload?: unknown;
  readonly data?: unknown;
}

/** Who is told once a peer stopped asking and started pressing. */
export interface Flow {
  /** What is wrong with a message that arrived, or undefined if it is a delivery of this run. */
  complaintAbout(message: Message): string | undefined;
  /** So many deliveries arrived in one chunk. */
  delivered(count: number): void;
  /** The connection ended or something wrong arrived. */
  failed(error: Error): void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A client of a server under test, over a bare socket: it counts deliveries instead of parsing them. */
export class BenchPeer {
  /** Under which the server presents this peer to others: the fingerprint of its key, or the user of its token. */
  readonly name: string;

  readonly #socket: Socket;
  readonly #walker: FrameWalker;
  /** The answer to the upgrade request as far as it came; undefined once the connection is a WebSocket. */
  #head: Buffer | undefined = Buffer.alloc(0);
  #inbox: Message[] = [];
  #waiting: Waiting | undefined;
  #flow: Flow | undefined;
  /** Deliveries of the chunk being walked that were handed over whole, and so are not in the walker's count. */
  #read = 0;
  #end: Error | undefined;
  #closing = false;

  private constructor(
    port: number,
    { name, query = "" }: { readonly name: string; readonly query?: string },
  ) {
    this.name = name;
    this.#walker = new FrameWalker(
      {
        message: (payload) => this.#hear(payload, { plain: false }),
        sample: (payload) => this.#hear(payload, { plain: true }),
        control: (opcode, payload) => this.#control(opcode, payload),
      },
      { sampleEvery: SAMPLE_EVERY },
    );
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: chunkBuffer, callback: (length, chunk) => this.#receive(chunk.subarray(0, length)) },
    });
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the server closed the connection")));
    this.#socket.write(
      `GET /ws${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    );
  }

  /** Connects, registers under `key`, and verifies what the server answered. */
  static async register(port: number, key: string): Promise<BenchPeer> {
    return new BenchPeer(port, { name: fingerprintOf(key) }).#settle(async (peer) => {
      peer.send(jsonFrame({ type: "register", payload: { public_key: key } }));
      const { from } = await peer.expect("registered");
      if (from !== peer.name) throw new Error(`registered as ${from}, not as the hash of the key`);
    });
  }

  /** Connects as the user of a token, which is all there is to say in tapaculo's protocol. */
  static async open(port: number, { name, token }: { name: string; token: string }): Promise<BenchPeer> {
    return new BenchPeer(port, { name, query: `?token=${token}` }).#settle(async () => {});
  }

  /** Enters a namespace; done when the server has listed its members. */
  async join(namespace: string): Promise<void> {
    this.send(jsonFrame({ type: "join", payload: { namespace } }));
    await this.expect("peer_list");
  }

  /** Writes one or more whole frames. */
  send(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  /** The next message, which must be of that type. One caller at a time, and not once `flow` was called. */
  async expect(type: string): Promise<Message> {
    await this.#until(() => this.#inbox.length > 0, `"${type}"`);
    const message = this.#inbox.shift()!;
    if (message.type !== type) throw new Error(`expected "${type}", got ${JSON.stringify(message)}`);
    return message;
  }

  /** From now on whatever arrives must be a delivery, and is counted. */
  flow(flow: Flow): void {
    this.#flow = flow;
  }

  /** Says goodbye as a browser does, and waits until the server has ended the connection. */
  async close(): Promise<void> {
    const code = Buffer.from([0x03, 0xe8]); // 1000
    this.#closing = true;
    this.send(clientFrame(OPCODE.close, code));
    if (this.#end) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error("the server did not answer the close")),
        ANSWER_WITHIN_MS,
      );
      this.#socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Is there when the connection is a WebSocket and `greet` is done; otherwise gone. */
  async #settle(greet: (peer: BenchPeer) => Promise<void>): Promise<this> {
    try {
      await this.#until(() => this.#head === undefined, "the upgrade");
      await greet(this);
      return this;
    } catch (error) {
      this.#socket.destroy();
      throw error;
    }
  }

  #receive(chunk: Uint8Array): boolean {
    try {
      const frames = this.#head ? this.#upgraded(chunk) : chunk;
      const deliveries = this.#walker.push(frames) + this.#read;
      this.#read = 0;
      if (deliveries > 0) this.#flow?.delivered(deliveries);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      this.#socket.destroy();
    }
    return true;
  }

  /** Reads the answer to the upgrade request; returns what came after it. */
  #upgraded(chunk: Uint8Array): Uint8Array {
    const head = Buffer.concat([this.#head!, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (head.length > MAX_HEAD_BYTES) throw new Error("the answer to the upgrade request does not end");
      this.#head = head;
      return Buffer.alloc(0);
    }
    const text = head.toString("latin1", 0, end);
    if (!text.startsWith("HTTP/1.1 101 ") || !text.includes(ACCEPT)) {
      throw new Error(`no upgrade: ${text.split("\r\n")[0]}`);
    }
    this.#head = undefined;
    this.#wake();
    return head.subarray(end + 4);
  }

  #hear(payload: Buffer, { plain }: { readonly plain: boolean }): void {
    const message = JSON.parse(payload.toString()) as Message;
    if (!this.#flow) {
      this.#inbox.push(message);
      this.#wake();
      return;
    }
    const complaint = this.#flow.complaintAbout(message);
    if (complaint !== undefined) throw new Error(`${complaint}: ${payload.toString().slice(0, 300)}`);
    if (plain) return;
    this.#read += 1;
    this.#walker.plainBytes = payload.length;
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) this.send(clientFrame(OPCODE.pong, payload));
    if (opcode !== OPCODE.close || this.#closing) return;
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    throw new Error(`the server said goodbye: ${code} ${payload.toString("utf8", 2)}`);
  }

  async #until(come: () => boolean, what: string): Promise<void> {
    const timer = setTimeout(
      () => this.#fail(new Error(`the server did not send ${what} in time`)),
      ANSWER_WITHIN_MS,
    );
    try {
      while (!come()) {
        if (this.#end) throw this.#end;
        await new Promise<void>((resolve, reject) => {
          this.#waiting = { resolve, reject };
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Remembers the first failure only: what follows it is its echo. */
  #fail(error: Error): void {
    if (this.#end) return;
    this.#end = error;
    this.#waiting?.reject(error);
    if (!this.#closing) this.#flow?.failed(error);
  }
}

/** The name the Peer Server protocol gives to the holder of a key. */
export function fingerprintOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
