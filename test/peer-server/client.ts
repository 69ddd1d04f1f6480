import { createHash } from "node:crypto";
import { type RawData, WebSocket } from "ws";

/** A frame from the server, parsed. */
export interface Frame {
  readonly type: string;
  readonly from?: string;
  readonly to?: string;
  readonly namespace?: string;
  readonly payload?: Record<string, unknown> & { peers?: Record<string, unknown>[] };
  readonly ts?: number;
}

export interface Registration {
  readonly public_key?: unknown;
  readonly alias?: unknown;
  readonly meta?: unknown;
  readonly proof?: unknown;
}

/** How long anything may take that the server owes us; an answer takes a millisecond. */
const PATIENCE_MS = 5000;

export const fingerprint = (key: string): string => createHash("sha256").update(key).digest("hex");

export const error = (code: number, message: string) => ({ type: "error", payload: { code, message } });

/** A client of Peer Server without manners of its own: it sends what it is told to, and hands out what comes, in order. */
export class TestClient {
  readonly #socket: WebSocket;
  readonly #arrived: string[] = [];
  #wanted: (() => void) | undefined;
  #end: { readonly code: number; readonly reason: string } | undefined;
  /** Of the key that it registered with. */
  fp = "";

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: RawData, isBinary: boolean) => {
      this.#arrived.push(isBinary ? "(binary)" : data.toString());
      this.#wanted?.();
    });
    socket.on("close", (code, reason) => {
      this.#end = { code, reason: reason.toString() };
      this.#wanted?.();
    });
    socket.on("error", () => {});
  }

  /** Resolves when the socket is open. */
  static async open(
    url: string,
    options: ConstructorParameters<typeof WebSocket>[2] = {},
  ): Promise<TestClient> {
    const socket = new WebSocket(url, options);
    const client = new TestClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends an object as JSON, text as it is, bytes as a binary frame. */
  send(...frames: readonly (object | string | Uint8Array)[]): this {
    for (const frame of frames) {
      const isRaw = typeof frame === "string" || frame instanceof Uint8Array;
      this.#socket.send(isRaw ? frame : JSON.stringify(frame));
    }
    return this;
  }

  /** Registers with a key, and takes the answer. */
  async register(key: string, { alias, meta }: Registration = {}): Promise<this> {
    this.fp = fingerprint(key);
    this.send({
      type: "register",
      payload: {
        public_key: key,
        ...(alias !== undefined && { alias }),
        ...(meta !== undefined && { meta }),
      },
    });
    const answer = await this.next();
    if (answer.type !== "registered") throw new Error(`not registered: ${JSON.stringify(answer)}`);
    return this;
  }

  /** The text of the next frame. @throws when none comes, or the socket closes first. */
  async nextText(): Promise<string> {
    const isLate = await this.#until(() => this.#arrived.length > 0 || this.#end !== undefined);
    const text = this.#arrived.shift();
    if (text !== undefined) return text;
    throw new Error(isLate ? "no frame came" : `the socket closed: ${JSON.stringify(this.#end)}`);
  }

  async next(): Promise<Frame> {
    return JSON.parse(await this.nextText()) as Frame;
  }

  /** The next `count` frames. */
  async take(count: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < count) frames.push(await this.next());
    return frames;
  }

  /** Sends, and takes the next frame. */
  ask(frame: object | string | Uint8Array): Promise<Frame> {
    return this.send(frame).next();
  }

  /**
   * Everything that came until now: what the server owed for earlier frames is here before the answer to a ping.
   * The pong itself is left out.
   */
  async rest(): Promise<Frame[]> {
    this.send({ type: "ping" });
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame.type === "pong") return frames;
      frames.push(frame);
    }
  }

  /** How the socket was closed; frames that came before are kept. */
  async closed(): Promise<{ readonly code: number; readonly reason: string }> {
    await this.#until(() => this.#end !== undefined);
    if (!this.#end) throw new Error("the socket was not closed");
    return this.#end;
  }

  /** Closes the socket, and waits until both sides have. */
  async close(): Promise<void> {
    this.#socket.close();
    await this.closed();
  }

  /** Ends the connection without a word. */
  cut(): void {
    this.#socket.terminate();
  }

  /** Stops, or goes on, taking bytes from the network. */
  set isReading(reads: boolean) {
    if (reads) this.#socket.resume();
    else this.#socket.pause();
  }

  async #until(isThere: () => boolean): Promise<boolean> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wanted?.();
    }, PATIENCE_MS);
    while (!isThere() && !isLate) await new Promise<void>((resolve) => (this.#wanted = resolve));
    clearTimeout(timer);
    this.#wanted = undefined;
    return isLate && !isThere();
  }
}
