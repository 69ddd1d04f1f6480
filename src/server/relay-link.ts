import { RELAY_ENDS, type RelayEnd } from "../core/relay-ends.ts";
import { decodeRelayFrame } from "../core/relay-frame.ts";
import type { RelayInlet } from "../core/relay-inlet.ts";
import type { RelayLine, RelaySeat } from "../core/relay-seat.ts";
import { type RelayWord, wordFrame } from "../core/relay-words.ts";
import { frameOf, type Incoming } from "../lib/frame.ts";
import { PREFIX_BYTES, prefixed } from "../lib/length-prefix.ts";
import type { Link, LinkListener } from "../transports/link.ts";
import type { RelayDesk } from "./relay-desk.ts";
import { RelayGuest } from "./relay-guest.ts";

/** Above this a link counts as congested: far below its budget, so that it never is a slow consumer. */
const CONGESTED_BYTES = 256 * 1024;
/** Close codes: 3000 and up "come back", 3500 and up "do not", then the code of the end. */
const COME_BACK = 3000;
const STAY_AWAY = 3500;

/** A line over a link of messages, such as a WebSocket: one frame in each, without length. */
export class RelayLink implements LinkListener, RelayLine {
  readonly carrier = "websocket";
  readonly #link: Link;
  readonly #desk: RelayDesk;
  readonly #guest: RelayGuest;
  #inlet: RelayInlet | undefined;
  #words: RelayWord[] = [];

  constructor(link: Link, desk: RelayDesk) {
    this.#link = link;
    this.#desk = desk;
    this.#guest = new RelayGuest(desk, this);
  }

  get remoteAddress(): string {
    return this.#link.remoteAddress;
  }

  get isCongested(): boolean {
    const isCongested = this.#link.queuedBytes > CONGESTED_BYTES;
    if (isCongested && this.#guest.seat) this.#desk.ask(this.#guest.seat);
    return isCongested;
  }

  message(data: Incoming): void {
    if (typeof data === "string") {
      this.end("bad_frame");
      return;
    }
    try {
      if (this.#inlet) this.#desk.relay.flow.take(this.#inlet, prefixed(data), this.#desk.options.now());
      else this.#ask(data);
    } catch (error) {
      this.#guest.failed(error);
    }
    this.#desk.arm();
  }

  fault(): void {
    this.end("overrun");
  }

  closed(): void {
    this.#guest.left();
  }

  send(record: Uint8Array): void {
    this.#link.send(frameOf(record.subarray(PREFIX_BYTES)));
  }

  sendDatagram(frame: Uint8Array): boolean {
    if (this.#link.queuedBytes > CONGESTED_BYTES) return false;
    this.#link.send(frameOf(frame, "ephemeral"));
    return true;
  }

  tell(word: RelayWord): void {
    this.#words.push(word);
    this.#speak();
  }

  end(end: RelayEnd): void {
    const { code, comeBack, text } = RELAY_ENDS[end];
    this.#link.close((comeBack ? COME_BACK : STAY_AWAY) + code, text);
  }

  #ask(data: Uint8Array): void {
    // Nothing more is read until the token was looked at.
    this.#link.pause();
    void this.#guest
      .ask(decodeRelayFrame(data), (seat) => this.#open(seat))
      .finally(() => this.#link.resume());
  }

  #open(seat: RelaySeat): void {
    this.#inlet = this.#desk.relay.open(seat, (bytes) => this.tell({ type: "credit", bytes }));
    this.#speak();
  }

  #speak(): void {
    const { seat } = this.#guest;
    if (!seat) return;
    for (const word of this.#words.splice(0)) {
      this.#link.send(frameOf(wordFrame(word, { session: seat.session.id, to: seat.peer }), "critical"));
    }
  }
}
