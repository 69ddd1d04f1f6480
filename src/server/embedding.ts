import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { AuthProvider } from "../auth/auth.ts";
import type { JwtAuth } from "../auth/jwt.ts";
import type { PubSub } from "../brokers/broker.ts";
import type { Identity } from "../core/identity.ts";
import type { Opening } from "../dialects/dialect.ts";
import type { Link } from "../transports/link.ts";
import type { TokenEndpointOptions } from "./embedder-routes.ts";
import { isSigner } from "./hosting.ts";
import { type HostingServer, hostingServer } from "./hosting-server.ts";
import { answerWith } from "./http-glue.ts";
import { Invites } from "./invites.ts";
import type { Listening } from "./listeners.ts";
import type { Revocation } from "./revocations.ts";
import { Bans } from "./rooms/bans.ts";
import type { Context, MessageEnvelope, RoomContext } from "./rooms/context.ts";
import type { MessageHandler, RoomDefinition, RoomOptions } from "./rooms/definition.ts";
import { hooksOf, type RoomEventHandler } from "./rooms/event-handler.ts";
import type { MessageLimits } from "./rooms/message-limits.ts";
import { checkOf, type MessageSchema } from "./rooms/message-schema.ts";
import type { Middleware } from "./rooms/middleware.ts";
import type { RoomSettings } from "./rooms/settings.ts";
import type { Server } from "./server.ts";
import { refuseOpenEndpoint, type ServerSettings, type Settled, settle } from "./server-settings.ts";

/**
 * A multiplayer server inside of somebody else's program: docs/spec/embedding.md. It takes no signals and never ends
 * the process. Everything is said before `listen` or `attach`; each `with…` and `on…` returns the server itself.
 */
export class ParlorServer {
  readonly bans = new Bans({ now: Date.now });
  readonly invites = new Invites({ now: Date.now, signer: () => this.tokens });
  #settings: ServerSettings;
  #definitions: RoomDefinition[];
  #ready: Settled | undefined;
  #running: HostingServer | undefined;

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
    handler: (ctx: Context, envelope: MessageEnvelope<Data>) => unknown,
  ): this {
    const check = checkOf(schema, "message");
    return this.onMessage(async (ctx, envelope) => {
      await handler(ctx, { ...envelope, data: await check(envelope.data) });
    });
  }

  /** Messages of one name. */
  on<Data>(type: string, schema: MessageSchema<Data>, handle: (ctx: Context, data: Data) => unknown): this {
    return this.#with({
      messages: {
        ...this.#settings.messages,
        [type]: { schema, handle } as MessageHandler<unknown, unknown>,
      },
    });
  }

  /** What every message passes through, to rooms of every kind: the first outermost. */
  use(...middleware: readonly Middleware[]): this {
    return this.#with({ use: [...(this.#settings.use ?? []), ...middleware] });
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

  /**
   * Takes a link of a transport of the embedder's, which `describeLink` of `parlor/testing` has checked. The path of
   * `opening` tells what is spoken on it: a language whose credentials are said on the link, such as parlor's own at
   * `/parlor`; where they come with the opening nobody arrives.
   *
   * @throws {Error} while the server is not running.
   */
  accept(link: Link, opening: Opening): void {
    (this.#running ?? notRunning()).server.accept(link, opening);
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
    refuseOpenEndpoint(more.tokenEndpoint);
    this.#settings = { ...this.#settings, ...more };
    return this;
  }

  #refuseRunning(): void {
    if (this.#running) throw new Error("the server is running: say everything before listen or attach");
  }

  /** Made when it is first needed. @throws {Error} in production without a secret. */
  #settled(): Settled {
    this.#ready ??= settle(this.#settings);
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
    const { bans, invites } = this;
    const definitions = this.#definitions;
    const given = { ...this.#settled(), definitions, bans, invites, port, host };
    this.#running = hostingServer(this.#settings, given);
    return this.#running.server;
  }
}

/** A server for embedders; see `ParlorServer`. */
export function createServer(settings: ServerSettings = {}): ParlorServer {
  refuseOpenEndpoint(settings.tokenEndpoint);
  return new ParlorServer(settings);
}

function notRunning(): never {
  throw new Error("the server is not running: call listen or attach first");
}
