import { type Random, randomHex } from "./random.ts";

/** Where datagrams of a peer come from, as seen by one of the server's ports. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** Which of the server's ports saw it. */
  readonly via: 0 | 1;
}

/** What a NAT does with the ports of what goes out, as far as two probes can tell. */
export type NatType = "cone" | "symmetric" | "unknown";

/** What the server says to an endpoint. */
export type PunchReply =
  | { readonly type: "ack"; readonly session: string }
  | { readonly type: "observed"; readonly sequence: number; readonly endpoint: string }
  | {
      readonly type: "introduce";
      readonly token: string;
      readonly nat: string;
      readonly endpoints: readonly string[];
    }
  | { readonly type: "fallback"; readonly session: string };

export interface Outgoing {
  readonly to: Endpoint;
  readonly reply: PunchReply;
}

/** Somebody who wants to be introduced, and has shown that it may. */
export interface PunchRequest {
  readonly session: string;
  /** What it calls itself; by default it is known by its endpoint. */
  readonly name: string | undefined;
  /** Whom it wants to meet; by default the next who comes. */
  readonly wants: string | undefined;
  readonly from: Endpoint;
}

export type PunchOutcome = "met" | "fallback";

export interface RendezvousOptions {
  readonly random: Random;
  /** How long two peers try before they are told to use the relay, in ms. */
  readonly timeoutMs: number;
  /** Two were told of each other, so long after both had asked. */
  onIntroduced?(tookMs: number): void;
  /** Told once for each of the two. */
  onOutcome?(outcome: PunchOutcome, nat: NatType, tookMs: number): void;
}

/** One of two that are to meet. Each state holds what exists in it. */
interface Side {
  readonly session: string;
  readonly key: string;
  readonly name: string | undefined;
  readonly wants: string | undefined;
  /** By the port that saw it. */
  readonly seen: Map<0 | 1, Endpoint>;
  readonly since: number;
  heardAt: number;
  pair: Pair | undefined;
  /** How it ended, for this one. */
  outcome: PunchOutcome | undefined;
  endedAt: number;
}

interface Pair {
  readonly sides: readonly [Side, Side];
  readonly token: string;
  readonly since: number;
}

/** Most peers that wait or try at one time; the one that was heard least recently is forgotten first. */
const MAX_SIDES = 20_000;
/** Who is not heard for that long has given up. Requests come at least every 5 s. */
const SILENT_MS = 15_000;
/** A request that was on its way when they met is no new one. */
const ANEW_MS = 2_000;
/** How long the second port is waited for, so that a NAT's habits are known before the introduction. */
const SECOND_PORT_MS = 250;
/** Ports that are guessed for a NAT that takes one after the other. */
const GUESSES = 8;
/** Two ports that are farther apart were taken by chance. */
const MAX_STRIDE = 64;
const MAX_PORT = 65_535;
/** How long those try whose NATs give them no hope, in ms: what two ports have shown need not be the whole truth. */
const HOPELESS_MS = 2_000;
const TOKEN_BYTES = 16;

/**
 * Introduces peers to each other: tells both at once where the other was seen, and where it may be next. Pure: it is told
 * what arrives and what time it is, and says what to send.
 *
 * docs/spec/nat.md, rules NAT10 to NAT19.
 */
export class Rendezvous {
  readonly #options: RendezvousOptions;
  /** Least recently heard first. */
  readonly #sides = new Map<string, Side>();
  /** By session and by where they were seen. */
  readonly #bySeen = new Map<string, Side>();
  /** Of each session, those who wait. */
  readonly #waiting = new Map<string, Set<Side>>();

  constructor(options: RendezvousOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sides.size;
  }

  /** What to say because somebody asks to be introduced. Asking again is how a lost answer is found. */
  request(request: PunchRequest, now: number): Outgoing[] {
    const { from, session } = request;
    const side = this.#sideOf(request, now);
    const before = side.seen.get(from.via);
    if (before) this.#bySeen.delete(placeKey(session, before));
    side.seen.set(from.via, from);
    this.#bySeen.set(placeKey(session, from), side);
    side.heardAt = now;
    this.#sides.delete(side.key);
    this.#sides.set(side.key, side);
    if (side.outcome === "fallback") return [{ to: from, reply: { type: "fallback", session } }];

    const isNew = side.pair === undefined && this.#isReady(side, now) && this.#match(side, now);
    const { pair } = side;
    if (!pair) {
      return [
        { to: from, reply: { type: "ack", session } },
        { to: from, reply: { type: "observed", sequence: 0, endpoint: textOf(from) } },
      ];
    }
    // Both are told at the same moment, so that both send before the first packet of the other arrives.
    if (isNew) {
      const [one, two] = pair.sides;
      this.#options.onIntroduced?.(now - Math.max(one.since, two.since));
    }
    const told = isNew ? pair.sides : [side];
    return told.map((each) => introduction(pair, each, each === side ? from : undefined));
  }

  /** A peer says that it hears the other. */
  success(session: string, from: Endpoint, now: number): void {
    const side = this.#bySeen.get(placeKey(session, from));
    if (side?.pair && side.outcome === undefined) this.#end(side, "met", now);
  }

