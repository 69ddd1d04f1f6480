import type { CommandOf } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import type { PeerId } from "../../core/ids.ts";
import type { Peer } from "../../core/peer.ts";
import type { Visitor } from "../gate.ts";
import type { Bans } from "./bans.ts";
import type { RoomDefinition } from "./definition.ts";
import { type HostedRoom, type RoomUser, userKey } from "./hosted-room.ts";

export interface Entrance {
  readonly visitor: Visitor;
  readonly peer: Peer;
  readonly definition: RoomDefinition;
  readonly command: CommandOf<"join" | "create-room">;
}

interface Doors {
  readonly bans: Bans;
  /** The room as it is now. */
  hosted(): HostedRoom | undefined;
  /** An older link of the user is replaced by the newcomer. */
  supersede(hosted: HostedRoom, { user, by }: { user: RoomUser; by: PeerId }): void;
}

/**
 * Asks everything that does not depend on who is in the room: so a slow `onAuth` keeps nobody waiting but the applicant.
 *
 * @throws {Refusal}
 */
export async function examine({ visitor, peer, definition, command }: Entrance, bans: Bans): Promise<void> {
  const { settings, hooks } = definition;
  const { room: roomId } = command;
  const { identity, opening: request } = visitor;
  const userId = peer.user ?? peer.id;
  // Such a room is never sealed, so whoever has a password takes it for another one.
  if (command.type === "join" && command.password !== undefined)
    throw new Refusal("password_required", { room: roomId });

  bans.refuse(userId, roomId);
  const isInvited = identity.claims.invite !== undefined || identity.role === "host";
  if (settings.joinPolicy === "invite" && !isInvited)
    throw new Refusal("forbidden", { reason: "invite only" });
  const role = isWatching({ visitor, command }) ? "spectator" : "player";
  const mayEnter = await hooks.onAuth?.({ roomId, userId, role, identity, request });
  if (mayEnter === false) throw new Refusal("forbidden", { room: roomId });
}

/** Lets somebody in, if nothing in the room speaks against it, and sends it what was said before. @throws {Refusal} */
export function enter({ visitor, peer, definition, command }: Entrance, doors: Doors): void {
  const { settings } = definition;
  const { room: roomId } = command;
  const role = isWatching({ visitor, command }) ? "spectator" : "member";

  // The user may have been banned while it was asked.
  doors.bans.refuse(peer.user ?? peer.id, roomId);
  const before = doors.hosted()?.users.get(userKey({ peer, role }));
  const isHereAlready = before?.peers.has(peer.id) ?? false;
  if (doors.hosted()?.isLocked && !before) throw new Refusal("room_locked", { room: roomId });
  const isElsewhere = before !== undefined && !isHereAlready && before.peers.size > 0 && !before.isDropped;
  if (isElsewhere && settings.duplicateUser === "reject")
    throw new Refusal("already_in_room", { room: roomId });

  visitor.carryOut({
    type: "join",
    room: roomId,
    create: settings.policy,
    as: role,
    ...(command.profile && { profile: command.profile }),
  });

  const hosted = doors.hosted();
  if (!hosted || isHereAlready) return;
  if (before && settings.duplicateUser !== "allow") doors.supersede(hosted, { user: before, by: peer.id });
  hosted.replay(peer.id);
}

function isWatching({ visitor, command }: Pick<Entrance, "visitor" | "command">): boolean {
  return visitor.identity.role === "spectator" || (command.type === "join" && command.as === "spectator");
}
