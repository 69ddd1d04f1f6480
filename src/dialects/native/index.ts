import type { Arrival } from "../../core/arrivals.ts";
import { Refusal } from "../../core/errors.ts";
import type { Event } from "../../core/events.ts";
import type { Goodbye } from "../../core/goodbyes.ts";
import type { Identity } from "../../core/identity.ts";
import { peerId, roomId, spaceId } from "../../core/ids.ts";
import { NO_METADATA } from "../../core/metadata.ts";
import { type Random, randomHex } from "../../core/random.ts";
import type { Resumption } from "../../core/session.ts";
import type { Incoming } from "../../lib/frame.ts";
import { isLargerThan } from "../../lib/message-size.ts";
import type {
  Conversation,
  Dialect,
  Farewell,
  Heard,
  RefusalReply,
  Refused,
  Surroundings,
  Wire,
} from "../dialect.ts";
import { boundedMeta, decode } from "./decode.ts";
import { encodeFrame, messageText } from "./encode.ts";
import { frameFor, type Outgoing } from "./frames.ts";
import { type Encoding, type Envelope, frameIn, readEnvelope } from "./read.ts";
import { type Blame, closeOf, errorFrame, goodbyeAfter, goodbyeFrame } from "./refuse.ts";
import { NATIVE_DEFAULTS, type NativeSettings } from "./settings.ts";
import { type Hello, SUBPROTOCOL } from "./wire.ts";

/** A link is given up for messages so many times larger than the limit; smaller ones are refused. */
const TOLERANCE = 4;

const ID_BYTES = 8;

/** parlor's own language: docs/spec/native.md. */
export function native(options: Partial<NativeSettings> = {}): Dialect {
  const settings = { ...NATIVE_DEFAULTS, ...options };
  return {
    name: "native",
    subprotocol: SUBPROTOCOL,
    maxMessageBytes: settings.maxMessageBytes * TOLERANCE,
    registrationMs: settings.registrationMs,
    whenTooFast: "wait",
    open: (surroundings) => new NativeConversation(settings, surroundings),
  };
}

type Stage =
  | { readonly is: "greeting" }
  /** Waits to hear whether the credentials are good. */
  | { readonly is: "checking"; readonly hello: Hello }
  | { readonly is: "open" };

/** The dialect's note about a frame: what its answer must carry. */
interface Reference {
  readonly id: number | undefined;
  readonly q: number | undefined;
  /** Somebody else gives the answer, later. */
  readonly later?: boolean;
}

const number = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;

/** Asked for with every message to everybody, so none is made up then. */
const ENCODINGS = { json: "native/json", msgpack: "native/msgpack" } as const;

class NativeConversation implements Conversation {
  readonly #settings: NativeSettings;
  readonly #random: Random;
  readonly #ticket: string | undefined;
  readonly #host: string | undefined;
  #encoding: Encoding = "json";
  #stage: Stage = { is: "greeting" };
  /** Whether the hub has taken the newcomer; until then every refusal is the end. */
  #isWelcome = false;
  /** Who the first credentials said it is. */
  #identity: Identity | undefined;
  /** The request whose new credentials are being checked; nothing is heard meanwhile. */
  #renewing: Reference | undefined;

  constructor(settings: NativeSettings, { opening, random }: Surroundings) {
    this.#settings = settings;
    this.#random = random;
    this.#host = opening.headers.host;
    this.#ticket = opening.query.get("ticket") ?? undefined;
  }

