import type { Socket } from "node:dgram";
import { decodePunch, encodePunch, type PunchEncoding, type PunchMessage } from "./punch-message.ts";
import { NAT_PORTS, padded, socketTo } from "./punch-socket.ts";
import { isPayload, type Place, PunchedLine, placeKey } from "./punched-line.ts";

export { detectNat, type NatProbe, type NatReport } from "./nat-report.ts";
export type { PunchEncoding } from "./punch-message.ts";
export type { PunchedLine, PunchedLineEvents } from "./punched-line.ts";

export interface PunchOptions {
  /** The server that introduces, by its name or IP address. */
  readonly server: string;
  /** Its two UDP ports, by default 7000 and 7001; with only one, a NAT's habits stay unknown. */
  readonly ports?: readonly [number, number?];
  /** A join token of the session. */
  readonly token: string;
  readonly session: string;
  /** What this peer calls itself, and whom it wants to meet. */
  readonly name: string;
  readonly wants: string;
  /** How long to try, in ms. Default 10 s. */
  readonly timeoutMs?: number;
  /** How datagrams are written; servers and peers read both. Default `bincode2`. */
  readonly encoding?: PunchEncoding;
  /** From 0 up to but not including 1; `Math.random` unless a test says otherwise. */
  random?(): number;
}

export type PunchResult =
  /** The peers hear each other. The caller closes the line. */
  | { readonly is: "direct"; readonly line: PunchedLine; readonly tookMs: number }
  /** They do not, and should use a relay. */
  | { readonly is: "relay"; readonly tookMs: number };

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
const JITTER_MS = 100;
/** Between volleys to the other peer: NATs drop the first ones, and forget soon. */
const VOLLEY_MS = 60;

/** Requests are as long as this, in bytes: the longest introduction is shorter, and no answer is longer than a request. */
const REQUEST_BYTES = 640;

/**
 * Tries to reach another peer through the NATs of both, with the help of a server. Both must try at about the same time.
 * Closes its socket unless it succeeds. docs/spec/nat.md, rules NAT30 and NAT31.
 *
 * @throws when the server's name cannot be resolved, or a name holds a line feed, which stands between names.
 */
export async function punch(options: PunchOptions): Promise<PunchResult> {
  if (/\n/.test(options.session + options.name + options.wants))
    throw new TypeError("a name holds a line feed");
  const { address, socket } = await socketTo(options.server);
  const result = await new Attempt(socket, { ...options, server: address }).run();
  if (result.is === "relay") socket.close();
  return result;
}

/** Most addresses of the other peer that are tried at one time. */
const MAX_ENDPOINTS = 32;

class Attempt {
  readonly #socket: Socket;
  readonly #options: PunchOptions;
  readonly #encoding: PunchEncoding;
  readonly #startedAt = performance.now();
  readonly #timers = new Set<NodeJS.Timeout>();
  #introduced: { readonly token: string; readonly endpoints: Place[] } | undefined;
  /** Where the other was heard from. */
  readonly #heardFrom = new Map<string, Place>();
  #resolve: (result: PunchResult) => void = () => {};
  #isOver = false;

  constructor(socket: Socket, options: PunchOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#encoding = options.encoding ?? "bincode2";
  }

  run(): Promise<PunchResult> {
    const { timeoutMs = 10_000 } = this.#options;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#socket.on("message", (bytes, from) => {
        // Whoever sends us something already knows that we hear each other; what it is may be lost, as datagrams are.
        const place = [from.address, from.port] as const;
        if (isPayload(bytes) && this.#heardFrom.has(placeKey(place))) return this.#met(place);
        const heard = decodePunch(bytes);
        if (!heard) return;
        const { server, ports = NAT_PORTS } = this.#options;
        const isServer = from.address === server && ports.includes(from.port);
        if (isServer) this.#told(heard.message);
        else this.#heard(heard.message, place);
      });
      this.#ask(FIRST_WAIT_MS);
      this.#later(timeoutMs, () => this.#giveUp());
    });
  }

  /** Lets go of the socket. @returns whether this was still to be done. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket.removeAllListeners("message");
    return true;
  }

  #giveUp(): void {
    if (this.#end()) this.#resolve({ is: "relay", tookMs: this.#tookMs });
  }

  get #tookMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Asks both ports, again and again: it is also how the mappings of the NAT are kept. */
  #ask(waitMs: number): void {
    const { token, session, name, wants, server, ports = NAT_PORTS, random = Math.random } = this.#options;
    const request = { type: "request", token, session: `${session}\n${name}\n${wants}` } as const;
    const bytes = padded(encodePunch(request, this.#encoding), REQUEST_BYTES);
    for (const port of ports) if (port !== undefined) this.#send(bytes, [server, port]);
    const next = this.#introduced ? LONGEST_WAIT_MS : Math.min(waitMs * 2, LONGEST_WAIT_MS);
    this.#later(waitMs + random() * JITTER_MS, () => this.#ask(next));
  }

  #told(message: PunchMessage): void {
    if (message.type === "fallback") this.#giveUp();
    if (message.type !== "introduce" || this.#introduced) return;
    const endpoints = message.endpoints.map(endpointOf).filter((endpoint) => endpoint !== undefined);
    this.#introduced = { token: message.token, endpoints };
    this.#volley();
  }

  #volley(): void {
    const { token = "", endpoints = [] } = this.#introduced ?? {};
    for (const endpoint of endpoints) this.#say({ type: "request", token, session: token }, endpoint);
    this.#later(VOLLEY_MS, () => this.#volley());
  }

  #heard(message: PunchMessage, from: Place): void {
    const token = this.#introduced?.token;
    if (token === undefined) return;
    if (message.type === "request" && message.token === token) {
      this.#say({ type: "ack", session: token }, from);
      this.#learn(from);
    } else if (message.type === "ack" && message.session === token) this.#met(from);
  }

  /** It may come from a port that nobody foresaw: that one is the right one. */
  #learn(from: Place): void {
    const { token, endpoints = [] } = this.#introduced ?? {};
    if (token === undefined || this.#heardFrom.size >= MAX_ENDPOINTS) return;
    this.#heardFrom.set(placeKey(from), from);
    if (endpoints.some((endpoint) => placeKey(endpoint) === placeKey(from))) return;
    endpoints.push(from);
    this.#say({ type: "request", token, session: token }, from);
  }

  #met(to: Place): void {
    if (!this.#end()) return;
    const { session, server, ports = NAT_PORTS } = this.#options;
    const { token = "" } = this.#introduced ?? {};
    for (const port of ports) if (port !== undefined) this.#say({ type: "success", session }, [server, port]);
    const tookMs = this.#tookMs;
    const [socket, encoding, from] = [this.#socket, this.#encoding, this.#heardFrom.values()];
    this.#resolve({ is: "direct", tookMs, line: new PunchedLine({ socket, to, from, token, encoding }) });
  }

  #say(message: PunchMessage, to: Place): void {
    this.#send(encodePunch(message, this.#encoding), to);
  }

  #send(bytes: Uint8Array, [address, port]: Place): void {
    this.#socket.send(bytes, port, address, () => {});
  }

  #later(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }
}

function endpointOf(text: string): Place | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([\d.]+)):(\d{1,5})$/i.exec(text);
  const port = Number(found?.[3]);
  return found && port > 0 && port < 65_536 ? [found[1] ?? found[2] ?? "", port] : undefined;
}
