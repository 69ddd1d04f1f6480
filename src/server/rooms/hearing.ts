import type { CommandOf } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import { payloadSize } from "../../core/payload.ts";
import { andThen } from "../../lib/awaitable.ts";
import type { Visitor } from "../gate.ts";
import type { Bans } from "./bans.ts";
import type { MessageContext } from "./context.ts";
import type { RoomDefinition } from "./definition.ts";
import type { RoomUser } from "./hosted-room.ts";
import { type MessageLimiter, TooMuch } from "./message-limits.ts";
import { through } from "./middleware.ts";
import type { Turn } from "./turn.ts";

/** Longest list of names that a member is told it could have used. */
const MAX_EXPECTED_LENGTH = 200;

/**
 * Looks at what a member says before it costs anything.
 *
 * @throws {Refusal} `forbidden` for spectators, `banned`, `too_large`, `slow_down`.
 */
export function refuseMessage(
  {
    user,
    visitor,
    command,
  }: {
    user: RoomUser;
    visitor: Visitor;
    command: CommandOf<"broadcast" | "relay" | "ask">;
  },
  { bans, limiter, room }: { bans: Bans; limiter: MessageLimiter | undefined; room: string },
): void {
  if (user.role === "spectator") throw new Refusal("forbidden", { room, role: "spectator" });
  bans.refuse(user.userId, room);
  try {
    limiter?.check(user.userId, command.data ? payloadSize(command.data) : 0);
  } catch (error) {
    // After the refusal, which is told first.
    if (error instanceof TooMuch)
      queueMicrotask(() => visitor.goodbye({ reason: "banned", text: "too many messages" }));
    throw error;
  }
}

/**
 * Hands a message to the handler that it is for: at once, unless something on the way is async.
 *
 * @throws {Refusal} @throws {Error} that its turn is over.
 */
export function handleMessage(
  definition: RoomDefinition,
  { ctx, turn }: { readonly ctx: MessageContext; readonly turn: Turn },
): unknown {
  const { middleware } = definition;
  if (middleware.length === 0) return dispatch(definition, ctx);
  return through(middleware, ctx, () => {
    if (turn.lateness) throw turn.lateness;
    return dispatch(definition, ctx);
  });
}

/** @throws {Refusal} `bad_request` when `validate` has an objection. */
function dispatch(definition: RoomDefinition, ctx: MessageContext): unknown {
  const { validate } = definition.hooks;
  if (!validate) return handle(definition, ctx);
  return andThen(validate(ctx, ctx.message), (objection) => {
    if (typeof objection === "string") throw new Refusal("bad_request", { reason: objection });
    return handle(definition, ctx);
  });
}

/** @throws {Refusal} `bad_message` when nobody knows the message, or its data does not fit. */
function handle({ hooks, handlers }: RoomDefinition, ctx: MessageContext): unknown {
  const { type, data } = ctx.message;
  const handler = type === undefined ? undefined : handlers.get(type);
  if (handler) return andThen(handler.check(data), (checked) => handler.handle(ctx, checked));
  if (hooks.onMessage) return hooks.onMessage(ctx, ctx.message);
  if (handlers.size === 0) return;
  const expected = [...handlers.keys()].join(", ").slice(0, MAX_EXPECTED_LENGTH);
  throw new Refusal("bad_message", { ...(type !== undefined && { name: type }), expected });
}
