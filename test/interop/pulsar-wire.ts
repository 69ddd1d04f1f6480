import { type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";

/**
 * What the editor's own reader takes: each message of the server by its type, every field of it there and of its kind.
 * Fields that it does not know it passes over, and messages of other types too.
 */

const text = Type.String();
const textOrNull = Type.Union([Type.String(), Type.Null()]);
/** 64 bits; JavaScript has read them as a double by now. */
const long = Type.Integer({ minimum: 0 });
const profile = Type.Object({
  peer_id: text,
  display_name: textOrNull,
  avatar_url: textOrNull,
  github_login: textOrNull,
});
const relayed = { session_id: text, from_peer_id: text };
const endpoint = { public_ip: text, public_port: Type.Integer({ minimum: 0, maximum: 65_535 }) };

const SHAPES: Readonly<Record<string, Readonly<Record<string, TSchema>>>> = {
  joined: {
    session_id: text,
    peer_id: text,
    participants: Type.Array(text, { minItems: 1 }),
    join_token: textOrNull,
    participant_profiles: Type.Union([Type.Array(profile), Type.Null()]),
  },
  peer_joined: { session_id: text, peer_id: text, profile: Type.Union([profile, Type.Null()]) },
  peer_left: { session_id: text, peer_id: text },
  kicked: { session_id: text, reason: text },
  chat_message: { session_id: text, peer_id: text, message: text, timestamp: long },
  error: { message: text },
  pong: {},
  request_file_manifest: relayed,
  file_manifest: { ...relayed, manifest_json: text },
  request_files: { ...relayed, file_paths: Type.Array(text) },
  files_chunk: { ...relayed, files_json: text, chunk_index: long, total_chunks: long },
  file_changed: { ...relayed, path: text, kind: Type.Enum(["created", "modified", "deleted"]) },
  p2_p_connection_request: { ...relayed, ...endpoint },
  p2_p_connection_response: { ...relayed, ...endpoint },
  request_binary_proxy: relayed,
  binary_proxy_data: { ...relayed, sequence: long, is_git_protocol: Type.Boolean() },
  request_project_tree: relayed,
  project_tree_response: { ...relayed, tree_json: text },
  request_file: { ...relayed, file_path: text },
  file_chunk: {
    ...relayed,
    file_path: text,
    offset: long,
    data: Type.Array(Type.Integer({ minimum: 0, maximum: 255 })),
    is_last: Type.Boolean(),
  },
  replication_update: { ...relayed, data: text },
};

const readers = new Map(Object.entries(SHAPES).map(([type, fields]) => [type, Compile(Type.Object(fields))]));

/** What keeps the editor from reading a message; `undefined` when it can, or passes over it. */
export function flawOf(message: Readonly<Record<string, unknown>>, isFirst: boolean): string | undefined {
  const { type } = message;
  if (isFirst && type !== "joined" && type !== "error") return `Unexpected server response: ${type}`;
  const reader = readers.get(String(type));
  const [flaw] = reader?.Errors(message) ?? [];
  return flaw && `${type}: ${flaw.instancePath} ${flaw.message}`;
}
