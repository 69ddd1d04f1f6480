import type { Arrival } from "../core/arrivals.ts";
import { Refusal } from "../core/errors.ts";
import type { Goodbye } from "../core/goodbyes.ts";
import type { PeerId } from "../core/ids.ts";
import type { Peer } from "../core/peer.ts";
import type { Claim } from "../core/reclaiming.ts";
import type { Conversation, Dialect, Farewell, Opening, Surroundings } from "../dialects/dialect.ts";
import { frameOf } from "../lib/frame.ts";
import { placeOf } from "../lib/place.ts";
import { TokenBucket } from "../lib/token-bucket.ts";
import type { Link } from "../transports/link.ts";
import type { Speaker } from "./outbox.ts";
import type { Surround } from "./surround.ts";

/** Where a talk stands. Each state holds exactly what exists in it. */
export type TalkState =
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

export type Online = Extract<TalkState, { is: "online" }>;

/** Close of a link that no dialect would answer. */
const NO_WORDS: Farewell = { code: 1008, reason: "nobody speaks here" };

export interface TalkOptions {
  readonly link: Link;
  readonly opening: Opening;
  readonly surround: Surround;
  /** Who takes the seat of the peer when there is one. */
  readonly speaker: Speaker;
}

/** What is spoken on a link, for which peer, from the first word to the last. The only place where that changes. */
export class Talk {
  readonly #link: Link;
  readonly #opening: Opening;
  readonly #surround: Surround;
  readonly #speaker: Speaker;
  #state: TalkState = { is: "silent" };

  constructor({ link, opening, surround, speaker }: TalkOptions) {
    this.#link = link;
    this.#opening = opening;
    this.#surround = surround;
    this.#speaker = speaker;
  }

  get state(): TalkState {
    return this.#state;
  }

  get peer(): PeerId | undefined {
    return this.#state.is === "online" ? this.#state.peer : undefined;
  }

  get dialect(): Dialect | undefined {
    return this.#state.is === "greeting" || this.#state.is === "online" ? this.#state.dialect : undefined;
  }

  get conversation(): Conversation | undefined {
    return this.#state.is === "greeting" || this.#state.is === "online"
      ? this.#state.conversation
      : undefined;
  }

  /** Speaks `dialect` from now on; a talk does so once. */
  begin(dialect: Dialect): void {
    const conversation = dialect.open(this.#surroundings());
    this.#state = { is: "greeting", dialect, conversation };
  }

  /** A peer is on the link from now on. `false` when there was one before, or the talk is over. */
  arrive(arrival: Arrival, now: number): boolean {
    if (this.#state.is !== "greeting") return false;
    const { hub, outbox, rate } = this.#surround;
    const { dialect, conversation } = this.#state;
    const place = placeOf(this.#opening.remoteAddress);
    hub.connect({ ...arrival, place }, now, ({ id: peer }) => {
      this.#state = {
        is: "online",
        dialect,
        conversation,
        peer,
        bucket: new TokenBucket(dialect.rate ?? rate, now),
      };
      outbox.seat(peer, this.#speaker);
    });
    return true;
  }

  /** Speaks from now on for the peer whose seat it takes. @throws {Refusal} then nothing has changed. */
  reclaim(claim: Claim, now: number): void {
    const state = this.#state;
    if (state.is !== "online") throw new Refusal("not_registered");
    const { hub, outbox } = this.#surround;
    const seated = ({ id }: Peer) => {
      outbox.unseat(state.peer, this.#speaker);
      outbox.seat(id, this.#speaker);
      this.#state = { ...state, peer: id };
    };
    hub.reclaim(state.peer, { claim, seated }, now);
  }

  /** Ends the talk in the words of its dialect, and its peer with it. Here, and below, every goodbye is counted, once. */
  goodbye(goodbye: Goodbye): void {
    if (this.#state.is === "closed") return;
    this.#surround.tally.goodbye(goodbye.reason);
    this.end(this.#words(goodbye));
  }

  /** The same for who knows the words. */
  end(farewell: Farewell): void {
    if (this.#state.is === "closed") return;
    this.leave();
    this.#close(farewell);
  }

  /** Another link took the peer over: the hub knows, so only the link is left to be closed. */
  dismiss(goodbye: Goodbye): void {
    if (this.#state.is === "closed") return;
    this.#surround.tally.goodbye(goodbye.reason);
    const farewell = this.#words(goodbye);
    this.#finish();
    this.#close(farewell);
  }

  /** Ends the talk of a link that is gone, or is about to be; the hub learns that its peer has none. */
  leave(): void {
    const state = this.#state;
    this.#finish();
    if (state.is !== "online") return;
    const { hub, outbox, now } = this.#surround;
    if (outbox.unseat(state.peer, this.#speaker)) hub.disconnect(state.peer, now());
  }

  #finish(): void {
    this.conversation?.ended?.();
    this.#state = { is: "closed" };
  }

  #words(goodbye: Goodbye): Farewell {
    // Who has said nothing yet is told in the words of the one who would have answered nonsense.
    const dialect = this.conversation ? undefined : this.#surround.chooseByFirstMessage("");
    const conversation = this.conversation ?? dialect?.open(this.#surroundings());
    return conversation?.farewell(goodbye) ?? NO_WORDS;
  }

  #close({ code, reason, message }: Farewell): void {
    if (message !== undefined) this.#link.send(frameOf(message, "critical"));
    this.#link.close(code, reason);
  }

  #surroundings(): Surroundings {
    const { hub, random } = this.#surround;
    const peer = () => (this.peer === undefined ? undefined : hub.world.peers.get(this.peer));
    return { opening: this.#opening, random, peer };
  }
}
