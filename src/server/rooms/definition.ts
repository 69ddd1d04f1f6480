import { Refusal } from "../../core/errors.ts";
import type { Identity } from "../../core/identity.ts";
import type { Awaitable } from "../../lib/awaitable.ts";
import type { Context, MessageEnvelope, RequestInfo, RoomContext } from "./context.ts";
import { type Check, checkOf, type MessageSchema } from "./message-schema.ts";
import type { Middleware } from "./middleware.ts";
import { type RoomSettings, type SettledSettings, settled } from "./settings.ts";

/** Why a user is in a room no more. */
export type LeaveReason =
  | "consented"
  /** The link was lost, and no seat was held. */
  | "dropped"
  /** The link was lost, and the user did not come back in time. */
  | "timeout"
  | "kicked"
  | "banned"
  | "superseded"
  | "closed";

/** Somebody who wants in. */
export interface Applicant {
  readonly roomId: string;
  readonly userId: string;
  readonly role: "player" | "spectator";
  readonly identity: Identity;
  readonly request: RequestInfo;
}

/** How one kind of message is checked and handled. */
export interface MessageHandler<State, Data> {
  readonly schema: MessageSchema<Data>;
  handle(ctx: Context<State>, data: Data): unknown;
}

/** A kind of rooms. Every handler may be async, and is waited for; those of one room run one after another. */
export interface RoomOptions<State, Messages extends Record<string, unknown> = Record<string, unknown>> {
  readonly settings?: RoomSettings | undefined;
  /** The state of a new room. */
  state?(room: { readonly roomId: string }): State;
  /** Messages by name: native clients name them by `type`, clients of tapaculo by the `type` of their data. */
  readonly messages?:
    | { readonly [Name in keyof Messages]: MessageHandler<State, Messages[Name]> }
    | undefined;
  /** Every message that `messages` does not name. */
  onMessage?(ctx: Context<State>, envelope: MessageEnvelope): unknown;
  /** What every message passes through, the first outermost, before `validate` and its handler. */
  readonly use?: readonly Middleware<State>[] | undefined;
  /** Looks at every message first; a text, or an exception of `reject`, is why not. */
  validate?(ctx: Context<State>, envelope: MessageEnvelope): Awaitable<string | undefined>;
  /** The room is new. When this throws, the room is closed again. */
  onCreate?(room: RoomContext<State>): unknown;
  /** Before anybody is let in; `false`, or an exception of `reject`, is a no. */
  onAuth?(applicant: Applicant): Awaitable<boolean | undefined>;
  /** A user is here: with its first link, not with every one. */
  onJoin?(ctx: Context<State>): unknown;
  /** A link of a user is here: for each one, after `onJoin` and `onResume`. The place to send what it must know. */
  onConnect?(ctx: Context<State>): unknown;
  /** A user has lost its last link; its seat is held. */
  onDrop?(ctx: Context<State>): unknown;
  /** It is back. */
  onResume?(ctx: Context<State>): unknown;
  /** A user is here no more. */
  onLeave?(ctx: Context<State>, reason: LeaveReason): unknown;
  /** The last seat was taken: once each time the room becomes full. */
  onFull?(room: RoomContext<State>): unknown;
  /** Nobody is here any more. The room may live on for a while. */
  onEmpty?(room: RoomContext<State>): unknown;
  /** The room is no more. */
  onDispose?(room: { readonly roomId: string; readonly state: State | undefined }): unknown;
}

/** A checked message handler; its data is whatever its schema made of it. */
export interface CheckedHandler {
  readonly check: Check<unknown>;
  handle(ctx: Context<unknown>, data: unknown): unknown;
}

/** A kind of rooms, ready to be served. */
export interface RoomDefinition {
  /** Rooms of this kind are called `name` or `name:anything`; the empty name is that of all others. */
  readonly name: string;
  readonly settings: SettledSettings;
  readonly hooks: Omit<RoomOptions<unknown>, "settings" | "messages" | "state" | "use">;
  readonly middleware: readonly Middleware[];
  readonly handlers: ReadonlyMap<string, CheckedHandler>;
  newState(roomId: string): unknown;
}

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Defines a kind of rooms: those called `name`, and `name:anything`.
 *
 * @throws {RangeError} when a setting is not possible. @throws {TypeError} when the name or a schema is none.
 */
export function defineRoom<
  State = undefined,
  Messages extends Record<string, unknown> = Record<string, unknown>,
>(name: string, options: RoomOptions<State, Messages>): RoomDefinition {
  if (!NAME.test(name))
    throw new TypeError(`room name: found "${name}", expected 1 to 64 letters, digits, _ . -`);
  return definitionOf(name, options);
}

/** The same without a check of the name: the empty one is that of all rooms without a definition of their own. */
export function definitionOf<State, Messages extends Record<string, unknown>>(
  name: string,
  { settings, messages, state, use = [], ...hooks }: RoomOptions<State, Messages>,
): RoomDefinition {
  const handlers = new Map<string, CheckedHandler>();
  for (const [type, handler] of Object.entries(messages ?? {}) as [
    string,
    MessageHandler<State, unknown>,
  ][]) {
    if (typeof handler?.handle !== "function")
      throw new TypeError(`message ${type}: expected a function handle`);
    handlers.set(type, {
      check: checkOf(handler.schema, type),
      handle: (ctx, data) => handler.handle(ctx as Context<State>, data),
    });
  }
  for (const one of use) if (typeof one !== "function") throw new TypeError("use: expected functions");
  return {
    name,
    middleware: use as readonly Middleware[],
    settings: settled(settings),
    hooks: hooks as RoomDefinition["hooks"],
    handlers,
    newState: (roomId) => state?.({ roomId }),
  };
}

/** A message with its schema and its handler. */
export function message<State, Data>(
  schema: MessageSchema<Data>,
  handle: (ctx: Context<State>, data: Data) => unknown,
): MessageHandler<State, Data> {
  return { schema, handle };
}

/** The "no" of a handler: the member is told `reason`, and nobody's log is bothered. */
export function reject(reason: string): never {
  throw new Refusal("bad_request", { reason });
}
