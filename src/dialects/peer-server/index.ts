import { createHash } from "node:crypto";
import type { Arrival } from "../../core/arrivals.ts";
import { Refusal } from "../../core/errors.ts";
import type { Event } from "../../core/events.ts";
import type { Goodbye } from "../../core/goodbyes.ts";
import { peerId } from "../../core/ids.ts";
import { NO_METADATA } from "../../core/metadata.ts";
import { type Random, randomHex } from "../../core/random.ts";
import type { Incoming } from "../../lib/frame.ts";
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
import { autoAlias } from "./auto-alias.ts";
import { decodeCanonical } from "./canonical.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { provesKey } from "./key-proof.ts";
import { errorText, farewell, refuse } from "./refuse.ts";
import { PEER_SERVER_DEFAULTS, type PeerServerSettings } from "./settings.ts";
import {
  badMessage,
  type Envelope,
  optionalRecord,
  optionalText,
  parseEnvelope,
  payloadOf,
  textOf,
} from "./wire.ts";

/** Lower-case hex SHA-256 of the UTF-8 bytes of the text itself, whatever it encodes. */
export function fingerprintOf(publicKey: string): string {
  return createHash("sha256").update(publicKey).digest("hex");
}

/** The language of Peer Server's clients: src/dialects/peer-server/SPEC.md. */
export function peerServer(options: Partial<PeerServerSettings> = {}): Dialect {
  const settings = { ...PEER_SERVER_DEFAULTS, ...options };
  return {
    name: "peer-server",
    maxMessageBytes: settings.maxMessageBytes,
    registrationMs: settings.registrationMs,
    open: ({ random }: Surroundings) => new PeerServerConversation(settings, random),
  };
}

type Stage =
  | { readonly is: "greeting" }
  | {
      readonly is: "challenged";
      readonly nonce: string;
      readonly publicKey: string;
      readonly arrival: Arrival;
    }
  /** Handed to the hub, which may refuse it yet; the next message proves that it did not. */
  | { readonly is: "arriving" }
  | { readonly is: "registered" };

const REGISTERED: Stage = { is: "registered" };

/** What a fingerprint looks like. An alias like that must not find anybody: it could be taken for another peer. */
const FINGERPRINT = /^[0-9a-f]{64}$/i;

class PeerServerConversation implements Conversation {
  readonly encoding = "peer-server/json";
  readonly #settings: PeerServerSettings;
  readonly #random: Random;
  #stage: Stage = { is: "greeting" };

  constructor(settings: PeerServerSettings, random: Random) {
    this.#settings = settings;
    this.#random = random;
  }

  hear(message: Incoming): Heard {
    const text = textOf(message);
    switch (this.#stage.is) {
      case "arriving":
      case "registered":
        this.#stage = REGISTERED;
        return {
          type: "command",
          command: decodeCanonical(text) ?? decode(parseEnvelope(text), text, this.#settings),
        };
      case "greeting":
        return this.#greet(parseEnvelope(text));
      case "challenged":
        return this.#prove(parseEnvelope(text), this.#stage);
    }
  }

  encode(event: Event): Wire | undefined {
    return encode(event, this.#settings);
  }

  refuse(refused: Refused): RefusalReply {
    if (this.#stage.is !== "registered") return this.#refuseRegistration(refused.refusal);
    const message = refuse(refused, this.#settings);
    return message === undefined ? {} : { message };
  }

  farewell(goodbye: Goodbye): Farewell {
    return farewell(goodbye, this.#settings);
  }

  #greet(envelope: Envelope): Heard {
    if (envelope.type !== "register") throw badMessage("first message must be register");
    const wrong = "public_key required";
    if (envelope.payload === undefined) throw badMessage(wrong);
    const fields = payloadOf(envelope, wrong);
    const publicKey = optionalText(fields, "public_key", wrong);
    if (!publicKey) throw badMessage(wrong);

    const fingerprint = fingerprintOf(publicKey);
    const alias = optionalText(fields, "alias", wrong) || autoAlias(fingerprint);
    if (alias.length > this.#settings.maxNameLength) throw badMessage("alias too long");
    const arrival = {
      peer: peerId(fingerprint),
      space: this.#settings.space,
      alias,
      ...(FINGERPRINT.test(alias) && { aliasFinds: false }),
      metadata: optionalRecord(fields, "meta", wrong) ?? NO_METADATA,
    };
    if (!this.#mustProve(fields)) return this.#arrive(arrival);

    const nonce = randomHex(this.#random, 32);
    this.#stage = { is: "challenged", nonce, publicKey, arrival };
    return { type: "reply", reply: JSON.stringify({ type: "challenge", payload: { nonce } }) };
  }

  #mustProve(fields: Readonly<Record<string, unknown>>): boolean {
    const { keyProof } = this.#settings;
    return keyProof === "required" || (keyProof === "optional" && fields.proof === true);
  }

  #prove(envelope: Envelope, { nonce, publicKey, arrival }: Extract<Stage, { is: "challenged" }>): Heard {
    if (envelope.type !== "prove") throw badMessage("the challenge must be answered by prove");
    const wrong = "signature required";
    const signature = optionalText(payloadOf(envelope, wrong), "signature", wrong);
    if (!signature) throw badMessage(wrong);
    if (!provesKey({ publicKey, nonce, signature })) throw new Refusal("unauthorized");
    return this.#arrive({ ...arrival, verified: true });
  }

  #arrive(arrival: Arrival): Heard {
    this.#stage = { is: "arriving" };
    return { type: "arrival", arrival };
  }

  /** Every refusal before the registration is complete ends the link. */
  #refuseRegistration(refusal: Refusal): RefusalReply {
    const { code, details } = refusal;
    if (code === "server_full") return { farewell: this.farewell({ reason: "server_full" }) };
    const message = refuse({ refusal, command: undefined, reference: undefined }, this.#settings);
    if (code === "internal")
      return {
        farewell: { ...this.farewell({ reason: "internal" }), ...(message !== undefined && { message }) },
      };
    const reason = REGISTRATION_CLOSES[String(details.text ?? "")] ?? "invalid registration";
    const said = code === "bad_message" && details.text === "invalid message" ? FIRST_MESSAGE : message;
    return { farewell: { code: 1008, reason, ...(said !== undefined && { message: said }) } };
  }
}

const FIRST_MESSAGE = errorText({ code: 400, message: "first message must be register" });

/** Close reasons of the original that are not `invalid registration`. */
const REGISTRATION_CLOSES: Readonly<Record<string, string>> = { "public_key required": "missing public key" };
