import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, Refusal } from "../core/errors.ts";
import type { Event } from "../core/events.ts";
import { GOODBYES, type GoodbyeReason } from "../core/goodbyes.ts";
import { Hub } from "../core/hub.ts";
import { ANONYMOUS, type Identity } from "../core/identity.ts";
import type { PeerId } from "../core/ids.ts";
import { DEFAULT_LIMITS } from "../core/limits.ts";
import type { Outbox } from "../core/outbox.ts";
import type { Peer } from "../core/peer.ts";
import { type Conversation, type Dialect, EACH, type Heard } from "../dialects/dialect.ts";
import type { Incoming } from "../lib/frame.ts";
import { plainSealing, seededNumbers, seededRandom } from "./hub.ts";
import { SAMPLE_EVENTS, SAMPLE_PAYLOADS } from "./sample-events.ts";

/** Garbled messages that each part of the suite tries. */
const TRIES = 3_000;

const SEED = Number(process.env.SEED ?? 1);

const NOW = 1_700_000_000_000;

export interface DialectUnderTest {
  open(): Dialect;
  /** What a newcomer says, in order, until it is a peer. */
  readonly greeting: readonly Incoming[];
  /** What a peer may say: the seeds from which garbled messages grow. The more kinds, the better. */
  readonly messages: readonly Incoming[];
  readonly query?: string;
  /** Whom the credentials of a link stand for. Default: nobody in particular. */
  readonly identity?: Partial<Identity>;
}

/** The behaviour every dialect must have: docs/spec/dialects.md, rules DC1 to DC7. */
export function describeDialect(name: string, tested: DialectUnderTest): void {
  const converse = (seed = SEED, peer: () => Peer | undefined = () => undefined): Conversation =>
    tested.open().open({
      opening: {
        path: "/",
        query: new URLSearchParams(tested.query),
        headers: {},
        subprotocol: undefined,
        remoteAddress: "test",
      },
      random: seededRandom(seed),
      peer,
    });

  const identity: Identity = { ...ANONYMOUS, ...tested.identity };
  /** Goes on from credentials as if they were those of the one who is meant. */
  const admit = (conversation: Conversation, heard: Heard): Heard =>
    heard.type === "credentials" && conversation.admitted ? conversation.admitted(identity) : heard;

  /** A conversation whose party has arrived, and the arrival. */
  const arrived = (seed = SEED, peer?: () => Peer | undefined) => {
    const conversation = converse(seed, peer);
    // Who shows credentials when the link opens has nothing else to say.
    const isKnown = tested.open().credentials !== undefined;
    let heard: Heard | undefined = isKnown ? conversation.admitted?.(identity) : conversation.greet?.();
    for (const message of tested.greeting) heard = admit(conversation, conversation.hear(message, NOW));
    if (heard) heard = admit(conversation, heard);
    if (heard?.type !== "arrival") throw new Error(`the greeting ends in ${heard?.type}, not in an arrival`);
    return { conversation, arrival: heard.arrival };
  };

  describe(`the dialect ${name}`, () => {
    it("[DC1] refuses what it does not understand, and never fails, before somebody has arrived", () => {
      const garble = garbler([...tested.greeting, ...tested.messages], SEED);
      for (let count = 0; count < TRIES; count++) {
        const conversation = converse(count);
        expectRefusalOrSense(garble(), (message) => {
          const heard = admit(conversation, conversation.hear(message, NOW));
          expect(heard.type).toBeTypeOf("string");
        });
      }
    });

    it("[DC1] and after", () => {
      const garble = garbler(tested.messages, SEED + 1);
      let { conversation } = arrived();
      for (let count = 0; count < TRIES; count++) {
        // Some languages end a talk with what they have heard; a new one is cheap.
        if (count % 100 === 0) conversation = arrived(count).conversation;
        expectRefusalOrSense(garble(), (message) => void conversation.hear(message, NOW));
      }
    });

    it("[DC2] asks for nothing that the hub fails at, or that it cannot tell of", () => {
      const garble = garbler(tested.messages, SEED + 2);
      let self: Peer | undefined;
      const { conversation, arrival } = arrived(SEED, () => self);
      const { hub, failures } = hubFor(conversation);
      self = hub.connect(arrival, NOW, () => {});
      const { id } = self;
      for (let count = 0; count < TRIES; count++) {
        expectRefusalOrSense(
          count < 200 ? (tested.messages[count % tested.messages.length] ?? "") : garble(),
          (message) => {
            const heard = conversation.hear(message, NOW);
            if (heard.type === "command") {
              const now = NOW + count;
              hub.handle(id, hub.resolve(id, heard.command, now), now);
            }
          },
        );
        // Who has said goodbye comes again.
        if (!hub.world.peers.has(id)) self = hub.connect({ ...arrival, peer: id }, NOW + count, () => {});
      }
      expect(failures).toEqual([]);
    });

    it("[DC3] has a word, or decidedly none, for every event, whatever the payload", () => {
      const { conversation } = arrived();
      for (const event of everyEvent()) {
        const wire = conversation.encode(event);
        if (wire === EACH) expect(Array.isArray(conversation.encodeOwn?.(event).wires)).toBe(true);
        else if (wire !== undefined) expectWire(wire);
      }
    });

    it("[DC4] tells all of one encoding the same bytes", () => {
      const [one, other] = [arrived(1).conversation, arrived(2).conversation];
      expect(one.encoding).toBe(other.encoding);

      for (const event of everyEvent()) {
        const wire = one.encode(event);
        if (wire !== EACH) expect(other.encode(event)).toEqual(wire);
      }
    });

    it("[DC5] answers every refusal, or is silent", () => {
      for (const code of Object.keys(ERRORS) as ErrorCode[]) {
        for (const conversation of [converse(), arrived().conversation]) {
          const details = { path: 'a "path"', expected: "x", retryAfterMs: 5, text: "é" };
          const refusal = new Refusal(code, details);
          const { message, farewell } = conversation.refuse({
            refusal,
            command: undefined,
            reference: undefined,
          });
          if (message !== undefined) expectWire(message);
          if (farewell) expectClose(farewell);
        }
      }
    });

    it("[DC6] says every goodbye with a close code that may be sent, and a reason that fits", () => {
      for (const reason of Object.keys(GOODBYES) as GoodbyeReason[]) {
        for (const conversation of [converse(), arrived().conversation])
          expectClose(conversation.farewell({ reason }));
      }
    });

    it("[DC7] has bounds: on a message, and on the time until somebody has arrived", () => {
      const { maxMessageBytes, registrationMs } = tested.open();

      for (const bound of [maxMessageBytes, registrationMs]) {
        expect(bound).toBeGreaterThan(0);
        expect(bound).toBeLessThan(Number.MAX_SAFE_INTEGER);
      }
    });
  });
}

