import { describeDialect } from "../../testing/dialect-contract.ts";
import { signalFish } from "./index.ts";

const message = (type: string, data?: unknown) =>
  JSON.stringify(data === undefined ? { type } : { type, data });

describeDialect("signal-fish", {
  open: () => signalFish(),
  greeting: [],
  messages: [
    message("Authenticate", { app_id: "a", sdk_version: "1.0.0", platform: "web" }),
    message("JoinRoom", { game_name: "reef", player_name: "ada", max_players: 4, supports_authority: true }),
    message("JoinAsSpectator", { game_name: "reef", room_code: "ABC234", spectator_name: "eve" }),
    message("LeaveRoom"),
    message("GameData", { data: { move: [1, 2, "é"] } }),
    message("AuthorityRequest", { become_authority: true }),
    message("PlayerReady"),
    message("StartGame"),
    message("ProvideConnectionInfo", { connection_info: { type: "direct", host: "h", port: 7000 } }),
    message("Reconnect", {
      player_id: "7b1f0c1e-2222-4a2b-9c3d-0000000000aa",
      room_id: "x",
      auth_token: "z",
    }),
    message("Signal", { to: "7b1f0c1e-2222-4a2b-9c3d-0000000000aa", signal: { sdp: "x" } }),
    message("TransportStatus", { transport: "relay", connected: true }),
    message("LeaveSpectator"),
    message("Ping"),
  ],
});
