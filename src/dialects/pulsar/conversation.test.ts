import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../core/errors.ts";
import { hubOf, seededRandom } from "../../testing/hub.ts";
import { pulsar } from "./index.ts";
import { joinTokens } from "./tokens.ts";

const seed = new Uint8Array(32).fill(1);
const dialect = pulsar({ tokens: joinTokens({ secret: seed, seed, form: "HS256" }) });

function talk() {
  const { hub, clock } = hubOf();
  const opening = {
    path: "/ws",
    query: new URLSearchParams(),
    headers: {},
    subprotocol: undefined,
    remoteAddress: "192.0.2.7",
  };
  const conversation = dialect.open({ opening, random: seededRandom(3), peer: () => undefined });
  /** What the server does with a message; refusals are answered, anything else is a fault of ours. */
  const hear = (message: string | Uint8Array) => {
    try {
      const heard = conversation.hear(message, clock.now);
      if (heard.type === "arrival") hub.connect(heard.arrival, clock.now, () => {});
      if (heard.type === "command") {
        const [peer] = hub.world.peers.keys();
        if (peer) hub.handle(peer, heard.command, clock.now);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { message: said } = conversation.refuse({
        refusal: error,
        command: undefined,
        reference: undefined,
      });
      if (said !== undefined) expect(JSON.parse(String(said))).toMatchObject({ type: "error" });
    }
  };
  return { hub, hear };
}

const types = [
  "join leave kick_user chat_message request_file_manifest file_manifest request_files files_chunk file_changed",
  "p2_p_connection_request p2p_connection_response request_binary_proxy binary_proxy_data request_project_tree",
  "project_tree_response request_file file_chunk replication_update ping signal relay constructor __proto__",
]
  .join(" ")
  .split(" ");
const names = [
  "session_id peer_id join_token display_name target_peer_id message manifest_json file_paths files_json chunk_index",
  "total_chunks path kind public_ip public_port sequence is_git_protocol tree_json file_path offset data is_last to",
  "from signal __proto__",
]
  .join(" ")
  .split(" ");
const value = fc.oneof(
  fc.constantFrom("s1", "ada", "", "created", null, true, 0, 7, 1e300, -1),
  fc.string({ maxLength: 8 }),
  fc.array(fc.nat(300), { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const message = fc
  .tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...names), value), fc.boolean())
  .map(([type, fields, isMine]) =>
    JSON.stringify({ ...fields, type, ...(isMine && { session_id: "s1", peer_id: "ada" }) }),
  );

/** A host may, and is gone then, unless it has left before. */
function kicksItself(said: string | Uint8Array): boolean {
  if (typeof said !== "string" || !said.includes("kick_user")) return false;
  const { type, target_peer_id, session_id, peer_id } = JSON.parse(said) as Record<string, unknown>;
  return type === "kick_user" && target_peer_id === "ada" && session_id === "s1" && peer_id === "ada";
}

describe("a conversation", () => {
  it("[PU13] answers whatever it hears, or says nothing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(message, fc.uint8Array({ maxLength: 8 }), fc.string()), { maxLength: 15 }),
        (said) => {
          const { hub, hear } = talk();
          hear(JSON.stringify({ type: "join", session_id: "s1", peer_id: "ada", join_token: "" }));
          expect(hub.counts.peers).toBe(1);
          for (const each of said) hear(each);
          if (said.some(kicksItself)) expect([0, 1]).toContain(hub.counts.peers);
          else expect(hub.counts.peers).toBe(1);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("[PU3] is not begun by anything but a join", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(message, fc.string()), { maxLength: 15 }), (said) => {
        const { hub, hear } = talk();
        for (const each of said.filter((text) => !text.includes('"type":"join"'))) hear(each);
        expect(hub.counts).toMatchObject({ peers: 0, rooms: 0 });
      }),
    );
  });
});
