import type { AuthProvider } from "../auth/auth.ts";
import { jwtAuth } from "../auth/jwt.ts";
import { requireSecret } from "../auth/secret.ts";
import type { PubSub } from "../brokers/broker.ts";
import type { ConfigInput } from "../config/index.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { createLog, type Log } from "../observe/log.ts";
import type { TokenEndpointOptions } from "./embedder-routes.ts";
import type { RoomDefinition, RoomOptions } from "./rooms/definition.ts";
import type { MessageLimits } from "./rooms/message-limits.ts";
import type { Middleware } from "./rooms/middleware.ts";
import type { RoomSettings } from "./rooms/settings.ts";

/** Everything has a default; handlers for rooms without a definition of their own may be given here too. */
export interface ServerSettings extends Omit<RoomOptions<unknown>, "settings" | "use"> {
  /** Who may come in. Default: tokens signed with `secret`. */
  readonly auth?: AuthProvider | undefined;
  /** Signs and checks tokens (HS256). Needed in production; in development a random one is made. */
  readonly secret?: string | undefined;
  /** Settings of rooms without a definition of their own. */
  readonly rooms?: RoomSettings | undefined;
  /** Kinds of rooms: `defineRoom`. */
  readonly define?: readonly RoomDefinition[] | undefined;
  /** What every message passes through, to rooms of every kind: outside of what a definition has of its own. */
  readonly use?: readonly Middleware[] | undefined;
  readonly limits?: MessageLimits | undefined;
  /** Carries messages to other servers that have the same rooms. Closing it is its owner's business. */
  readonly pubsub?: PubSub | undefined;
  readonly tokenEndpoint?: TokenEndpointOptions | undefined;
  /** How long tokens of the endpoint and of invites are good, in seconds. Default 3600. */
  readonly tokenTtlSec?: number | undefined;
  /** The space of the rooms. Default `default`. */
  readonly space?: string | undefined;
  /** Everything else that `parlor serve` can be told. */
  readonly config?: ConfigInput | undefined;
  /** Languages of one's own, served below `/<name>/`. */
  readonly dialects?: readonly Dialect[] | undefined;
  /** Default: warnings and errors, to standard error. */
  readonly log?: Log | undefined;
}

/** What a server needs before anything else, made where the settings have none. */
export interface Settled {
  readonly auth: AuthProvider;
  readonly log: Log;
  readonly mode: "development" | "production";
}

const WARNINGS_ONLY = { level: "warn", format: "pretty" } as const;

/** Not to be called twice: a secret that is made is another one each time. @throws {Error} in production without a secret. */
export function settle({ auth, secret, config, log = createLog(WARNINGS_ONLY) }: ServerSettings): Settled {
  const mode = config?.mode ?? (process.env.NODE_ENV === "production" ? "production" : "development");
  const warn = (notice: string): void => log.warn("config.notice", { notice });
  const signed = () => jwtAuth({ secret: requireSecret({ secret, mode, setting: "secret or auth", warn }) });
  return { auth: auth ?? signed(), log, mode };
}

/** The part of the settings that is about rooms without a definition of their own. */
export function roomOptionsOf(settings: ServerSettings): RoomOptions<unknown> {
  const { rooms, state, messages, onMessage, validate, onCreate, onAuth, onJoin, onConnect } = settings;
  const { onDrop, onResume, onLeave, onFull, onEmpty, onDispose } = settings;
  const all = {
    settings: rooms,
    state,
    messages,
    onMessage,
    validate,
    onCreate,
    onAuth,
    onJoin,
    onConnect,
    onDrop,
    onResume,
    onLeave,
  };
  return Object.fromEntries(
    Object.entries({ ...all, onFull, onEmpty, onDispose }).filter(([, value]) => value !== undefined),
  ) as RoomOptions<unknown>;
}

/** @throws {TypeError} when anybody could be anybody. */
export function refuseOpenEndpoint(endpoint: TokenEndpointOptions | undefined): void {
  if (endpoint && typeof endpoint.authorize !== "function") {
    throw new TypeError("tokenEndpoint needs authorize: without it anybody could be anybody");
  }
}
