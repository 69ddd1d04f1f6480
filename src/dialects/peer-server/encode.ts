import type { Event } from "../../core/events.ts";
import { GROUP_PREFIX } from "../../core/matching.ts";
import { metadataSize, NO_METADATA } from "../../core/metadata.ts";
import type { Payload } from "../../core/payload.ts";
import type { MemberInfo } from "../../core/views.ts";

/** Most metadata in one list, in characters of JSON; members beyond it are listed without theirs. */
const MAX_LISTED_META = 262_144;

/** A member as the original lists it: keys without a value are left out. */
function peerInfo({ peer, alias, app, version, metadata }: MemberInfo): object {
  return {
    fingerprint: peer,
    alias,
    ...(app && { app_type: app }),
    ...(version && { version }),
    ...(Object.keys(metadata).length > 0 && { meta: metadata }),
  };
}

/** Members of a list, which a few peers with much to tell cannot blow up. */
function peerInfos(members: readonly MemberInfo[]): object[] {
  let left = MAX_LISTED_META;
  return members.map((member) => {
    const size = metadataSize(member.metadata);
    if (size > left) return peerInfo({ ...member, metadata: NO_METADATA });
    left -= size;
    return peerInfo(member);
  });
}

const peerList = (event: { room: string; members: readonly MemberInfo[]; total: number }): string =>
  JSON.stringify({
    type: "peer_list",
    payload: { namespace: event.room, peers: peerInfos(event.members), total: event.total },
  });

/** The text of a payload; bytes have no word in this language. */
function payloadText(payload: Payload): string | undefined {
  return payload.form === "json" ? payload.text : undefined;
}

/** `,"payload":…` for a payload that is there. */
function payloadMember(payload: Payload | undefined): string | undefined {
  if (payload === undefined) return "";
  const text = payloadText(payload);
  return text && `,"payload":${text}`;
}

/**
 * The JSON text of an id, remembered for as long as the same one comes again: messages come in runs from one peer, or to
 * one, and quoting 64 characters costs more than all else that is done to them here.
 */
class Quoted {
  #id = "";
  #text = '""';

  of(id: string): string {
    if (id !== this.#id) {
      this.#id = id;
      this.#text = JSON.stringify(id);
    }
    return this.#text;
  }
}

const sender = new Quoted();
const target = new Quoted();

/**
 * Clients may join a namespace or create a room of this name, and then mean one like any other: not the group itself,
 * which is silent and of limited life.
 */
const sessionId = (group: string): string =>
  group.startsWith(GROUP_PREFIX) ? group.slice(GROUP_PREFIX.length) : group;

type Encoder<Type extends Event["type"]> = (event: Extract<Event, { type: Type }>) => string | undefined;

const toOne: Encoder<"signaled" | "relayed"> = ({ type, from, to, data, room, at }) => {
  const payload = payloadMember(data);
  if (payload === undefined) return undefined;
  const word = type === "signaled" ? "signal" : "relay";
  const namespace = room === undefined ? "" : `,"namespace":${JSON.stringify(room)}`;
  return `{"type":"${word}","from":${sender.of(from)},"to":${target.of(to)}${namespace}${payload},"ts":${at}}`;
};

/** Every event in the words of Peer Server; `undefined` for those it has no word for. */
export function encode(
  event: Event,
  { announceMetadata }: { announceMetadata: boolean },
): string | undefined {
  switch (event.type) {
    case "welcome":
      return JSON.stringify({
        type: "registered",
        from: event.peer,
        payload: { fingerprint: event.peer, alias: event.alias },
      });
    case "room-joined":
    case "members":
      return peerList(event);
    case "room-created":
      return JSON.stringify({
        type: "room_created",
        payload: { room_id: event.room, max_size: event.capacity, owner: event.host },
      });
    case "room-info":
      return JSON.stringify({
        type: "room_info",
        payload: {
          room_id: event.room,
          peer_count: event.members,
          max_size: event.capacity,
          owner: event.host ?? "",
        },
      });
    case "member-joined":
      return JSON.stringify({
        type: "peer_joined",
        from: event.member.peer,
        namespace: event.room,
        payload: peerInfo(event.member),
      });
    case "member-left":
      return JSON.stringify({ type: "peer_left", from: event.peer, namespace: event.room, payload: null });
    case "member-updated":
      if (!announceMetadata) return undefined;
      return JSON.stringify({
        type: "metadata",
        from: event.member.peer,
        namespace: event.room,
        payload: peerInfo(event.member),
      });
    case "message": {
      const { from, room, data, verbatim, at } = event;
      const head = `{"type":"broadcast","from":${sender.of(from)},`;
      if (verbatim?.dialect === "peer-server") return `${head}${verbatim.text},"ts":${at}}`;
      const text = payloadText(data);
      return text && `${head}"payload":{"namespace":${JSON.stringify(room)},"data":${text}},"ts":${at}}`;
    }
    case "signaled":
    case "relayed":
      return toOne(event);
    case "match-waiting":
      return '{"type":"match","payload":{"status":"waiting"}}';
    case "match-cancelled":
      return '{"type":"match","payload":{"status":"cancelled"}}';
    case "match-expired":
      return '{"type":"match","payload":{"status":"expired"}}';
    case "matched":
      return JSON.stringify({
        type: "matched",
        ...(event.pool && { namespace: event.pool }),
        payload: {
          namespace: event.pool,
          peers: peerInfos(event.members),
          session_id: sessionId(event.group),
        },
      });
    case "kicked":
      return JSON.stringify({
        type: "kick",
        from: event.by,
        payload: { room_id: event.room, fingerprint: event.peer },
      });
    case "room-closed":
      return JSON.stringify({ type: "room_closed", payload: { room_id: event.room, reason: event.reason } });
    case "pong":
      return '{"type":"pong"}';
    // Acknowledgements are silent in this language, and it has no word for a new owner.
    case "room-left":
    // Collaboration sessions have words of their own.
    case "session-entered":
    case "session-told":
    case "done":
    case "host-changed":
    // Its peers are gone with their links, so it has no word for those that may come back.
    case "member-away":
    // Things that none of its peers can ask for, or be asked.
    case "expiring":
    case "relay-pass":
    case "match-explained":
    case "room-updated":
    case "code-renewed":
    case "room-list":
    case "history":
    case "asked":
    case "answered":
    case "ask-failed":
    case "member-back":
    case "processed":
    // Nor has it any for lobbies, games, and seats that are kept.
    case "lobby-changed":
    case "game-starting":
    case "session-planned":
    case "authority-changed":
    case "member-returned":
    case "transport-reported":
    case "reclaimed":
      return undefined;
  }
}
