import type { SocketClass, SocketLike } from "../client/socket.ts";
import type { ManualClock } from "./manual-clock.ts";

type Data = string | Uint8Array<ArrayBuffer>;

/** The server's end of a wire. */
export interface ServerEnd {
  readonly url: string;
  send(data: Data): void;
  close(code: number, reason: string): void;
  /** Set by whoever accepts. */
  message: (data: Data) => void;
  closed: () => void;
}

export interface NetOptions {
  readonly clock: ManualClock;
  readonly accept: (end: ServerEnd) => void;
  /** How long the next thing takes from one end to the other, in ms. Nothing overtakes on one wire. */
  readonly latencyMs?: () => number;
}

/** When each end hears that a wire was cut, and whether what the client had sent still gets through. */
export interface Cut {
  readonly clientHearsAfterMs: number;
  readonly serverHearsAfterMs: number;
  /** What is on its way to the server arrives all the same, this much later: perhaps behind the next wire's frames. */
  readonly lateByMs?: number;
}

/** A network in memory, on a clock that is moved by hand: what happens on it can be repeated exactly. */
export class MemoryNet {
  readonly options: NetOptions;
  /** Wires that neither end has closed. */
  readonly wires = new Set<MemoryWire>();
  /** While false, new wires fail. */
  isReachable = true;
  /** The server does nothing before this time. */
  pausedUntil = 0;
  /** Changes what clients send, on its way. */
  tamper: ((data: Data) => Data) | undefined;
  /** How many wires there have been. */
  dialed = 0;

  constructor(options: NetOptions) {
    this.options = options;
  }

  /** A WebSocket class whose sockets are on this network. */
  get WebSocket(): SocketClass {
    const net = this;
    return class {
      constructor(url: string) {
        // biome-ignore lint/correctness/noConstructorReturn: the class is only the form that the client asks for
        return new MemoryWire(net, url);
      }
    } as unknown as SocketClass;
  }

  latencyMs(): number {
    return this.options.latencyMs?.() ?? 1;
  }
}

/** One connection: the client's end, with a handle for whoever makes it fail. */
export class MemoryWire implements SocketLike {
  binaryType = "arraybuffer";
  readonly bufferedAmount = 0;
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  onerror: SocketLike["onerror"] = null;
  /** Whether the server has spoken. */
  isGreeted = false;
  readonly #net: MemoryNet;
  readonly #clock: ManualClock;
  readonly #server: ServerEnd;
  #toServerAt = 0;
  #toClientAt = 0;
  #isClientOpen = true;
  #isServerOpen = false;
  /** Neither end hears the other any more, and nobody knows. */
  #isFrozen = false;
  #lateByMs: number | undefined;
  #isCut = false;

  constructor(net: MemoryNet, url: string) {
    this.#net = net;
    this.#clock = net.options.clock;
    net.dialed++;
    this.#server = {
      url,
      send: (data) => this.#carryToClient(data),
      close: (code, reason) => this.#serverCloses(code, reason),
      message: () => {},
      closed: () => {},
    };
    this.#clock.after(net.latencyMs(), () => {
      if (!net.isReachable) {
        this.#clientHears(1006, "");
        return;
      }
      if (!this.#isClientOpen) return;
      this.#isServerOpen = true;
      net.wires.add(this);
      net.options.accept(this.#server);
      this.#call(this.onopen, {});
    });
  }

  /** The client's end sends. */
  send(data: Data): void {
    if (!this.#isClientOpen || this.#isFrozen || this.#isCut) return;
    const at = Math.max(this.#toServerAt, this.#clock.now() + this.#net.latencyMs());
    const sent = this.#net.tamper?.(data) ?? data;
    this.#toServerAt = at;
    this.#clock.after(at - this.#clock.now(), () => this.#arriveAtServer(sent));
  }

  /** The client's end closes. */
  close(): void {
    if (!this.#isClientOpen) return;
    this.#isClientOpen = false;
    if (this.#isFrozen || this.#isCut) return;
    const at = Math.max(this.#toServerAt, this.#clock.now() + this.#net.latencyMs());
    this.#clock.after(at - this.#clock.now(), () => this.#serverHears());
  }

  /** Breaks the wire. */
  cut({ clientHearsAfterMs, serverHearsAfterMs, lateByMs }: Cut): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#lateByMs = lateByMs;
    this.#net.wires.delete(this);
    this.#clock.after(clientHearsAfterMs, () => this.#clientHears(1006, ""));
    this.#clock.after(serverHearsAfterMs, () => this.#serverHears());
  }

  /** From now on nothing gets through in either direction. The server notices after `serverHearsAfterMs`. */
  freeze(serverHearsAfterMs: number): void {
    this.#isFrozen = true;
    this.#net.wires.delete(this);
    this.#clock.after(serverHearsAfterMs, () => this.#serverHears());
  }

  #arriveAtServer(data: Data, isLate = false): void {
    if (this.#isFrozen || (this.#isCut && this.#lateByMs === undefined)) return;
    // All that waits does so for the same time, so the order stays.
    const lateMs = this.#isCut && !isLate ? (this.#lateByMs ?? 0) : 0;
    const waitMs = Math.max(this.#net.pausedUntil - this.#clock.now(), lateMs);
    if (waitMs > 0) this.#clock.after(waitMs, () => this.#arriveAtServer(data, true));
    else if (this.#isServerOpen) this.#server.message(data);
  }

  #carryToClient(data: Data): void {
    if (!this.#isServerOpen || this.#isFrozen || this.#isCut) return;
    const at = Math.max(this.#toClientAt, this.#clock.now() + this.#net.latencyMs());
    this.#toClientAt = at;
    this.#clock.after(at - this.#clock.now(), () => {
      if (this.#isFrozen || this.#isCut || !this.#isClientOpen) return;
      this.isGreeted = true;
      this.#call(this.onmessage, { data: typeof data === "string" ? data : data.slice().buffer });
    });
  }

  #serverCloses(code: number, reason: string): void {
    if (!this.#isServerOpen) return;
    const at = Math.max(this.#toClientAt, this.#clock.now() + this.#net.latencyMs());
    const isHeard = !this.#isFrozen && !this.#isCut;
    this.#serverHears();
    if (isHeard) this.#clock.after(at - this.#clock.now(), () => this.#clientHears(code, reason));
  }

  #serverHears(): void {
    if (!this.#isServerOpen) return;
    this.#isServerOpen = false;
    this.#net.wires.delete(this);
    this.#server.closed();
  }

  #clientHears(code: number, reason: string): void {
    if (!this.#isClientOpen) return;
    this.#isClientOpen = false;
    this.#call(this.onclose, { code, reason });
  }

  #call(handler: ((event: never) => void) | null, event: object): void {
    (handler as ((event: object) => void) | null)?.(event);
  }
}
