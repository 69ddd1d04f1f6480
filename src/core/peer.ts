import type { PeerId, RoomId } from "./ids.ts";
import type { Metadata } from "./metadata.ts";
import type { Room } from "./room.ts";
import type { Session } from "./session.ts";
import type { Space } from "./space.ts";
import type { MemberInfo } from "./views.ts";

/** A connected party. `rooms` is kept by `World`, in the order of joining. */
export interface Peer {
  readonly id: PeerId;
  readonly space: Space;
  readonly alias: string;
  /** The user it was shown to be; several peers may be the same one. */
  readonly user?: string | undefined;
  /** The one room that its credentials are good for. */
  readonly onlyRoom?: RoomId | undefined;
  /** What its link proves besides what it says. */
  readonly bond?: string | undefined;
  /** Where its link comes from: what counts as one place when something is counted. */
  place?: string | undefined;
  /** Whether it has proven that the id is its own. */
  readonly verified: boolean;
  metadata: Metadata;
  readonly rooms: Set<Room>;
  /** What survives a lost link; absent where a peer is gone with its link. */
  session?: Session;
  /** Seats it has taken in rooms with a lobby; kept by `World`. */
  epoch?: number;
}

/** How `peer` presents itself outside of any room; `joinedAt` is 0. */
export function introduction(peer: Peer): MemberInfo {
  return {
    peer: peer.id,
    alias: peer.alias,
    ...(peer.user !== undefined && { user: peer.user }),
    role: "member",
    joinedAt: 0,
    app: undefined,
    version: undefined,
    metadata: peer.metadata,
    ...awayMark(peer),
  };
}

/** `away: true` for a peer whose link is lost. */
export function awayMark({ session }: Peer): { away: true } | undefined {
  return session?.state.is === "away" ? { away: true } : undefined;
}
