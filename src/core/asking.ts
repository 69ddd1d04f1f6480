import { Deadlines } from "./deadlines.ts";
import { type ErrorCode, Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId } from "./ids.ts";
import type { Payload } from "./payload.ts";
import type { Peer } from "./peer.ts";
import type { World } from "./world.ts";

/** Most questions that one peer waits for at one time, and that wait for one peer. */
const MAX_OPEN = 64;

interface Question {
  readonly number: number;
  readonly asker: Peer;
  /** The asker's own number of its request. */
  readonly request: number;
  readonly target: PeerId;
}

/** Questions between peers that wait for their answers: docs/spec/messages.md, rules MG20 to MG26. */
export class Asking {
  readonly #world: World;
  readonly #open = new Map<number, Question>();
  readonly #ofAsker = new Map<PeerId, Set<Question>>();
  readonly #ofTarget = new Map<PeerId, Set<Question>>();
  readonly #deadlines = new Deadlines<Question>();
  #last = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get size(): number {
    return this.#open.size;
  }

  handlers(): Handlers<"ask" | "reply"> {
    return {
      ask: (peer, { room: id, to, data, name, request, waitMs }) => {
        const room = this.#world.room(peer, id);
        if (!room.members.has(peer.id)) throw new Refusal("not_in_room", { room: id });
        const target = peer.space.find(to);
        if (!target || !room.members.has(target.id) || target === peer)
          throw new Refusal("peer_not_found", { to });
        if (!target.session)
          throw new Refusal("bad_request", { to, expected: "a peer that takes questions" });
        this.#refuseCrowd(peer, target);

        const question = { number: ++this.#last, asker: peer, request, target: target.id };
        this.#add(question, Math.min(waitMs ?? Infinity, this.#world.limits.askWaitMs));

        const asked = {
          type: "asked",
          question: question.number,
          from: peer.id,
          room: id,
          data,
          name,
        } as const;
        this.#world.tellOne(target, asked);
      },

      reply: (peer, { question: number, data, error }) => {
        const question = this.#open.get(number);
        if (question?.target !== peer.id) throw new Refusal("ask_over", { ask: number });

        this.#remove(question);

        if (data) this.#answer(question, data);
        else this.#fail(question, "ask_refused", error);
        this.#world.outbox.answer(peer.id, { type: "done" });
      },
    };
  }

  /** A peer is gone for good: nobody waits for it any more, and it waits for nobody. */
  forget(peer: PeerId): void {
    for (const question of this.#ofAsker.get(peer) ?? []) this.#remove(question);
    for (const question of this.#ofTarget.get(peer) ?? []) {
      this.#remove(question);
      this.#fail(question, "peer_gone");
    }
  }

  /** Ends the waiting that has been long enough. */
  tick(now: number): void {
    for (const question of this.#deadlines.takeDue(now)) {
      this.#remove(question);
      this.#fail(question, "timeout");
    }
  }

  #refuseCrowd(asker: Peer, target: Peer): void {
    const asked = this.#ofAsker.get(asker.id)?.size ?? 0;
    const asking = this.#ofTarget.get(target.id)?.size ?? 0;
    if (Math.max(asked, asking) >= MAX_OPEN) throw new Refusal("slow_down", { max: MAX_OPEN });
  }

  #answer({ asker, request, target }: Question, data: Payload): void {
    this.#world.tellOne(asker, { type: "answered", request, from: target, data });
  }

  #fail({ asker, request, target }: Question, code: ErrorCode, text?: string): void {
    this.#world.tellOne(asker, { type: "ask-failed", request, from: target, code, text });
  }

  #add(question: Question, waitMs: number): void {
    this.#open.set(question.number, question);
    into(this.#ofAsker, question.asker.id, question);
    into(this.#ofTarget, question.target, question);
    this.#deadlines.set(question, this.#world.now + waitMs);
  }

  #remove(question: Question): void {
    this.#open.delete(question.number);
    outOf(this.#ofAsker, question.asker.id, question);
    outOf(this.#ofTarget, question.target, question);
    this.#deadlines.clear(question);
  }
}

function into(map: Map<PeerId, Set<Question>>, key: PeerId, question: Question): void {
  const set = map.get(key);
  if (set) set.add(question);
  else map.set(key, new Set([question]));
}

function outOf(map: Map<PeerId, Set<Question>>, key: PeerId, question: Question): void {
  const set = map.get(key);
  if (set?.delete(question) && set.size === 0) map.delete(key);
}
