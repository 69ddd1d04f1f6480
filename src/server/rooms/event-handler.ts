import type { Context, RoomContext } from "./context.ts";
import type { LeaveReason, RoomOptions } from "./definition.ts";

/** Handlers of rooms by tapaculo's names. */
export interface RoomEventHandler {
  onPlayerJoined?(ctx: Context, userId: string): unknown;
  onPlayerLeft?(ctx: Context, userId: string, why: LeaveReason): unknown;
  onPlayerDropped?(ctx: Context, userId: string): unknown;
  onPlayerResumed?(ctx: Context, userId: string): unknown;
  onRoomFull?(ctx: RoomContext): unknown;
  onRoomEmpty?(roomId: string): unknown;
  onRoomDisposed?(roomId: string): unknown;
}

/** The same as handlers of a definition. */
export function hooksOf(handler: RoomEventHandler): Partial<RoomOptions<unknown>> {
  return {
    onJoin: (ctx) => handler.onPlayerJoined?.(ctx, ctx.userId),
    onLeave: (ctx, why) => handler.onPlayerLeft?.(ctx, ctx.userId, why),
    onDrop: (ctx) => handler.onPlayerDropped?.(ctx, ctx.userId),
    onResume: (ctx) => handler.onPlayerResumed?.(ctx, ctx.userId),
    onFull: (room) => handler.onRoomFull?.(room),
    onEmpty: ({ roomId }) => handler.onRoomEmpty?.(roomId),
    onDispose: ({ roomId }) => handler.onRoomDisposed?.(roomId),
  };
}
