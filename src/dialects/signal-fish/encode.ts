import type { Event, EventOf } from "../../core/events.ts";
import { type PeerId, type RoomId, roomId } from "../../core/ids.ts";
import type { Payload } from "../../core/payload.ts";
import type { LeaveReason } from "../../core/room-events.ts";
import type { MemberInfo, RoomFacts } from "../../core/views.ts";
import { EACH, type Wire } from "../dialect.ts";
import { binaryFrame } from "./binary-frame.ts";
import { msgpackToJson } from "./msgpack-to-json.ts";
import {
  byRole,
  peerConnection,
  placeOf,
  playerInfo,
  spectatorInfo,
  type Version,
  wireId,
} from "./objects.ts";
import type { SignalFishSettings } from "./settings.ts";

/** How a link is spoken to. */
export interface Form {
  readonly version: Version;
  readonly format: "json" | "message_pack";
  readonly settings: SignalFishSettings;
}

/** One message; without `data` the key is left out. */
export function frame(type: string, data?: object): string {
  return JSON.stringify(data === undefined ? { type } : { type, data });
}

/** What is told to others about a spectator that goes. */
const SPECTATOR_REASONS: Readonly<Record<LeaveReason, string>> = {
  left: "voluntary_leave",
  disconnected: "disconnected",
  timeout: "disconnected",
  superseded: "disconnected",
  kicked: "removed",
  banned: "removed",
  closed: "room_closed",
};

export const relayTypeOf = (room: RoomId, { relayTypes, defaultRelayType }: SignalFishSettings): string => {
  const { game } = placeOf(room);
  return Object.hasOwn(relayTypes, game) ? (relayTypes[game] ?? defaultRelayType) : defaultRelayType;
};

/** The fields that `RoomJoined` and `Reconnected` have in common. */
function snapshot(
  { room, facts, members }: { room: RoomId; facts: RoomFacts; members: readonly MemberInfo[] },
  { you, form }: { you: PeerId; form: Form },
): object {
  const { game, code } = placeOf(facts.address);
  const { players, spectators } = byRole(members);
  return {
    room_id: facts.uid,
    room_code: code,
    player_id: wireId(you),
    game_name: facts.game ?? game,
    max_players: Math.min(facts.capacity, 255),
    supports_authority: facts.hasAuthority,
    current_players: players.map((each) => playerInfo(each, form.version)),
    is_authority: facts.authority === you,
    lobby_state: facts.lobby,
    ready_players: facts.ready.map(wireId),
    relay_type: relayTypeOf(room, form.settings),
    current_spectators: spectators.map(spectatorInfo),
  };
}

/** The answer to a join; `you` is the one who asked. */
export function joined(event: EventOf<"room-joined">, you: PeerId, form: Form): string | undefined {
  const { room, facts, members, role, token } = event;
  if (!facts) return undefined;
  if (role !== "spectator") {
    const mayKnow = form.version === 3 || form.settings.reconnection.tokenInVersion2;
    return frame("RoomJoined", {
      ...snapshot({ room, facts, members }, { you, form }),
      ...(mayKnow && token !== undefined && { reconnection_token: token }),
    });
  }
  const { game, code } = placeOf(facts.address);
  const { players, spectators } = byRole(members);
  return frame("SpectatorJoined", {
    room_id: facts.uid,
    room_code: code,
    spectator_id: wireId(you),
    game_name: facts.game ?? game,
    current_players: players.map((each) => playerInfo(each, form.version)),
    current_spectators: spectators.map(spectatorInfo),
    lobby_state: facts.lobby,
    reason: "joined",
  });
}

/** The answer to a reconnection, with as many of the missed events as its bound allows, the newest first of all. */
function reconnected(
  { room, facts, members, peer, missed, replay, token }: EventOf<"reclaimed">,
  form: Form,
): string {
  const { version, settings } = form;
  const known = snapshot({ room, facts, members }, { you: peer, form });
  const players = byRole(members).players;
  const write = (events: readonly string[], state: string): string => {
    const fields = JSON.stringify(known).slice(1, -1);
    const more = {
      replay: state,
      sender_watermarks: players.map((each) => ({
        player_id: wireId(each.peer),
        epoch: each.standing?.stamp.epoch ?? 1,
        seq: each.standing?.stamp.seq ?? 0,
      })),
      reconnection_token: token,
    };
    const tail = version === 3 ? `,${JSON.stringify(more).slice(1)}` : "}";
    return `{"type":"Reconnected","data":{${fields},"missed_events":[${events.join(",")}]${tail}}`;
  };

  let events = missed.flatMap((event) => {
    const wire = encode(event, form);
    return typeof wire === "string" ? [wire] : [];
  });
  let state: string = replay;
  let excess = Buffer.byteLength(write(events, state)) - settings.reconnection.maxMessageBytes;
  while (excess > 0 && events.length > 0) {
    excess -= Buffer.byteLength(events[0] ?? "") + 1;
    events = events.slice(1);
    state = "truncated";
  }
  return write(events, state);
}

