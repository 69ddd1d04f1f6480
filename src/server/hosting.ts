import type { AuthProvider } from "../auth/auth.ts";
import type { JwtAuth } from "../auth/jwt.ts";
import type { PubSub } from "../brokers/broker.ts";
import type { SpaceId } from "../core/ids.ts";
import { embedderRoutes, type TokenEndpointOptions } from "./embedder-routes.ts";
import type { Extension, Inside } from "./extension.ts";
import type { Invites } from "./invites.ts";
import type { Bans } from "./rooms/bans.ts";
import type { RoomDefinition } from "./rooms/definition.ts";
import { MessageLimiter, type MessageLimits } from "./rooms/message-limits.ts";
import { RoomHost } from "./rooms/room-host.ts";

/** How often what is over is forgotten. */
const SWEEP_MS = 10_000;

export interface HostingOptions {
  readonly definitions: ReadonlyMap<string, RoomDefinition>;
  readonly bans: Bans;
  readonly invites: Invites;
  readonly limits: MessageLimits | undefined;
  readonly pubsub: PubSub | undefined;
  readonly space: SpaceId;
  readonly auth: AuthProvider;
  readonly tokenEndpoint: TokenEndpointOptions | undefined;
  readonly tokenTtlSec: number;
}

export interface Hosting {
  readonly host: RoomHost;
  readonly limiter: MessageLimiter | undefined;
  readonly extension: Extension;
}

/** Puts an embedder's rooms, limits and pages into a server. */
export function hosting(inside: Inside, options: HostingOptions): Hosting {
  const { definitions, bans, invites, limits, pubsub, space, auth, tokenEndpoint, tokenTtlSec } = options;
  const { hub, now, failed, refuseRevoked } = inside;
  const limiter = limits && new MessageLimiter(limits, { bans, now });
  const visitor = inside.visitor.bind(inside);
  const host = new RoomHost({ hub, space, definitions, bans, limiter, pubsub, now, visitor, failed });
  hub.world.watcher = host;
  const signer = isSigner(auth) ? auth : undefined;

  let sweepAt = 0;
  const extension: Extension = {
    gate: host,
    routes: embedderRoutes({ tokenEndpoint, tokenTtlSec, signer, invites, now, failed, refuseRevoked }),
    admit({ user }) {
      if (user !== undefined) bans.refuse(user);
    },
    tick(at) {
      if (at < sweepAt) return;
      sweepAt = at + SWEEP_MS;
      bans.sweep();
      invites.sweep();
      limiter?.sweep();
    },
    stop: () => host.stop(),
  };
  return { host, limiter, extension };
}

/** Whether it can sign tokens, not only check them. */
export function isSigner(auth: AuthProvider): auth is JwtAuth {
  return "signAccess" in auth && "verifyRefresh" in auth;
}
