import { RELAY_ENDS, type RelayEnd } from "../core/relay-ends.ts";
import {
  decodeRelayFrame,
  encodeRelayFrame,
  encodeRelayRecord,
  type RelayFrame,
} from "../core/relay-frame.ts";
import { type RelayWord, relayCost, wordOf } from "../core/relay-words.ts";
import { Emitter } from "../lib/emitter.ts";
import { PREFIX_BYTES, prefixed, RecordSplitter } from "../lib/length-prefix.ts";
import { utf8Bytes } from "../lib/utf8.ts";
import { ParlorError } from "./errors.ts";
import { openQuic } from "./relay-quic.ts";
import { openWebSocketWire } from "./relay-websocket.ts";
import { openWebTransport } from "./relay-webtransport.ts";
import type { RelayCarrier, RelayWire, WireEnd, WireListener, WireStream } from "./relay-wire.ts";
import type { SocketClass } from "./socket.ts";

export interface RelayOptions {
  /** Where the relay is over QUIC and WebTransport, such as `https://play.example.com:8443`; without it, WebSocket only. */
  readonly url?: string | undefined;
  /** Where it is over WebSocket, such as `wss://play.example.com`; without it, the others only. */
  readonly webSocketUrl?: string | undefined;
  readonly session: string;
  /** The name of this peer in the session. */
  readonly peer: string;
  /** A join token for the session. */
  readonly token: string;
  /** What `key` of an earlier line of the same peer was, to take its place. */
  readonly key?: string | undefined;
  /** What to try, in that order. Default: WebTransport, QUIC, WebSocket; what the platform lacks is passed over. */
  readonly carriers?: readonly RelayCarrier[] | undefined;
  /**
   * SHA-256 of the server's certificate, base64, when it is one made for development. QUIC cannot compare it, and so is
   * passed over with it for all servers but those on this machine.
   */
  readonly certificateHash?: string | undefined;
  /** PEM of the issuer of the server's certificate, when the system does not know it. Only for QUIC, and hosts with a name. */
  readonly ca?: string | undefined;
  /**
   * Whether a line over QUIC has a connection of its own (the default), or shares one with others of this program to the same
   * server: cheaper where there are many that say little; slower where one sends in bulk while another is sent to.
   */
  readonly connection?: "shared" | "own" | undefined;
  readonly WebSocket?: SocketClass | undefined;
  /** How long each carrier may take until the server has let us in, in ms. Default: 15 s. */
  readonly openWithinMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What another peer sent. */
export interface RelayedMessage {
  readonly from: string;
  readonly payload: Uint8Array;
  readonly seq: bigint;
  readonly kind: "stream" | "datagram";
}

export interface RelayEvents {
  readonly message: RelayedMessage;
  readonly "peer-joined": { readonly peer: string };
  readonly "peer-left": { readonly peer: string };
  /** A frame was not passed on. */
  readonly refused: { readonly code: string; readonly to: string; readonly seq: bigint };
  /** The last event. */
  readonly closed: { readonly code: number; readonly reason: string; readonly comeBack: boolean };
}

const PATH = "/v1/relay";
/** How long a carrier may take until the server has let us in, in ms; and on a connection that may have died without a sign. */
const OPEN_WITHIN_MS = 15_000;
const JOIN_AGAIN_WITHIN_MS = 3000;
const DEFAULT_CARRIERS: readonly RelayCarrier[] = ["webtransport", "quic", "websocket"];

/**
 * Opens a line to a session's relay over the best that works.
 *
 * @throws {ParlorError} `no_carrier` when nothing works; `unauthorized`, `forbidden`, `peer_taken` and so on when the server
 *   answers no, and then nothing else is tried.
 */
export async function openRelay(options: RelayOptions): Promise<Relay> {
  const { carriers = DEFAULT_CARRIERS, openWithinMs = OPEN_WITHIN_MS, signal } = options;
  let failure: unknown;
  for (const carrier of carriers) {
    signal?.throwIfAborted();
    const late = AbortSignal.timeout(openWithinMs);
    try {
      const each = { ...options, signal: signal ? AbortSignal.any([late, signal]) : late };
      return await Relay.open(carrier, each);
    } catch (error) {
      const isWeather = late.aborted || (error instanceof ParlorError && error.code === "no_carrier");
      if (!isWeather || signal?.aborted) throw error;
      failure = error;
    }
  }
  throw new ParlorError("no_carrier", { cause: failure });
}

/** One stream to the server, and what may be under way on it. */
interface Lane {
  readonly stream: WireStream;
  /** What was sent and no credit came back for. */
  underway: number;
  /** Sending in order: each waits for the one before. */
  turn: Promise<void>;
  /** Called when credit came. */
  wake: () => void;
}

/** A peer's line to the relay of its session. */
export class Relay extends Emitter<RelayEvents> {
  readonly session: string;
  readonly peer: string;
  readonly #peers = new Set<string>();
  readonly #lanes = new Map<WireStream, Lane>();
  /** Which lane frames to a peer go out on, so that a slow one holds up nobody else. */
  readonly #laneOf = new Map<string, Promise<Lane>>();
  readonly #splitters = new Map<WireStream, RecordSplitter>();
  #wire: RelayWire | undefined;
  #main: Lane | undefined;
  #joined: Extract<RelayWord, { type: "joined" }> | undefined;
  #whenJoined: { resolve(): void; reject(error: unknown): void } | undefined;
  #seq = 0n;
  #end: WireEnd | undefined;

