import { type ConfigInput, configOf } from "../config/index.ts";
import { spaceId } from "../core/ids.ts";
import { TAPACULO_DEFAULTS, tapaculo } from "../dialects/tapaculo/index.ts";
import type { Extension, Inside } from "./extension.ts";
import { type Hosting, hosting } from "./hosting.ts";
import type { Invites } from "./invites.ts";
import type { Bans } from "./rooms/bans.ts";
import { definitionOf, type RoomDefinition } from "./rooms/definition.ts";
import type { MessageLimits } from "./rooms/message-limits.ts";
import { Server } from "./server.ts";
import { refuseOpenEndpoint, roomOptionsOf, type ServerSettings, type Settled } from "./server-settings.ts";

export interface HostingServerOptions extends Settled {
  readonly definitions: readonly RoomDefinition[];
  readonly bans: Bans;
  readonly invites: Invites;
  /** Where it will listen; the configuration's when not said. */
  readonly port: number | undefined;
  readonly host: string | undefined;
}

/** A server that hosts an embedder's rooms. */
export interface HostingServer extends Pick<Hosting, "host" | "limiter"> {
  readonly server: Server;
}

/** What an embedder did not ask for. */
const QUIET: ConfigInput = {
  peerServer: { enabled: false },
  tapaculo: { enabled: false },
  playground: { enabled: false },
};

/** Makes a server as an embedder wants it; it does not listen yet. @throws {TypeError} when a setting is of no use. */
export function hostingServer(settings: ServerSettings, options: HostingServerOptions): HostingServer {
  const { auth, log, mode, bans, invites, port, host } = options;
  const { tokenEndpoint, tokenTtlSec = 3_600, limits, pubsub, dialects = [], use = [] } = settings;
  const { space: name = "default" } = settings;
  const space = spaceId(name);
  refuseOpenEndpoint(tokenEndpoint);
  const fallback = definitionOf("", roomOptionsOf(settings));
  const definitions = new Map(
    [fallback, ...options.definitions].map((definition) => [
      definition.name,
      { ...definition, middleware: [...use, ...definition.middleware] },
    ]),
  );

  let hosted: Hosting | undefined;
  const extend = (inside: Inside): Extension => {
    const shared = { definitions, bans, invites, limits, pubsub, space };
    hosted = hosting(inside, { ...shared, auth, tokenEndpoint, tokenTtlSec });
    return hosted.extension;
  };
  const own = tapaculo({ space, policy: TAPACULO_DEFAULTS.policy, ...messageSize(limits) });
  const config = configOf({
    ...QUIET,
    ...settings.config,
    native: { ...settings.config?.native, space: name },
    mode,
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
  });
  const server = new Server(config, { log, auth, dialects: [own, ...dialects], extend });
  if (!hosted) throw new Error("the server took no extension");
  return { server, host: hosted.host, limiter: hosted.limiter };
}

function messageSize(limits: MessageLimits | undefined): { maxMessageBytes?: number } {
  return limits?.maxMessageBytes === undefined ? {} : { maxMessageBytes: limits.maxMessageBytes };
}