/** Game data as one link of that form is told it; `undefined` when the form has no word for the payload. */
function gameData(event: EventOf<"message">, form: Form): Wire | undefined {
  const { from, data, stamp, delivery } = event;
  const sender = wireId(from);
  const isBinary = data.form !== "json";
  if (isBinary && form.format === "message_pack") {
    return binaryFrame(sender, data.bytes, form.version === 3 ? stamp : undefined);
  }
  const text = jsonOf(data);
  if (text === undefined) return undefined;
  const head = `{"type":"GameData","data":{"from_player":"${sender}","data":${text}`;
  if (form.version === 2 || !stamp) return `${head}}}`;
  const { seq, epoch } = stamp;
  const asked = isBinary || !delivery ? "" : `,"class":"${delivery.class}"${keyOf(delivery.key)}`;
  return `${head},"seq":${seq},"epoch":${epoch}${asked}}}`;
}

const keyOf = (key: number | undefined): string => (key === undefined ? "" : `,"key":${key}`);

/** Conversions of one payload, kept for the versions that need the same. */
const converted = new WeakMap<Payload, { readonly text: string | undefined }>();

function jsonOf(payload: Payload): string | undefined {
  if (payload.form === "json") return payload.text;
  const known = converted.get(payload) ?? { text: msgpackToJson(payload.bytes) };
  converted.set(payload, known);
  return known.text;
}

/** Every event in the words of Signal Fish; `undefined` for those it has no word for. */
export function encode(event: Event, form: Form): Wire | typeof EACH | undefined {
  const { version } = form;
  switch (event.type) {
    case "message":
      // What only some of a room are told has no number, and version 3 has no word for that.
      if (version === 3 && !event.stamp) return undefined;
      return gameData(event, form) ?? EACH;
    case "member-joined":
      if (event.member.role !== "spectator") {
        return frame("PlayerJoined", { player: playerInfo(event.member, version) });
      }
      return frame("NewSpectatorJoined", {
        spectator: spectatorInfo(event.member),
        current_spectators: (event.spectators ?? [event.member]).map(spectatorInfo),
        reason: "joined",
      });
    case "member-left": {
      const { peer, last, reason, spectators = [] } = event;
      if (last?.role === "spectator") {
        return frame("SpectatorDisconnected", {
          spectator_id: wireId(peer),
          reason: SPECTATOR_REASONS[reason],
          current_spectators: spectators.map(spectatorInfo),
        });
      }
      const { epoch, seq } = last?.stamp ?? { epoch: 1, seq: 0 };
      return frame("PlayerLeft", {
        player_id: wireId(peer),
        ...(version === 3 && { epoch, final_seq: seq }),
      });
    }
    case "member-returned":
      return frame("PlayerReconnected", {
        player_id: wireId(event.peer),
        ...(version === 3 && { epoch: event.epoch }),
      });
    case "lobby-changed":
      return frame("LobbyStateChanged", {
        lobby_state: event.lobby,
        ready_players: event.ready.map(wireId),
        all_ready: event.allReady,
      });
    case "authority-changed":
      return frame("AuthorityChanged", {
        authority_player: event.authority === undefined ? null : wireId(event.authority),
        you_are_authority: event.yours,
      });
    case "game-starting": {
      const relayType = relayTypeOf(event.room, form.settings);
      return frame("GameStarting", {
        peer_connections: event.members.map((each) => peerConnection(each, relayType)),
      });
    }
    case "session-planned":
      if (version === 2) return undefined;
      return frame("SessionPlan", {
        generation: event.generation,
        topology: "relay",
        transport: "relay",
        peers: [],
        fallback: "relay",
      });
    case "transport-reported":
      if (version === 2) return undefined;
      return frame("PeerTransportStatus", {
        peer_id: wireId(event.peer),
        transport: event.transport,
        connected: event.connected,
      });
    case "reclaimed":
      return reconnected(event, form);
    case "room-left":
      return left(event);
    case "code-renewed":
      return frame("RoomCodeRegenerated", { room_code: placeOf(roomId(event.code)).code });
    case "room-closed":
    case "kicked":
      return EACH;
    case "pong":
      return '{"type":"Pong"}';
    // The handshake is answered by the conversation, a join by `joined`; acknowledgements are silent.
    case "welcome":
    case "room-joined":
    case "done":
    case "processed":
    // Words of other languages: what peers say to one alone, namespaces, matches, metadata, hosts, sessions.
    case "room-created":
    case "members":
    case "room-info":
    case "member-updated":
    case "member-away":
    case "member-back":
    case "host-changed":
    case "signaled":
    case "relayed":
    case "relay-pass":
    case "expiring":
    case "session-entered":
    case "session-told":
    case "room-list":
    case "room-updated":
    case "history":
    case "asked":
    case "answered":
    case "ask-failed":
    case "match-explained":
    case "match-waiting":
    case "match-cancelled":
    case "matched":
    case "match-expired":
      return undefined;
  }
}

function left({ watched }: EventOf<"room-left">): string {
  if (!watched) return frame("RoomLeft");
  return frame("SpectatorLeft", {
    room_id: watched.uid,
    room_code: placeOf(watched.address).code,
    reason: "voluntary_leave",
    current_spectators: watched.spectators.map(spectatorInfo),
  });
}

/** What a spectator is told when the room it watches is no more. */
export function watchedRoomClosed({ uid, address }: { uid: string; address: RoomId }): string {
  return frame("SpectatorLeft", {
    room_id: uid,
    room_code: placeOf(address).code,
    reason: "room_closed",
    current_spectators: [],
  });
}
