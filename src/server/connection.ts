import type { Command } from "../core/commands.ts";
import { Refusal } from "../core/errors.ts";
import { type Event, laneOf } from "../core/events.ts";
import type { Goodbye } from "../core/goodbyes.ts";
import type { Identity } from "../core/identity.ts";
import type { PeerId } from "../core/ids.ts";
import type { Dialect, EACH, Heard, Opening, Stopping, Urgency, Wire } from "../dialects/dialect.ts";
import { type Frame, frameOf, type Incoming } from "../lib/frame.ts";
import type { Lane } from "../lib/lane.ts";
import type { Link, LinkEnd, LinkFault, LinkListener } from "../transports/link.ts";
import { Admission } from "./admission.ts";
import { Asking } from "./asking.ts";
import type { Visitor } from "./gate.ts";
import { Intake } from "./intake.ts";
import { fits } from "./message-size.ts";
import type { Speaker } from "./outbox.ts";
import { Outlet } from "./outlet.ts";
import type { Surround } from "./surround.ts";
import { type Online, Talk } from "./talk.ts";

/** A peer that takes nothing must not silence for long the one who sends to it. */
const LONGEST_WAIT_MS = 3_000;
const WAIT_STEP_MS = 5;

/** One link and the talk on it: hears, asks the hub, answers. */
export class Connection implements LinkListener, Speaker, Visitor {
  readonly #link: Link;
  readonly opening: Opening;
  readonly #surround: Surround;
  /** When the last message was heard, in ms since the epoch; at first when the link opened. */
  heardAt: number;
  readonly #talk: Talk;
  readonly outlet: Outlet;
  readonly #asking: Asking;
  readonly #intake: Intake;
  readonly #admission: Admission;
  /** Whether it was told that the server is about to stop. */
  #isAnnounced = false;