function* everyEvent(): Generator<Event> {
  for (const event of Object.values(SAMPLE_EVENTS)) {
    yield event;
    if (!("data" in event)) continue;
    for (const data of SAMPLE_PAYLOADS) yield { ...event, data } as Event;
  }
}

/** A hub whose tellings are encoded at once, as a server would. */
function hubFor(conversation: Conversation) {
  const failures: unknown[] = [];
  const encode = (event: Event) => {
    try {
      if (conversation.encode(event) === EACH) conversation.encodeOwn?.(event);
    } catch (error) {
      failures.push(error);
    }
  };
  const outbox: Outbox = {
    deliver: (to: Iterable<PeerId>, event: Event) => {
      for (const _ of to) encode(event);
    },
    answer: (_to, event) => encode(event),
    dismiss: () => {},
  };
  const hub = new Hub({ outbox, random: seededRandom(SEED), limits: DEFAULT_LIMITS, sealing: plainSealing });
  return { hub, failures };
}

function expectRefusalOrSense(message: Incoming, act: (message: Incoming) => void): void {
  try {
    act(message);
  } catch (error) {
    if (error instanceof Refusal) return;
    const shown = typeof message === "string" ? JSON.stringify(message) : `bytes ${[...message].join(" ")}`;
    throw new Error(`SEED=${SEED}: ${shown.slice(0, 2_000)}`, { cause: error });
  }
}

function expectWire(wire: unknown): void {
  if (typeof wire === "string") expect(wire.length).toBeGreaterThan(0);
  else expect(wire).toBeInstanceOf(Uint8Array);
}

function expectClose({ code, reason, message }: { code: number; reason: string; message?: unknown }): void {
  // 1005 stands for a close frame without a code.
  const mayBeSent = code >= 1000 && code <= 1014 && ![1004, 1006].includes(code);
  expect(mayBeSent || (code >= 3000 && code <= 4999), `close code ${code}`).toBe(true);
  expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  if (message !== undefined) expectWire(message);
}

/** Values that have broken decoders before. */
const NASTY: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  2 ** 53,
  "",
  "__proto__",
  "constructor",
  "\ud800",
  "\u0000",
  "x".repeat(300),
  [],
  [[]],
  {},
  { toString: null },
  ["a", 1],
];

/** Garbled messages: changed, cut, doubled and mixed forms of `seeds`, and plain noise. */
function garbler(seeds: readonly Incoming[], seed: number): () => Incoming {
  const next = seededNumbers(seed);
  const below = (bound: number) => Math.floor(next() * bound);
  const pick = <T>(of: readonly T[]): T => of[below(of.length)] as T;
  const noise = (length: number) => String.fromCharCode(...Array.from({ length }, () => below(0x300)));

  const changedJson = (text: string): string => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return text;
    }
    const record = structuredClone(value) as Record<string, unknown>;
    const inner = Object.values(record).filter((each) => typeof each === "object" && each !== null);
    const target = inner.length > 0 && next() < 0.5 ? (pick(inner) as Record<string, unknown>) : record;
    const key =
      next() < 0.8 ? pick([...Object.keys(target), "x"]) : pick(["__proto__", "toString", "room", "d"]);
    if (next() < 0.3) delete target[key];
    else
      Object.defineProperty(target, key, {
        value: pick(NASTY),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    return JSON.stringify(record);
  };

  return () => {
    const message = pick(seeds);
    if (typeof message !== "string") {
      const bytes = message.slice();
      for (let count = below(4) + 1; count > 0 && bytes.length > 0; count--)
        bytes[below(bytes.length)] = below(256);
      return next() < 0.3 ? bytes.slice(0, below(bytes.length + 1)) : bytes;
    }
    switch (below(6)) {
      case 0:
        return message.slice(0, below(message.length + 1));
      case 1:
        return (
          message.slice(0, below(message.length)) + noise(below(8) + 1) + message.slice(below(message.length))
        );
      case 2:
        return noise(below(40));
      case 3:
        return Uint8Array.from({ length: below(60) }, () => below(256));
      default:
        return changedJson(next() < 0.5 ? message : changedJson(message));
    }
  };
}
