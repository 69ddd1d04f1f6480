import { hkdfSync } from "node:crypto";
import type { Config } from "../config/index.ts";
import type { EventOf } from "../core/events.ts";
import { roomId } from "../core/ids.ts";
import type { RelayAnswer } from "../dialects/native/settings.ts";
import { type JoinTokens, joinTokens } from "../dialects/pulsar/tokens.ts";
import { joinKeysOf } from "./pulsar.ts";
import type { QuicPlace } from "./quic-front.ts";
import { relayPlace } from "./relay-place.ts";

/** How long a pass lets its bearer in, in ms: enough to try everything that may carry it. */
const PASS_MS = 60_000;

/**
 * What lets members of rooms into the relay: join tokens under keys of their own, so that none of them is good for a
 * collaboration session, nor the reverse.
 */
export function relayPassesOf(config: Config): JoinTokens {
  const { secret, seed } = joinKeysOf(config);
  const derived = (key: Uint8Array) =>
    new Uint8Array(hkdfSync("sha256", key, "parlor", "relay of rooms", 32));
  return joinTokens({ secret: derived(secret), seed: derived(seed), form: "HS256" });
}

/** What a member is told that asks for the relay of its room. */
export function relayAnswers(
  config: Config,
  place: () => QuicPlace | undefined,
): (pass: EventOf<"relay-pass">, host: string | undefined) => RelayAnswer {
  const passes = relayPassesOf(config);
  return ({ session, peer, maySend, at }, host) => {
    const grant = { session: roomId(session), peer, issuedAt: at, expiresAt: at + PASS_MS };
    return {
      token: passes.mint({ ...grant, role: maySend ? "editor" : "observer" }),
      ttlMs: PASS_MS,
      ...relayPlace(config, { quic: place(), host }),
    };
  };
}