  constructor({ link, opening, dialect, surround }: ConnectionOptions) {
    this.#link = link;
    this.opening = opening;
    this.#surround = surround;
    this.heardAt = surround.now();
    this.#talk = new Talk({ link, opening, surround, speaker: this });
    this.outlet = new Outlet({ link, talk: this.#talk, surround });
    this.#intake = new Intake({
      link,
      hear: (message) => this.#hear(message),
      ended: () => this.#ended(),
    });
    this.#asking = new Asking({ link, talk: this.#talk, surround, visitor: this, intake: this.#intake });
    this.#admission = new Admission({
      opening,
      talk: this.#talk,
      intake: this.#intake,
      asking: this.#asking,
      surround,
      identified: () => surround.identified(this),
      act: (heard) => this.#act(heard, surround.now()),
    });
    if (dialect) this.#speak(dialect);
  }

  get identity(): Identity {
    return this.#admission.identity;
  }

  get peer(): PeerId | undefined {
    return this.#talk.peer;
  }

  /** The dialect's name, or `undefined` while it is not known. */
  get dialect(): string | undefined {
    return this.#talk.dialect?.name;
  }

  get encoding(): string {
    return this.#talk.conversation?.encoding ?? "none";
  }

  encode(event: Event): Wire | typeof EACH | undefined {
    return this.#talk.conversation?.encode(event);
  }

  encodeAnswer(event: Event): Wire | typeof EACH | undefined {
    return this.#asking.encodeAnswer(event);
  }

  urgency(event: Event): Urgency | undefined {
    return this.#talk.conversation?.urgency?.(event);
  }

  get keepsAccount(): boolean {
    return this.#talk.conversation?.account !== undefined;
  }

  get fullForMs(): number | undefined {
    return this.outlet.fullForMs;
  }

  sayOwn(event: Event): void {
    const own = this.#talk.conversation?.encodeOwn?.(event);
    const notes = this.keepsAccount ? { about: event } : undefined;
    for (const wire of own?.wires ?? []) this.send(frameOf(wire, laneOf(event), notes));
    if (own?.isMissed) this.outlet.missed();
    const farewell = own?.farewell;
    // Later, because the hub is in the middle of telling others.
    if (farewell) queueMicrotask(() => this.#talk.end(farewell));
  }

  send(frame: Frame): void {
    this.outlet.send(frame);
  }

  /** To be called once, when the link listens: with the identity that was shown when it opened. */
  begin(identity: Identity | undefined): void {
    const conversation = this.#talk.conversation;
    let command: Command | undefined;
    try {
      if (identity) this.#admission.identify(identity);
      const heard = identity ? conversation?.admitted?.(identity) : conversation?.greet?.();
      if (!heard) return;
      if (heard.type === "arrival") command = heard.command;
      this.#act(heard, this.#surround.now());
    } catch (error) {
      this.#asking.refuse(error, command);
    }
  }

  carryOut(command: Command): void {
    this.#asking.carryOut(command);
  }

  acknowledge(): void {
    this.#asking.acknowledge();
  }

  message(data: Incoming): void {
    this.#surround.tally.received++;
    this.heardAt = this.#surround.now();
    this.#intake.take(data);
  }

  slow(ms: number): void {
    this.#surround.later(ms, this.#intake.hold());
  }

  probe(withinMs: number): void {
    this.#link.probe?.(withinMs);
  }

  get queuedBytes(): number {
    return this.#link.queuedBytes;
  }

  wait(isOver: () => boolean, maxMs = LONGEST_WAIT_MS): void {
    const surround = this.#surround;
    const until = surround.now() + maxMs;
    const letGo = this.#intake.hold();
    const look = () => {
      if (!isOver() && this.#talk.state.is !== "closed" && surround.now() < until) {
        surround.later(WAIT_STEP_MS, look);
        return;
      }
      // It could not be heard meanwhile.
      this.heardAt = surround.now();
      letGo();
    };
    surround.later(WAIT_STEP_MS, look);
  }

  fault(fault: LinkFault): void {
    this.goodbye({ reason: fault });
  }

  dropped(count: number, lane: Lane): void {
    this.#surround.tally.drop(lane, count);
  }

  closed(_end: LinkEnd): void {
    if (this.#talk.state.is === "closed") this.#intake.forget();
    this.#intake.end();
  }

  /** Another link took the peer over. */
  dismiss(goodbye: Goodbye): void {
    this.#talk.dismiss(goodbye);
    this.#intake.forget();
  }

  /** Ends the connection in the words of its dialect, and its peer with it. */
  goodbye(goodbye: Goodbye): void {
    this.#talk.goodbye(goodbye);
    this.#intake.forget();
  }

  /** How long its link may live on when the server stops. */
  get drainGraceMs(): number {
    return this.#talk.dialect?.drainGraceMs ?? 0;
  }

  /** Tells that the server is about to stop, as soon as its dialect has words for it; only once. */
  announce(stop: Stopping): void {
    if (this.#isAnnounced) return;
    const wire = this.#talk.conversation?.stopping?.(stop);
    if (wire === undefined) return;
    this.#isAnnounced = true;
    this.#link.send(frameOf(wire, "critical"));
  }

  /** Ends a connection on which nobody has arrived in time. */
  expire(): void {
    const { is } = this.#talk.state;
    if (is !== "silent" && is !== "greeting") return;
    this.goodbye({ reason: "registration_timeout" });
  }

  /** The link is gone, and what came over it was heard. */
  #ended(): void {
    this.#talk.leave();
    this.#surround.ended(this);
  }

  #hear(data: Incoming): void {
    let command: Command | undefined;
    try {
      if (this.#talk.state.is === "silent") this.#speakAs(data);
      const { state } = this.#talk;
      if (state.is === "silent" || state.is === "closed") return;
      if (!fits(data, state.dialect.maxMessageBytes)) {
        this.fault("message_too_large");
        return;
      }

      const now = this.#surround.now();
      if (state.is === "online" && !state.bucket.take(now)) {
        if (state.dialect.rate && state.dialect.whenTooFast !== "wait") {
          this.goodbye({ reason: "flooding" });
          return;
        }
        this.#tooFast(state);
      }
      const heard = state.conversation.hear(data, now);
      if (heard.type === "command" && !(heard.command instanceof Refusal)) command = heard.command;
      this.#act(heard, now);
    } catch (error) {
      this.#asking.refuse(error, command);
    } finally {
      this.#asking.reference = undefined;
    }
  }

  #speakAs(first: Incoming): void {
    const dialect = this.#surround.chooseByFirstMessage(first);
    if (!dialect) {
      this.goodbye({ reason: "bad_handshake" });
      return;
    }
    this.#surround.tally.accept(dialect.name);
    this.#speak(dialect);
    this.#link.limit?.(dialect.maxMessageBytes);
  }

  #speak(dialect: Dialect): void {
    this.#talk.begin(dialect);
    this.outlet.begin();
  }

  /** Does what was heard. @throws {Refusal} */
  #act(heard: Heard, now: number): void {
    const asking = this.#asking;
    switch (heard.type) {
      case "command":
        asking.reference = heard.reference;
        asking.ask(heard.command, heard.sequence);
        break;
      case "credentials":
        asking.reference = heard.reference;
        asking.passOver(heard.sequence);
        void this.#admission.check(heard.credentials, heard.reference);
        break;
      case "arrival":
        if (this.#talk.arrive(heard.arrival, now)) this.#surround.arrived(this);
        for (const wire of heard.replies ?? []) this.send(frameOf(wire, "critical"));
        if (heard.command) asking.ask(heard.command);
        break;
      case "reply":
        asking.passOver(heard.sequence);
        for (const wire of Array.isArray(heard.reply) ? heard.reply : [heard.reply])
          this.send(frameOf(wire, "critical"));
        break;
      case "claim":
        asking.reference = heard.reference;
        this.#talk.reclaim(heard.claim, now);
        break;
      case "nothing":
        break;
    }
  }

  /** @throws {Refusal} `slow_down`, unless the dialect would rather read on later */
  #tooFast({ dialect, bucket }: Online): void {
    if (dialect.whenTooFast !== "wait") throw new Refusal("slow_down", { retryAfterMs: bucket.retryAfterMs });
    // The message at hand is heard all the same.
    bucket.owe();
    const { retryAfterMs } = bucket;
    this.#surround.later(retryAfterMs, this.#intake.hold());
  }
}

export interface ConnectionOptions {
  readonly link: Link;
  readonly opening: Opening;
  /** `undefined`: the first message will tell. */
  readonly dialect: Dialect | undefined;
  readonly surround: Surround;
}
