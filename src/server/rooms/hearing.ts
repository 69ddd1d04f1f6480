import type { CommandOf } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import { payloadSize } from "../../core/payload.ts";
import { type Awaitable, andThen } from "../../lib/awaitable.ts";
import type { Visitor } from "../gate.ts";
import type { Bans } from "./bans.ts";
import type { Context, MessageEnvelope } from "./context.ts";
import type { RoomDefinition } from "./definition.ts";
import type { RoomUser } from "./hosted-room.ts";
import { type MessageLimiter, TooMuch } from "./message-limits.ts";
import { payloadValue } from "./payload-value.ts";

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

/** Hands a message to the handler that it is for: at once, unless something on the way is async. @throws {Refusal} */
export function handleMessage(
  definition: RoomDefinition,
  { ctx, command, ts }: { ctx: Context; command: CommandOf<"broadcast">; ts: number },
): Awaitable<void> {
  const { name: type } = command;
  const envelope = { from: ctx.userId, data: payloadValue(command.data), type, ts };
  const { validate } = definition.hooks;
  if (!validate) return dispatch(definition, ctx, envelope);
  return andThen(validate(ctx, envelope), (objection) => {
    if (typeof objection === "string") throw new Refusal("bad_request", { reason: objection });
    return dispatch(definition, ctx, envelope);
  });
}

/** @throws {Refusal} `bad_message` when nobody knows the message, or its data does not fit. */
function dispatch(
  { hooks, handlers }: RoomDefinition,
  ctx: Context,
  envelope: MessageEnvelope,
): Awaitable<void> {
  const { type, data } = envelope;
  const handler = type === undefined ? undefined : handlers.get(type);
  if (handler) return andThen(handler.check(data), (checked) => handler.handle(ctx, checked));
  if (hooks.onMessage) return hooks.onMessage(ctx, envelope);
  if (handlers.size === 0) return;
  const expected = [...handlers.keys()].join(", ").slice(0, MAX_EXPECTED_LENGTH);
  throw new Refusal("bad_message", { ...(type !== undefined && { name: type }), expected });
}
