import { describeDialect } from "../../testing/dialect-contract.ts";
import { peerServer } from "./index.ts";

const message = (type: string, payload: unknown, more: object = {}) =>
  JSON.stringify({ type, payload, ...more });

describeDialect("peer-server", {
  open: () => peerServer(),
  greeting: [message("register", { public_key: "key", alias: "ada", meta: { skill: 5 } })],
  messages: [
    message("join", { namespace: "lobby", app_type: "fps", version: "1", meta: { a: 1 } }),
    message("discover", { namespace: "lobby", limit: 5 }),
    message("signal", { sdp: "x" }, { to: "ada" }),
    message("relay", { x: 1 }, { to: "ada", namespace: "lobby" }),
    message("broadcast", { namespace: "lobby", data: { a: [1] }, exclude: ["bob"] }, { namespace: "lobby" }),
    message("metadata", { meta: { a: 2 } }),
    message("match", { namespace: "lobby", group_size: 2, criteria: { a: 1 } }),
    message("match", { namespace: "lobby", cancel: true }),
    message("create_room", { room_id: "den", max_size: 3 }),
    message("join_room", { room_id: "den" }),
    message("room_info", { room_id: "den" }),
    message("kick", { room_id: "den", fingerprint: "ada" }),
    message("leave", { namespace: "lobby" }),
    message("ping", null),
  ],
});
