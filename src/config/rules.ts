import type { Config } from "./schema.ts";

/** What must hold between settings that are each fine alone. */
interface Rule {
  /** The settings it looks at; the first is the one it is told under. It is not asked when one of them is bad. */
  readonly paths: readonly [string, ...string[]];
  readonly message: string;
  isBroken(config: Config): boolean;
}

export const RULES: readonly Rule[] = [
  {
    paths: ["tls.keyPath", "tls.certPath"],
    message: "found nothing, expected the key that belongs to tls.certPath",
    isBroken: ({ tls }) => tls.certPath !== undefined && tls.keyPath === undefined,
  },
  {
    paths: ["tls.certPath", "tls.keyPath"],
    message: "found nothing, expected the certificate that belongs to tls.keyPath",
    isBroken: ({ tls }) => tls.keyPath !== undefined && tls.certPath === undefined,
  },
  {
    paths: ["websocket.queueBytes", "websocket.maxMessageBytes"],
    message: "too small for one message of websocket.maxMessageBytes",
    isBroken: ({ websocket }) => websocket.queueBytes < websocket.maxMessageBytes,
  },
  {
    paths: ["peerServer.roomDefaultSize", "peerServer.roomMaxSize"],
    message: "more than peerServer.roomMaxSize",
    isBroken: ({ peerServer }) => peerServer.roomDefaultSize > peerServer.roomMaxSize,
  },
  {
    paths: ["signalFish.minVersion", "signalFish.maxVersion"],
    message: "more than signalFish.maxVersion",
    isBroken: ({ signalFish }) => signalFish.minVersion > signalFish.maxVersion,
  },
  {
    paths: ["signalFish.defaultMaxPlayers", "signalFish.maxPlayers"],
    message: "more than signalFish.maxPlayers",
    isBroken: ({ signalFish }) => signalFish.defaultMaxPlayers > signalFish.maxPlayers,
  },
  {
    paths: ["signalFish.roomCodePrefix", "signalFish.roomCodeLength"],
    message: "leaves no room in a code of signalFish.roomCodeLength",
    isBroken: ({ signalFish }) => (signalFish.roomCodePrefix?.length ?? 0) >= signalFish.roomCodeLength,
  },
  {
    paths: ["signalFish.metricsToken", "signalFish.requireMetricsAuth"],
    message: "found nothing, expected the token that signalFish.requireMetricsAuth needs",
    isBroken: ({ signalFish }) => signalFish.requireMetricsAuth && signalFish.metricsToken === undefined,
  },
  {
    paths: ["auth.secret", "mode"],
    message: "too short for production, expected at least 32 characters",
    isBroken: ({ mode, auth }) =>
      mode === "production" && auth.secret !== undefined && auth.secret.length < 32,
  },
  {
    paths: ["console.token", "mode"],
    message: "too short for production, expected at least 32 characters",
    isBroken: ({ mode, console }) =>
      mode === "production" && console.token !== undefined && console.token.length < 32,
  },
  {
    paths: ["auth.secret", "mode", "tapaculo.enabled"],
    message: "found nothing, expected a secret in production while tapaculo.enabled is true",
    isBroken: ({ mode, auth, tapaculo }) =>
      mode === "production" && tapaculo.enabled && auth.secret === undefined,
  },
  {
    paths: ["auth.secret", "auth.allowAnonymous"],
    message: "found nothing, expected a secret while auth.allowAnonymous is false",
    isBroken: ({ mode, auth }) => mode === "production" && !auth.allowAnonymous && auth.secret === undefined,
  },
];

/** What is allowed and still worth a word at the start. `isSet` tells whether somebody chose the value of a path. */
export function adviceOn(config: Config, isSet: (path: string) => boolean): string[] {
  const advice: string[] = [];
  for (const [path, kind] of [
    ["broker.redisUrl", "redis"],
    ["broker.redisPassword", "redis"],
    ["broker.redisDb", "redis"],
    ["broker.natsUrl", "nats"],
  ] as const) {
    if (isSet(path) && config.broker.kind !== kind) {
      advice.push(`${path} has no effect while broker.kind is "${config.broker.kind}"`);
    }
  }
  if (config.mode === "development" && config.auth.secret !== undefined && config.auth.secret.length < 32) {
    advice.push("auth.secret is shorter than 32 characters: fine for development, refused in production");
  }
  const { pulsar } = config;
  const isSigned = [pulsar.jwtSecret, pulsar.ed25519Key, config.auth.secret].some((key) => key !== undefined);
  if (config.mode === "production" && pulsar.enabled && !isSigned) {
    advice.push(
      "pulsar.jwtSecret and auth.secret are not set: join tokens of sessions end with this process",
    );
  }
  if (
    config.signalFish.enabled &&
    config.signalFish.appAccess === "listed" &&
    config.signalFish.apps.length === 0
  ) {
    if (isSet("signalFish.appAccess") || config.signalFish.port !== undefined) {
      advice.push('signalFish.apps is empty while signalFish.appAccess is "listed": no app can come in');
    }
  }
  if (config.mode === "production" && config.allowedOrigins.includes("*")) {
    advice.push('allowedOrigins holds "*": any web page may connect');
  }
  if (config.broker.kind !== "memory") {
    advice.push(
      `broker.kind "${config.broker.kind}" has no effect in this version: this process serves alone`,
    );
  }
  if (isSet("database.url")) advice.push("database.url has no effect in this version: nothing is stored");
  return advice;
}
