import type { Command } from "../../core/commands.ts";
import { type PeerId, peerId } from "../../core/ids.ts";
import type { Room } from "../../core/room.ts";
import { type Envelope, optionalText, payloadOf, uuid } from "./envelope.ts";
import { Fault } from "./fault.ts";
import { freshRoom, passwordFlaw } from "./joining.ts";
import { placeOf, wireId } from "./objects.ts";
import { seated, type Talk } from "./talk.ts";

/** What the authority asks, and what it is answered when that was done. */
export interface Moderation {
  readonly command: Command;
  /** Absent: the hub's answer says it. */
  readonly done?: { readonly type: string; readonly data: object };
}

type Read = (envelope: Envelope, talk: Talk) => Moderation;

/** Whom a request about another player is about. */
interface Target {
  readonly room: Room;
  readonly peer: PeerId;
  /** As the client calls it. */
  readonly player: string;
}

function targetOf(envelope: Envelope, { place, peer: asker }: Talk): Target {
  const player = uuid(payloadOf(envelope), "player_id");
  const { room } = seated(place);
  const peer = callee(room, player);
  if (peer === asker.id && room.game?.authority === peer) {
    throw new Fault("INVALID_INPUT", "Not possible with oneself");
  }
  return { room, peer, player };
}

/** The id of the peer that clients call so: that of other languages is another one. */
function callee(room: Room, player: string): PeerId {
  const id = peerId(player);
  if (room.members.has(id)) return id;
  for (const member of room.members.keys()) if (wireId(member) === player) return member;
  for (const banned of room.banned.peers()) if (wireId(banned) === player) return banned;
  return id;
}

const done = (type: string, { player }: Target) => ({ type, data: { player_id: player } });

/** What the authority may ask, only within a `RoomOperation`: rules SF89 and SF93. */
export const MODERATIONS: Readonly<Record<string, Read>> = {
  KickPlayer(envelope, talk) {
    const target = targetOf(envelope, talk);
    const { room, peer } = target;
    return {
      command: { type: "kick", room: room.id, peer, among: "players" },
      done: done("PlayerKicked", target),
    };
  },

  BanPlayer(envelope, talk) {
    const target = targetOf(envelope, talk);
    const { room, peer } = target;
    return {
      command: { type: "ban", room: room.id, peer, among: "players" },
      done: done("PlayerBanned", target),
    };
  },

  UnbanPlayer(envelope, talk) {
    const target = targetOf(envelope, talk);
    const { room, peer } = target;
    return {
      command: { type: "unban", room: room.id, peer, ifNone: "done" },
      done: done("PlayerUnbanned", target),
    };
  },

  TransferAuthority(envelope, talk) {
    const target = targetOf(envelope, talk);
    const { room, peer: to } = target;
    return {
      command: { type: "transfer-authority", room: room.id, to },
      done: done("AuthorityTransferred", target),
    };
  },

  SetRoomAccess(envelope, { place }) {
    const password = optionalText(payloadOf(envelope), "password") ?? null;
    const { room } = seated(place);
    const flaw = password === null ? undefined : passwordFlaw(password);
    if (flaw !== undefined) throw new Fault("INVALID_INPUT", flaw);
    return {
      command: { type: "set-room", room: room.id, password },
      done: { type: "RoomAccessUpdated", data: { requires_password: password !== null } },
    };
  },

  RegenerateRoomCode(_, talk) {
    const { room } = seated(talk.place);
    const address = freshRoom(placeOf(room.address).game, talk);
    if (address === undefined) throw new Fault("INTERNAL_ERROR", "No free room code was found");
    return { command: { type: "renew-code", room: room.id, address } };
  },
};
