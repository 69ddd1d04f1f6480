import type { Config } from "./schema.ts";
import { BINDING_SUBPROTOCOLS } from "./signal-fish-binding.ts";

/** What must hold between settings that are each fine alone. */
interface Rule {
  /** The settings it looks at; the first is the one it is told under. It is not asked when one of them is bad. */
  readonly paths: readonly [string, ...string[]];
  readonly message: string;
  isBroken(config: Config): boolean;
}

export const RULES: readonly Rule[] = [
  {
    paths: ["tls.enabled", "tls.certPath", "tls.keyPath"],
    message: "needs tls.certPath and tls.keyPath",
    isBroken: ({ tls }) => tls.enabled && tls.certPath === undefined && tls.keyPath === undefined,
  },
  {
    paths: ["tls.clientAuth", "tls.enabled"],
    message: "clients show certificates only where tls.enabled is true",
    isBroken: ({ tls }) => tls.clientAuth !== "none" && !tls.enabled,
  },
  {
    paths: ["tls.clientCaPath", "tls.clientAuth"],
    message: "found nothing, expected a file that tells whose client certificates are good",
    isBroken: ({ tls }) => tls.clientAuth !== "none" && tls.clientCaPath === undefined,
  },
  {
    paths: ["quic.enabled", "tls.clientAuth"],
    message: 'cannot ask for certificates, as tls.clientAuth "require" wants of everybody',
    isBroken: ({ quic, tls }) => quic.enabled === true && tls.clientAuth === "require",
  },
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
    paths: ["signalFish.maxOutboundBytes", "signalFish.maxMessageBytes"],
    message: "too small for a message of signalFish.maxMessageBytes and the 256 bytes around it",
    isBroken: ({ signalFish }) => signalFish.maxOutboundBytes < signalFish.maxMessageBytes + 256,
  },
  {
    paths: ["signalFish.requireTokenBinding", "signalFish.tokenBinding"],
    message: "needs signalFish.tokenBinding",
    isBroken: ({ signalFish }) => signalFish.requireTokenBinding && !signalFish.tokenBinding,
  },
  {
    paths: ["signalFish.requireTokenBinding", "tls.enabled", "trustProxy"],
    message: "needs encryption: tls.certPath, or trustProxy where a proxy encrypts",
    isBroken: ({ signalFish, tls, trustProxy }) =>
      signalFish.requireTokenBinding && !tls.enabled && trustProxy === 0,
  },
  {
    paths: ["signalFish.requireFingerprint", "signalFish.tokenBinding"],
    message: "needs signalFish.tokenBinding",
    isBroken: ({ signalFish }) => signalFish.requireFingerprint && !signalFish.tokenBinding,
  },
  {
    paths: ["signalFish.requireFingerprint", "tls.clientAuth", "trustProxy"],
    message:
      'needs tls.clientAuth "optional" or "require", or trustProxy where a proxy asks for certificates',
    isBroken: ({ signalFish, tls, trustProxy }) =>
      signalFish.requireFingerprint && tls.clientAuth === "none" && trustProxy === 0,
  },
  {
    paths: ["signalFish.bindingSubprotocol", "signalFish.bindingScheme"],
    message: "belongs to another signalFish.bindingScheme",
    isBroken: ({ signalFish: { bindingSubprotocol: name, bindingScheme } }) =>
      name.toLowerCase().startsWith("signalfish.tokenbinding.") &&
      name !== BINDING_SUBPROTOCOLS[bindingScheme],
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
  const { signalFish, tls, trustProxy } = config;
  if (signalFish.tokenBinding && !tls.enabled && trustProxy === 0) {
    advice.push(
      "signalFish.tokenBinding proves nothing without encryption: who reads along can make every proof",
    );
  }
  if (signalFish.tokenBinding && signalFish.bindingScheme === "sec_websocket_key_sha256") {
    advice.push('signalFish.bindingScheme "sec_websocket_key_sha256" lets messages be sent again');
  }
  if (signalFish.requireFingerprint && tls.clientAuth === "none") {
    advice.push(
      "signalFish.requireFingerprint believes what the proxy says of certificates: it must set x-forwarded-client-cert-sha256 itself, and drop what clients send",
    );
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
