import { collabPeer } from "../../core/collab.ts";
import type { CollabWord } from "../../core/collab-words.ts";
import type { Command } from "../../core/commands.ts";
import { Refusal } from "../../core/errors.ts";
import { type RoomId, roomId } from "../../core/ids.ts";
import { jsonPayload } from "../../core/payload.ts";
import { memberText } from "../../lib/json-text.ts";
import {
  booleanField,
  bytesField,
  longField,
  type Message,
  optionalText,
  pathField,
  pathsField,
  peerField,
  portField,
  sessionField,
  textField,
  wholeField,
  wordField,
} from "./wire.ts";

/** Who speaks: bound to the link when it joined. */
export interface Bound {
  readonly session: RoomId;
  readonly name: string;
}

/** What a message says, without who says it to whom. */
interface Said {
  readonly word: CollabWord;
  /** The text of one JSON object. */
  readonly data: string;
  readonly paths?: readonly string[];
  readonly last?: boolean;
}

const json = JSON.stringify;

const readers: Readonly<Record<string, (message: Message) => Said>> = {
  chat_message: ({ fields }) => ({ word: "chat", data: `{"message":${json(textField(fields, "message"))}}` }),

  request_file_manifest: () => ({ word: "request-manifest", data: "{}" }),

  file_manifest: ({ fields }) => ({
    word: "manifest",
    data: `{"manifest_json":${json(textField(fields, "manifest_json"))}}`,
  }),

  request_files({ fields }) {
    const paths = pathsField(fields, "file_paths");
    return { word: "request-files", data: `{"file_paths":${json(paths)}}`, paths };
  },

  files_chunk({ fields }) {
    const files = textField(fields, "files_json");
    const total = wholeField(fields, "total_chunks", { min: 1 });
    const index = wholeField(fields, "chunk_index", { max: total - 1 });
    const path = firstPath(files);
    return {
      word: "files",
      data: `{"files_json":${json(files)},"chunk_index":${index},"total_chunks":${total}}`,
      last: index + 1 === total,
      ...(path !== undefined && { paths: [path] }),
    };
  },

  file_changed({ fields }) {
    const kind = wordField(fields, "kind", ["created", "modified", "deleted"]);
    return { word: "file-changed", data: `{"path":${json(pathField(fields, "path"))},"kind":"${kind}"}` };
  },

  p2_p_connection_request: (message) => ({ word: "p2p-request", data: endpoint(message) }),
  p2p_connection_request: (message) => ({ word: "p2p-request", data: endpoint(message) }),
  p2_p_connection_response: (message) => ({ word: "p2p-response", data: endpoint(message) }),
  p2p_connection_response: (message) => ({ word: "p2p-response", data: endpoint(message) }),

  request_binary_proxy: () => ({ word: "request-proxy", data: "{}" }),

  binary_proxy_data(message) {
    const isGit = booleanField(message.fields, "is_git_protocol");
    return {
      word: "proxy-data",
      data: `{"sequence":${longField(message, "sequence")},"is_git_protocol":${isGit}}`,
    };
  },

  request_project_tree: () => ({ word: "request-tree", data: "{}" }),

  project_tree_response: ({ fields }) => ({
    word: "tree",
    data: `{"tree_json":${json(textField(fields, "tree_json"))}}`,
  }),

  request_file({ fields }) {
    const path = pathField(fields, "file_path");
    return { word: "request-file", data: `{"file_path":${json(path)}}`, paths: [path] };
  },

  file_chunk(message) {
    const path = pathField(message.fields, "file_path");
    const last = booleanField(message.fields, "is_last");
    const offset = longField(message, "offset");
    const bytes = bytesField(message.fields, "data");
    return {
      word: "file-piece",
      data: `{"file_path":${json(path)},"offset":${offset},"data":${bytes},"is_last":${last}}`,
      paths: [path],
      last,
    };
  },

  replication_update: ({ fields }) => ({
    word: "replication",
    data: `{"data":${json(textField(fields, "data"))}}`,
  }),
};

/** The types of all messages that this dialect understands. */
export const MESSAGE_TYPES: readonly string[] = [
  "join",
  "leave",
  "kick_user",
  "ping",
  "signal",
  "relay",
  ...Object.keys(readers),
];

/**
 * A joined peer's message as a command. `join` is not among them: it needs a token.
 *
 * @throws {Refusal} `bad_message`, `unknown_command`; `forbidden` when it claims to be another peer or session.
 */
export function decode(message: Message, bound: Bound): Command {
  const { type, fields } = message;
  const room = bound.session;
  if (type === "ping") return { type: "ping" };
  if (type === "signal" || type === "relay") return toOne(message, type, bound);

  const isKnown = type === "leave" || type === "kick_user" || Object.hasOwn(readers, type);
  if (!isKnown) throw new Refusal("unknown_command", { type: type.slice(0, 64) });
  refuseStranger(message, bound);
  if (type === "leave") return { type: "leave", room };
  if (type === "kick_user")
    return { type: "kick", room, peer: collabPeer(room, peerField(fields, "target_peer_id")) };

  const said = readers[type]?.(message);
  if (!said) throw new Refusal("unknown_command");
  const to = optionalText(fields, "to", { minLength: 1, maxLength: 512 });
  return {
    type: "tell-session",
    room,
    ...said,
    data: jsonPayload(said.data),
    ...(to !== undefined && { to }),
  };
}

/** WebRTC signaling and relaying to one peer, in the form of the published document. `from` is always true. */
function toOne({ fields, text, type }: Message, word: "signal" | "relay", bound: Bound): Command {
  const { session, name } = bound;
  const from = optionalText(fields, "from") ?? optionalText(fields, "peer_id") ?? name;
  const claimed = optionalText(fields, "session_id") ?? session;
  if (from !== name || claimed !== session) throw notYours();
  const to = textField(fields, "to", { minLength: 1, maxLength: 512 });
  const member = type === "signal" ? "signal" : "data";
  if (!Object.hasOwn(fields, member))
    throw new Refusal("bad_message", { path: member, expected: "any JSON" });
  const data = jsonPayload(memberText(text, member) ?? json(fields[member]));
  const own = collabPeer(session, to);
  return { type: word, to: own, data, room: roomId(session) };
}

function refuseStranger({ fields }: Message, { session, name }: Bound): void {
  if (sessionField(fields, { allowed: "name" }) !== session || peerField(fields) !== name) throw notYours();
}

const notYours = (): Refusal => new Refusal("forbidden", { reason: "not_yours" });

function endpoint({ fields }: Message): string {
  const address = textField(fields, "public_ip", { maxLength: 255 });
  return `{"public_ip":${json(address)},"public_port":${portField(fields, "public_port")}}`;
}

/** The path of the first file in `[[path, bytes], …]`, without reading the bytes. */
function firstPath(files: string): string | undefined {
  const found = /^\s*\[\s*\[\s*("(?:[^"\\]|\\.){0,8192}")/.exec(files)?.[1];
  if (found === undefined) return undefined;
  try {
    return String(JSON.parse(found));
  } catch {
    return undefined;
  }
}
