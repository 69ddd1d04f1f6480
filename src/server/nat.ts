import {
  type Endpoint,
  type NatType,
  type Outgoing,
  type PunchOutcome,
  Rendezvous,
  textOf,
} from "../core/punch.ts";
import type { Random } from "../core/random.ts";
import type { JoinTokens } from "../dialects/pulsar/tokens.ts";
import { Histograms } from "../lib/histogram.ts";
import { placeOf } from "../lib/place.ts";
import { RateTable } from "../lib/rate-table.ts";
import { METRICS } from "../observe/metrics.ts";
import {
  decodePunch,
  encodePunch,
  type PunchEncoding,
  type PunchMessage,
} from "../transports/punch-message.ts";
import { answerStun } from "../transports/stun.ts";
import { listenUdp, type UdpListener } from "../transports/udp.ts";

export interface NatOptions {
  readonly host: string;
  /** The port for requests, STUN and the first probe, and the port for the second probe. 0 takes any free one. */
  readonly ports: readonly [number, number];
  /** How long two peers try to meet, in ms. */
  readonly timeoutMs: number;
  /** Datagrams that one address may send in a second; four times as many at once. */
  readonly perSecond: number;
  readonly tokens: JoinTokens;
  readonly random: Random;
  now(): number;
  onError(error: unknown): void;
}

/** What was counted since the start. */
export interface NatCounts {
  stun: number;
  /** By what the NAT of the asking peer does. */
  readonly attempts: Map<NatType, number>;
  readonly met: Map<NatType, number>;
  readonly fallbacks: Map<NatType, number>;
  /** From the introduction until it was over. */
  readonly durations: Histograms<NatType>;
  /** From when both have asked until both were told. */
  readonly latency: Histograms<"introduce">;
  /** Datagrams beyond the rate, and those that are none of ours. */
  dropped: number;
}

export interface NatListener {
  readonly ports: readonly [number, number];
  readonly counts: NatCounts;
  tick(): void;
  close(): Promise<void>;
}

/** Shorter tokens are no tokens. */
const MIN_TOKEN_LENGTH = 16;
const MAX_PLACES = 20_000;
/** Endpoints to which something is owed. */
const MAX_CREDITS = 20_000;

/**
 * Helps peers through their NATs over UDP: answers STUN, tells where it sees them, and introduces those who may meet.
 * docs/spec/nat.md.
 */
