// The yardstick of `lobby`: the server for games of two that one writes in an afternoon. Plain `ws`, one handler per
// connection, Maps, `JSON.parse` for what comes, and `JSON.stringify` for each recipient. It has no limits, no readiness,
// no authority and no metrics, and checks no more than it needs.

import { randomUUID } from "node:crypto";
import { type WebSocket, WebSocketServer } from "ws";

interface Player {
  readonly id: string;
  readonly name: string;
  readonly socket: WebSocket;
}

const rooms = new Map<string, Map<string, Player>>();

const say = (socket: WebSocket, type: string, data?: object): void => {
  socket.send(JSON.stringify({ type, data }));
};

new WebSocketServer({ port: 0, host: "127.0.0.1" }).on("connection", (socket) => {
  const id = randomUUID();
  let room: Map<string, Player> | undefined;

  socket.on("message", (message) => {
    const { type, data } = JSON.parse(String(message)) as { type: string; data: Record<string, unknown> };
    if (type === "Authenticate") {
      say(socket, "Authenticated", { app_name: "default" });
      say(socket, "ProtocolInfo", { capabilities: [], game_data_formats: ["json"] });
    } else if (type === "JoinRoom") {
      const key = `${data.game_name}/${data.room_code}`;
      room = rooms.get(key) ?? new Map();
      rooms.set(key, room);
      const name = String(data.player_name);
      for (const other of room.values()) say(other.socket, "PlayerJoined", { player: { id, name } });
      room.set(id, { id, name, socket });
      const players = [...room.values()].map((each) => ({ id: each.id, name: each.name }));
      say(socket, "RoomJoined", { room_code: data.room_code, player_id: id, current_players: players });
    } else if (type === "GameData") {
      for (const other of room?.values() ?? []) {
        if (other.id !== id) say(other.socket, "GameData", { from_player: id, data: data.data });
      }
    } else {
      say(socket, "Error", { message: "unknown message" });
    }
  });
  socket.on("close", () => {
    room?.delete(id);
    for (const other of room?.values() ?? []) say(other.socket, "PlayerLeft", { player_id: id });
  });
});
