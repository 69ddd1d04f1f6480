import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { Chess } from "chess.js";
import { createServer, defineRoom, message, reject } from "parlor";
import { Type } from "typebox";

const square = Type.String({ pattern: "^[a-h][1-8]$" });

/** What everybody sees: the state, with the position's side to move and how the game stands. */
function view({ moves, players, resigned }) {
  const game = replayed(moves);
  const turn = game.turn() === "w" ? "white" : "black";
  const other = turn === "white" ? "black" : "white";
  let result;
  if (resigned) result = `${resigned} resigns`;
  else if (game.isCheckmate()) result = `${other} wins by checkmate`;
  else if (game.isDraw()) result = "draw";
  return { type: "state", fen: game.fen(), turn, moves, players, result, isCheck: game.isCheck() };
}

function replayed(moves) {
  const game = new Chess();
  for (const move of moves) game.move(move);
  return game;
}

const colourOf = ({ players }, userId) => Object.keys(players).find((colour) => players[colour] === userId);

const chess = defineRoom("chess", {
  settings: { maxPlayers: 2, allowSpectators: true, reconnectGraceMs: 60_000, emptyRoomTimeoutMs: 60_000 },

  // Plain data, so that a change is all or nothing.
  state: () => ({ moves: [], players: {}, resigned: undefined }),

  messages: {
    move: message(
      Type.Object({
        type: Type.Literal("move"),
        from: square,
        to: square,
        promotion: Type.Optional(Type.Union(["q", "r", "b", "n"].map((piece) => Type.Literal(piece)))),
      }),
      async (ctx, { from, to, promotion }) => {
        const { turn, result } = view(ctx.state);
        if (!ctx.state.players.black) reject("wait for the other player");
        if (result) reject("the game is over");
        if (colourOf(ctx.state, ctx.userId) !== turn) reject("it is not your turn");
        const game = replayed(ctx.state.moves);
        try {
          game.move({ from, to, promotion: promotion ?? "q" });
        } catch {
          reject(`${from} to ${to} is not a legal move`);
        }
        ctx.updateState((draft) => void draft.moves.push(game.history().at(-1)));
        await ctx.broadcast(view(ctx.state));
      },
    ),

    resign: message(Type.Object({ type: Type.Literal("resign") }), async (ctx) => {
      const colour = colourOf(ctx.state, ctx.userId);
      if (!colour || view(ctx.state).result) reject("there is no game to resign");
      ctx.updateState((draft) => {
        draft.resigned = colour;
      });
      await ctx.broadcast(view(ctx.state));
    }),
  },

  onJoin: async (ctx) => {
    const free = ["white", "black"].find((colour) => !ctx.state.players[colour]);
    if (ctx.role === "spectator" || !free || colourOf(ctx.state, ctx.userId)) return;
    ctx.updateState((draft) => {
      draft.players[free] = ctx.userId;
    });
    await ctx.broadcast(view(ctx.state));
  },

  // Also after a reload: who comes back sees the game as it stands.
  onConnect: async (ctx) => {
    await ctx.reply({ type: "you", colour: colourOf(ctx.state, ctx.userId) ?? "spectator" });
    await ctx.reply(view(ctx.state));
  },

  // Who stays away gives the game up, once it has begun.
  onLeave: async (ctx) => {
    const colour = colourOf(ctx.state, ctx.userId);
    if (!colour || view(ctx.state).result) return;
    ctx.updateState((draft) => {
      if (draft.moves.length > 0) draft.resigned = colour;
      else delete draft.players[colour];
    });
    await ctx.broadcast(view(ctx.state));
  },
});

const server = createServer({
  secret: process.env.SECRET,
  define: [chess],
  tokenEndpoint: {
    // Stands for a login: whoever has the key is the user. Ask your own session here.
    authorize: (request, { roomId }) => {
      const key = request.headers.get("x-key") ?? "";
      if (key.length < 16 || !roomId.startsWith("chess")) return undefined;
      const userId = createHash("sha256").update(key).digest("hex").slice(0, 16);
      const role = new URL(request.url).searchParams.has("watch") ? "spectator" : undefined;
      return { userId, roomId, role };
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
  const { port } = http.address();
  console.log(
    `chess: open http://localhost:${port}/ in two tabs, and http://localhost:${port}/?watch to watch`,
  );
});
