import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer, defineRoom, message } from "parlor";
import { Type } from "typebox";

const chat = defineRoom("chat", {
  settings: { maxPlayers: 50, history: { max: 200, replay: 50 }, reconnectGraceMs: 5_000 },

  messages: {
    // The first thing a client says: what to call its user.
    hello: message(
      Type.Object({ type: Type.Literal("hello"), name: Type.String({ minLength: 1, maxLength: 32 }) }),
      (ctx, { name }) => ctx.mergeMetadata({ name }),
    ),
    say: message(
      Type.Object({ type: Type.Literal("say"), text: Type.String({ minLength: 1, maxLength: 2_000 }) }),
      async (ctx, { text }) => {
        await ctx.broadcast({ type: "said", name: nameOf(ctx), text, at: Date.now() });
      },
    ),
    // Worthless when late, and nothing for the history.
    typing: message(Type.Object({ type: Type.Literal("typing") }), async (ctx) => {
      await ctx.broadcastToOthers(
        { type: "typing", name: nameOf(ctx) },
        { history: false, lane: "ephemeral" },
      );
    }),
  },

  onLeave: async (ctx) => {
    await ctx.broadcast({ type: "gone", name: nameOf(ctx) }, { history: false });
  },
});

const nameOf = (ctx) => ctx.metadata(ctx.userId)?.name ?? "somebody";

const server = createServer({
  secret: process.env.SECRET,
  define: [chat],
  limits: { messages: { max: 20, perMs: 1_000 } },
  tokenEndpoint: {
    // Stands for a login: whoever has the key is the user. Ask your own session here.
    authorize: (request, { roomId }) => {
      const key = request.headers.get("x-key") ?? "";
      if (key.length < 16 || !roomId.startsWith("chat")) return undefined;
      return { userId: createHash("sha256").update(key).digest("hex").slice(0, 16), roomId };
    },
  },
});

const page = await readFile(new URL("index.html", import.meta.url));
const http = createHttpServer((request, response) => {
  if (request.method === "GET" && request.url?.split("?")[0] === "/") {
    response.setHeader("content-type", "text/html; charset=utf-8").end(page);
  } else server.requestListener(request, response);
});
await server.attach(http);
http.listen(Number(process.env.PORT ?? 8080), () => {
  console.log(`chat: open http://localhost:${http.address().port}/ in two tabs`);
});
