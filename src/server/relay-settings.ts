import type { Config } from "../config/index.ts";
import { Refusal } from "../core/errors.ts";
import type { Random } from "../core/random.ts";
import { joinTokensOf } from "./pulsar.ts";
import type { RelayDeskOptions } from "./relay-desk.ts";

/** The relay of a server as configured: whoever brings a join token of the server's may come in. */
export function relayDeskOptions(
  config: Config,
  given: { readonly random: Random; now(): number; report(error: unknown): void },
): RelayDeskOptions {
  const tokens = joinTokensOf(config);
  return {
    ...given,
    limits: { ...config.relay, maxStreams: config.quic.maxStreams },
    admitWithinMs: config.registrationTimeoutMs,
    async admit(token) {
      const ticket = tokens.verify(token, given.now());
      // Whose peer it was that used it up is not known here.
      if (ticket.once && ticket.peer === undefined) throw new Refusal("forbidden");
      return { session: ticket.session, peer: ticket.peer, maySend: ticket.role !== "observer" };
    },
  };
}
