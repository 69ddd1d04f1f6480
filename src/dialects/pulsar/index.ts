import { collabPeer } from "../../core/collab.ts";
import type { CommandOf } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import type { Event } from "../../core/events.ts";
import type { Goodbye } from "../../core/goodbyes.ts";
import { roomId } from "../../core/ids.ts";
import { NO_METADATA } from "../../core/metadata.ts";
import { type Random, randomHex } from "../../core/random.ts";
import type { Incoming } from "../../lib/frame.ts";
import { placeOf } from "../../lib/place.ts";
import type { Conversation, Dialect, Farewell, Heard, RefusalReply, Refused, Wire } from "../dialect.ts";
import { type Bound, decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { errorText, farewell } from "./refuse.ts";
import { routes } from "./routes.ts";
import { PULSAR_DEFAULTS, type PulsarSettings } from "./settings.ts";
import type { JoinTokens } from "./tokens.ts";
import { type Message, optionalText, parseMessage, peerField, sessionField, textField } from "./wire.ts";

/** The language of the Pulsar editor: src/dialects/pulsar/SPEC.md. */
export function pulsar(options: Partial<PulsarSettings> & { readonly tokens: JoinTokens }): Dialect {
  const settings = { ...PULSAR_DEFAULTS, ...options };
  return {
    name: "pulsar",
    maxMessageBytes: settings.maxMessageBytes,
    registrationMs: settings.registrationMs,
    rate: settings.messages,
    // A piece of a file that was refused would make the file another one.
    whenTooFast: "wait",
    open: ({ opening, random }) =>
      new PulsarConversation(settings, { place: placeOf(opening.remoteAddress), random }),
    routes: (access) => routes(access, settings),
  };
}

/** Messages that a link may send before it has joined. */
const MAX_ATTEMPTS = 20;
/** As the original makes up session ids: the first 8 characters of a uuid. */
const SESSION_ID_BYTES = 4;

class PulsarConversation implements Conversation {
  readonly encoding = "pulsar/json";
  readonly #settings: PulsarSettings;
  readonly #place: string;
  readonly #random: Random;
  #attempts = 0;
  /** Whom this link speaks for, from its first join on. */
  #bound: Bound | undefined;
  /** Whether `#bound` is only as good as the answer to the message at hand. */
  #isArriving = false;
  #isParsed = false;

  constructor(settings: PulsarSettings, { place, random }: { place: string; random: Random }) {
    this.#settings = settings;
    this.#place = place;
    this.#random = random;
  }

  hear(incoming: Incoming): Heard {
    this.#isArriving = false;
    this.#isParsed = false;
    const bound = this.#bound;
    if (!bound && ++this.#attempts > MAX_ATTEMPTS) throw new Refusal("slow_down");
    if (typeof incoming !== "string") {
      if (!bound) return { type: "nothing" };
      const data = { form: "bytes", bytes: incoming } as const;
      return {
        type: "command",
        command: { type: "tell-session", room: bound.session, word: "proxy-bytes", data },
      };
    }

    const message = parseMessage(incoming);
    this.#isParsed = true;
    if (bound) {
      const command = message.type === "join" ? this.#rejoin(message, bound) : decode(message, bound);
      return { type: "command", command };
    }
    // Nothing is said before `joined` or `error`, not even to who only wants to know whether we are here.
    if (message.type === "ping") return { type: "nothing" };
    if (message.type !== "join") throw new Refusal("not_registered");
    return this.#arrive(message);
  }

  encode(event: Event): Wire | undefined {
    return encode(event, this.#settings.tokens);
  }

  refuse({ refusal }: Refused): RefusalReply {
    if (this.#isArriving) this.#bound = undefined;
    this.#isArriving = false;
    if (!this.#bound && refusal.code === "slow_down" && this.#attempts > MAX_ATTEMPTS)
      return { farewell: { code: 1008, reason: "too many attempts to join", message: errorText(refusal) } };
    // Before it has joined, whoever sends no messages of this language is not answered in it.
    if (!this.#bound && !this.#isParsed) return {};
    return { message: errorText(refusal) };
  }

  farewell(goodbye: Goodbye): Farewell {
    return farewell(goodbye, this.#settings.maxMessageBytes);
  }

  #arrive(message: Message): Heard {
    const enters = this.#entry(message);
    this.#bound = { session: enters.room, name: enters.name };
    this.#isArriving = true;
    const peer = collabPeer(enters.room, enters.name);
    const { space } = this.#settings;
    return { type: "arrival", arrival: { peer, space, alias: peer, metadata: NO_METADATA, enters } };
  }

  /** Who has left may come back by the same link, as the same peer. */
  #rejoin(message: Message, bound: Bound): CommandOf<"enter-session"> {
    const entry = this.#entry(message);
    if (entry.room !== bound.session || entry.name !== bound.name)
      throw new Refusal("forbidden", { reason: "not_yours" });
    return entry;
  }

  #entry({ fields }: Message): CommandOf<"enter-session"> {
    const asked = sessionField(fields, { allowed: "blank" });
    const name = peerField(fields);
    const token = textField(fields, "join_token").trim();
    const metadata = {
      display_name: optionalText(fields, "display_name", { maxLength: 256 }) ?? null,
      avatar_url: optionalText(fields, "avatar_url", { maxLength: 2_048 }) ?? null,
      github_login: optionalText(fields, "github_login", { maxLength: 128 }) ?? null,
    };
    const ticket = token === "" ? undefined : this.#settings.tokens.read(token);
    const room = asked || ticket?.session || randomHex(this.#random, SESSION_ID_BYTES);
    return {
      type: "enter-session",
      room: roomId(room),
      name,
      ticket,
      place: this.#place,
      profile: { metadata },
      terms: this.#settings.terms,
    };
  }
}
