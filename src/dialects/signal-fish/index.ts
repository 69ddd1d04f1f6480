import type { Event } from "../../core/events.ts";
import type { Goodbye } from "../../core/goodbyes.ts";
import { peerId } from "../../core/ids.ts";
import { NO_METADATA } from "../../core/metadata.ts";
import type { Peer } from "../../core/peer.ts";
import { randomUuid } from "../../core/random.ts";
import type { Incoming } from "../../lib/frame.ts";
import { isLargerThan } from "../../lib/message-size.ts";
import type {
  Conversation,
  Dialect,
  EACH,
  Farewell,
  Heard,
  Own,
  RefusalReply,
  Refused,
  Stopping,
  Surroundings,
  Urgency,
  Wire,
} from "../dialect.ts";
import { AppWindows } from "./app-windows.ts";
import type { Binding } from "./binding.ts";
import { done } from "./carried-out.ts";
import { Deliveries, UNSUPPORTED } from "./deliveries.ts";
import { encode, type Form, frame, joined, watchedRoomClosed } from "./encode.ts";
import { type Envelope, parseEnvelope, payloadOf, plainGameData, strictUuid } from "./envelope.ts";
import { Fault, Gibberish } from "./fault.ts";
import { handshake } from "./handshake.ts";
import { answerOpening, bindingOf, bondOf } from "./opening.ts";
import { isLater, operationIn, readOperation } from "./operations.ts";
import { type Asked, farewell, refusalText, wrapped } from "./refuse.ts";
import { EMPTY, isBare, passOn, REQUESTS } from "./requests.ts";
import { pages, routes } from "./routes.ts";
import { type App, SIGNAL_FISH_DEFAULTS, type SignalFishSettings } from "./settings.ts";
import { Statistics } from "./statistics.ts";
import { placeIn, type Talk } from "./talk.ts";
import { Window } from "./window.ts";

export { SIGNAL_FISH_DEFAULTS, type SignalFishSettings } from "./settings.ts";

/** What a transport may take before a link ends, in parts of what a client may send. */
const HARD_LIMIT = 4;

/** The language of Signal Fish's clients: src/dialects/signal-fish/SPEC.md. */
export function signalFish(options: Partial<SignalFishSettings> = {}): Dialect {
  const settings = { ...SIGNAL_FISH_DEFAULTS, ...options };
  const windows = new AppWindows();
  const statistics = new Statistics();
  const { listener, silence, maxLinksPerAddress } = settings;
  return {
    name: "signal-fish",
    silence,
    maxLinksPerAddress,
    drainGraceMs: settings.drainGraceMs,
    backlog: settings.backlog,
    listener,
    routes: (access) => routes(access, { settings, statistics }),
    pages: (access) => pages(access, { settings, statistics }),
    maxMessageBytes: settings.maxMessageBytes * HARD_LIMIT,
    maxOutboundBytes: settings.maxOutboundBytes,
    registrationMs: settings.authTimeoutMs,
    rate: { perSecond: settings.messagesPerSecond, burst: settings.messagesBurst },
    answerOpening: (opening) => answerOpening(opening, settings),
    open: (surroundings) => new SignalFishConversation(settings, { surroundings, windows, statistics }),
  };
}

interface Shared {
  readonly surroundings: Surroundings;
  readonly windows: AppWindows;
  readonly statistics: Statistics;
}

/** What other languages say may be lost has a number all the same, and none of the classes that may. */
const RELIABLE: Urgency = { lane: "normal" };

/** By format and version. Asked for with every message to everybody, so none is made up then. */
const ENCODINGS = {
  json: { 2: "signal-fish/v2/json", 3: "signal-fish/v3/json" },
  message_pack: { 2: "signal-fish/v2/message_pack", 3: "signal-fish/v3/message_pack" },
} as const;

const GAME_DATA: Asked = { type: "GameData" };
const NOT_ASKED: Asked = { type: "" };

class SignalFishConversation implements Conversation {
  readonly #settings: SignalFishSettings;
  readonly #surroundings: Surroundings;
  readonly #windows: AppWindows;
  readonly #statistics: Statistics;
  readonly #window: Window;
  readonly #deliveries = new Deliveries();
  /** The id of a peer of its own; a reconnected player has another. */
  readonly #id: string;
  #form: Form;
  /** Where the link is bound, every message is proven. */
  #binding: Binding | undefined;
  #app: App | undefined;
  #isAuthenticated = false;
  #mayOperate = false;
  /** Whether the client has asked for what only those of later servers know. */
  #knowsLater = false;
  /** What the message at hand wants; also for its refusal. */
  #asked: Asked = NOT_ASKED;

