import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";

import { FrameWalker } from "./wire/frame-walker.ts";
import { clientFrame, jsonFrame, OPCODE } from "./wire/frames.ts";

/** How long a server may take for any one answer. */
const ANSWER_WITHIN_MS = 15_000;

/** The largest answer to an upgrade request that is still believed. */
const MAX_HEAD_BYTES = 16 * 1024;

const KEY = Buffer.from("parlor's bench!!").toString("base64");
const ACCEPT = createHash("sha1").update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

const GAME_DATA = Buffer.from('{"type":"GameData"');

/** A player of Signal Fish's protocol over a bare socket, as far as the bench needs one. */
export class FishPlayer {
  /** Told of each piece of game data, as the bytes that came. */
  onData: (message: Buffer) => void = () => {};
  /** Told once, when the line ends or something else comes than should. */
  onFailure: (error: Error) => void = () => {};

  readonly #socket: Socket;
  readonly #walker: FrameWalker;
  /** The answer to the upgrade request as far as it came; undefined once the connection is a WebSocket. */
  #head: Buffer | undefined = Buffer.alloc(0);
  #awaited: { readonly type: string; readonly resolve: () => void } | undefined;
  #isOver = false;

  private constructor(port: number) {
    const hear = (payload: Buffer) => this.#hear(payload);
    this.#walker = new FrameWalker(
      { message: hear, sample: hear, control: (opcode, payload) => this.#control(opcode, payload) },
      { sampleEvery: 1 },
    );
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("close", () => this.#end(new Error("the server closed the connection")));
    this.#socket.write(
      `GET /v2/ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    );
  }

  /** Connects, shakes hands and takes a seat in the room of that number, which has two. */
  static async join(port: number, room: number, name: string): Promise<FishPlayer> {
    const player = new FishPlayer(port);
    await player.#hears("", () => {});
    await player.#hears("ProtocolInfo", () => player.say("Authenticate", { app_id: "bench" }));
    await player.#hears("RoomJoined", () =>
      player.say("JoinRoom", {
        game_name: "bench",
        player_name: name,
        room_code: `R${String(room).padStart(5, "0")}`,
        max_players: 2,
      }),
    );
    return player;
  }

  say(type: string, data: object): void {
    this.#socket.write(jsonFrame({ type, data }));
  }

  /** Goes without a word. */
  leave(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  /** Asks, and waits for the message of that type; for `""`, until the connection is a WebSocket. */
  #hears(type: string, ask: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const overdue = setTimeout(
        () => this.#end(new Error(`the server did not send ${type} in time`)),
        ANSWER_WITHIN_MS,
      );
      this.onFailure = reject;
      this.#awaited = {
        type,
        resolve: () => {
          clearTimeout(overdue);
          this.#awaited = undefined;
          resolve();
        },
      };
      ask();
    });
  }

  #receive(chunk: Buffer): void {
    try {
      this.#walker.push(this.#head ? this.#upgraded(chunk) : chunk);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #upgraded(chunk: Buffer): Buffer {
    const head = Buffer.concat([this.#head ?? Buffer.alloc(0), chunk]);
    const end = head.indexOf("\r\n\r\n");
    this.#head = end < 0 ? head : undefined;
    if (end < 0 && head.length > MAX_HEAD_BYTES) throw new Error("the answer to the upgrade does not end");
    if (end < 0) return Buffer.alloc(0);
    const text = head.toString("latin1", 0, end);
    if (!text.startsWith("HTTP/1.1 101 ") || !text.includes(ACCEPT)) {
      throw new Error(`no upgrade: ${text.split("\r\n")[0]}`);
    }
    if (this.#awaited?.type === "") this.#awaited.resolve();
    return head.subarray(end + 4);
  }

  #hear(payload: Buffer): void {
    if (payload.subarray(0, GAME_DATA.length).equals(GAME_DATA)) {
      this.onData(payload);
      return;
    }
    const { type } = JSON.parse(payload.toString()) as { type: string };
    if (type === this.#awaited?.type) this.#awaited.resolve();
    else if (/Error|Failed|Left/.test(type)) throw new Error(`the server said ${payload}`);
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) this.#socket.write(clientFrame(OPCODE.pong, payload));
    else if (opcode === OPCODE.close)
      throw new Error(`the server said goodbye: ${payload.toString("utf8", 2)}`);
  }

  #end(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.onFailure(error);
  }
}
