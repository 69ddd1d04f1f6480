import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { AuthProvider } from "../auth/auth.ts";
import { type JwtAuth, jwtAuth } from "../auth/jwt.ts";
import { requireSecret } from "../auth/secret.ts";
import type { PubSub } from "../brokers/broker.ts";
import { type ConfigInput, configOf } from "../config/index.ts";
import type { Identity } from "../core/identity.ts";
import { spaceId } from "../core/ids.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { TAPACULO_DEFAULTS, tapaculo } from "../dialects/tapaculo/index.ts";
import { createLog, type Log } from "../observe/log.ts";
import type { TokenEndpointOptions } from "./embedder-routes.ts";
import type { Extension, Inside } from "./extension.ts";
import { type Hosting, hosting, isSigner } from "./hosting.ts";
import { answerWith } from "./http-glue.ts";
import { Invites } from "./invites.ts";
import type { Listening } from "./listeners.ts";
import type { Revocation } from "./revocations.ts";
import { Bans } from "./rooms/bans.ts";
import type { Context, MessageEnvelope, RoomContext } from "./rooms/context.ts";
import {
  definitionOf,
  type MessageHandler,
  type RoomDefinition,
  type RoomOptions,
} from "./rooms/definition.ts";
import { hooksOf, type RoomEventHandler } from "./rooms/event-handler.ts";
import type { MessageLimiter, MessageLimits } from "./rooms/message-limits.ts";
import { checkOf, type MessageSchema } from "./rooms/message-schema.ts";
import type { RoomHost } from "./rooms/room-host.ts";
import type { RoomSettings } from "./rooms/settings.ts";
import { Server } from "./server.ts";

/** Everything has a default; handlers for rooms without a definition of their own may be given here too. */
export interface ServerSettings extends Omit<RoomOptions<unknown>, "settings"> {
  /** Who may come in. Default: tokens signed with `secret`. */
  readonly auth?: AuthProvider | undefined;
  /** Signs and checks tokens (HS256). Needed in production; in development a random one is made. */
  readonly secret?: string | undefined;
  /** Settings of rooms without a definition of their own. */
  readonly rooms?: RoomSettings | undefined;
  /** Kinds of rooms: `defineRoom`. */
  readonly define?: readonly RoomDefinition[] | undefined;
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

interface Running {
  readonly server: Server;
  readonly host: RoomHost;
  readonly limiter: MessageLimiter | undefined;
}

const WARNINGS_ONLY = { level: "warn", format: "pretty" } as const;

/**
 * A multiplayer server inside of somebody else's program: docs/spec/embedding.md. It takes no signals and never ends
 * the process. Everything is said before `listen` or `attach`; each `with…` and `on…` returns the server itself.
 */
export class ParlorServer {
  readonly bans = new Bans({ now: Date.now });
  readonly invites = new Invites({ now: Date.now });
  #settings: ServerSettings;
  #definitions: RoomDefinition[];
  #running: Running | undefined;

  constructor(settings: ServerSettings = {}) {
    this.#settings = settings;
    this.#definitions = [...(settings.define ?? [])];
  }

  withAuth(auth: AuthProvider): this {
    return this.#with({ auth });
  }

  withPubSub(pubsub: PubSub): this {
    return this.#with({ pubsub });
  }

  withRoomSettings(rooms: RoomSettings): this {
    return this.#with({ rooms: { ...this.#settings.rooms, ...rooms } });
  }

  withLimits(limits: MessageLimits = {}): this {
    return this.#with({ limits });
  }

  /** @throws {TypeError} without `authorize`. */
  withTokenEndpoint(tokenEndpoint: TokenEndpointOptions): this {
    return this.#with({ tokenEndpoint });
  }

  withTokenTtl(tokenTtlSec: number): this {
    return this.#with({ tokenTtlSec });
  }

  /** Kinds of rooms with rules of their own. */
  withRooms(...definitions: readonly RoomDefinition[]): this {
    this.#refuseRunning();
    this.#definitions.push(...definitions);
    return this;
  }

  /** Every message to a room without a definition of its own; the last call counts, of this and `onMessageTyped`. */
  onMessage(onMessage: NonNullable<RoomOptions<unknown>["onMessage"]>): this {
    return this.#with({ onMessage });
  }