  private constructor({ session, peer }: RelayOptions) {
    super();
    this.session = session;
    this.peer = peer;
  }

  /** Use `openRelay`. */
  static async open(carrier: RelayCarrier, options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    try {
      await relay.#open(carrier, options);
      return relay;
    } catch (error) {
      const isHopeless = !(error instanceof ParlorError && error.code === "no_carrier");
      if (isHopeless || !relay.#wire?.isReused) throw error;
    }
    // The connection that was there is full, or dead: with a new one it is another matter.
    relay.#wire.giveUp?.();
    options.signal?.throwIfAborted();
    return Relay.open(carrier, options);
  }

  get carrier(): RelayCarrier {
    return this.#wire?.carrier ?? "websocket";
  }

  /** The others in the session that have a line to the relay. */
  get peers(): ReadonlySet<string> {
    return this.#peers;
  }

  /** Lets another line take the place of this one: `RelayOptions.key`. */
  get key(): string {
    return this.#joined?.key ?? "";
  }

  /** Longest payload that surely fits into a frame, in bytes. */
  get maxPayloadBytes(): number {
    const envelope = encodeRelayFrame(this.#frame("x".repeat(256), new Uint8Array(0))).length;
    return (this.#joined?.maxFrameBytes ?? 0) - envelope - 8;
  }

  /**
   * Sends to one peer, reliably and in order. Resolves when the frame went out: slow receivers and bandwidth limits make it
   * wait.
   *
   * @throws {ParlorError} `closed`; `too_large`.
   */
  async send(to: string, payload: Uint8Array): Promise<void> {
    const record = encodeRelayRecord(this.#frame(to, payload));
    if (record.length - PREFIX_BYTES > (this.#joined?.maxFrameBytes ?? 0)) throw new ParlorError("too_large");
    const lane = await this.#laneTo(to);
    const before = lane.turn;
    let done = () => {};
    lane.turn = new Promise((resolve) => (done = resolve));
    try {
      await before;
      await this.#write(lane, record);
    } finally {
      done();
    }
  }

  /** Sends to one peer, perhaps in vain; `false` when it surely was. */
  sendDatagram(to: string, payload: Uint8Array): boolean {
    if (this.#end) return false;
    return this.#wire?.sendDatagram(encodeRelayFrame(this.#frame(to, payload))) ?? false;
  }

  /** Ends the line. */
  close(): void {
    this.#wire?.close(RELAY_ENDS.left.code, "");
    this.#closed({ code: RELAY_ENDS.left.code, reason: "", isOurs: true });
  }

  #frame(to: string, payload: Uint8Array): RelayFrame {
    return { session: this.session, from: this.peer, to, payload, seq: ++this.#seq };
  }

  async #open(carrier: RelayCarrier, options: RelayOptions): Promise<void> {
    const { token, key, certificateHash, ca, signal } = options;
    const base = carrier === "websocket" ? options.webSocketUrl : options.url;
    if (base === undefined) throw new ParlorError("no_carrier");
    const listener: WireListener = {
      bytes: (stream, bytes) => this.#bytes(stream, bytes),
      datagram: (frame) => this.#took(decodeRelayFrame(frame), "datagram"),
      closed: (end) => this.#closed(end),
    };
    const { session, peer } = this;
    const { connection } = options;
    const wireOptions = {
      url: new URL(PATH, base),
      session,
      peer,
      certificateHash,
      ca,
      connection,
      listener,
      signal,
    };
    if (carrier === "websocket") this.#wire = await openWebSocketWire(wireOptions, options.WebSocket);
    else this.#wire = await (carrier === "quic" ? openQuic : openWebTransport)(wireOptions);

    const joined = new Promise<void>((resolve, reject) => (this.#whenJoined = { resolve, reject }));
    // Told below, unless the line ends even before there is a stream.
    joined.catch(() => {});
    const giveUp = () => this.#closed({ code: RELAY_ENDS.left.code, reason: "no answer in time" });
    signal?.addEventListener("abort", giveUp);
    const isStale = this.#wire.isReused && setTimeout(giveUp, JOIN_AGAIN_WITHIN_MS);
    try {
      this.#main = this.#lane(await this.#wire.openStream());
      const words = utf8Bytes(key === undefined ? token : `${token}\n${key}`);
      const hello = encodeRelayFrame({ session, from: peer, to: "", payload: words, seq: 0n });
      await Promise.all([this.#main.stream.write(prefixed(hello)), joined]);
    } catch (error) {
      this.#wire.close(RELAY_ENDS.left.code, "");
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
      if (isStale) clearTimeout(isStale);
    }
  }

  #lane(stream: WireStream): Lane {
    const known = this.#lanes.get(stream);
    if (known) return known;
    const lane: Lane = { stream, underway: 0, turn: Promise.resolve(), wake: () => {} };
    this.#lanes.set(stream, lane);
    return lane;
  }

  /** A lane of its own for each of the first few peers, then shared ones. The first one is for what comes in, too. */
  #laneTo(to: string): Promise<Lane> {
    const known = this.#laneOf.get(to);
    if (known) return known;
    if (this.#end || !this.#wire || !this.#main) return Promise.reject(new ParlorError("closed"));
    const lanes = [...new Set(this.#laneOf.values())];
    const lane =
      lanes.length < this.#wire.maxStreams - 1
        ? this.#wire.openStream().then((stream) => this.#lane(stream))
        : (lanes[this.#laneOf.size % Math.max(1, lanes.length)] ?? Promise.resolve(this.#main));
    this.#laneOf.set(to, lane);
    lane.catch(() => this.#laneOf.delete(to));
    return lane;
  }

  /** Writes when there is credit for it. */
  async #write(lane: Lane, record: Uint8Array): Promise<void> {
    const cost = relayCost(record.length);
    const windowBytes = this.#joined?.windowBytes ?? 0;
    while (!this.#end && lane.underway + cost > windowBytes) {
      await new Promise<void>((resolve) => (lane.wake = resolve));
    }
    if (this.#end) throw new ParlorError("closed");
    lane.underway += cost;
    await lane.stream.write(record);
  }

  #bytes(stream: WireStream, bytes: Uint8Array): void {
    const splitter = this.#splitters.get(stream) ?? new RecordSplitter(MAX_INCOMING_BYTES);
    this.#splitters.set(stream, splitter);
    for (const record of splitter.push(bytes)) {
      const frame = decodeRelayFrame(record.subarray(PREFIX_BYTES));
      const word = frame && wordOf(frame);
      if (word) this.#heard(word, stream);
      else this.#took(frame, "stream");
    }
  }

  #took(frame: RelayFrame | undefined, kind: "stream" | "datagram"): void {
    if (!frame || frame.from === "" || this.#end) return;
    const { from, payload, seq } = frame;
    this.emit("message", { from, payload, seq, kind });
  }

  #heard(word: RelayWord, stream: WireStream): void {
    switch (word.type) {
      case "joined":
        this.#joined = word;
        for (const peer of word.peers) this.#peers.add(peer);
        this.#whenJoined?.resolve();
        break;
      case "peer-joined":
        this.#peers.add(word.peer);
        this.emit("peer-joined", { peer: word.peer });
        break;
      case "peer-left":
        this.#peers.delete(word.peer);
        this.emit("peer-left", { peer: word.peer });
        break;
      case "credit": {
        const lane = this.#lane(stream);
        lane.underway -= word.bytes;
        lane.wake();
        break;
      }
      case "refused":
        this.emit("refused", { code: word.code, to: word.to, seq: BigInt(word.seq) });
        break;
      case "ended":
        this.#wire?.close(RELAY_ENDS.left.code, "");
        this.#closed({ code: word.code, reason: word.reason });
        break;
    }
  }

  #closed({ isOurs = false, ...end }: WireEnd & { readonly isOurs?: boolean }): void {
    if (this.#end) return;
    this.#end = end;
    const why = whyOf(end.code);
    for (const lane of this.#lanes.values()) lane.wake();
    this.#whenJoined?.reject(refusalOf(end));
    // A line that just breaks has the code of a goodbye that nobody said.
    const comeBack = !isOurs && (why === undefined || why === "left" || RELAY_ENDS[why].comeBack);
    this.emit("closed", { code: end.code, reason: end.reason, comeBack });
  }
}

/** The server's frames are no longer than ours may be; its own words are short. */
const MAX_INCOMING_BYTES = 1024 * 1024;

function whyOf(code: number): RelayEnd | undefined {
  return (Object.keys(RELAY_ENDS) as RelayEnd[]).find((end) => RELAY_ENDS[end].code === code);
}

/** A server that is not there, or is about to go, leaves the next carrier to be tried; one that says no does not. */
function refusalOf({ code, reason }: WireEnd): ParlorError {
  const why = whyOf(code);
  if (why === undefined || RELAY_ENDS[why].comeBack || why === "left") {
    return new ParlorError("no_carrier", { message: `the relay closed the line: ${reason}` });
  }
  return new ParlorError(why, { message: RELAY_ENDS[why].text });
}
