import type { Socket } from "node:dgram";
import { Emitter } from "../lib/emitter.ts";
import { decodePunch, encodePunch, type PunchEncoding } from "./punch-message.ts";

/** An IP address and a port. */
export type Place = readonly [address: string, port: number];

export interface PunchedLineEvents {
  readonly message: { readonly payload: Uint8Array };
  /** The last event. `silent`: nothing was heard of the other for 45 s. */
  readonly closed: { readonly reason: "closed" | "silent" };
}

export interface PunchedLineOptions {
  /** Bound, and handed over: the line closes it. */
  readonly socket: Socket;
  /** Where the other hears us. */
  readonly to: Place;
  /** Where it was heard from: behind some NATs that is not one place. */
  readonly from: Iterable<Place>;
  /** By which the two know each other. */
  readonly token: string;
  readonly encoding: PunchEncoding;
}

/** The first byte of what is said by the program, which begins no message of ours. */
const PAYLOAD = 0xff;
/** NATs forget who says nothing for half a minute. */
const KEEP_ALIVE_MS = 15_000;
const SILENT_AFTER = 3;
const MAX_PLACES = 32;

/** Whether a datagram is what a program says to the other. */
export const isPayload = (datagram: Uint8Array): boolean => datagram[0] === PAYLOAD;

export const placeKey = ([address, port]: Place): string => `${address} ${port}`;

/**
 * A line straight to another peer: datagrams, which may be lost, doubled and out of order, and which others on the way can
 * read unless they are encrypted. It keeps itself open until one of both closes it.
 */
export class PunchedLine extends Emitter<PunchedLineEvents> {
  readonly address: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #token: string;
  readonly #encoding: PunchEncoding;
  /** Where the other was heard from. */
  readonly #places: Set<string>;
  readonly #keeping: NodeJS.Timeout;
  #silentFor = 0;
  #isOpen = true;

  constructor({ socket, to, from, token, encoding }: PunchedLineOptions) {
    super();
    [this.address, this.port] = to;
    this.#socket = socket;
    this.#token = token;
    this.#encoding = encoding;
    this.#places = new Set([...from, to].map(placeKey));
    socket.on("message", (bytes, source) => this.#heard(bytes, [source.address, source.port]));
    this.#keeping = setInterval(() => this.#keep(), KEEP_ALIVE_MS);
  }

  /** Sends one datagram; up to 1,200 bytes fit through every network. Does nothing once the line is closed. */
  send(payload: Uint8Array): void {
    const datagram = new Uint8Array(payload.length + 1);
    datagram[0] = PAYLOAD;
    datagram.set(payload, 1);
    this.#send(datagram, [this.address, this.port]);
  }

  /** The other is not told: it notices the silence. */
  close(): void {
    this.#close("closed");
  }

  #heard(bytes: Uint8Array, from: Place): void {
    const key = placeKey(from);
    if (isPayload(bytes)) {
      if (!this.#places.has(key)) return;
      this.#silentFor = 0;
      this.emit("message", { payload: bytes.subarray(1) });
      return;
    }
    const message = decodePunch(bytes)?.message;
    // The other may not be sure of us yet, or has got another place by its NAT.
    if (message?.type === "request" && message.token === this.#token) {
      if (this.#places.size < MAX_PLACES) this.#places.add(key);
      this.#send(encodePunch({ type: "ack", session: this.#token }, this.#encoding), from);
    }
    if (message && this.#places.has(key)) this.#silentFor = 0;
  }

  #keep(): void {
    if (++this.#silentFor > SILENT_AFTER) this.#close("silent");
    else this.#send(encodePunch({ type: "keep-alive" }, this.#encoding), [this.address, this.port]);
  }

  #send(bytes: Uint8Array, [address, port]: Place): void {
    if (this.#isOpen) this.#socket.send(bytes, port, address, () => {});
  }

  #close(reason: "closed" | "silent"): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#keeping);
    this.#socket.close();
    this.emit("closed", { reason });
  }
}
