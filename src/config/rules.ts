import type { Problem } from "./problem.ts";
import type { Config } from "./schema.ts";

type Broken = Omit<Problem, "source">;

/** What must hold between settings that are each fine alone. Told under the setting that is easiest to mend. */
export function brokenRules(config: Config): Broken[] {
  const broken: Broken[] = [];
  const refuse = (path: string, message: string) => broken.push({ path, message });
  const { tls, websocket, peerServer, auth } = config;

  if (tls.certPath !== undefined && tls.keyPath === undefined) {
    refuse("tls.keyPath", "found nothing, expected the key that belongs to tls.certPath");
  }
  if (tls.keyPath !== undefined && tls.certPath === undefined) {
    refuse("tls.certPath", "found nothing, expected the certificate that belongs to tls.keyPath");
  }
  if (websocket.queueBytes < websocket.maxMessageBytes) {
    refuse("websocket.queueBytes", "too small for one message of websocket.maxMessageBytes");
  }
  if (peerServer.roomDefaultSize > peerServer.roomMaxSize) {
    refuse("peerServer.roomDefaultSize", "more than peerServer.roomMaxSize");
  }
  if (config.mode === "production" && auth.secret !== undefined && auth.secret.length < 32) {
    refuse("auth.secret", "too short for production, expected at least 32 characters");
  }
  return broken;
}

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
  return advice;
}