  /** What to say because time has passed: those who could not meet are told to use the relay. */
  tick(now: number): Outgoing[] {
    const out: Outgoing[] = [];
    for (const side of this.#sides.values()) {
      const { pair } = side;
      if (pair && side.outcome === undefined && now - pair.since >= this.#patienceMs(pair)) {
        this.#end(side, "fallback", now);
        const to = lastOf(side);
        if (to) out.push({ to, reply: { type: "fallback", session: side.session } });
      }
      if (now - side.heardAt >= SILENT_MS + (pair ? this.#options.timeoutMs : 0)) this.#forget(side);
    }
    return out;
  }

  #patienceMs(pair: Pair): number {
    const { timeoutMs } = this.#options;
    return areHopeless(pair) ? Math.min(timeoutMs, HOPELESS_MS) : timeoutMs;
  }

  #sideOf({ session, name, wants, from }: PunchRequest, now: number): Side {
    const key = `${session} ${name ?? `${from.address} ${from.port}`} ${wants ?? ""}`;
    const known = this.#sides.get(key);
    // Who asks again some time after it has met starts anew: it has lost the other.
    if (known && !(known.outcome === "met" && now - known.endedAt >= ANEW_MS)) return known;
    if (known) this.#forget(known);
    const side: Side = {
      session,
      key,
      name,
      wants,
      seen: new Map(),
      since: now,
      heardAt: now,
      pair: undefined,
      outcome: undefined,
      endedAt: 0,
    };
    this.#sides.set(key, side);
    const waiting = this.#waiting.get(session) ?? new Set();
    this.#waiting.set(session, waiting.add(side));
    const [oldest] = this.#sides.values();
    if (this.#sides.size > MAX_SIDES && oldest) this.#forget(oldest);
    return side;
  }

  /** Whether enough is known of it. One that only ever asks at one port is not waited for long. */
  #isReady(side: Side, now: number): boolean {
    return side.seen.size > 1 || side.name === undefined || now - side.since >= SECOND_PORT_MS;
  }

  #match(side: Side, now: number): boolean {
    const waiting = this.#waiting.get(side.session);
    for (const other of waiting ?? []) {
      if (other === side || !want(side, other) || !want(other, side) || !this.#isReady(other, now)) continue;
      const token = randomHex(this.#options.random, TOKEN_BYTES);
      const pair: Pair = { sides: [side, other], token, since: now };
      side.pair = pair;
      other.pair = pair;
      this.#stopWaiting(side);
      this.#stopWaiting(other);
      return true;
    }
    return false;
  }

  #end(side: Side, outcome: PunchOutcome, now: number): void {
    side.outcome = outcome;
    side.endedAt = now;
    this.#options.onOutcome?.(outcome, natOf(side), now - (side.pair?.since ?? now));
  }

  #forget(side: Side): void {
    if (this.#sides.get(side.key) === side) this.#sides.delete(side.key);
    for (const endpoint of side.seen.values()) {
      const key = placeKey(side.session, endpoint);
      if (this.#bySeen.get(key) === side) this.#bySeen.delete(key);
    }
    this.#stopWaiting(side);
  }

  #stopWaiting(side: Side): void {
    const waiting = this.#waiting.get(side.session);
    waiting?.delete(side);
    if (waiting?.size === 0) this.#waiting.delete(side.session);
  }
}

/** Whether `one` may meet `other`. Those without names meet whoever else has none. */
function want(one: Side, other: Side): boolean {
  return one.wants === undefined
    ? other.wants === undefined || other.wants === one.name
    : one.wants === other.name;
}

function introduction(pair: Pair, side: Side, asked: Endpoint | undefined): Outgoing {
  const other = pair.sides[0] === side ? pair.sides[1] : pair.sides[0];
  const to = asked ?? lastOf(side);
  const reply: PunchReply = {
    type: "introduce",
    token: pair.token,
    nat: natOf(other),
    endpoints: endpointsOf(other),
  };
  return { to: to as Endpoint, reply };
}

const lastOf = (side: Side): Endpoint | undefined => [...side.seen.values()].at(-1);

const placeKey = (session: string, { address, port }: Endpoint): string => `${address} ${port} ${session}`;

/** What two ports have seen. One cannot tell. */
function natOf({ seen }: Side): NatType {
  const [one, two] = [seen.get(0), seen.get(1)];
  if (!one || !two) return "unknown";
  return one.port === two.port && one.address === two.address ? "cone" : "symmetric";
}

/**
 * How far apart a NAT takes its ports, when it takes another one for each destination and those two are near each other:
 * a peer asks the first port first. `undefined` for all others, those that take ports by chance among them.
 */
function strideOf({ seen }: Side): number | undefined {
  const [one, two] = [seen.get(0), seen.get(1)];
  if (!one || !two || one.address !== two.address) return undefined;
  const stride = two.port - one.port;
  return stride !== 0 && Math.abs(stride) <= MAX_STRIDE ? stride : undefined;
}

/** Whether both NATs take ports by chance: then neither will ever send where the other expects it. */
const areHopeless = ({ sides }: Pair): boolean =>
  sides.every((side) => natOf(side) === "symmetric" && strideOf(side) === undefined);

/**
 * Where a peer may be reached: the ports that its NAT is likely to take next, in the order in which it will take them,
 * and where it was seen. Each of two such NATs takes its next port for the first of the other's, and so on: it is the
 * order that lets them meet.
 */
function endpointsOf(side: Side): string[] {
  const seen = [...side.seen.values()];
  const two = side.seen.get(1);
  const stride = strideOf(side);
  const likely: Endpoint[] = [];
  for (let guess = 1; two && stride !== undefined && guess <= GUESSES; guess++) {
    const port = two.port + stride * guess;
    if (port > 0 && port <= MAX_PORT) likely.push({ ...two, port });
  }
  return [...new Set([...likely, ...seen].map(textOf))];
}

/** `192.0.2.1:7000`, `[2001:db8::1]:7000`. */
export function textOf({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
