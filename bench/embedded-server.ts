// An embedder's whole server, as the guide shows it: what anybody says, everybody in the room is told. It is what
// `naive-room-server.ts` is compared to.

import { createServer, jwtAuth } from "parlor";

import { ROOM_SECRET } from "./room-token.ts";

const server = createServer({
  auth: jwtAuth({ secret: ROOM_SECRET }),
  config: { limits: { messagesPerSecond: 1_000_000, messagesBurst: 1_000_000 }, maxLinksPerAddress: 0 },
});

server.onMessage(async (ctx, { data }) => {
  await ctx.broadcast(data);
});

await server.listen({ port: 0, host: "127.0.0.1" });
