import type { ServerFrames } from "../dialects/native/wire.ts";
import type { Contract } from "./contract.ts";
import { ParlorError } from "./errors.ts";
import type { CallOptions } from "./requests.ts";
import type { RoomOwner } from "./room-owner.ts";

/** Who asks. */
export interface AskContext {
  readonly from: string;
}

type Answerer = (question: unknown, context: AskContext) => unknown;

/** Hides questions and answers from all but the two whom they concern. */
export interface Cover {
  /** @throws {ParlorError} `encryption` when `to` cannot be spoken to so. */
  question(to: string, type: string, d: unknown): Promise<Covered>;
  /** @throws {ParlorError} `encryption` when it is no such question, or one that came before. */
  asked(from: string, type: string, d: unknown): Promise<Uncovered>;
}

/** A question as it is sent, and what to make of its answer. */
interface Covered {
  readonly d: unknown;
  /** @throws {ParlorError} `encryption`; `ask_refused` with the words of the one who was asked. */
  readonly answered: (answer: unknown) => Promise<unknown>;
}

interface Uncovered {
  readonly d: unknown;
  /** The answer, or why there is none, as it is sent. */
  readonly answer: (answer: { readonly d: unknown } | { readonly error: string }) => Promise<unknown>;
}

/** The server waits no longer than this by itself; asking for less lets it forget sooner. */
const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_REASON_CHARS = 200;

/** Questions between the members of one room, and their answers. */
export class Calls {
  readonly #owner: RoomOwner;
  readonly #room: string;
  readonly #contract: Contract;
  readonly #answerers = new Map<string, Answerer>();
  /** Set where the room is encrypted. */
  cover: Cover | undefined;

  constructor(owner: RoomOwner, { room, contract }: { readonly room: string; readonly contract: Contract }) {
    this.#owner = owner;
    this.#room = room;
    this.#contract = contract;
  }

  async ask(to: string, question: { type: string; data: unknown }, options: CallOptions): Promise<unknown> {
    const { type } = question;
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const d = this.#contract.outgoing("ask", type, question.data);
    const covered = this.cover && (await this.cover.question(to, type, d));
    const frame = { t: "ask", room: this.#room, to, type, d: covered ? covered.d : d, ms: timeoutMs };
    const answer = await this.#owner.request(frame, { numbered: true, signal, timeoutMs });
    return this.#contract.incoming("answer", type, covered ? await covered.answered(answer.d) : answer.d);
  }

  answer(type: string, answerer: Answerer): () => void {
    if (this.#answerers.has(type)) throw new TypeError(`"${type}" is answered already`);
    this.#answerers.set(type, answerer);
    return () => {
      if (this.#answerers.get(type) === answerer) this.#answerers.delete(type);
    };
  }

  /** Never rejects: what the answerer throws is the answer. */
  async asked({ ask, from, d, type = "" }: ServerFrames["asked"]): Promise<void> {
    let covered: Uncovered | undefined;
    const reply = async (answer: { readonly d: unknown } | { readonly error: string }) =>
      this.#reply({ ask, ...(covered ? { d: await covered.answer(answer) } : answer) });
    try {
      covered = this.cover && (await this.cover.asked(from, type, d));
      const answerer = this.#answerers.get(type);
      if (!answerer) throw new ParlorError("answer_failed", { message: `nobody answers "${type}" here` });
      const question = this.#contract.incoming("ask", type, covered ? covered.d : d);
      const answer = await answerer(question, { from });
      await reply({ d: this.#contract.outgoing("answer", type, answer) });
    } catch (error) {
      if (!(error instanceof ParlorError)) this.#owner.troubled(error);
      const reason = error instanceof ParlorError ? error.message : "the answerer failed";
      try {
        await reply({ error: reason.slice(0, MAX_REASON_CHARS) });
      } catch (closed) {
        // Nobody is left who could be told; the one who asked hears `peer_gone` or `timeout` from the server.
        this.#owner.troubled(closed);
      }
    }
  }

  #reply(fields: { ask: number; d?: unknown; error?: string }): void {
    this.#owner.post(
      { t: "reply", ...fields },
      { policy: "queue", about: { room: this.#room, type: "reply" } },
    );
  }
}
