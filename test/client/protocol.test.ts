import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Connection, connect } from "../../src/client/connection.ts";
import {
  createServer,
  defineProtocol,
  defineRoom,
  jwtAuth,
  message,
  type ParlorServer,
} from "../../src/server/index.ts";

/** Said once, known on both sides. */
const race = defineProtocol({
  client: { step: z.object({ by: z.number().int().min(1).max(3) }) },
  server: { board: z.object({ places: z.record(z.string(), z.number()) }) },
});

const opened: Connection[] = [];
let server: ParlorServer | undefined;

afterEach(async () => {
  for (const connection of opened.splice(0)) connection.close();
  await server?.close({ drainMs: 0 });
});

describe("a protocol that server and clients share", () => {
  it("[CL26] is kept by both: the server hears what fits, and clients hear what the server says", async () => {
    const auth = jwtAuth({ secret: "a secret of the tests, and of nobody else" });
    const places: Record<string, number> = {};
    server = createServer({
      auth,
      define: [
        defineRoom("race", {
          messages: {
            step: message(race.client.step, async (ctx, { by }) => {
              places[ctx.userId] = (places[ctx.userId] ?? 0) + by;
              await ctx.broadcast({ places }, { type: "board" });
            }),
          },
        }),
      ],
    });
    const { urls } = await server.listen({ port: 0 });
    const open = async (userId: string) => {
      const token = await auth.signAccess({ userId });
      const connection = connect(`${urls[0]?.replace("http", "ws")}/parlor`, { token, alias: userId });
      opened.push(connection);
      return await connection.join("race", { protocol: race });
    };
    const [adas, bobs] = [await open("ada"), await open("bob")];
    const boards: Record<string, number>[] = [];
    const finished = new Promise((resolve) => {
      bobs.on("board", ({ places }) => places.bob === 2 && resolve(boards.push(places)));
      adas.on("board", ({ places }) => boards.push(places));
    });

    adas.send("step", { by: 3 });
    expect(() => bobs.send("step", { by: 7 })).toThrow(expect.objectContaining({ code: "invalid_message" }));
    bobs.send("step", { by: 2 });
    await finished;

    expect(boards).toContainEqual({ ada: 3, bob: 2 });
  });
});