export async function listenNat(options: NatOptions): Promise<NatListener> {
  const { host, ports, tokens, random, now, onError, perSecond, timeoutMs } = options;
  const counts: NatCounts = {
    stun: 0,
    attempts: new Map(),
    met: new Map(),
    fallbacks: new Map(),
    durations: new Histograms(METRICS.pulsar_hole_punch_duration_seconds.buckets),
    latency: new Histograms(METRICS.pulsar_rendezvous_latency_seconds.buckets),
    dropped: 0,
  };
  const rates = new RateTable({ perSecond, burst: perSecond * 4, maxKeys: MAX_PLACES });
  const credits = new Credits();
  const rendezvous = new Rendezvous({
    random,
    timeoutMs,
    onIntroduced: (tookMs) => counts.latency.observe("introduce", tookMs / 1000),
    onOutcome: (outcome: PunchOutcome, nat: NatType, tookMs: number) => {
      if (outcome === "met") counts.durations.observe(nat, tookMs / 1000);
      count(counts.attempts, nat);
      count(outcome === "met" ? counts.met : counts.fallbacks, nat);
    },
  });
  const sockets: UdpListener[] = [];

  const say = ({ to, reply }: Outgoing): void => {
    const bytes = encodePunch(reply, credits.encodingOf(to));
    // Whoever pretends to be somewhere else must not be able to send more there than it has sent here.
    if (credits.spend(to, bytes.length)) sockets[to.via]?.send(bytes, to);
  };

  const hear = (message: PunchMessage, from: Endpoint): void => {
    switch (message.type) {
      case "request": {
        const asked = requestOf(message, tokens, now());
        if (asked) rendezvous.request({ ...asked, from }, now()).forEach(say);
        break;
      }
      case "success":
        rendezvous.success(sessionOf(message.session).session, from, now());
        break;
      case "probe": {
        const { sequence } = message;
        const reply = { type: "observed", sequence, endpoint: textOf(from) } as const;
        const encoding = credits.encodingOf(from);
        // A probe that is not padded leaves no room for an address, and is sent back as the original does.
        if (encodePunch(reply, encoding).length <= credits.of(from)) say({ to: from, reply });
        else if (credits.spend(from, encodePunch(message, encoding).length))
          sockets[from.via]?.send(encodePunch(message, encoding), from);
        break;
      }
      // The others are for peers.
      default:
    }
  };

  const listen = (via: 0 | 1, port: number) =>
    listenUdp({
      host,
      port,
      onError,
      onDatagram(bytes, source) {
        if (rates.take(placeOf(source.address), now()) > 0) {
          counts.dropped++;
          return;
        }
        const stun = answerStun(bytes, source);
        if (stun) {
          counts.stun++;
          sockets[via]?.send(stun, source);
          return;
        }
        const heard = decodePunch(bytes);
        if (!heard) {
          counts.dropped++;
          return;
        }
        const from = { ...source, via };
        credits.earn(from, bytes.length, heard.encoding);
        hear(heard.message, from);
      },
    });

  sockets.push(await listen(0, ports[0]));
  try {
    sockets.push(await listen(1, ports[1]));
  } catch (error) {
    await sockets[0]?.close();
    throw error;
  }
  return {
    ports: [sockets[0]?.port ?? 0, sockets[1]?.port ?? 0],
    counts,
    tick: () => rendezvous.tick(now()).forEach(say),
    close: async () => void (await Promise.all(sockets.map((socket) => socket.close()))),
  };
}

/** Who asks, if its token is good for that session. What is not is not answered: the original does the same. */
function requestOf(
  { token, session: text }: Extract<PunchMessage, { type: "request" }>,
  tokens: JoinTokens,
  now: number,
) {
  if (token.length < MIN_TOKEN_LENGTH) return undefined;
  const { session, name, wants } = sessionOf(text);
  try {
    const ticket = tokens.verify(token, now);
    if (ticket.session !== session || (ticket.peer !== undefined && ticket.peer !== name)) return undefined;
  } catch {
    return undefined;
  }
  return { session, name, wants };
}

/** `session`, or `session name` or `session name wanted`, apart by line feeds: names may hold anything else. */
function sessionOf(text: string) {
  const [session = "", name, wants] = text.split("\n");
  return { session, name: name || undefined, wants: wants || undefined };
}

/** How many bytes each endpoint has sent more than it was sent, and how it writes. */
class Credits {
  readonly #by = new Map<string, { bytes: number; encoding: PunchEncoding }>();

  earn(from: Endpoint, bytes: number, encoding: PunchEncoding): void {
    const key = keyOf(from);
    const before = this.#by.get(key)?.bytes ?? 0;
    this.#by.delete(key);
    this.#by.set(key, { bytes: Math.min(before + bytes, MAX_CREDIT_BYTES), encoding });
    const [oldest] = this.#by.keys();
    if (this.#by.size > MAX_CREDITS && oldest !== undefined) this.#by.delete(oldest);
  }

  of(to: Endpoint): number {
    return this.#by.get(keyOf(to))?.bytes ?? 0;
  }

  encodingOf(to: Endpoint): PunchEncoding {
    return this.#by.get(keyOf(to))?.encoding ?? "bincode2";
  }

  /** @returns whether there was enough. */
  spend(to: Endpoint, bytes: number): boolean {
    const credit = this.#by.get(keyOf(to));
    if (!credit || credit.bytes < bytes) return false;
    credit.bytes -= bytes;
    return true;
  }
}

/** What is not spent soon is not owed for ever. */
const MAX_CREDIT_BYTES = 4_096;

const keyOf = ({ address, port, via }: Endpoint): string => `${address} ${port} ${via}`;

function count(counted: Map<NatType, number>, nat: NatType): void {
  counted.set(nat, (counted.get(nat) ?? 0) + 1);
}
