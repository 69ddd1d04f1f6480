import { randomBytes } from "node:crypto";
import type { Config } from "../config/index.ts";
import { spaceId } from "../core/ids.ts";
import { COLLAB_SESSION } from "../core/policy.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { pulsar } from "../dialects/pulsar/index.ts";
import { type TokenKeys, tokenKeys } from "../dialects/pulsar/token-keys.ts";
import { type JoinTokens, joinTokens } from "../dialects/pulsar/tokens.ts";

/** Keys made up for a configuration that gives none: the same for all who speak for one server. */
const madeUp = new WeakMap<Config, TokenKeys>();

/** The keys of join tokens of a server with this configuration. */
export function joinKeysOf(config: Config): TokenKeys {
  let keys = madeUp.get(config);
  if (!keys) {
    const { jwtSecret, ed25519Key } = config.pulsar;
    keys = tokenKeys({
      jwtSecret,
      ed25519Key,
      authSecret: config.auth.secret,
      random: () => randomBytes(32),
    });
    madeUp.set(config, keys);
  }
  return keys;
}

/** What signs and checks the join tokens of a server with this configuration. */
export function joinTokensOf(config: Config): JoinTokens {
  return joinTokens({ ...joinKeysOf(config), form: config.pulsar.tokenForm });
}

/** The dialect of the Pulsar editor, as configured. */
export function pulsarDialect(config: Config): Dialect {
  const { space, capacity, observers, whenHostLeaves, sessionTtlMs, emptySessionMs } = config.pulsar;
  const { maxMessageBytes, sessionRateBytes, requestsPerSecond } = config.pulsar;
  return pulsar({
    space: spaceId(space),
    tokens: joinTokensOf(config),
    maxMessageBytes,
    registrationMs: config.registrationTimeoutMs,
    requests: { perSecond: requestsPerSecond, burst: requestsPerSecond * 4 },
    terms: {
      bytesPerSecond: sessionRateBytes,
      policy: {
        ...COLLAB_SESSION,
        capacity,
        spectators: observers,
        whenHostLeaves,
        maxAgeMs: sessionTtlMs,
        emptyMs: emptySessionMs,
      },
    },
  });
}
