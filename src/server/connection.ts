import type { Command } from "../core/commands.ts";
import { Refusal } from "../core/errors.ts";
import { type Event, type EventOf, laneOf } from "../core/events.ts";
import type { Goodbye } from "../core/goodbyes.ts";
import type { Arrival, Hub } from "../core/hub.ts";
import { ANONYMOUS, type Credentials, type Identity } from "../core/identity.ts";
import type { PeerId, RoomId } from "../core/ids.ts";
import type { Peer } from "../core/peer.ts";
import type { Random } from "../core/random.ts";
import type { Claim } from "../core/reclaiming.ts";
import type {
  Conversation,
  Dialect,
  EACH,
  Farewell,
  Heard,
  Opening,
  Surroundings,
  Wire,
} from "../dialects/dialect.ts";
import { type Frame, frameOf, type Incoming } from "../lib/frame.ts";
import type { Lane } from "../lib/lane.ts";
import { TokenBucket, type TokenBucketOptions } from "../lib/token-bucket.ts";
import type { Link, LinkEnd, LinkFault, LinkListener } from "../transports/link.ts";
import type { Gate, Visitor } from "./gate.ts";
import type { ServerOutbox, Speaker } from "./outbox.ts";
import type { Tally } from "./tally.ts";

/** What all connections of a server share. */
export interface Surround {
  readonly hub: Hub;
  readonly outbox: ServerOutbox;
  readonly random: Random;
  readonly tally: Tally;
  readonly rate: TokenBucketOptions;
  /** Takes over commands that concern rooms with rules of their own. */
  readonly gate: Gate | undefined;
  /** Ms since the epoch. */
  now(): number;
  /** Who speaks here, when the path alone did not tell. */
  chooseByFirstMessage(message: Incoming): Dialect | undefined;
  /** Who brings these credentials. @throws {Refusal} `unauthorized` */
  authenticate(credentials: Credentials, context: { opening: Opening; dialect: string }): Promise<Identity>;
  /** A failure that is our own fault. */
  report(
    error: unknown,
    context: { readonly dialect: string | undefined; readonly command: string | undefined },
  ): void;
  /** Calls `then` when so much time has passed. */
  later(ms: number, then: () => void): void;
  /** The hub owes somebody news of how far its messages were carried out. */
  newsOwed(): void;
  /** The connection's credentials are good. @throws {Refusal} when they are not good enough for this server. */
  identified(connection: Connection): void;
  /** A peer is on the connection now. */
  arrived(connection: Connection): void;
  /** The connection is over; called once. */
  ended(connection: Connection): void;
}

/** Where a connection stands. Each state holds exactly what exists in it. */
type State =
  /** Several dialects share the path and nothing was heard yet. */
  | { readonly is: "silent" }
  | { readonly is: "greeting"; readonly dialect: Dialect; readonly conversation: Conversation }
  | {
      readonly is: "online";
      readonly dialect: Dialect;
      readonly conversation: Conversation;
      readonly peer: PeerId;
      readonly bucket: TokenBucket;
    }
  | { readonly is: "closed" };

/** A peer that takes nothing must not silence for long the one who sends to it. */
const LONGEST_WAIT_MS = 3_000;
const WAIT_STEP_MS = 5;

/** Close of a link that no dialect would answer. */
const NO_WORDS: Farewell = { code: 1008, reason: "nobody speaks here" };

/** One link and the talk on it: hears, asks the hub, answers. */
export class Connection implements LinkListener, Speaker, Visitor {
  readonly #link: Link;
  readonly opening: Opening;
  readonly #surround: Surround;
  /** When the last message was heard, in ms since the epoch; at first when the link opened. */
  heardAt: number;
  #identity = ANONYMOUS;
  #state: State = { is: "silent" };
  /** The dialect's note about the command at hand. */
  #reference: unknown;
  /** Whether the command at hand was answered. */
  #hasAnswered = false;
  /** The note about the command that the gate has taken over; there is one at a time, as the link is paused. */
  #gated: unknown;

  constructor({ link, opening, dialect, surround }: ConnectionOptions) {
    this.#link = link;
    this.opening = opening;
    this.#surround = surround;
    this.heardAt = surround.now();
    if (dialect) this.#speak(dialect);
  }

  get identity(): Identity {
    return this.#identity;
  }

  get peer(): PeerId | undefined {
    return this.#state.is === "online" ? this.#state.peer : undefined;
  }

  /** The dialect's name, or `undefined` while it is not known. */
  get dialect(): string | undefined {
    return this.#state.is === "greeting" || this.#state.is === "online"
      ? this.#state.dialect.name
      : undefined;
  }