  /** The same for messages whose data fits the schema; others are refused. */
  onMessageTyped<Data>(
    schema: MessageSchema<Data>,
    handler: (ctx: Context, envelope: MessageEnvelope<Data>) => void | Promise<void>,
  ): this {
    const check = checkOf(schema, "message");
    return this.onMessage(async (ctx, envelope) => {
      await handler(ctx, { ...envelope, data: await check(envelope.data) });
    });
  }

  /** Messages of one name. */
  on<Data>(
    type: string,
    schema: MessageSchema<Data>,
    handle: (ctx: Context, data: Data) => void | Promise<void>,
  ): this {
    return this.#with({
      messages: {
        ...this.#settings.messages,
        [type]: { schema, handle } as MessageHandler<unknown, unknown>,
      },
    });
  }

  /** Looks at every message before its handler; a text, or `reject`, is why not. */
  onMessageValidate(validate: NonNullable<RoomOptions<unknown>["validate"]>): this {
    return this.#with({ validate });
  }

  withEventHandler(handler: RoomEventHandler): this {
    return this.#with(hooksOf(handler));
  }

  /** Rooms that are open now. */
  get rooms(): RoomContext[] {
    const host = this.#running?.host;
    return host ? host.rooms().map((room) => host.contextOf(room)) : [];
  }

  /** A room that is open now. */
  room(roomId: string): RoomContext | undefined {
    const hosted = this.#running?.host.room(roomId);
    return hosted && this.#running?.host.contextOf(hosted);
  }

  /** Tells a user in every room that it is in; returns in how many. */
  async sendToUser(userId: string, data: unknown): Promise<{ readonly rooms: number }> {
    const here = this.rooms.filter((room) => room.member(userId) !== undefined);
    await Promise.all(here.map((room) => room.sendTo(userId, data)));
    return { rooms: here.length };
  }

  /** Forgets what a user has said, and how often it was too much. Bans stay. */
  resetLimits(userId: string): void {
    this.#running?.limiter?.reset(userId);
  }

  /**
   * A ticket that lets somebody in once, within `ttlMs` (default 30 s): for a web server that knows who is there and
   * hands it to the page, which opens its link with `?ticket=`. Kept in memory of this process.
   *
   * @throws {Error} while the server is not running. @throws {Refusal} `server_full` when too many wait.
   */
  issueTicket(who: Partial<Identity>, options?: { readonly ttlMs?: number }): string {
    return (this.#running ?? notRunning()).server.tickets.issue(who, options);
  }

  /**
   * Makes a token, or all that a user has shown until now, worthless: their links are closed with `token_revoked` and
   * their sessions are over. Returns how many links were closed.
   *
   * @throws {Error} while the server is not running.
   */
  revoke(meant: Revocation): number {
    return (this.#running ?? notRunning()).server.revoke(meant);
  }

  /** What signs the tokens, when it is ours. */
  get tokens(): JwtAuth {
    const { auth } = this.#settled();
    if (!isSigner(auth)) throw new Error("tokens: this server's auth is not jwtAuth");
    return auth;
  }

  /**
   * Starts to serve on a port of its own.
   *
   * @throws {Error} in production without a secret, or when the address cannot be had.
   */
  async listen(where: number | { readonly port?: number; readonly host?: string } = {}): Promise<Listening> {
    const { port = 8080, host = "0.0.0.0" } = typeof where === "number" ? { port: where } : where;
    return this.#begin(this.#start({ port, host }));
  }

  /**
   * Serves on an HTTP server of the embedder's, of which only upgrade requests to paths of ours are touched. For
   * `POST /token` and the other pages give it `requestListener`, or a framework `fetch`.
   */
  async attach(attachTo: HttpServer | TlsServer): Promise<void> {
    await this.#begin(this.#start({}), { attachTo });
  }

  /** Answers one request of the web; for frameworks. */
  fetch = (request: Request): Response | Promise<Response> => {
    const { server } = this.#running ?? notRunning();
    return server.fetch(request, { remoteAddress: "" });
  };

  /** Answers one request of `node:http`. */
  requestListener = (request: IncomingMessage, response: ServerResponse): void => {
    const { server } = this.#running ?? notRunning();
    const { log } = this.#settled();
    void answerWith((web, context) => server.fetch(web, context), {
      trustProxy: this.#settings.config?.trustProxy ?? 0,
      failed: (err) => log.error("server.error", { err }),
    })(request, response);
  };

  /** Tells everybody to come back later and stops. The process goes on. */
  async close({ drainMs = 5_000 }: { readonly drainMs?: number } = {}): Promise<void> {
    const running = this.#running;
    await running?.server.close({ drainMs });
    this.#running = undefined;
  }

  #with(more: Partial<ServerSettings>): this {
    this.#refuseRunning();
    if (more.tokenEndpoint) refuseOpenEndpoint(more.tokenEndpoint);
    this.#settings = { ...this.#settings, ...more };
    return this;
  }

  #refuseRunning(): void {
    if (this.#running) throw new Error("the server is running: say everything before listen or attach");
  }

  #ready:
    | { readonly auth: AuthProvider; readonly log: Log; readonly mode: "development" | "production" }
    | undefined;

  /** Log and auth, made when they are first needed. @throws {Error} in production without a secret. */
  #settled() {
    if (this.#ready) return this.#ready;
    const { auth, secret, config, log = createLog(WARNINGS_ONLY) } = this.#settings;
    const mode = config?.mode ?? (process.env.NODE_ENV === "production" ? "production" : "development");
    const warn = (notice: string): void => log.warn("config.notice", { notice });
    const settled =
      auth ?? jwtAuth({ secret: requireSecret({ secret, mode, setting: "secret or auth", warn }) });
    this.#ready = { auth: settled, log, mode };
    return this.#ready;
  }

  /** A server that could not begin is none: the embedder may try again. */
  async #begin(server: Server, options?: Parameters<Server["listen"]>[0]): Promise<Listening> {
    try {
      return await server.listen(options);
    } catch (error) {
      this.#running = undefined;
      throw error;
    }
  }

  #start({ port, host }: { readonly port?: number; readonly host?: string }): Server {
    this.#refuseRunning();
    const { auth, log, mode } = this.#settled();
    const {
      tokenEndpoint,
      tokenTtlSec = 3_600,
      limits,
      pubsub,
      space = "default",
      dialects = [],
    } = this.#settings;
    if (tokenEndpoint) refuseOpenEndpoint(tokenEndpoint);
    const { rooms, ...hooks } = this.#settings;
    const fallback = definitionOf("", { ...roomOptionsOf(hooks), settings: rooms });
    const definitions = new Map(
      [fallback, ...this.#definitions].map((definition) => [definition.name, definition]),
    );

    let hosted: Hosting | undefined;
    const extend = (inside: Inside): Extension => {
      const { bans, invites } = this;
      const shared = { definitions, bans, invites, limits, pubsub, space: spaceId(space) };
      hosted = hosting(inside, { ...shared, auth, tokenEndpoint, tokenTtlSec });
      return hosted.extension;
    };
    const own = tapaculo({ space: spaceId(space), policy: TAPACULO_DEFAULTS.policy, ...messageSize(limits) });
    const config = configOf({
      ...QUIET,
      ...this.#settings.config,
      native: { ...this.#settings.config?.native, space },
      mode,
      ...(port !== undefined && { port }),
      ...(host !== undefined && { host }),
    });
    const server = new Server(config, { log, auth, dialects: [own, ...dialects], extend });
    if (!hosted) throw new Error("the server took no extension");
    this.#running = { server, host: hosted.host, limiter: hosted.limiter };
    return server;
  }
}