  get encoding(): string {
    return ENCODINGS[this.#encoding];
  }

  hear(message: Incoming, now: number): Heard {
    if (this.#stage.is === "open") return this.#listen(message, now);
    if (this.#stage.is === "checking") throw new Refusal("bad_message", { expected: "to wait for welcome" });
    if (typeof message !== "string") throw new Refusal("bad_message", { expected: "hello as JSON text" });
    if (isLargerThan(message, this.#settings.maxMessageBytes)) throw this.#tooLarge();
    return this.#greet(readEnvelope(message, "json"));
  }

  admitted(identity: Identity): Heard {
    if (this.#stage.is === "open") return this.#renewed(identity);
    if (this.#stage.is !== "checking") return { type: "nothing" };
    const { hello } = this.#stage;
    const space = hello.space === undefined ? undefined : spaceId(hello.space);
    if (space !== undefined && identity.space !== undefined && identity.space !== space)
      throw new Refusal("forbidden", { space });

    this.#identity = identity;
    const peer = peerId(randomHex(this.#random, ID_BYTES));
    const arrival: Arrival = {
      peer,
      space: space ?? identity.space ?? this.#settings.space,
      alias: hello.alias ?? `peer-${peer.slice(0, 6)}`,
      user: identity.user,
      onlyRoom: identity.room,
      metadata: boundedMeta(hello.meta, this.#settings) ?? NO_METADATA,
      session: { graceMs: this.#settings.graceMs, ...(hello.resume && { resume: resumption(hello.resume) }) },
    };
    this.#encoding = hello.enc ?? "json";
    this.#stage = { is: "open" };
    return { type: "arrival", arrival };
  }

  encode(event: Event): Wire | undefined {
    if (event.type === "welcome") this.#isWelcome = true;
    if (event.type === "message" && this.#encoding === "json") return messageText(event);
    const frame = frameFor(event, this.#settings);
    return frame && encodeFrame(frame, this.#encoding);
  }

  answer(event: Event, reference: unknown): Wire | undefined {
    const { id } = reference as Reference;
    // What was not asked for is not answered.
    if (id === undefined) return undefined;
    const frame = frameFor(event, this.#settings, this.#host);
    return frame && encodeFrame(frame, this.#encoding, { re: id });
  }

  carriedOut(reference: unknown): Wire | undefined {
    const { id, later } = reference as Reference;
    return id === undefined || later ? undefined : this.#encode({ head: { t: "ok", re: id } });
  }

  refuse({ refusal, reference }: Refused): RefusalReply {
    if (this.#isWelcome) {
      return { message: this.#encode(errorFrame(refusal, (reference as Reference | undefined) ?? {})) };
    }
    const reason = goodbyeAfter(refusal.code);
    const message = this.#encode(errorFrame(refusal, { fatal: true } satisfies Blame));
    return { message, farewell: this.farewell({ reason }) };
  }

  farewell(goodbye: Goodbye): Farewell {
    return { ...closeOf(goodbye), message: this.#encode(goodbyeFrame(goodbye)) };
  }

  #greet(envelope: Envelope): Heard {
    if (envelope.fields.t !== "hello") throw new Refusal("bad_message", { path: "t", expected: "hello" });
    const hello = frameIn(envelope) as Hello;
    this.#stage = { is: "checking", hello };
    const ticket = hello.ticket ?? this.#ticket;
    return {
      type: "credentials",
      credentials: { token: hello.token, ...(ticket !== undefined && { ticket }) },
    };
  }

  #listen(message: Incoming, now: number): Heard {
    const envelope = readEnvelope(message, this.#encoding);
    const { fields } = envelope;
    const reference: Reference = {
      id: number(fields.id),
      q: number(fields.q),
      later: fields.t === "ask",
    };
    try {
      if (isLargerThan(message, this.#settings.maxMessageBytes)) throw this.#tooLarge();
      const frame = frameIn(envelope);
      if (frame.t === "token") {
        this.#renewing = reference;
        return { type: "credentials", credentials: { token: frame.token }, reference, sequence: reference.q };
      }
      if (frame.t === "ice") return this.#answerIce(reference, now);
      const { settings, random } = { settings: this.#settings, random: this.#random };
      const command = decode(frame, { settings, random, payload: () => envelope.payload() });
      return { type: "command", command, reference, sequence: reference.q };
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      // A message that makes no sense takes its number all the same, so that those behind it are not taken for a gap.
      return { type: "command", command: refusal, reference, sequence: reference.q };
    }
  }

  #answerIce({ id, q }: Reference, now: number): Heard {
    const { servers, ttlMs } = this.#settings.ice(this.#identity?.user ?? "peer", now);
    const told = { t: "ice", servers, ...(ttlMs !== undefined && { ttlMs }) } as Outgoing["head"];
    const reply = id === undefined ? [] : encodeFrame({ head: told }, this.#encoding, { re: id });
    return { type: "reply", reply, sequence: q };
  }

  /** New credentials are as good as the old ones only if they are of the same user, and good for the same space. */
  #renewed(identity: Identity): Heard {
    const before = this.#identity;
    const reference = this.#renewing;
    this.#renewing = undefined;
    if (identity.user !== before?.user || identity.space !== before?.space) {
      throw new Refusal("forbidden", { expected: "credentials of the same user and space" });
    }
    this.#identity = identity;
    const reply = reference?.id === undefined ? [] : this.#encode({ head: { t: "ok", re: reference.id } });
    return { type: "reply", reply };
  }

  #tooLarge(): Refusal {
    return new Refusal("too_large", { maxBytes: this.#settings.maxMessageBytes });
  }

  #encode(frame: Outgoing): Wire {
    return encodeFrame(frame, this.#encoding);
  }
}

function resumption({ session, token, in: lastDirect, rooms }: NonNullable<Hello["resume"]>): Resumption {
  return {
    session,
    token,
    lastDirect,
    rooms: new Map(Object.entries(rooms).map(([room, { e, o }]) => [roomId(room), { epoch: e, offset: o }])),
  };
}
