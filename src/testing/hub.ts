import type { Arrival } from "../core/arrivals.ts";
import type { Event } from "../core/events.ts";
import type { Goodbye } from "../core/goodbyes.ts";
import { type Handling, Hub } from "../core/hub.ts";
import { type PeerId, peerId, spaceId } from "../core/ids.ts";
import { DEFAULT_LIMITS, type HubLimits } from "../core/limits.ts";
import { NO_METADATA } from "../core/metadata.ts";
import type { Outbox } from "../core/outbox.ts";
import type { Random } from "../core/random.ts";
import type { Sealing } from "../core/seals.ts";

/** One thing a hub told: to whom, and what. A dismissal is told as its goodbye. */
export interface Told {
  readonly to: readonly PeerId[];
  readonly event: Event | { readonly type: "goodbye"; readonly goodbye: Goodbye };
}

/** Repeatable "chance": the same seed gives the same bytes (mulberry32). */
export function seededRandom(seed: number): Random {
  const next = seededNumbers(seed);
  return { bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)) };
}

/** Repeatable numbers from 0 up to but not including 1 (mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What a password becomes where nothing is to be kept from anybody, but must not be found as it was. */
export const plainSealing: Sealing = (password, salt) => [...`${salt}${password}`].reverse().join("");

/** A hub whose tellings are kept in `sent`, with a clock that only the test moves. */
export function hubOf(limits: Partial<HubLimits> = {}) {
  const sent: Told[] = [];
  const probed: string[] = [];
  const outbox: Outbox = {
    deliver(to, event, except) {
      const heard = [...to].filter(
        (peer) => peer !== except && !(typeof except === "object" && except.has(peer)),
      );
      if (heard.length > 0) sent.push({ to: heard, event });
    },
    answer: (to, event) => void sent.push({ to: [to], event }),
    probe: (peer, withinMs) => void probed.push(`${peer} ${withinMs}`),
    dismiss: (to, goodbye) => void sent.push({ to: [to], event: { type: "goodbye", goodbye } }),
  };
  const hub = new Hub({
    outbox,
    random: seededRandom(1),
    limits: { ...DEFAULT_LIMITS, ...limits },
    sealing: plainSealing,
  });
  const clock = { now: 1_000_000 };

  const arrive = (names: readonly string[], more: Pick<Arrival, "session"> = {}): PeerId[] => {
    const peers = names.map((name) => {
      const peer = peerId(name);
      const arrival = { peer, space: spaceId("test"), alias: name, metadata: NO_METADATA, ...more };
      hub.connect(arrival, clock.now, () => {});
      return peer;
    });
    sent.length = 0;
    return peers;
  };

  return {
    hub,
    sent,
    /** Whose links were asked for a sign of life, and within how many ms. */
    probed,
    clock,
    /** Connects peers of these names, in one space, and forgets what was told meanwhile. */
    connect: (...names: string[]) => arrive(names),
    /** The same, of peers with sessions. */
    connectWithSessions: (...names: string[]) => arrive(names, { session: { graceMs: 30_000 } }),
    /** Carries out a command, and returns what was told because of it. */
    handle(peer: PeerId, command: Parameters<Hub["handle"]>[1], handling: Handling = {}): Told[] {
      const before = sent.length;
      hub.handle(peer, command, clock.now, handling);
      return sent.slice(before);
    },
    /** Lets time pass, and returns what was told because of it. */
    forward(ms: number): Told[] {
      const before = sent.length;
      clock.now += ms;
      hub.tick(clock.now);
      return sent.slice(before);
    },
  };
}

/** The members of a room as the hub knows them; empty when there is no such room. */
export function membersIn(hub: Hub, room: string): string[] {
  const rooms = hub.world.spaces.get(spaceId("test"))?.rooms;
  for (const [id, { members }] of rooms ?? []) if (id === room) return [...members.keys()];
  return [];
}
