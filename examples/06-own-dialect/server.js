import { createServer } from "parlor";
import { lines } from "./lines.js";

const server = createServer({ secret: process.env.SECRET, dialects: [lines()], onMessage: relay });

async function relay(ctx, { data }) {
  await ctx.broadcastToOthers(data);
}

const { port } = await server.listen({ port: Number(process.env.PORT ?? 8080) });
console.log(`lines: http://localhost:${port}/ listens; connect two clients to ws://localhost:${port}/lines`);
