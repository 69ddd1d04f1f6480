import { Refusal } from "../../core/errors.ts";
import type { Event } from "../../core/events.ts";
import type { Goodbye } from "../../core/goodbyes.ts";
import type { Credentials, Identity } from "../../core/identity.ts";
import { peerId, type RoomId, type SpaceId, spaceId } from "../../core/ids.ts";
import { NO_METADATA } from "../../core/metadata.ts";
import { jsonPayload } from "../../core/payload.ts";
import { PRIVATE_ROOM, type RoomPolicy } from "../../core/policy.ts";
import { type Random, randomHex } from "../../core/random.ts";
import type { Incoming } from "../../lib/frame.ts";
import type {
  Conversation,
  Dialect,
  Farewell,
  Heard,
  Opening,
  RefusalReply,
  Refused,
  Wire,
} from "../dialect.ts";
import { encode, type Profile } from "./encode.ts";
import { farewell, refuse } from "./refuse.ts";
import { parseEnvelope } from "./wire.ts";

export interface TapaculoSettings {
  /** Where the rooms are. */
  readonly space: SpaceId;
  /** Larger messages are passed over; four times as large ones end the link. */
  readonly maxMessageBytes: number;
  /** Longest name of a room or a user. */
  readonly maxNameLength: number;
  /** What a room is like that a token opens. */
  readonly policy: RoomPolicy;
}

export const TAPACULO_DEFAULTS: TapaculoSettings = {
  space: spaceId("default"),
  maxMessageBytes: 65_536,
  maxNameLength: 128,
  policy: { ...PRIVATE_ROOM, hosted: false, banAfterKick: false },
};

/** Everything is said when the link opens; nothing is waited for. */
const REGISTRATION_MS = 10_000;
const HARD_LIMIT = 4;
const IN_SUBPROTOCOL = "bearer.";

/** The language of tapaculo's clients: src/dialects/tapaculo/SPEC.md. */
export function tapaculo(options: Partial<TapaculoSettings> = {}): Dialect {
  const settings = { ...TAPACULO_DEFAULTS, ...options };
  return {
    name: "tapaculo",
    maxMessageBytes: settings.maxMessageBytes * HARD_LIMIT,
    registrationMs: REGISTRATION_MS,
    subprotocol: "tapaculo",
    credentials,
    open: ({ opening, random }) => new TapaculoConversation(settings, { opening, random }),
  };
}

/**
 * The token by query, by the header `Authorization: Bearer`, or as `bearer.<token>` among the offered subprotocols,
 * which is how a browser keeps it out of the address. @throws {Refusal} `unauthorized` without one.
 */
function credentials({ query, headers }: Opening): Credentials {
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
  const offered = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  const hidden = offered.find((name) => name.startsWith(IN_SUBPROTOCOL))?.slice(IN_SUBPROTOCOL.length);
  const token = query.get("token") || bearer || hidden;
  if (!token) throw new Refusal("unauthorized", { reason: "missing" });
  return { token };
}

class TapaculoConversation implements Conversation {
  readonly encoding: string;
  readonly #settings: TapaculoSettings;
  readonly #profile: Profile;
  readonly #random: Random;
  #room: RoomId | undefined;

  constructor(settings: TapaculoSettings, { opening, random }: { opening: Opening; random: Random }) {
    this.#settings = settings;
    this.#profile = opening.query.get("events") === "1" ? "events" : "envelopes";
    this.encoding = `tapaculo/${this.#profile}`;
    this.#random = random;
  }

  admitted({ user, room, role, space }: Identity): Heard {
    const { maxNameLength, policy } = this.#settings;
    if (user === undefined || room === undefined) throw new Refusal("unauthorized", { reason: "wrong_type" });
    if (space !== undefined && space !== this.#settings.space)
      throw new Refusal("unauthorized", { reason: "wrong_type" });
    for (const name of [user, room]) {
      if (name.length > maxNameLength) throw new Refusal("unauthorized", { reason: "malformed" });
    }
    this.#room = room;
    const peer = peerId(randomHex(this.#random, 16));
    return {
      type: "arrival",
      arrival: {
        peer,
        space: this.#settings.space,
        alias: user,
        user,
        metadata: NO_METADATA,
        verified: true,
      },
      command: { type: "join", room, create: policy, as: role === "spectator" ? "spectator" : "member" },
    };
  }

  hear(message: Incoming): Heard {
    if (typeof message !== "string" || this.#room === undefined) return { type: "nothing" };
    const { maxMessageBytes } = this.#settings;
    if (message.length * 3 > maxMessageBytes && utf8Length(message) > maxMessageBytes) {
      throw new Refusal("too_large", { maxBytes: maxMessageBytes });
    }
    const envelope = parseEnvelope(message);
    if (!envelope) throw new Refusal("bad_message", { expected: '{"from":text,"data":anything}' });
    const { dataText, name } = envelope;
    return {
      type: "command",
      command: { type: "broadcast", room: this.#room, data: jsonPayload(dataText), name },
    };
  }

  encode(event: Event): Wire | undefined {
    return encode(event, this.#profile);
  }

  refuse(refused: Refused): RefusalReply {
    return refuse(refused, this.#profile);
  }

  farewell(goodbye: Goodbye): Farewell {
    return farewell(goodbye);
  }
}

function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}
