import { nameIn } from "../../core/collab.ts";
import type { CollabWord } from "../../core/collab-words.ts";
import type { Event, EventOf } from "../../core/events.ts";
import type { RoomId } from "../../core/ids.ts";
import type { MemberInfo } from "../../core/views.ts";
import type { Wire } from "../dialect.ts";
import type { JoinTokens } from "./tokens.ts";

/** What each word of a session is called here. */
const TYPES: Readonly<Record<Exclude<CollabWord, "proxy-bytes">, string>> = {
  chat: "chat_message",
  "file-changed": "file_changed",
  replication: "replication_update",
  "request-manifest": "request_file_manifest",
  manifest: "file_manifest",
  "request-files": "request_files",
  files: "files_chunk",
  "request-tree": "request_project_tree",
  tree: "project_tree_response",
  "request-file": "request_file",
  "file-piece": "file_chunk",
  "p2p-request": "p2_p_connection_request",
  "p2p-response": "p2_p_connection_response",
  "request-proxy": "request_binary_proxy",
  "proxy-data": "binary_proxy_data",
};

/** Every event in the words of Pulsar; `undefined` for those it has no word for. Nulls are written. */
export function encode(event: Event, tokens: JoinTokens): Wire | undefined {
  switch (event.type) {
    case "session-entered":
      return JSON.stringify(joined(event, tokens));
    case "session-told":
      return told(event);
    case "member-joined": {
      const { room, member } = event;
      const profile = hasIdentity(member) ? profileOf(room, member) : null;
      return JSON.stringify({
        type: "peer_joined",
        session_id: room,
        peer_id: nameIn(room, member.peer),
        profile,
        role: roleOf(member),
      });
    }
    case "member-left":
      return JSON.stringify({
        type: "peer_left",
        session_id: event.room,
        peer_id: nameIn(event.room, event.peer),
      });
    case "host-changed":
      return JSON.stringify({
        type: "host_changed",
        session_id: event.room,
        peer_id: nameIn(event.room, event.host),
      });
    case "kicked":
      return JSON.stringify({ type: "kicked", session_id: event.room, reason: "Kicked by host" });
    case "room-closed":
      return JSON.stringify({ type: "session_closed", session_id: event.room, reason: event.reason });
    case "pong":
      return '{"type":"pong"}';
    case "signaled":
    case "relayed":
      return toOne(event);
    case "message": {
      const { room, from, name = null, data } = event;
      if (data.form !== "json") return undefined;
      const head = JSON.stringify({
        type: "message",
        session_id: room,
        from_peer_id: nameIn(room, from),
        name,
      });
      return `${head.slice(0, -1)},"data":${data.text}}`;
    }
    // A session is entered by `session-entered`, and what was asked for is done without a word.
    default:
      return undefined;
  }
}

function joined(
  { room, peer, role, isFounder, members, key, at, expiresAt }: EventOf<"session-entered">,
  tokens: JoinTokens,
) {
  const name = nameIn(room, peer);
  const times = { session: room, issuedAt: at, expiresAt };
  return {
    type: "joined",
    session_id: room,
    peer_id: name,
    participants: members.map((member) => nameIn(room, member.peer)),
    // For the others, who are invited with it. Who came by a token has it already.
    join_token: isFounder ? tokens.mint({ ...times, role: "editor" }) : null,
    participant_profiles: members.map((member) => profileOf(room, member)),
    role,
    // For this peer alone, to come back with.
    resume_token: tokens.mint({ ...times, role, peer: name }),
    session_key: [...key],
    expires_at: Math.floor(expiresAt / 1000),
  };
}

function told({ room, from, word, data, at }: EventOf<"session-told">): Wire | undefined {
  if (word === "proxy-bytes") return data.form === "json" ? undefined : data.bytes;
  if (data.form !== "json") return undefined;
  const sender = word === "chat" ? "peer_id" : "from_peer_id";
  const head = `{"type":"${TYPES[word]}","session_id":${JSON.stringify(room)},"${sender}":${JSON.stringify(nameIn(room, from))}`;
  // The data is an object that this dialect wrote: its members follow ours.
  const members = data.text.slice(1, -1);
  const tail = word === "chat" ? `,"timestamp":${Math.floor(at / 1000)}}` : "}";
  return `${head}${members === "" ? "" : ","}${members}${tail}`;
}

function toOne({ type, from, to, data, room }: EventOf<"signaled" | "relayed">): Wire | undefined {
  if (room === undefined || data === undefined) return undefined;
  const names = { from: nameIn(room, from), to: nameIn(room, to), session_id: room };
  if (data.form !== "json") {
    const text = Buffer.from(data.bytes).toString("base64");
    return type === "relayed" ? JSON.stringify({ type: "relay", ...names, data_base64: text }) : undefined;
  }
  const [word, member] = type === "signaled" ? ["signal", "signal"] : ["relay", "data"];
  return `${JSON.stringify({ type: word, ...names }).slice(0, -1)},"${member}":${data.text}}`;
}

const IDENTITY = ["display_name", "avatar_url", "github_login"] as const;

const hasIdentity = ({ metadata }: MemberInfo): boolean =>
  IDENTITY.some((key) => typeof metadata[key] === "string");

function profileOf(room: RoomId, { peer, metadata }: MemberInfo) {
  const told = IDENTITY.map((key) => [key, typeof metadata[key] === "string" ? metadata[key] : null]);
  return { peer_id: nameIn(room, peer), ...Object.fromEntries(told) };
}

function roleOf({ role }: MemberInfo): string {
  if (role === "host") return "host";
  return role === "spectator" ? "observer" : "editor";
}
