import type { Hono } from "hono";
import type { Arrival } from "../core/arrivals.ts";
import type { Command } from "../core/commands.ts";
import type { Refusal } from "../core/errors.ts";
import type { Event } from "../core/events.ts";
import type { Goodbye } from "../core/goodbyes.ts";
import type { Hub } from "../core/hub.ts";
import type { Credentials, Identity } from "../core/identity.ts";
import type { Peer } from "../core/peer.ts";
import type { Random } from "../core/random.ts";
import type { Claim } from "../core/reclaiming.ts";
import type { Incoming } from "../lib/frame.ts";
import type { Lane } from "../lib/lane.ts";
import type { Loss } from "../lib/lane-queue.ts";
import type { TokenBucketOptions } from "../lib/token-bucket.ts";

/** What an opening link told about itself before its first message. */
export interface Opening {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly subprotocol: string | undefined;
  readonly remoteAddress: string;
  /** SHA-256 of the client's certificate in lower-case hex, if it has shown one whose issuer was checked. */
  readonly clientFingerprint?: string | undefined;
}

/** One encoded message. */
export type Wire = string | Uint8Array;

/**
 * What an incoming message meant.
 *
 * `reference` is the dialect's own note about a request (its id); it comes back with the answer or the refusal.
 */
export type Heard =
  /** A newcomer; what it is told, and what it asks for, as soon as it is a peer. */
  | {
      readonly type: "arrival";
      readonly arrival: Arrival;
      readonly command?: Command;
      readonly replies?: readonly Wire[];
    }
  /** Somebody says who it is: the server checks it, and goes on with what `admitted` answers. */
  | {
      readonly type: "credentials";
      readonly credentials: Credentials;
      readonly reference?: unknown;
      readonly sequence?: number | undefined;
    }
  /**
   * `sequence`: the message's number among those of its session. A message that makes no sense but has a number is heard
   * as its refusal, so that the number is taken.
   */
  | {
      readonly type: "command";
      readonly command: Command | Refusal;
      readonly reference?: unknown;
      readonly sequence?: number | undefined;
    }
  /** A step of the dialect's own, answered without the hub (a challenge). */
  | {
      readonly type: "reply";
      readonly reply: Wire | readonly Wire[];
      readonly sequence?: number | undefined;
    }
  /** The peer wants the seat back that it had under another link. */
  | { readonly type: "claim"; readonly claim: Claim; readonly reference?: unknown }
  /** To be passed over in silence, as the dialect's specification asks. */
  | { readonly type: "nothing" };

/** How a link is closed in the words of a dialect. `message` is sent before. */
export interface Farewell {
  readonly code: number;
  readonly reason: string;
  readonly message?: Wire;
}

/** An event that each peer of an encoding must be told in words of its own. */
export const EACH = Symbol("each");

/** What one peer is told of an event, in this order; and how its link ends, if it does. */
export interface Own {
  readonly wires: readonly Wire[];
  /** It cannot be told at all; the account has taken note. */
  readonly isMissed?: true;
  readonly farewell?: Farewell;
}

/** What a refusal was about. */
export interface Refused {
  readonly refusal: Refusal;
  /** The command that was refused; absent when the message did not even become one. */
  readonly command: Command | undefined;
  readonly reference: unknown;
}

/** The answer to a refused message. Neither `message` nor `farewell` means silence. */
export interface RefusalReply {
  readonly message?: Wire;
  /** The link ends with this; only where the dialect's specification asks for it. */
  readonly farewell?: Farewell;
}

/**
 * One party's side of a talk: a two-way dictionary with as much memory as the language needs (has it registered, is
 * there an open challenge). Pure: no I/O, no clock, no timers.
 */
export interface Conversation {
  /**
   * Names everything that the bytes of `encode` depend on, such as `peer-server/json`. Two conversations of equal
   * encoding are given the same bytes, so a broadcast is encoded once for all of them.
   */
  readonly encoding: string;

  /** What the conversation does by itself when the link opens. */
  greet?(): Heard;

  /**
   * @param now  ms since the epoch.
   * @throws {Refusal} when the message means nothing.
   */
  hear(message: Incoming, now: number): Heard;

  /**
   * The credentials that `hear` handed over are good: what to do now, usually to arrive. Until then nothing further is
   * heard. A dialect that never asks for credentials leaves it out.
   *
   * @throws {Refusal} when this identity may not do what it asked for.
   */
  admitted?(identity: Identity): Heard;

  /**
   * `undefined`: the language has no word for that event. `EACH`: ask `encodeOwn`. A function of the event and
   * `encoding` alone.
   */
  encode(event: Event): Wire | typeof EACH | undefined;

  /** The event in words for this peer alone; may remember what it said. */
  encodeOwn?(event: Event): Own;

  /** The link is gone, or given up. */
  ended?(): void;

  /**
   * How urgent an event is, where that is not what the core says; with a key, a later one may take its place. A function of
   * the event and `encoding` alone.
   */
  urgency?(event: Event): Urgency | undefined;

  /** Where some of what the link is told may be lost, and that must be told. The same for all of an `encoding`. */
  readonly account?: Account | undefined;

  /** The answer to the command that came with `reference`; by default the same as `encode`. */
  answer?(event: Event, reference: unknown): Wire | undefined;

  /** The command that came with `reference` was carried out, and nothing was answered. By default: silence. */
  carriedOut?(reference: unknown): Wire | undefined;

  refuse(refused: Refused): RefusalReply;

  /** The server is about to stop, and the link may live on until `at`. `undefined`: not to be told, or not yet. */
  stopping?(stop: Stopping): Wire | undefined;

