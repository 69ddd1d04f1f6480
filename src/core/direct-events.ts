import type { ErrorCode } from "./errors.ts";
import type { PeerId, RoomId } from "./ids.ts";
import type { Payload } from "./payload.ts";
import type { MemberInfo } from "./views.ts";

/** Told to one peer alone; numbered where the peer has a session, so that it is told exactly once. */
interface ToOne {
  readonly number?: number;
}

/** Events that one peer alone is told, and that its session keeps until they are seen. */
export type DirectEvent =
  | (ToOne & {
      readonly type: "signaled" | "relayed";
      readonly from: PeerId;
      readonly to: PeerId;
      readonly data: Payload | undefined;
      readonly room: RoomId | undefined;
      readonly at: number;
    })
  /** A match is complete; told the same to all of the group. `group` is the room that now joins them. */
  | (ToOne & {
      readonly type: "matched";
      readonly pool: string;
      readonly group: RoomId;
      /** Where the group's log begins. */
      readonly epoch: string;
      readonly offset: number;
      readonly members: readonly MemberInfo[];
    })
  | (ToOne & { readonly type: "match-expired"; readonly pool: string })
  | (ToOne & {
      readonly type: "kicked";
      readonly room: RoomId;
      readonly by: PeerId;
      readonly peer: PeerId;
      readonly reason?: string;
    })
  /** Somebody asks this peer something. */
  | (ToOne & {
      readonly type: "asked";
      readonly question: number;
      readonly from: PeerId;
      readonly room: RoomId;
      readonly data: Payload;
      readonly name: string | undefined;
    })
  /** The answer to the peer's own question. */
  | (ToOne & {
      readonly type: "answered";
      readonly request: number;
      readonly from: PeerId;
      readonly data: Payload;
    })
  | (ToOne & {
      readonly type: "ask-failed";
      readonly request: number;
      readonly from: PeerId;
      readonly code: ErrorCode;
      readonly text: string | undefined;
    });
