import type { Command } from "../core/commands.ts";
import { Refusal } from "../core/errors.ts";
import type { Event } from "../core/events.ts";
import type { PeerId } from "../core/ids.ts";
import type { EACH, Wire } from "../dialects/dialect.ts";
import { frameOf } from "../lib/frame.ts";
import type { Link } from "../transports/link.ts";
import type { Gate, Visitor } from "./gate.ts";
import type { Intake } from "./intake.ts";
import type { Surround } from "./surround.ts";
import type { Online, Talk } from "./talk.ts";

export interface AskingOptions {
  readonly link: Link;
  readonly talk: Talk;
  readonly surround: Surround;
  /** Whom the gate sees. */
  readonly visitor: Visitor;
  readonly intake: Intake;
}

/** A command that the gate may take over. */
interface Asked {
  readonly peer: PeerId;
  readonly command: Command;
  readonly sequence: number | undefined;
}

/** What is asked on a link: the command at hand, who carries it out, and the answer. One at a time. */
export class Asking {
  readonly #link: Link;
  readonly #talk: Talk;
  readonly #surround: Surround;
  readonly #visitor: Visitor;
  readonly #intake: Intake;
  /** The dialect's note about the command at hand; gone when that is done with. */
  reference: unknown;
  /** Whether the command at hand was answered. */
  #hasAnswered = false;
  /** The note about the command that the gate has taken over; there is one at a time, as nothing else is heard. */
  #gated: unknown;

  constructor({ link, talk, surround, visitor, intake }: AskingOptions) {
    this.#link = link;
    this.#talk = talk;
    this.#surround = surround;
    this.#visitor = visitor;
    this.#intake = intake;
  }

  /** Asks the gate, and if it has nothing to say the hub. Without a peer nobody is asked. @throws {Refusal} */
  ask(asked: Command | Refusal, sequence?: number): void {
    const { state } = this.#talk;
    if (state.is !== "online") return;
    const { hub, gate } = this.#surround;
    const command = hub.resolve(state.peer, asked, this.#surround.now());
    const isNew = sequence === undefined || hub.turnOf(state.peer, sequence) === "next";
    if (
      gate &&
      isNew &&
      !(command instanceof Refusal) &&
      this.#isTaken(gate, { peer: state.peer, command, sequence })
    )
      return;
    this.#handle(state, command, sequence);
  }

  /** Takes the number, if it has one, of a message that is not the hub's business. @throws {Refusal} `gap` */
  passOver(sequence: number | undefined): void {
    const { peer } = this.#talk;
    if (peer !== undefined && sequence !== undefined) this.#pass(peer, sequence);
  }

  /** Lets the hub carry out what the gate decided on. @throws {Refusal} */
  carryOut(command: Command): void {
    const { peer } = this.#talk;
    if (peer === undefined) throw new Refusal("not_registered");
    const before = this.reference;
    this.reference ??= this.#gated;
    try {
      this.#surround.hub.handle(peer, command, this.#surround.now());
    } finally {
      this.reference = before;
    }
  }

  /** Tells that what the gate has taken over is done, where the dialect has a word for that. */
  acknowledge(): void {
    if (this.#gated === undefined) return;
    const done = this.#talk.conversation?.carriedOut?.(this.#gated);
    if (done !== undefined) this.#link.send(frameOf(done, "critical"));
  }

  /** Encodes the answer to the command at hand. */
  encodeAnswer(event: Event): Wire | typeof EACH | undefined {
    const { conversation } = this.#talk;
    this.#hasAnswered = true;
    if (!conversation?.answer || this.reference === undefined) return conversation?.encode(event);
    return conversation.answer(event, this.reference);
  }

  /** Answers with a "no"; what is not a refusal is our own fault, and reported. */
  refuse(error: unknown, command: Command | undefined): void {
    const { tally, report } = this.#surround;
    const { conversation, dialect } = this.#talk;
    if (!(error instanceof Refusal)) report(error, { dialect: dialect?.name, command: command?.type });
    const refusal = error instanceof Refusal ? error : new Refusal("internal");
    tally.refuse(refusal.code);

    const reply = conversation?.refuse({ refusal, command, reference: this.reference });
    if (reply?.message !== undefined) this.#link.send(frameOf(reply.message, "critical"));
    if (reply?.farewell) this.#talk.end(reply.farewell);
  }

  #handle({ peer, conversation }: Online, command: Command | Refusal, sequence: number | undefined): void {
    const { hub } = this.#surround;
    this.#hasAnswered = false;
    try {
      hub.handle(peer, command, this.#surround.now(), { sequence });
    } finally {
      if (sequence !== undefined) this.#tellNews();
    }
    // Somebody who said goodbye is not answered.
    if (this.#hasAnswered || this.#talk.state.is !== "online" || !conversation.carriedOut) return;
    const done = conversation.carriedOut(this.reference);
    if (done !== undefined) this.#link.send(frameOf(done, "critical"));
  }

  /** Whether the gate has taken the command over, and its number with it. @throws {Refusal} */
  #isTaken(gate: Gate, asked: Asked): boolean {
    this.#gated = this.reference;
    try {
      const passage = gate.pass(this.#visitor, asked.command);
      if (passage === "hub") {
        this.#gated = undefined;
        return false;
      }
      this.passOver(asked.sequence);
      if (passage !== "done") {
        void this.#await(passage, asked);
        return true;
      }
      this.#remember(asked, undefined);
    } catch (error) {
      // A refused message takes its number too.
      this.passOver(asked.sequence);
      this.#remember(asked, error);
      this.#gated = undefined;
      throw error;
    }
    this.#gated = undefined;
    return true;
  }

  /** What is said when the message comes again. */
  #remember({ peer, command, sequence }: Asked, error: unknown): void {
    if (sequence === undefined) return;
    const { hub } = this.#surround;
    if (error !== undefined) {
      hub.remember(peer, sequence, error instanceof Refusal ? error : new Refusal("internal"));
    } else if (command.type === "join") {
      hub.remember(peer, sequence, command.room);
    }
  }

  #pass(peer: PeerId, sequence: number): void {
    this.#surround.hub.pass(peer, sequence, this.#surround.now());
    this.#tellNews();
  }

  #tellNews(): void {
    if (this.#surround.hub.owesNews) this.#surround.newsOwed();
  }

  /** Hears nothing further until the gate is done with the command: so what a link asks is done in its order. */
  async #await(passing: Promise<void>, asked: Asked): Promise<void> {
    const { conversation } = this.#talk;
    const letGo = this.#intake.hold({ delaysEnd: true });
    try {
      await passing;
      this.#remember(asked, undefined);
    } catch (error) {
      this.#remember(asked, error);
      this.reference = this.#gated;
      if (this.#talk.conversation === conversation) this.refuse(error, asked.command);
      this.reference = undefined;
    } finally {
      this.#gated = undefined;
      letGo();
    }
  }
}
