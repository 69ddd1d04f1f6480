import type { ServerFrames } from "../dialects/native/wire.ts";
import type { AnyFrame } from "./codec.ts";
import type { Member, MessageMeta } from "./room-events.ts";
import { memberOf } from "./room-view.ts";

/** One page of a room's members. */
export interface MembersPage {
  readonly members: readonly Member[];
  readonly total: number;
  readonly hasMore: boolean;
}

/** One page of what a room's log still holds. */
export interface HistoryPage {
  /** Messages this peer was told, oldest first. */
  readonly messages: readonly (MessageMeta & { readonly data: unknown; readonly offset: number })[];
  /** Whether the log holds older ones: ask again with the smallest offset as `before`. */
  readonly hasMore: boolean;
  readonly before: number | undefined;
}

export function membersPage(frame: AnyFrame): MembersPage {
  const { members, total, more } = frame as unknown as ServerFrames["members"];
  return { members: members.map(memberOf), total, hasMore: more === true };
}

export function historyPage(frame: AnyFrame): HistoryPage {
  const { events, more } = frame as unknown as ServerFrames["history"];
  const frames = events as readonly ServerFrames["msg"][];
  const messages = frames
    .filter(({ t }) => t === "msg")
    .map(({ from, at, type, d, to, o = 0 }) => ({
      from,
      at,
      type,
      data: d,
      isDirected: to === true,
      offset: o,
    }));
  return { messages, hasMore: more, before: frames[0]?.o };
}
