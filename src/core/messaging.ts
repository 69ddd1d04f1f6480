import type { CommandOf } from "./commands.ts";
import { Refusal } from "./errors.ts";
import type { EventOf } from "./events.ts";
import type { Part } from "./game.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId } from "./ids.ts";
import { mergedMetadata, NO_METADATA, patchedMetadata } from "./metadata.ts";
import { tellOutside } from "./outside.ts";
import type { Peer } from "./peer.ts";
import { memberInfo, type Room } from "./room.ts";
import type { Space } from "./space.ts";
import type { Stamp } from "./views.ts";
import type { World } from "./world.ts";

/** Whether `one` and `other` are members of a common room; a peer that is in any room shares it with itself. */
function shareRoom(one: Peer, other: Peer): boolean {
  for (const room of one.rooms) if (room.members.has(other.id)) return true;
  return false;
}

/** Who must not hear a broadcast: the sender, and everybody it named by id or alias. */
function excluded(sender: Peer, names: readonly string[] | undefined): PeerId | ReadonlySet<PeerId> {
  if (!names || names.length === 0) return sender.id;
  const ids = new Set<PeerId>([sender.id]);
  for (const name of names) {
    const peer = findNamed(sender.space, name);
    if (peer) ids.add(peer.id);
  }
  return ids;
}

const findNamed = (space: Space, name: string): Peer | undefined => space.find(name);

/** The number of a player's next message: it takes one also when nobody hears it. */
function numbered(part: Part): Stamp {
  return { epoch: part.epoch, seq: ++part.seq };
}

/**
 * Who hears a broadcast that is not meant for all of the room; `undefined` when it is.
 *
 * @throws {Refusal} `peer_not_found` when it names others, but none of them is here.
 */
function chosen(
  room: Room,
  sender: Peer,
  { only, role, except }: CommandOf<"broadcast">,
): ReadonlySet<PeerId> | undefined {
  if (!only && !role) return undefined;
  const told = new Set<PeerId>();
  if (only) {
    for (const name of only) {
      const peer = findNamed(sender.space, name);
      if (peer && room.members.has(peer.id)) told.add(peer.id);
    }
    if (told.size === 0) throw new Refusal("peer_not_found", { room: room.id });
  } else for (const id of room.members.keys()) told.add(id);

  const unheard = excluded(sender, except);
  for (const id of told) {
    const member = room.members.get(id);
    const isOther = role !== undefined && member !== undefined && room.roleOf(member) !== role;
    if (isOther || id === unheard || (typeof unheard === "object" && unheard.has(id))) told.delete(id);
  }
  return told;
}

/** What peers say to each other: docs/spec/messages.md, rules MG1 to MG9. */
export function messagingHandlers(
  world: World,
): Handlers<"signal" | "relay" | "broadcast" | "set-metadata" | "ping"> {
  const { outbox } = world;

  /** Tells the others in a room how `peer` presents itself there now. */
  const tellUpdated = (room: Room, peer: Peer): void => {
    const member = room.members.get(peer.id);
    if (member) world.tell(room, { type: "member-updated", member: memberInfo(room, member) }, peer.id);
  };

  const pass = (sender: Peer, command: CommandOf<"signal"> | CommandOf<"relay">): void => {
    const target = sender.space.find(command.to);
    if (!target && command.type === "relay" && tellOutside(world, sender, command)) return;
    if (!target) throw new Refusal("peer_not_found", { to: command.to });
    if (!shareRoom(sender, target)) throw new Refusal("no_shared_room", { to: command.to });

    const room = command.room === undefined ? undefined : sender.space.rooms.get(command.room);
    const bothInside = room?.members.has(sender.id) && room.members.has(target.id);

    world.tellOne(target, {
      type: command.type === "signal" ? "signaled" : "relayed",
      from: sender.id,
      to: target.id,
      data: command.data,
      room: bothInside ? command.room : undefined,
      at: world.now,
    });
  };

  return {
    signal: pass,
    relay: pass,

    broadcast(peer, command) {
      const { room: id, data, name, except, lane = "normal", verbatim, delivery } = command;
      const room = world.room(peer, id);
      const member = room.members.get(peer.id);
      if (!member) throw new Refusal("not_in_room", { room: id });
      if (member.role === "spectator") throw new Refusal("forbidden", { room: id, role: "spectator" });

      const told = chosen(room, peer, command);

      // A number that some never hear of would be a hole for them.
      const isForAll = !told && !except?.length;
      const stamp = isForAll && member.part ? numbered(member.part) : undefined;
      // Of one shape whatever is said, as every message is one.
      const message: EventOf<"message"> = {
        type: "message",
        room: id,
        offset: 0,
        from: peer.id,
        user: peer.user,
        name,
        data,
        at: world.now,
        directed: told && true,
        lane,
        verbatim,
        delivery: stamp && delivery,
        stamp,
      };
      if (command.ephemeral) {
        if (told) outbox.deliver(told, message);
        else outbox.deliver(room.members.keys(), message, excluded(peer, except));
      } else if (told) world.tellOnly(room, message, told);
      else world.tell(room, message, excluded(peer, except));
    },

    "set-metadata"(peer, { metadata, room: id, nulls }) {
      const merge = nulls === "remove" ? patchedMetadata : mergedMetadata;
      const { maxMetadataBytes } = world.limits;
      const room = id === undefined ? undefined : world.room(peer, id);
      const member = room?.members.get(peer.id);
      if (room && !member) throw new Refusal("not_in_room", { room: room.id });
      const known = room ? member?.profile.metadata : peer.metadata;
      const merged = merge(known ?? NO_METADATA, metadata, maxMetadataBytes);

      if (member) member.profile = { ...member.profile, metadata: merged };
      else peer.metadata = merged;

      for (const each of room ? [room] : peer.rooms) tellUpdated(each, peer);
      outbox.answer(peer.id, { type: "done" });
    },

    ping(peer) {
      outbox.answer(peer.id, { type: "pong" });
    },
  };
}
