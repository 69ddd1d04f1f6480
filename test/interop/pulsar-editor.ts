import { WebSocket } from "ws";
import { flawOf } from "./pulsar-wire.ts";

export type Said = Readonly<Record<string, unknown>>;

/** One connection as the Pulsar editor has it: JSON messages, each heard in its order, and read as strictly as there. */
export class Editor {
  readonly #socket: WebSocket;
  readonly #heard: (Said | Buffer)[] = [];
  readonly #waiting: (() => void)[] = [];
  /** The first message that the editor could not have read. */
  #flaw: string | undefined;
  #isFirst = true;
  readonly peer: string;
  session = "";
  closed: { readonly code: number; readonly reason: string } | undefined;

  private constructor(socket: WebSocket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    socket.on("message", (data: Buffer, isBinary) => {
      const heard = isBinary ? data : (JSON.parse(data.toString()) as Said);
      if (!Buffer.isBuffer(heard)) this.#flaw ??= flawOf(heard, this.#isFirst);
      this.#isFirst = false;
      this.#heard.push(heard);
      this.#wake();
    });
    socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
    socket.on("error", () => this.#wake());
  }

  static async open(url: string, peer: string): Promise<Editor> {
    const socket = new WebSocket(url);
    const editor = new Editor(socket, peer);
    await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return editor;
  }

  /** Connects and joins as the editor does, with identity fields that are null. @returns what it hears first. */
  static async join(
    url: string,
    { peer, session, token }: { peer: string; session: string; token: string },
  ): Promise<{ editor: Editor; first: Said }> {
    const editor = await Editor.open(url, peer);
    editor.session = session;
    editor.tell("join", { join_token: token, display_name: null, avatar_url: null, github_login: null });
    const first = await editor.next();
    if (first.type === "joined") editor.session = String(first.session_id);
    return { editor, first };
  }

  /** Says something as the peer it is, unless `fields` say otherwise. */
  tell(type: string, fields: object = {}): void {
    this.raw(JSON.stringify({ type, session_id: this.session, peer_id: this.peer, ...fields }));
  }

  raw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  ping(): void {
    this.raw('{"type":"ping"}');
  }

  /** What is heard next. */
  async next(): Promise<Said> {
    const heard = await this.nextFrame();
    if (Buffer.isBuffer(heard)) throw new Error("heard bytes instead of a message");
    return heard;
  }

  async nextFrame(): Promise<Said | Buffer> {
    if (this.#flaw !== undefined) throw new Error(this.#flaw);
    while (this.#heard.length === 0) {
      if (this.closed) throw new Error(`closed: ${this.closed.code} ${this.closed.reason}`);
      await new Promise<void>((wake) => this.#waiting.push(wake));
      if (this.#flaw !== undefined) throw new Error(this.#flaw);
    }
    return this.#heard.shift() as Said | Buffer;
  }

  /** Everything that was told before now: whatever comes in front of the answer to a ping. */
  async soFar(): Promise<Said[]> {
    const said: Said[] = [];
    this.ping();
    for (;;) {
      const heard = await this.next();
      if (heard.type === "pong") return said;
      said.push(heard);
    }
  }

  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    while (!this.closed) await new Promise<void>((wake) => this.#waiting.push(wake));
    return this.closed;
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** Takes nothing from the network any more. */
  stall(): void {
    this.#socket.pause();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