  farewell(goodbye: Goodbye): Farewell;
}

/** What somebody is told whose link lives on for a while when the server stops. */
export interface Stopping {
  /** When the link ends, in ms since the epoch. */
  readonly at: number;
  /** Not before this long is it worth coming back. */
  readonly retryAfterMs: number;
}

/** A request that was answered: `method` one of a few, `route` one of a few patterns. */
export interface Answered {
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

/** How an event is queued for a link. */
export interface Urgency {
  readonly lane: Lane;
  /** Where there is no place for both, it takes the place of an earlier one of the same key. */
  readonly replaces?: string | undefined;
}

/** Keeps account of what one link is told and what it is not, in the order in which that leaves the server. */
export interface Account {
  /** `event` was thrown away instead. */
  lost(event: Event, because: Loss): void;
  /** `event` leaves next, or nothing in particular does: what must be told before. Asked until there is nothing more. */
  before(event: Event | undefined): Wire | undefined;
  /** `event` leaves. */
  leaves(event: Event): void;
  /** Whether something is to be told of what was lost, at `now` in ms since the epoch. */
  isDue(now: number): boolean;
  /** Whether anything is to be told at some time. */
  readonly isOwing: boolean;
  /** Too much was lost to be told exactly: the link must end. */
  readonly isBeyondTelling: boolean;
}

/** How much may wait for a link that does not take it. */
export interface Backlog {
  /** With more messages, or more bytes, whoever sends further ones must wait. */
  readonly maxFrames: number;
  readonly maxBytes: number;
  /** A link from which nothing moves for so long, while others wait for it, ends with `slow_consumer`; */
  readonly waitMs: number;
  /** so does one whose messages are twice as old. */
  readonly maxAgeMs: number;
}

/** What the HTTP side of a dialect works on. */
export interface Access {
  readonly hub: Hub;
  readonly random: Random;
  /** Ms since the epoch. */
  now(): number;
  /** A request came in, for who counts them: what it returns is to be called when it was answered. */
  answering?(): (request: Answered) => void;
}

/** What a conversation is given that is not its own. */
export interface Surroundings {
  readonly opening: Opening;
  readonly random: Random;
  /** The peer on this link, once it has arrived; to look at, never to change. */
  peer(): Peer | undefined;
}

/** How long a link may say nothing, in ms. 0: for ever. */
export interface Silence {
  /** Then it ends with `activity_timeout`. */
  readonly activityMs: number;
  /** Then it ends with `idle_timeout`. */
  readonly idleMs: number;
}

/** A listener for one dialect. */
export interface OwnListener {
  /** 0 takes a free one. */
  readonly port: number;
  readonly pingIntervalMs: number;
  readonly pongWaitMs: number;
  readonly maxQueueBytes: number;
  /** Web origins whose pages may connect; `*` for all. */
  readonly origins: readonly string[];
}

/** What a dialect answers to a link that wants to open. */
export type OpeningAnswer =
  | {
      readonly accept: true;
      /** The subprotocol to agree on, in the spelling in which it was offered. */
      readonly subprotocol?: string | undefined;
      /** More headers of the response. */
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** An HTTP status and the body that goes with it. */
  | { readonly accept: false; readonly status: 400 | 401 | 403; readonly text: string };

/** The wire language of one family of clients. */
export interface Dialect {
  readonly name: string;
  /** The WebSocket subprotocol that is agreed on with peers who offer it; browsers insist on the answer. */
  readonly subprotocol?: string;
  /** Largest incoming message; larger ones end the link with `message_too_large`. */
  readonly maxMessageBytes: number;
  /** Largest message that is sent; a larger one is not, and its link ends with `outbound_too_large`. */
  readonly maxOutboundBytes?: number;
  /** How long a link may take until its first peer has arrived, in ms. */
  readonly registrationMs: number;
  /** Told apart only where the transport does not look for signs of life by itself. */
  readonly silence?: Silence;
  /** How long links may live on when the server stops. Default: they end at once. */
  readonly drainGraceMs?: number;
  /** How slow links may be. Default: as slow as the transport's budget of bytes allows. */
  readonly backlog?: Backlog;
  /** Most links of one address; further ones end with `too_many_links`. 0: no limit. */
  readonly maxLinksPerAddress?: number;
  /** Where the dialect is spoken besides, at every path. */
  readonly listener?: OwnListener | undefined;
  /**
   * Everything that is answered by plain HTTP where nothing but this dialect is spoken: on a listener of its own, and below
   * `/<dialect>/`. Default: its `routes`, and the server's own health and figures.
   */
  pages?(access: Access): Hono;
  /** How fast a peer may send, instead of the server's limit. */
  readonly rate?: TokenBucketOptions;
  /**
   * What happens above the rate limit: messages are read later, or refused (the default); with a `rate` of its own the
   * dialect ends the link with `flooding` instead of refusing.
   */
  readonly whenTooFast?: "refuse" | "wait";
  open(surroundings: Surroundings): Conversation;
  /**
   * Looks at a link before it is accepted, and before its credentials are. By default it may open, and agrees on
   * `subprotocol`.
   */
  answerOpening?(opening: Opening): OpeningAnswer;
  /**
   * The credentials that a link brings when it opens. They are checked before the link is accepted: bad ones are refused
   * by an HTTP status, and after good ones `admitted` is called before anything is heard. `undefined`: it brings none,
   * and will say later who it is.
   */
  credentials?(opening: Opening): Credentials | undefined;
  /**
   * What the dialect serves by plain HTTP, with full paths ("/v1/sessions"). Served on every listener that speaks the
   * dialect, and below `/<dialect>/` too.
   */
  routes?(access: Access): Hono;
}
