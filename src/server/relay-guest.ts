import { Refusal } from "../core/errors.ts";
import { LineEnded, type RelayEnd } from "../core/relay-ends.ts";
import type { RelayFrame } from "../core/relay-frame.ts";
import type { RelayLine, RelaySeat } from "../core/relay-seat.ts";
import { utf8Text } from "../lib/utf8.ts";
import type { LineCarrier } from "./relay-counts.ts";
import type { RelayDesk } from "./relay-desk.ts";

/** Longest token and key together, in bytes. */
const MAX_TOKEN_BYTES = 8192 + 64;

/** What a guest came over. */
interface GuestLine extends RelayLine {
  readonly remoteAddress: string;
  readonly carrier: LineCarrier;
}

/** Somebody at the door, from the first frame until the line is gone. */
export class RelayGuest {
  readonly #desk: RelayDesk;
  readonly #line: GuestLine;
  #state: "silent" | "asking" | "in" | "gone" = "silent";
  #seat: RelaySeat | undefined;

  constructor(desk: RelayDesk, line: GuestLine) {
    this.#desk = desk;
    this.#line = line;
    desk.expect(this);
  }

  /** The guest's place; `undefined` before it has one and after. */
  get seat(): RelaySeat | undefined {
    return this.#seat;
  }

  /** Whether the first frame was heard. */
  get hasAsked(): boolean {
    return this.#state !== "silent";
  }

  get isGone(): boolean {
    return this.#state === "gone";
  }

  /**
   * Takes the first frame: session, own peer id, and as payload the join token, after which a line break and the key of an
   * earlier line may follow. `then` is called when the guest is in; otherwise the line ends.
   */
  async ask(frame: RelayFrame | undefined, then: (seat: RelaySeat) => void): Promise<void> {
    this.#state = "asking";
    const { now, admit } = this.#desk.options;
    const askedAt = now();
    try {
      const words = frame && frame.payload.length <= MAX_TOKEN_BYTES ? utf8Text(frame.payload) : undefined;
      if (!frame || words === undefined || frame.to !== "") throw new LineEnded("bad_frame");
      const [token = "", key] = words.split("\n");

      const { session, from: peer } = frame;
      const { remoteAddress } = this.#line;
      const pass = await admit(token, { session, peer, remoteAddress });
      if (this.isGone) return;
      if (pass.session !== session) throw new LineEnded("forbidden");
      if (pass.peer !== undefined && pass.peer !== peer) throw new LineEnded("forbidden");

      this.#seat = this.#desk.relay.join(
        { session, peer, key, isNamed: pass.peer !== undefined, maySend: pass.maySend, line: this.#line },
        now(),
      );
      this.#state = "in";
      this.#desk.counts.enter(this.#line.carrier, now() - askedAt);
      this.#desk.options.entered?.(this.#seat);
      this.#desk.expectNoMore(this);
      then(this.#seat);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Ends the line for what went wrong on it. */
  failed(error: unknown): void {
    if (error instanceof LineEnded) this.end(error.end);
    else if (error instanceof Refusal) this.end(error.code === "unauthorized" ? "unauthorized" : "forbidden");
    else {
      this.#desk.options.report(error);
      this.end("internal");
    }
  }

  end(end: RelayEnd): void {
    if (this.isGone) return;
    if (end !== "draining") this.#desk.counts.fail(this.#line.carrier, end);
    this.#line.end(end);
  }

  /** The line is gone. */
  left(): void {
    if (this.isGone) return;
    this.#state = "gone";
    this.#desk.expectNoMore(this);
    if (this.#seat) this.#desk.relay.leave(this.#seat, this.#desk.options.now());
    this.#seat = undefined;
    this.#desk.arm();
  }
}