  constructor(settings: SignalFishSettings, { surroundings, windows, statistics }: Shared) {
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.#windows = windows;
    this.#statistics = statistics;
    statistics.connections++;
    this.#window = new Window(settings.rateWindowMs);
    this.#id = randomUuid(surroundings.random);
    this.#form = { version: 2, format: "json", settings };
  }

  get encoding(): string {
    return ENCODINGS[this.#form.format][this.#form.version];
  }

  /** Where everybody may come in, a link is a peer from the start; it may say later of which app. */
  greet(): Heard {
    const { opening, random } = this.#surroundings;
    this.#binding = bindingOf(opening, { settings: this.#settings, random });
    const replies = this.#binding?.challenge === undefined ? [] : [this.#binding.challenge];
    if (this.#settings.appAccess === "listed") return { type: "reply", reply: replies };
    return { type: "arrival", arrival: this.#arrival(this.#settings.space), replies };
  }

  hear(message: Incoming, now: number): Heard {
    this.#asked = NOT_ASKED;
    const said = this.#binding ? this.#binding.open(message) : message;
    if (isLargerThan(message, this.#settings.maxMessageBytes)) {
      throw new Fault("MESSAGE_TOO_LARGE", `Message is larger than ${this.#settings.maxMessageBytes} bytes`);
    }
    if (typeof said !== "string") return this.#bytes(said, now);

    const plain = plainGameData(said);
    if (plain !== undefined) {
      const place = placeIn(this.#peer());
      this.#asked = GAME_DATA;
      return this.#noted(passOn(plain, { place, version: this.#form.version }));
    }
    const envelope = parseEnvelope(said);
    if (envelope.type === "Authenticate") return this.#authenticate(envelope, now);
    if (envelope.type === "RoomOperation") return this.#operate(envelope, now);
    const read = Object.hasOwn(REQUESTS, envelope.type) ? REQUESTS[envelope.type] : undefined;
    if (!read) throw new Gibberish();
    const talk = this.#talk(now);
    this.#ask(envelope);
    return this.#noted(read(isBare(envelope.type) ? EMPTY : envelope, talk));
  }

  encode(event: Event): Wire | typeof EACH | undefined {
    return encode(event, this.#form);
  }

  answer(event: Event, reference: unknown): Wire | undefined {
    const asked = reference as Asked;
    if (event.type === "room-joined" || event.type === "reclaimed") this.account?.enters(event);
    if (event.type === "done") return done(asked);
    this.#statistics.answered(event);
    const you = this.#surroundings.peer()?.id;
    const wire =
      event.type === "room-joined" && you !== undefined ? joined(event, you, this.#form) : undefined;
    const said = wire ?? encode(event, this.#form);
    if (typeof said !== "string") return undefined;
    return asked.operation === undefined ? said : wrapped(asked.operation, said);
  }

  encodeOwn(event: Event): Own {
    switch (event.type) {
      case "message":
        if (this.#form.version === 2) return { wires: [UNSUPPORTED] };
        this.#deliveries.unsupported(event);
        return { wires: [], isMissed: true };
      case "room-closed":
        if (event.facts?.role === "spectator") return { wires: [watchedRoomClosed(event.facts)] };
        return { wires: [], farewell: farewell({ reason: "room_inactive" }) };
      case "kicked":
        return { wires: [], farewell: this.farewell({ reason: "kicked" }) };
      default:
        return { wires: [] };
    }
  }

  ended(): void {
    this.#statistics.disconnections++;
  }

  /** Version 3 is told of what it is not told. */
  get account(): Deliveries | undefined {
    return this.#form.version === 3 ? this.#deliveries : undefined;
  }

  urgency(event: Event): Urgency | undefined {
    if (event.type !== "message" || !event.stamp) return undefined;
    const { key, class: wanted } = event.delivery ?? {};
    if (wanted === "volatile") return { lane: "ephemeral" };
    if (wanted === "latest") return { lane: "low", replaces: `${event.room} ${event.from} ${key}` };
    return RELIABLE;
  }

  refuse({ refusal }: Refused): RefusalReply {
    // The hub would not take a newcomer.
    if (refusal.code === "server_full") return { farewell: farewell({ reason: "server_full" }) };
    this.#statistics.refused(refusal, this.#asked);
    const message = refusalText(refusal, this.#asked);
    const isLast = refusal instanceof Fault && refusal.then === "close";
    return isLast ? { farewell: { code: 1000, reason: "unregistered", message } } : { message };
  }

  stopping({ at, retryAfterMs }: Stopping): Wire | undefined {
    if (this.#form.version === 2 || !this.#isAuthenticated) return undefined;
    const retry_after_secs = Math.ceil(retryAfterMs / 1000);
    return frame("GoingAway", { deadline_ms: at, retry_after_secs });
  }

  farewell(goodbye: Goodbye): Farewell {
    const { reason, at } = goodbye;
    const said = farewell(goodbye, { knowsLater: this.#knowsLater });
    // Where the moment is told, nothing was said before; the link ends at once, so nothing is said of a later try.
    const isNews = reason === "server_shutdown" && at !== undefined && this.#isAuthenticated;
    if (!isNews || this.#form.version === 2) return said;
    return { ...said, message: frame("GoingAway", { deadline_ms: at }) };
  }

  #arrival(space: SignalFishSettings["space"]) {
    return {
      peer: peerId(this.#id),
      space,
      alias: this.#id,
      aliasFinds: false,
      metadata: NO_METADATA,
      bond: bondOf(this.#surroundings.opening, this.#binding),
    };
  }

  /** @throws {Fault} `MISSING_APP_ID` before the peer has arrived. */
  #peer(): Peer {
    const peer = this.#surroundings.peer();
    if (!peer) throw new Fault("MISSING_APP_ID", "Authentication required", "close");
    return peer;
  }

  #talk(now: number): Talk {
    const peer = this.#peer();
    const { random } = this.#surroundings;
    return {
      settings: this.#settings,
      version: this.#form.version,
      app: this.#app,
      random,
      peer,
      place: placeIn(peer),
      window: this.#window,
      now,
    };
  }

  #authenticate(envelope: Envelope, now: number): Heard {
    const fields = payloadOf(envelope);
    if (this.#isAuthenticated) return { type: "nothing" };
    this.#ask(envelope);
    const agreed = handshake(fields, {
      settings: this.#settings,
      defaultVersion: this.#surroundings.opening.path.endsWith("/v3/ws") ? 3 : 2,
      admit: (app) => this.#windows.admit(app, now),
    });

    this.#isAuthenticated = true;
    this.#app = agreed.app;
    this.#mayOperate = agreed.mayOperate;
    this.#form = { version: agreed.version, format: agreed.format, settings: this.#settings };
    const { replies } = agreed;
    if (this.#surroundings.peer()) return { type: "reply", reply: replies };
    return { type: "arrival", arrival: this.#arrival(agreed.space), replies };
  }

  #bytes(message: Uint8Array, now: number): Heard {
    if (!this.#surroundings.peer()) {
      throw new Fault("MISSING_APP_ID", "Authentication required before sending binary data", "close");
    }
    const { place, version } = this.#talk(now);
    if (this.#form.format === "json") {
      throw new Fault("INVALID_INPUT", "Binary payloads are disabled for this connection");
    }
    if (place?.role !== "member") {
      if (version === 3) throw new Fault("NOT_IN_ROOM", "Not in a room");
      return { type: "nothing" };
    }
    this.#statistics.gameData++;
    const data = { form: "msgpack", bytes: message } as const;
    return { type: "command", command: { type: "broadcast", room: place.room.id, data } };
  }

  #operate(envelope: Envelope, now: number): Heard {
    const fields = payloadOf(envelope);
    const talk = this.#talk(now);
    this.#asked = { type: "RoomOperation" };
    if (talk.version === 2) {
      throw new Fault("UNSUPPORTED_PROTOCOL_VERSION", "Room operations need protocol version 3");
    }
    if (!this.#mayOperate) throw new Fault("INVALID_INPUT", "Room operations were not negotiated");
    const operation = strictUuid(fields, "operation_id");
    this.#asked = { ...NOT_ASKED, operation };
    const inner = operationIn(fields);
    this.#ask(inner, { operation });
    const { heard, done } = readOperation(inner, talk);
    this.#ask(inner, { operation, done });
    return this.#noted(heard);
  }

  /** Notes what is asked now. */
  #ask(request: Envelope, more: Pick<Asked, "operation" | "done"> = {}): void {
    this.#knowsLater ||= isLater(request);
    this.#asked = { type: request.type, knowsLater: this.#knowsLater, ...more };
  }

  /** What was heard, with a note of what it was, for its answer. */
  #noted(heard: Heard): Heard {
    if (heard.type === "command" && this.#asked.type === "GameData") this.#statistics.gameData++;
    if (heard.type === "command") return { type: "command", command: heard.command, reference: this.#asked };
    return heard.type === "claim" ? { ...heard, reference: this.#asked } : heard;
  }
}
