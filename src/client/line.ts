import type { SocketClass, SocketLike } from "./socket.ts";

/** One message as it is on the wire: text, or the bytes of a binary message. */
export type Wire = string | Uint8Array<ArrayBuffer>;

export interface LineEnd {
  readonly code: number;
  readonly reason: string;
  /** What went wrong, where the platform says so; browsers do not. */
  readonly fault?: string | undefined;
}

export interface LineListener {
  opened(): void;
  heard(wire: Wire): void;
  /** The last call, made exactly once unless `drop` came first. */
  ended(end: LineEnd): void;
}

const SUBPROTOCOL = "parlor.v1";
/** Code of an end without a closing handshake. */
const ABNORMAL = 1006;

/** One WebSocket, with the rough edges off: nothing throws, and nothing is heard after the end. */
export class Line {
  readonly #socket: SocketLike;
  #listener: LineListener | undefined;

  /** @throws what the WebSocket class throws for an address it does not take. */
  constructor(Socket: SocketClass, url: string, listener: LineListener) {
    const socket = new Socket(url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#listener?.opened();
    socket.onmessage = (event: { readonly data: unknown }) => this.#heard(event.data);
    let fault: string | undefined;
    socket.onclose = ({ code, reason }: LineEnd) => this.#end({ code, reason, fault });
    // "close" follows.
    socket.onerror = ({ message }: { readonly message?: unknown }) => {
      if (typeof message === "string" && message !== "") fault = message;
    };
    this.#socket = socket;
    this.#listener = listener;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(wire: Wire): void {
    if (!this.#listener) return;
    try {
      this.#socket.send(wire);
    } catch {
      // Still connecting or already closing: either way "close" tells what is to be told.
    }
  }

  /** Ends the line in good manners; the listener hears nothing more. */
  close(code: number, reason: string): void {
    this.#listener = undefined;
    this.#closeSocket(code, reason);
  }

  /** The line is taken for dead: its listener hears the end now, not when the network notices. */
  cut(reason: string): void {
    this.#closeSocket(1000, reason);
    this.#end({ code: ABNORMAL, reason });
  }

  #heard(data: unknown): void {
    if (typeof data === "string") this.#listener?.heard(data);
    else if (data instanceof ArrayBuffer) this.#listener?.heard(new Uint8Array(data));
    else if (data instanceof Uint8Array) this.#listener?.heard(new Uint8Array(data));
  }

  #end(end: LineEnd): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.ended(end);
  }

  #closeSocket(code: number, reason: string): void {
    try {
      this.#socket.close(code, reason);
    } catch {
      // Closed already.
    }
  }
}
