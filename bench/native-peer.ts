import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";

import { FrameWalker } from "./wire/frame-walker.ts";
import { clientFrame, jsonFrame, OPCODE } from "./wire/frames.ts";

/** How long a server may take for any one answer. */
const ANSWER_WITHIN_MS = 60_000;

/** The largest answer to an upgrade request that is still believed. */
const MAX_HEAD_BYTES = 16 * 1024;

const KEY = Buffer.from("parlor's bench!!").toString("base64");
const ACCEPT = createHash("sha1").update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** A frame of the native protocol as far as the bench looks at it. */
export type NativeFrame = Readonly<Record<string, unknown>> & { readonly t: string };

/** A client of the native protocol over a bare socket: it hears frames and sends frames, and knows nothing else. */
export class NativePeer {
  readonly #socket: Socket;
  readonly #walker: FrameWalker;
  readonly #hear: (frame: NativeFrame) => void;
  readonly #fail: (error: Error) => void;
  /** The answer to the upgrade request as far as it came; undefined once the connection is a WebSocket. */
  #head: Buffer | undefined = Buffer.alloc(0);
  #isOver = false;

  /** Connects and says hello. `hear` is called with every frame, `fail` at most once, unless `cut` came before. */
  constructor(
    port: number,
    { hello, hear, fail }: { hello: object; hear(frame: NativeFrame): void; fail(error: Error): void },
  ) {
    this.#hear = hear;
    this.#fail = fail;
    this.#walker = new FrameWalker(
      {
        message: (payload) => this.#hear(JSON.parse(payload.toString()) as NativeFrame),
        sample: () => {},
        control: (opcode, payload) => this.#control(opcode, payload),
      },
      { sampleEvery: 1 },
    );
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("close", () => this.#end(new Error("the server closed the connection")));
    this.#socket.setTimeout(ANSWER_WITHIN_MS, () => this.#end(new Error("the server said nothing for long")));
    this.#socket.write(
      `GET /parlor HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Protocol: parlor.v1\r\n\r\n`,
    );
    this.#socket.write(jsonFrame({ t: "hello", v: 1, ...hello }));
  }

  send(frame: object): void {
    this.#socket.write(jsonFrame(frame));
  }

  /** Breaks the connection without a word. */
  cut(): void {
    this.#isOver = true;
    this.#socket.resetAndDestroy();
  }

  #receive(chunk: Buffer): void {
    try {
      const frames = this.#head ? this.#upgraded(chunk) : chunk;
      if (!this.#isOver) this.#walker.push(frames);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #upgraded(chunk: Buffer): Buffer {
    const head = Buffer.concat([this.#head ?? Buffer.alloc(0), chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (head.length > MAX_HEAD_BYTES) throw new Error("the answer to the upgrade request does not end");
      this.#head = head;
      return Buffer.alloc(0);
    }
    const text = head.toString("latin1", 0, end);
    if (!text.startsWith("HTTP/1.1 101 ") || !text.includes(ACCEPT))
      throw new Error(`no upgrade: ${text.split("\r\n")[0]}`);
    this.#head = undefined;
    return head.subarray(end + 4);
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) this.#socket.write(clientFrame(OPCODE.pong, payload));
    if (opcode !== OPCODE.close) return;
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    throw new Error(`the server closed the link: ${code} ${payload.toString("utf8", 2)}`);
  }

  #end(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.#fail(error);
  }
}
