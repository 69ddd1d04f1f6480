import type { Config } from "../config/index.ts";
import { spaceId } from "../core/ids.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { SIGNAL_FISH_DEFAULTS, signalFish } from "../dialects/signal-fish/index.ts";
import type { App } from "../dialects/signal-fish/settings.ts";

/** Signal Fish as configured. */
export function signalFishDialect({ signalFish: settings, ...config }: Config): Dialect {
  const { names, sdk, reconnection } = SIGNAL_FISH_DEFAULTS;
  return signalFish({
    ...settings,
    space: spaceId(settings.space),
    silence: { activityMs: settings.activityTimeoutMs, idleMs: settings.idleTimeoutMs },
    backlog: {
      maxFrames: settings.queueMessages,
      maxBytes: Math.min(settings.queueBytes, config.websocket.queueBytes) / 2,
      waitMs: settings.slowConsumerMs,
      maxAgeMs: settings.maxSojournMs,
    },
    listener:
      settings.port === undefined
        ? undefined
        : {
            port: settings.port,
            pingIntervalMs: settings.pingIntervalMs,
            pongWaitMs: settings.pongWaitMs,
            maxQueueBytes: settings.queueBytes,
            origins: settings.corsOrigins,
          },
    apps: settings.apps.map(appOf),
    minVersion: settings.minVersion === 3 ? 3 : 2,
    maxVersion: settings.maxVersion === 2 ? 2 : 3,
    maxSignalBytes: Math.min(settings.maxSignalBytes, settings.maxMessageBytes),
    binding: settings.tokenBinding
      ? {
          subprotocol: settings.bindingSubprotocol,
          scheme: settings.bindingScheme,
          isRequired: settings.requireTokenBinding,
          requireFingerprint: settings.requireFingerprint,
        }
      : undefined,
    roomCodePrefix: settings.roomCodePrefix?.toUpperCase() ?? "",
    names: {
      ...names,
      maxLength: settings.maxPlayerNameLength,
      allowUnicode: settings.unicodeNames,
      allowSpaces: settings.spacesInNames,
      symbols: settings.symbolsInNames,
      allowOuterSpace: settings.outerSpaceInNames,
      moreCharacters: settings.moreCharactersInNames,
    },
    sdk: {
      ...sdk,
      enforce: settings.enforceSdk,
      minimum: tableOf(settings.minimumSdk),
      recommended: tableOf(settings.recommendedSdk),
    },
    defaultRelayType: settings.relayType,
    relayTypes: tableOf(settings.relayTypes),
    reconnection: {
      ...reconnection,
      enabled: settings.reconnection,
      windowMs: settings.reconnectionMs,
      reserveSeat: settings.reserveSeat,
      probeMs: settings.probeTimeoutMs,
      takeover: settings.takeover,
      maxEvents: settings.missedEvents,
      // What a peer's queue cannot hold would end its link.
      maxMessageBytes: Math.min(reconnection.maxMessageBytes, config.websocket.queueBytes),
      tokenInVersion2: settings.tokenInVersion2,
    },
  });
}

/** `key=value` items as a table. */
function tableOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return Object.fromEntries(entries);
}

/** `id;name=…;maxRooms=…` as an app. */
function appOf(item: string): App {
  const [id = "", ...options] = item.split(";");
  const { name, maxRooms, maxPlayers, handshakes } = tableOf(options);
  const whole = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return {
    id,
    name: name ?? id,
    maxRooms: whole(maxRooms),
    maxPlayersPerRoom: whole(maxPlayers),
    handshakesPerMinute: whole(handshakes),
  };
}
