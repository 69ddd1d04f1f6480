import { afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "../../src/client/index.ts";
import { defineRoom } from "../../src/server/index.ts";
import { type Embedded, embedded } from "../../src/testing/embedding.ts";

let running: Embedded | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

describe("the SDK in a room of an embedder's", () => {
  it("[EM45] sends typed messages, hears clients of tapaculo, and is told why not", async () => {
    const told: string[] = [];
    const dice = defineRoom("dice", {
      onJoin: ({ userId }) => void told.push(`${userId} joined`),
      onLeave: ({ userId }, why) => void told.push(`${userId} left: ${why}`),
      validate: (_ctx, { type, data }) =>
        type === "roll" && Number(data) > 6 ? "a die has six sides" : undefined,
      onMessage: async (ctx, { type, data }) => {
        await ctx.broadcast({ by: ctx.userId, data }, { type: `${type}ed` });
      },
    });
    running = await embedded({ define: [dice] });
    const { auth, url, join } = running;
    const token = await auth.signAccess({ userId: "ada", roomId: "dice" });
    const connection = connect(`${url.replace("http", "ws")}/parlor`, { token });
    const room = await connection.join("dice");
    const heard: unknown[] = [];
    room.on("rolled", (data) => void heard.push(data));
    const bob = await join("bob", { roomId: "dice" });

    room.send("roll", 6);
    expect(await bob.json()).toEqual({ from: "ada", data: { by: "ada", data: 6 } });
    bob.send({ from: "", data: { type: "roll", n: 3 } });
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    expect(heard[1]).toEqual({ by: "bob", data: { type: "roll", n: 3 } });
    const refused = new Promise((resolve) => room.on("refused", resolve));
    room.send("roll", 7);
    expect(await refused).toMatchObject({ type: "roll", error: { code: "bad_request" } });

    await connection.close();
    await vi.waitFor(() => expect(told).toEqual(["ada joined", "bob joined", "ada left: consented"]));
  });
});
