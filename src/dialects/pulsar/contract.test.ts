import { describeDialect } from "../../testing/dialect-contract.ts";
import { pulsar } from "./index.ts";
import { joinTokens } from "./tokens.ts";

const message = (type: string, fields: object = {}) =>
  JSON.stringify({ type, session_id: "0123abcd", peer_id: "ada", ...fields });
const join = message("join", { join_token: "", display_name: "Ada" });

describeDialect("pulsar", {
  open: () =>
    pulsar({
      tokens: joinTokens({
        secret: new Uint8Array(32).fill(1),
        seed: new Uint8Array(32).fill(2),
        form: "HS256",
      }),
    }),
  greeting: [join],
  messages: [
    join,
    message("chat_message", { message: "hi" }),
    message("request_file_manifest"),
    message("file_manifest", { manifest_json: "{}" }),
    message("request_files", { file_paths: ["a.txt"] }),
    message("files_chunk", { files_json: "[]", chunk_index: 0, total_chunks: 1 }),
    message("file_changed", { path: "a.txt", kind: "modified" }),
    message("request_binary_proxy"),
    message("binary_proxy_data", { sequence: 1, is_git_protocol: false }),
    message("request_project_tree"),
    message("project_tree_response", { tree_json: "{}" }),
    message("request_file", { file_path: "a.txt" }),
    message("file_chunk", { file_path: "a.txt", offset: 0, data: [1], is_last: true }),
    message("replication_update", { data: "{}" }),
    message("p2p_connection_request", { public_ip: "192.0.2.1", public_port: 7000 }),
    message("kick_user", { target_peer_id: "bob" }),
    message("leave"),
    message("ping"),
    Uint8Array.of(1, 2, 3),
  ],
});
