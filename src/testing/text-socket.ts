import { type ClientOptions, WebSocket } from "ws";

/** How long a test waits for what should come, in ms. */
const PATIENCE_MS = 10_000;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A client for tests: what it hears is kept in order until somebody asks for it. */
export class TextSocket {
  /** Resolves when the socket is closed. */
  readonly closed: Promise<Closed>;
  readonly #socket: WebSocket;
  readonly #heard: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("error", () => {});
    socket.on("message", (data) => {
      const text = data.toString();
      const waiting = this.#waiting.shift();
      if (waiting) waiting(text);
      else this.#heard.push(text);
    });
  }

  /** Opens a socket. Rejects with `status` and `body` when the server refuses the upgrade. */
  static async open(url: string, options: ClientOptions | string[] = {}): Promise<TextSocket> {
    const socket = Array.isArray(options) ? new WebSocket(url, options) : new WebSocket(url, options);
    const client = new TextSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve());
      socket.once("error", reject);
      socket.once("unexpected-response", (_request, response) => {
        let body = "";
        response.on("data", (chunk) => (body += String(chunk)));
        response.on("end", () => {
          reject(
            Object.assign(new Error(`refused: ${response.statusCode}`), {
              status: response.statusCode,
              body,
            }),
          );
          socket.terminate();
        });
      });
    });
    return client;
  }

  /** The next message. */
  next(): Promise<string> {
    const heard = this.#heard.shift();
    if (heard !== undefined) return Promise.resolve(heard);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came in ${PATIENCE_MS} ms`)), PATIENCE_MS);
      this.#waiting.push((text) => {
        clearTimeout(timer);
        resolve(text);
      });
    });
  }

  /** The next message as JSON. */
  async json(): Promise<unknown> {
    return JSON.parse(await this.next());
  }

  /** The next message for which `fits` holds; what comes before it is forgotten. */
  async until(
    fits: (message: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const message = (await this.json()) as Readonly<Record<string, unknown>>;
      if (fits(message)) return message;
    }
  }

  /** Messages that came and were not asked for. */
  get unread(): readonly string[] {
    return this.#heard;
  }

  send(message: unknown): void {
    this.#socket.send(
      typeof message === "string" || message instanceof Uint8Array ? message : JSON.stringify(message),
    );
  }

  /** Takes nothing more from the network, until `goOnReading`. */
  stopReading(): void {
    this.#socket.pause();
  }

  goOnReading(): void {
    this.#socket.resume();
  }

  /** Closes politely, and resolves when that is done. */
  close(): Promise<Closed> {
    this.#socket.close();
    return this.closed;
  }

  /** Goes without a word. */
  async drop(): Promise<void> {
    this.#socket.terminate();
    await this.closed;
  }
}
