import type { IncomingMessage } from "node:http";

import { type WebSocket, WebSocketServer } from "ws";

/**
 * The yardstick of `embed`: the room server one writes in an afternoon. Plain `ws`; `JSON.parse`, a handler,
 * `JSON.stringify` once, and `send` to all. It believes every token, and has no limits, order between async handlers,
 * history or reconnects.
 */
const rooms = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });

server.on("connection", (socket, request) => {
  const { user, room } = claimsOf(request);
  const members = rooms.get(room) ?? new Set();
  rooms.set(room, members.add(socket));
  socket.on("message", (text) => void onMessage({ user, members }, JSON.parse(String(text))));
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    members.delete(socket);
    if (members.size === 0) rooms.delete(room);
  });
});

async function onMessage(
  { user, members }: { readonly user: string; readonly members: ReadonlySet<WebSocket> },
  { data }: { readonly data: unknown },
): Promise<void> {
  const text = JSON.stringify({ from: user, data });
  for (const member of members) member.send(text);
}

function claimsOf({ url = "" }: IncomingMessage): { readonly user: string; readonly room: string } {
  const token = new URL(url, "http://localhost").searchParams.get("token") ?? "";
  const claims = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
  const { sub, room } = JSON.parse(claims) as { readonly sub: string; readonly room: string };
  return { user: sub, room };
}