  get encoding(): string {
    return this.#conversation?.encoding ?? "none";
  }

  encode(event: Event): Wire | typeof EACH | undefined {
    return this.#conversation?.encode(event);
  }

  encodeAnswer(event: Event): Wire | typeof EACH | undefined {
    const conversation = this.#conversation;
    this.#hasAnswered = true;
    if (!conversation?.answer || this.#reference === undefined) return conversation?.encode(event);
    return conversation.answer(event, this.#reference);
  }

  sayOwn(event: Event): void {
    const own = this.#conversation?.encodeOwn?.(event);
    for (const wire of own?.wires ?? []) this.#link.send(frameOf(wire, laneOf(event)));
    const farewell = own?.farewell;
    // Later, because the hub is in the middle of telling others.
    if (farewell) queueMicrotask(() => this.#end(farewell));
  }

  sentMessage(event: EventOf<"message">): void {
    this.#conversation?.sent?.(event);
  }

  send(frame: Frame): void {
    this.#link.send(frame);
  }

  /** To be called once, when the link listens: with the identity that was shown when it opened. */
  begin(identity: Identity | undefined): void {
    const conversation = this.#conversation;
    let command: Command | undefined;
    try {
      if (identity) this.#identify(identity);
      const heard = identity ? conversation?.admitted?.(identity) : conversation?.greet?.();
      if (!heard) return;
      if (heard.type === "arrival") command = heard.command;
      this.#act(heard, this.#surround.now());
    } catch (error) {
      this.#refuse(error, command);
    }
  }

  carryOut(command: Command): void {
    if (this.#state.is !== "online") throw new Refusal("not_registered");
    const before = this.#reference;
    this.#reference ??= this.#gated;
    try {
      this.#surround.hub.handle(this.#state.peer, command, this.#surround.now());
    } finally {
      this.#reference = before;
    }
  }

  acknowledge(): void {
    const wire = this.#gated === undefined ? undefined : this.#conversation?.carriedOut?.(this.#gated);
    if (wire !== undefined) this.send(frameOf(wire, "critical"));
  }

  message(data: Incoming): void {
    const { tally } = this.#surround;
    tally.received++;
    this.heardAt = this.#surround.now();
    let command: Command | undefined;
    try {
      if (this.#state.is === "silent") this.#speakAs(data);
      const state = this.#state;
      if (state.is === "silent" || state.is === "closed") return;
      if (!fits(data, state.dialect.maxMessageBytes)) {
        this.fault("message_too_large");
        return;
      }

      const now = this.#surround.now();
      if (state.is === "online" && !state.bucket.take(now)) {
        if (state.dialect.rate) {
          this.#surround.tally.goodbye("flooding");
          this.goodbye({ reason: "flooding" });
          return;
        }
        this.#tooFast(state);
      }
      const heard = state.conversation.hear(data, now);
      if (heard.type === "command" && !(heard.command instanceof Refusal)) command = heard.command;
      this.#act(heard, now);
    } catch (error) {
      this.#refuse(error, command);
    } finally {
      this.#reference = undefined;
    }
  }

  slow(ms: number): void {
    this.#link.pause();
    setTimeout(() => this.#link.resume(), ms).unref();
  }

  get queuedBytes(): number {
    return this.#link.queuedBytes;
  }

  wait(isOver: () => boolean): void {
    const until = this.#surround.now() + LONGEST_WAIT_MS;
    this.#link.pause();
    const timer = setInterval(() => {
      if (!isOver() && this.#state.is !== "closed" && this.#surround.now() < until) return;
      clearInterval(timer);
      this.#link.resume();
    }, WAIT_STEP_MS).unref();
  }

  fault(fault: LinkFault): void {
    this.#surround.tally.goodbye(fault);
    this.goodbye({ reason: fault });
  }

  dropped(count: number, lane: Lane): void {
    this.#surround.tally.drop(lane, count);
  }

  closed(_end: LinkEnd): void {
    this.#leave();
    this.#surround.ended(this);
  }

  /** Another link took the peer over: the hub knows, so only the link is left to be closed. */
  dismiss(goodbye: Goodbye): void {
    this.#surround.tally.goodbye(goodbye.reason);
    const farewell = this.#words(goodbye);
    this.#conversation?.ended?.();
    this.#state = { is: "closed" };
    this.#close(farewell);
  }

  /** Ends the connection in the words of its dialect, and its peer with it. */
  goodbye(goodbye: Goodbye): void {
    if (this.#state.is === "closed") return;
    const farewell = this.#words(goodbye);
    this.#leave();
    this.#close(farewell);
  }

  /** Ends a connection on which nobody has arrived in time. */
  expire(): void {
    if (this.#state.is === "silent" || this.#state.is === "greeting") {
      this.#surround.tally.goodbye("registration_timeout");
      this.goodbye({ reason: "registration_timeout" });
    }
  }

  get #conversation(): Conversation | undefined {
    return this.#state.is === "greeting" || this.#state.is === "online"
      ? this.#state.conversation
      : undefined;
  }

  #surroundings(): Surroundings {
    const { hub, random } = this.#surround;
    const peer = () => (this.peer === undefined ? undefined : hub.world.peers.get(this.peer));
    return { opening: this.opening, random, peer };
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
    const conversation = dialect.open(this.#surroundings());
    this.#state = { is: "greeting", dialect, conversation };
  }

  /** Does what was heard. @throws {Refusal} */
  #act(heard: Heard, now: number): void {
    const state = this.#state;
    switch (heard.type) {
      case "command":
        this.#reference = heard.reference;
        if (state.is === "online") this.#ask(heard.command, heard.sequence);
        break;
      case "credentials":
        this.#reference = heard.reference;
        if (state.is === "online" && heard.sequence !== undefined)
          this.#passOver(state.peer, heard.sequence, now);
        void this.#authenticate(heard.credentials, heard.reference);
        break;
      case "arrival":
        if (state.is === "greeting") this.#arrive(heard.arrival, now);
        for (const wire of heard.replies ?? []) this.#link.send(frameOf(wire, "critical"));
        if (heard.command) this.#ask(heard.command);
        break;
      case "reply":
        if (state.is === "online" && heard.sequence !== undefined)
          this.#passOver(state.peer, heard.sequence, now);
        for (const wire of Array.isArray(heard.reply) ? heard.reply : [heard.reply])
          this.#link.send(frameOf(wire, "critical"));
        break;
      case "claim":
        this.#reference = heard.reference;
        this.#reclaim(heard.claim, now);
        break;
      case "nothing":
        break;
    }
  }

  /** Asks the gate, and if it has nothing to say the hub. @throws {Refusal} */
  #ask(asked: Command | Refusal, sequence?: number): void {
    const state = this.#state;
    if (state.is !== "online") return;
    const { hub, gate, now } = this.#surround;
    const command = hub.resolve(state.peer, asked);
    const isNew = sequence === undefined || hub.turnOf(state.peer, sequence) === "next";
    if (gate && isNew && !(command instanceof Refusal)) {
      const passing = gate.pass(this, command);
      if (passing) {
        if (sequence !== undefined) this.#passOver(state.peer, sequence, now());
        void this.#await(passing, command, sequence);
        return;
      }
    }
    this.#handle(state, command, sequence);
  }

  #handle(
    { peer, conversation }: Extract<State, { is: "online" }>,
    command: Command | Refusal,
    sequence: number | undefined,
  ): void {
    const { hub, now } = this.#surround;
    this.#hasAnswered = false;
    try {
      hub.handle(peer, command, now(), { sequence });
    } finally {
      if (sequence !== undefined) this.#tellNews();
    }
    // Somebody who said goodbye is not answered.
    if (this.#hasAnswered || this.#state.is !== "online" || !conversation.carriedOut) return;
    const done = conversation.carriedOut(this.#reference);
    if (done !== undefined) this.#link.send(frameOf(done, "critical"));
  }

  /** Takes the number of a message that is not the hub's business. @throws {Refusal} `gap` */
  #passOver(peer: PeerId, sequence: number, now: number): void {
    this.#surround.hub.pass(peer, sequence, now);
    this.#tellNews();
  }

  #tellNews(): void {
    if (this.#surround.hub.owesNews) this.#surround.newsOwed();
  }

  /** @throws {Refusal} `slow_down`, unless the dialect would rather read on later */
  #tooFast({ dialect, bucket }: Extract<State, { is: "online" }>): void {
    const { retryAfterMs } = bucket;
    if (dialect.whenTooFast !== "wait") throw new Refusal("slow_down", { retryAfterMs });
    this.#link.pause();
    this.#surround.later(retryAfterMs, () => this.#link.resume());
  }

  /** Hears nothing further until the gate is done with the command: so what a link asks is done in its order. */
  async #await(passing: Promise<void>, command: Command, sequence: number | undefined): Promise<void> {
    const { hub } = this.#surround;
    const { peer } = this;
    const remember = (outcome: Refusal | RoomId) => {
      if (peer !== undefined && sequence !== undefined) hub.remember(peer, sequence, outcome);
    };
    const conversation = this.#conversation;
    this.#gated = this.#reference;
    this.#link.pause();
    try {
      await passing;
      if (command.type === "join") remember(command.room);
    } catch (error) {
      remember(error instanceof Refusal ? error : new Refusal("internal"));
      this.#reference = this.#gated;
      if (this.#conversation === conversation) this.#refuse(error, command);
      this.#reference = undefined;
    } finally {
      this.#gated = undefined;
      this.#link.resume();
    }
  }

  #identify(identity: Identity): void {
    this.#identity = identity;
    this.#surround.identified(this);
  }

  /** Checks credentials while the link is paused, then goes on where the dialect wants to. */
  async #authenticate(credentials: Credentials, reference: unknown): Promise<void> {
    const conversation = this.#conversation;
    if (!conversation?.admitted) return;
    this.#link.pause();
    const before = this.#identity;
    try {
      const context = { opening: this.opening, dialect: this.dialect ?? "" };
      const identity = await this.#surround.authenticate(credentials, context);
      // The link may have gone in the meantime.
      if (this.#conversation !== conversation) return;
      this.#identify(identity);
      this.#reference = reference;
      this.#act(conversation.admitted(identity), this.#surround.now());
    } catch (error) {
      this.#reference = reference;
      if (this.#conversation === conversation) {
        // Credentials that were good, but not for this one, do not take the place of those that were.
        if (this.#state.is === "online" && this.#identity !== before) this.#identify(before);
        this.#refuse(error, undefined);
      }
    } finally {
      this.#reference = undefined;
      this.#link.resume();
    }
  }

  #arrive(arrival: Arrival, now: number): void {
    if (this.#state.is !== "greeting") return;
    const { hub, outbox, rate } = this.#surround;
    const { dialect, conversation } = this.#state;
    hub.connect(arrival, now, ({ id: peer }) => {
      this.#state = {
        is: "online",
        dialect,
        conversation,
        peer,
        bucket: new TokenBucket(dialect.rate ?? rate, now),
      };
      outbox.seat(peer, this);
    });
    this.#surround.arrived(this);
  }

  /** Speaks from now on for the peer whose seat it takes. @throws {Refusal} then nothing has changed. */
  #reclaim(claim: Claim, now: number): void {
    const state = this.#state;
    if (state.is !== "online") throw new Refusal("not_registered");
    const { hub, outbox } = this.#surround;
    const seated = ({ id }: Peer) => {
      outbox.unseat(state.peer, this);
      outbox.seat(id, this);
      this.#state = { ...state, peer: id };
    };
    hub.reclaim(state.peer, { claim, seated }, now);
  }

  #refuse(error: unknown, command: Command | undefined): void {
    const { tally, report } = this.#surround;
    if (!(error instanceof Refusal)) report(error, { dialect: this.dialect, command: command?.type });
    const refusal = error instanceof Refusal ? error : new Refusal("internal");
    tally.refuse(refusal.code);

    const reply = this.#conversation?.refuse({ refusal, command, reference: this.#reference });
    if (reply?.message !== undefined) this.#link.send(frameOf(reply.message, "critical"));
    if (reply?.farewell) this.#end(reply.farewell);
  }

  #end(farewell: Farewell): void {
    if (this.#state.is === "closed") return;
    this.#leave();
    this.#close(farewell);
  }

  #leave(): void {
    const state = this.#state;
    this.#conversation?.ended?.();
    this.#state = { is: "closed" };
    if (state.is !== "online") return;
    const { hub, outbox, now } = this.#surround;
    if (outbox.unseat(state.peer, this)) hub.disconnect(state.peer, now());
  }

  #words(goodbye: Goodbye): Farewell {
    // Who has said nothing yet is told in the words of the one who would have answered nonsense.
    const dialect = this.#conversation ? undefined : this.#surround.chooseByFirstMessage("");
    const conversation = this.#conversation ?? dialect?.open(this.#surroundings());
    return conversation?.farewell(goodbye) ?? NO_WORDS;
  }

  #close({ code, reason, message }: Farewell): void {
    if (message !== undefined) this.#link.send(frameOf(message, "critical"));
    this.#link.close(code, reason);
  }
}

export interface ConnectionOptions {
  readonly link: Link;
  readonly opening: Opening;
  /** `undefined`: the first message will tell. */
  readonly dialect: Dialect | undefined;
  readonly surround: Surround;
}

/** Whether a message is within `maxBytes`, counted as UTF-8. Counts only when the number of characters leaves doubt. */
function fits(data: Incoming, maxBytes: number): boolean {
  if (typeof data !== "string") return data.byteLength <= maxBytes;
  if (data.length * 3 <= maxBytes) return true;
  return data.length <= maxBytes && Buffer.byteLength(data) <= maxBytes;
}
