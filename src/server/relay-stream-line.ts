import { RELAY_ENDS, type RelayEnd } from "../core/relay-ends.ts";
import type { RelayFrame } from "../core/relay-frame.ts";
import type { RelayLine, RelaySeat } from "../core/relay-seat.ts";
import { type RelayWord, wordFrame } from "../core/relay-words.ts";
import { prefixed } from "../lib/length-prefix.ts";
import type { QuicStream } from "../transports/quic.ts";
import type { RelayConnection } from "./relay-connection.ts";
import type { LineCarrier } from "./relay-counts.ts";
import type { RelayDesk } from "./relay-desk.ts";
import { RelayGuest } from "./relay-guest.ts";

/** What the server may have said to a peer that does not listen, in bytes. Frames wait long before: see `isCongested`. */
const MAX_UNHEARD_BYTES = 2 * 1024 * 1024;
/** How long the peer may take to hear why its line is over, in ms. */
const LAST_WORDS_MS = 1000;

/** One peer's line on a connection that it may share: the stream that let it in, and those it opened besides. */
export class RelayStreamLine implements RelayLine {
  readonly #main: QuicStream;
  readonly #connection: RelayConnection;
  readonly #desk: RelayDesk;
  readonly #guest: RelayGuest;
  readonly #lanes = new Set<QuicStream>();
  readonly #words: RelayWord[] = [];
  #state: "open" | "ended" | "gone" = "open";

  constructor(main: QuicStream, { connection, desk }: { connection: RelayConnection; desk: RelayDesk }) {
    this.#main = main;
    this.#connection = connection;
    this.#desk = desk;
    this.#guest = new RelayGuest(desk, this);
  }

  get carrier(): LineCarrier {
    return this.#connection.carrier;
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  get isCongested(): boolean {
    return this.#main.isCongested;
  }

  get isOver(): boolean {
    return this.#state !== "open" || this.#connection.isEnded;
  }

  get seat(): RelaySeat | undefined {
    return this.#guest.seat;
  }

  get hasAsked(): boolean {
    return this.#guest.hasAsked;
  }

  isOf(session: string, peer: string): boolean {
    const { seat } = this;
    return seat !== undefined && !seat.isGone && seat.peer === peer && seat.session.id === session;
  }

  /** Asks for a place with the first frame; `then` is called when there is one, otherwise the line ends. */
  ask(frame: RelayFrame | undefined, then: (seat: RelaySeat) => void): void {
    void this.#guest.ask(frame, then);
  }

  /** Another stream that the peer sends on. */
  addLane(stream: QuicStream): void {
    this.#lanes.add(stream);
  }

  removeLane(stream: QuicStream): void {
    this.#lanes.delete(stream);
  }

  send(record: Uint8Array): void {
    this.#main.write(record);
  }

  sendDatagram(frame: Uint8Array): boolean {
    return this.#connection.sendDatagram(frame);
  }

  tell(word: RelayWord): void {
    // Told while the peer is being given its seat, or after: then the relay knows its name.
    this.#words.push(word);
    this.speak();
  }

  /** Says on the main stream what there is to say; the first words wait until the seat is known. */
  speak(): void {
    const { seat } = this;
    if (!seat) return;
    for (const word of this.#words.splice(0)) this.say(this.#main, word);
  }

  /** Says a word on one of the peer's streams. */
  say(stream: QuicStream, word: RelayWord): void {
    if (this.isOver) return;
    if (stream.queuedBytes > MAX_UNHEARD_BYTES) this.end("overrun");
    else stream.write(this.#recordOf(word));
  }

  drained(): void {
    const { seat } = this;
    if (!seat) return;
    this.#desk.relay.flow.drained(seat, this.#desk.options.now());
    this.#desk.arm();
  }

  /** Ends the line for what went wrong on it. */
  failed(error: unknown): void {
    this.#guest.failed(error);
  }

  /** Ends the line: with its connection, or, where that is others' too, by itself. */
  end(why: RelayEnd): void {
    if (this.isOver || this.#connection.endWith(this, why)) return;
    this.#state = "ended";
    const { code, text } = RELAY_ENDS[why];
    this.#main.write(this.#recordOf({ type: "ended", code, reason: text }));
    this.#main.end();
    for (const lane of this.#lanes) lane.reset(code);
    setTimeout(() => this.#main.reset(code), LAST_WORDS_MS).unref();
    // Later, because the relay is in the middle of something.
    queueMicrotask(() => this.gone());
  }

  /** The peer is there no more. */
  gone(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#connection.forget(this);
    this.#guest.left();
    for (const lane of [...this.#lanes]) lane.reset(RELAY_ENDS.left.code);
  }

  #recordOf(word: RelayWord): Uint8Array {
    const session = this.seat?.session.id ?? "";
    return prefixed(wordFrame(word, { session, to: this.seat?.peer ?? "" }));
  }
}
