import { collabPeer } from "./collab.ts";
import { type CollabWord, wordInfo } from "./collab-words.ts";
import type { Collabs } from "./collabs.ts";
import type { CommandOf } from "./commands.ts";
import { Refusal } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { PeerId } from "./ids.ts";
import { type Payload, payloadSize } from "./payload.ts";
import type { Peer } from "./peer.ts";
import type { Room } from "./room.ts";
import type { World } from "./world.ts";

/** Paths of a question that are remembered to tell it from others: the answer begins with one of the first. */
const MAX_PATHS = 8;

/** What a message costs besides what it says. */
const MESSAGE_BYTES = 64;

/** What members of a collaboration session ask: docs/spec/collab.md, rules CO10 to CO24. */
export function collabHandlers(world: World, collabs: Collabs): Handlers<"enter-session" | "tell-session"> {
  const { outbox } = world;

  const deliver = (room: Room, said: Said): void => {
    const { from, to, word, data } = said;
    const event = { type: "session-told", room: room.id, from, word, data, at: world.now } as const;
    if (Array.isArray(to)) outbox.deliver(to, event);
    else outbox.deliver(room.members.keys(), event, to === "others" ? from : undefined);
  };

  /** Who hears it. Remembers questions, and whose turn it is to be answered. @throws {Refusal} */
  const audienceOf = (peer: Peer, room: Room, { word, to, paths, last }: CommandOf<"tell-session">) => {
    const { audience, pair = "", unasked } = wordInfo(word);
    const target = to === undefined ? undefined : memberNamed(room, to);
    switch (audience) {
      case "everybody":
        return target === undefined ? "everybody" : [target, peer.id];
      case "others":
        return target === undefined ? "others" : [target];
      case "host": {
        const host = target ?? room.host;
        if (host === undefined) throw new Refusal("peer_not_found", { to: "host" });
        room.collab?.asks.add(
          { pair, by: peer.id, of: host, paths: new Set(paths?.slice(0, MAX_PATHS)) },
          world.now,
        );
        return [host];
      }
      case "asker": {
        const answer = { pair, of: peer.id, path: paths?.[0], to: target, last: last ?? true };
        const asker = room.collab?.asks.answered(answer, world.now);
        if (asker !== undefined) return [asker];
        if (unasked === "others") return target === undefined ? "others" : [target];
        throw new Refusal("bad_request", { reason: "not_asked" });
      }
    }
  };

  return {
    "enter-session"(peer, command) {
      collabs.refuseEntry(peer.space.id, command);

      collabs.enter(peer, command);
    },

    "tell-session"(peer, command) {
      const { room: id, word, data } = command;
      const room = world.room(peer, id);
      const { collab } = room;
      const member = room.members.get(peer.id);
      if (!collab || !member) throw new Refusal("not_in_room", { room: id });
      const { needs } = wordInfo(word);
      if (needs === "edit" && member.role === "spectator")
        throw new Refusal("forbidden", { capability: needs });
      const announced = collab.proxied.get(peer);
      if (word === "proxy-bytes" && !announced) throw new Refusal("bad_request", { reason: "no_proxy_data" });
      const to = word === "proxy-bytes" ? toOf(announced?.to) : audienceOf(peer, room, command);

      // Nothing is refused for its size: half of a file would be worse than a late one.
      collab.account.take(payloadSize(data) + MESSAGE_BYTES, world.now);
      const waitMs = collab.account.waitMs(world.now);
      if (waitMs > 0) outbox.slow?.(peer.id, waitMs);
      collabs.said.set(word, (collabs.said.get(word) ?? 0) + 1);
      if (word === "proxy-bytes" && announced) {
        collab.proxied.delete(peer);
        // Somebody else has announced bytes in the meantime: these need their announcement again.
        if (collab.lastProxied !== peer.id)
          deliver(room, { from: peer.id, to, word: "proxy-data", data: announced.data });
        collab.lastProxied = peer.id;
      } else if (word === "proxy-data") {
        collab.proxied.set(peer, { data, to: Array.isArray(to) ? to[0] : undefined });
        collab.lastProxied = peer.id;
      }

      deliver(room, { from: peer.id, to, word, data });
      // A file for one is sent as fast as that one takes it. What is for all waits for nobody.
      const [only, another] = Array.isArray(to) ? to : [];
      if (only !== undefined && another === undefined) outbox.pace?.(peer.id, only);
    },
  };
}

interface Said {
  readonly from: PeerId;
  readonly to: "everybody" | "others" | PeerId[];
  readonly word: CollabWord;
  readonly data: Payload;
}

const toOf = (peer: PeerId | undefined): "others" | PeerId[] => (peer === undefined ? "others" : [peer]);

/** By the name it has in the session, or by its id. @throws {Refusal} `peer_not_found` */
function memberNamed(room: Room, name: string): PeerId {
  const named = room.members.get(collabPeer(room.id, name)) ?? room.members.get(name as PeerId);
  if (!named) throw new Refusal("peer_not_found", { to: name });
  return named.peer.id;
}