/** A server for embedders; see `ParlorServer`. */
export function createServer(settings: ServerSettings = {}): ParlorServer {
  if (settings.tokenEndpoint) refuseOpenEndpoint(settings.tokenEndpoint);
  return new ParlorServer(settings);
}

/** What an embedder did not ask for. */
const QUIET: ConfigInput = {
  peerServer: { enabled: false },
  tapaculo: { enabled: false },
  playground: { enabled: false },
};

/** The part of the settings that is about rooms. */
function roomOptionsOf(settings: ServerSettings): RoomOptions<unknown> {
  const { state, messages, onMessage, validate, onCreate, onAuth, onJoin, onConnect } = settings;
  const { onDrop, onResume, onLeave, onFull, onEmpty, onDispose } = settings;
  const all = {
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

function messageSize(limits: MessageLimits | undefined): { maxMessageBytes?: number } {
  return limits?.maxMessageBytes === undefined ? {} : { maxMessageBytes: limits.maxMessageBytes };
}

function refuseOpenEndpoint({ authorize }: TokenEndpointOptions): void {
  if (typeof authorize !== "function") {
    throw new TypeError("tokenEndpoint needs authorize: without it anybody could be anybody");
  }
}

function notRunning(): never {
  throw new Error("the server is not running: call listen or attach first");
}
