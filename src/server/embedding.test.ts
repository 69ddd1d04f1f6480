import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type } from "arktype";
import { Type } from "typebox";
import * as v from "valibot";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { jwtAuth } from "../auth/jwt.ts";
import { MemoryBus, memoryPubSub } from "../brokers/memory.ts";
import { frameOf } from "../lib/frame.ts";
import { type Embedded, embedded } from "../testing/embedding.ts";
import { TextSocket } from "../testing/text-socket.ts";
import type { LinkEnd } from "../transports/link.ts";
import { memoryPair } from "../transports/memory.ts";
import { createServer } from "./embedding.ts";
import type { Context, RoomContext } from "./rooms/context.ts";
import { defineRoom, message, type RoomOptions, reject } from "./rooms/definition.ts";
import type { MessageSchema } from "./rooms/message-schema.ts";
import type { ServerSettings } from "./server-settings.ts";

const running: Embedded[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

async function serve(
  settings: ServerSettings = {},
  prepare?: Parameters<typeof embedded>[1],
): Promise<Embedded> {
  const one = await embedded(settings, prepare);
  running.push(one);
  return one;
}

/** A room of one kind, and what its handlers were called for. */
async function room<State>(options: RoomOptions<State>, settings: ServerSettings = {}) {
  const heard: string[] = [];
  const definition = defineRoom<State>("lobby", {
    onJoin: ({ userId }) => void heard.push(`${userId} joined`),
    onDrop: ({ userId }) => void heard.push(`${userId} dropped`),
    onResume: ({ userId }) => void heard.push(`${userId} resumed`),
    onLeave: ({ userId }, why) => void heard.push(`${userId} left: ${why}`),
    onFull: () => void heard.push("full"),
    onEmpty: () => void heard.push("empty"),
    onDispose: () => void heard.push("disposed"),
    ...options,
  });
  return { ...(await serve({ ...settings, define: [definition] })), heard };
}

const relay: RoomOptions<unknown>["onMessage"] = async (ctx, { data }) => {
  await ctx.broadcastToOthers(data);
};

const say = (data: unknown) => ({ from: "somebody", data });

describe("messages", () => {
  it("[EM1] go nowhere without a handler", async () => {
    const { join } = await room({
      onMessage: (ctx, { data }) => void (data === "now" && ctx.broadcast("heard")),
    });
    const [ada, bob] = [await join("ada"), await join("bob")];

    ada.send(say("hello"));
    ada.send(say("now"));

    expect(await bob.json()).toEqual({ from: "ada", data: "heard" });
  });

  it("[EM2] reach those whom the handler chooses", async () => {
    const told: Record<string, number> = {};
    const { join } = await room({
      settings: { duplicateUser: "allow" },
      onMessage: async (ctx, { data }) => {
        const ways: Record<string, () => Promise<{ delivered: number }>> = {
          all: () => ctx.broadcast("all"),
          others: () => ctx.broadcastToOthers("others"),
          "other users": () => ctx.broadcastToOthers("other users", { exclude: "user" }),
          filtered: () => ctx.broadcastFiltered("filtered", (userId) => userId === "eve"),
          one: () => ctx.sendTo("eve", "one"),
          nobody: () => ctx.sendTo("mallory", "nobody"),
          reply: () => ctx.reply("reply"),
          end: () => ctx.broadcast("end"),
        };
        told[String(data)] = (await ways[String(data)]?.())?.delivered ?? -1;
      },
    });
    const sockets = [await join("ada"), await join("ada"), await join("bob"), await join("eve")] as const;

    for (const way of ["all", "others", "other users", "filtered", "one", "nobody", "reply", "end"]) {
      sockets[0].send(say(way));
    }

    const heard = await Promise.all(
      sockets.map(async (socket) => {
        const messages: unknown[] = [];
        for (let last: unknown; last !== "end"; messages.push(last))
          last = ((await socket.json()) as { data: unknown }).data;
        return messages.join(" ");
      }),
    );
    expect(heard).toEqual([
      "all reply end",
      "all others end",
      "all others other users end",
      "all others other users filtered one end",
    ]);
    expect(told).toEqual({
      all: 3,
      others: 3,
      "other users": 2,
      filtered: 1,
      one: 1,
      nobody: 0,
      reply: 1,
      end: 3,
    });
  });

  it("[TP17] of the program itself are from the server", async () => {
    const { join, server } = await room({});
    const ada = await join("ada");

    await server.room("lobby")?.broadcast("news");
    expect(await server.sendToUser("ada", "for you")).toEqual({ rooms: 1 });
    expect(await server.sendToUser("bob", "nobody")).toEqual({ rooms: 0 });

    expect(await ada.json()).toEqual({ from: "server", data: "news" });
    expect(await ada.json()).toEqual({ from: "server", data: "for you" });
  });

  it("[EM3] are handled by name, and refused where nobody knows the name", async () => {
    const { join } = await room({
      messages: {
        wave: message(z.object({ type: z.string() }), async (ctx) => void (await ctx.broadcast("waved"))),
      },
    });
    const ada = await join("ada", { events: true });
    await ada.json();

    ada.send(say({ type: "dance" }));
    ada.send(say("wave"));
    ada.send(say({ type: "wave" }));

    expect(await ada.json()).toMatchObject({
      type: "error",
      name: "dance",
      code: "bad_message",
      expected: "wave",
    });
    expect(await ada.json()).toMatchObject({ code: "bad_message", expected: "wave" });
    expect(await ada.json()).toEqual({ from: "ada", data: "waved" });
  });

  it.each([
    ["zod", z.object({ n: z.number().min(1) })],
    ["valibot", v.object({ n: v.pipe(v.number(), v.minValue(1)) })],
    ["arktype", type({ n: "number >= 1" })],
    ["TypeBox", Type.Object({ n: Type.Number({ minimum: 1 }) })],
  ] as [string, MessageSchema<{ n: number }>][])(
    "[EM4] are checked by a schema of %s",
    async (_library, schema) => {
      const { join } = await room({
        messages: { count: message(schema, async (ctx, { n }) => void (await ctx.broadcast(n + 1))) },
      });
      const ada = await join("ada", { events: true });
      await ada.json();

      ada.send(say({ type: "count", n: "one" }));
      ada.send(say({ type: "count", n: 0 }));
      ada.send(say({ type: "count", n: 1 }));

      expect(await ada.json()).toMatchObject({ code: "bad_message", issues: expect.stringMatching(/n/) });
      expect(await ada.json()).toMatchObject({ code: "bad_message" });
      expect(await ada.json()).toEqual({ from: "ada", data: 2 });
    },
  );

  it("[EM4] give their handler what the schema made of them", async () => {
    const heard: unknown[] = [];
    const schema = z.object({
      at: z.string().transform((text) => text.toUpperCase()),
      n: z.number().default(7),
    });
    const { join } = await room({
      messages: {
        move: message(schema, async (ctx, move) => void (await ctx.reply(String(heard.push(move))))),
      },
    });
    const ada = await join("ada");

    ada.send(say({ type: "move", at: "e4" }));
    await ada.json();

    expect(heard).toEqual([{ at: "E4", n: 7 }]);
  });

  it("[EM4] that are no schema are an error at the start", () => {
    const wrong = { schema: "string", handle: () => {} } as never;

    expect(() => defineRoom("chess", { messages: { move: wrong } })).toThrow(TypeError);
    expect(() => defineRoom("chess:1", {})).toThrow("room name");
  });

  it("[EM5] are looked at before they are handled", async () => {
    const { join } = await room({
      validate: async (ctx, { data }) => {
        if (data === "bad") return `not with me, ${ctx.userId}`;
        if (data === "worse") reject("never");
        return undefined;
      },
      onMessage: async (ctx, { data }) => void (await ctx.broadcast(data)),
    });
    const ada = await join("ada", { events: true });
    await ada.json();

    for (const data of ["bad", "worse", "good"]) ada.send(say(data));

    expect(await ada.json()).toMatchObject({ code: "bad_request", reason: "not with me, ada" });
    expect(await ada.json()).toMatchObject({ code: "bad_request", reason: "never" });
    expect(await ada.json()).toEqual({ from: "ada", data: "good" });
  });

  it("[EM6] whose handler fails harm nobody", async () => {
    const { join, logged } = await room({
      onMessage: async (ctx, { data }) => {
        if (data === "boom") throw new Error("the embedder's own mistake");
        await ctx.broadcast(data);
      },
    });
    const [ada, bob] = [await join("ada", { events: true }), await join("bob")];
    await ada.until(({ type }) => type === "joined");

    ada.send(say("boom"));
    ada.send(say("still here"));

    expect(await ada.json()).toMatchObject({ type: "error", code: "internal" });
    expect(await bob.json()).toEqual({ from: "ada", data: "still here" });
    expect(logged.join()).toMatch(/the embedder's own mistake.*embedding\.test\.ts/);
    expect(logged.join()).not.toContain("still here");
  });

  it("[EM7] are handled one after another in a room, and rooms do not wait for each other", async () => {
    const log: string[] = [];
    let finish = (): void => {};
    const slow = new Promise<void>((resolve) => (finish = resolve));
    const onMessage: RoomOptions<unknown>["onMessage"] = async (ctx, { data }) => {
      log.push(`${ctx.roomId} ${data} begins`);
      if (data === "slow") await slow;
      log.push(`${ctx.roomId} ${data} ends`);
      await ctx.broadcast(data);
    };
    const { join } = await serve({ onMessage });
    const [ada, bob, eve] = [
      await join("ada", { roomId: "one" }),
      await join("bob", { roomId: "one" }),
      await join("eve", { roomId: "two" }),
    ];

    ada.send(say("slow"));
    await vi.waitFor(() => expect(log).toEqual(["one slow begins"]));
    ada.send(say("next"));
    bob.send(say("third"));
    eve.send(say("meanwhile"));
    await eve.json();
    finish();
    for (const _message of [1, 2, 3]) await ada.json();

    expect(log.slice(0, 4)).toEqual([
      "one slow begins",
      "two meanwhile begins",
      "two meanwhile ends",
      "one slow ends",
    ]);
    expect(log.filter((line) => line.startsWith("one")).map((line) => line.split(" ").at(-1))).toEqual([
      "begins",
      "ends",
      "begins",
      "ends",
      "begins",
      "ends",
    ]);
    expect(log.indexOf("one slow ends")).toBeLessThan(log.indexOf("one next begins"));
  });

  it("[EM8] whose handler hangs are given up", async () => {
    let late: Context | undefined;
    const { join, logged } = await room({
      settings: { handlerTimeoutMs: 20 },
      onMessage: async (ctx, { data }) => {
        if (data === "hang") {
          late = ctx;
          await new Promise(() => {});
        }
        await ctx.broadcast(data);
      },
    });
    const ada = await join("ada", { events: true });
    await ada.json();

    ada.send(say("hang"));
    ada.send(say("next"));

    expect(await ada.json()).toMatchObject({ code: "internal" });
    expect(await ada.json()).toEqual({ from: "ada", data: "next" });
    expect(late?.signal.aborted).toBe(true);
    await expect(late?.broadcast("too late")).rejects.toThrow("longer than 20 ms");
    expect(() => late?.setState(1)).toThrow("longer than 20 ms");
    expect(logged.join()).toContain("longer than 20 ms");
  });
});

describe("members", () => {
  it("[EM10] are told of once, with the reason", async () => {
    const { join, heard, server } = await room({ settings: { reconnectGraceMs: 0 } });
    const [ada, bob] = [await join("ada"), await join("bob")];
    await ada.close();
    await vi.waitFor(() => expect(server.room("lobby")?.hasMember("ada")).toBe(false));
    server.room("lobby")?.kick("bob");
    await bob.closed;

    await vi.waitFor(() => expect(heard).toContain("empty"));
    expect(heard).toEqual(["ada joined", "bob joined", "ada left: dropped", "bob left: kicked", "empty"]);
  });

  it("[EM10] who lose their link are expected back", async () => {
    const { join, heard, server } = await room({ settings: { reconnectGraceMs: 60_000, maxPlayers: 1 } });
    await (await join("ada")).drop();
    await vi.waitFor(() => expect(heard).toContain("ada dropped"));
    expect(server.room("lobby")?.member("ada")).toMatchObject({ connected: false });

    expect(await (await join("bob")).next()).toContain("Room is full");
    await join("ada");

    await vi.waitFor(() => expect(heard).toEqual(["ada joined", "full", "ada dropped", "ada resumed"]));
    expect(server.room("lobby")?.member("ada")).toMatchObject({ connected: true });
  });

  it("[EM10] who do not come back in time are gone", async () => {
    const { join, heard } = await room({ settings: { reconnectGraceMs: 30, emptyRoomTimeoutMs: 0 } });

    await (await join("ada")).drop();

    await vi.waitFor(() => expect(heard).toContain("disposed"));
    expect(heard).toEqual(["ada joined", "ada dropped", "ada left: timeout", "empty", "disposed"]);
  });

  it("[EM11] take over from their older link, also in a full room", async () => {
    const { join, heard } = await room({ settings: { maxPlayers: 1 }, onMessage: relay });
    const old = await join("ada");

    const fresh = await join("ada");

    expect(await old.closed).toEqual({ code: 4009, reason: "another link took over" });
    fresh.send(say("I am here"));
    await vi.waitFor(() => expect(heard).toEqual(["ada joined", "full"]));
    expect(await (await join("bob")).next()).toContain("Room is full");
  });

  it("[EM21] are told what they must know on every link", async () => {
    const { join, server } = await room({
      settings: { reconnectGraceMs: 60_000 },
      onJoin: async (ctx) => void (await ctx.reply("joined")),
      onResume: async (ctx) => void (await ctx.reply("resumed")),
      onConnect: async (ctx) => void (await ctx.reply("connected")),
    });
    const dataOf = async (socket: TextSocket) => ((await socket.json()) as { data: unknown }).data;
    const first = await join("ada");
    expect([await dataOf(first), await dataOf(first)]).toEqual(["joined", "connected"]);

    const takeover = await join("ada");
    expect(await dataOf(takeover)).toBe("connected");
    await takeover.drop();
    await vi.waitFor(() => expect(server.room("lobby")?.member("ada")?.connected).toBe(false));

    const back = await join("ada");
    expect([await dataOf(back), await dataOf(back)]).toEqual(["resumed", "connected"]);
  });

  it("[EM12] may have several links, and leave with the last", async () => {
    const { join, heard, server } = await room({
      settings: { duplicateUser: "allow", reconnectGraceMs: 0 },
      onMessage: async (ctx, { data }) => void (await ctx.broadcast(data)),
    });
    const [one, two] = [await join("ada"), await join("ada")];

    await one.close();
    two.send(say("still here"));
    expect(await two.json()).toEqual({ from: "ada", data: "still here" });
    expect(heard).toEqual(["ada joined"]);
    expect(server.room("lobby")?.members()).toHaveLength(1);
    await two.close();

    await vi.waitFor(() => expect(heard).toEqual(["ada joined", "ada left: dropped", "empty"]));
  });

  it("[EM13] may be refused a second link, but not their first again", async () => {
    const { join, heard } = await room({ settings: { duplicateUser: "reject" } });
    const ada = await join("ada");

    const second = await join("ada", { events: true });
    expect(await second.closed).toMatchObject({ code: 4009 });
    await ada.drop();
    await vi.waitFor(() => expect(heard).toContain("ada dropped"));
    await join("ada");

    await vi.waitFor(() => expect(heard).toEqual(["ada joined", "ada dropped", "ada resumed"]));
  });

  it("[EM14] fill a room once, however many come at once", async () => {
    const { join, heard, server } = await room({ settings: { maxPlayers: 5 } });

    const sockets = await Promise.all(Array.from({ length: 50 }, (_, at) => join(`user-${at}`)));
    let refused = 0;
    for (const socket of sockets) void socket.closed.then(() => refused++);

    await vi.waitFor(() => expect(refused).toBe(45));
    expect(heard.filter((line) => line === "full")).toHaveLength(1);
    expect(heard.filter((line) => line.endsWith("joined"))).toHaveLength(5);
    expect(server.room("lobby")?.roomInfo()).toMatchObject({ memberCount: 5, maxMembers: 5, isFull: true });
  });

  it("[EM14] fill it again when a seat was free meanwhile", async () => {
    const { join, heard, server } = await room({ settings: { maxPlayers: 1, reconnectGraceMs: 0 } });
    await (await join("ada")).close();
    await vi.waitFor(() => expect(server.room("lobby")?.members()).toEqual([]));
    await join("bob");

    await vi.waitFor(() => expect(heard.filter((line) => line === "full")).toHaveLength(2));
  });

  it("[EM15] who come back in time find the room as it was", async () => {
    const { join, server, heard } = await room({
      settings: { reconnectGraceMs: 0, emptyRoomTimeoutMs: 60_000 },
      state: () => ({ n: 1 }),
    });
    const ada = await join("ada");
    server.room("lobby")?.setState({ n: 2 });
    await ada.close();
    await vi.waitFor(() => expect(heard).toContain("empty"));

    await join("bob");

    await vi.waitFor(() => expect(heard).toContain("bob joined"));
    expect(server.room("lobby")?.state).toEqual({ n: 2 });
    expect(heard).not.toContain("disposed");
  });

  it("[EM16] are listed as they came, without those who watch", async () => {
    const { join, server } = await room({ onMessage: relay });
    const eve = await join("eve", { role: "spectator" });
    for (const name of ["zoe", "ada", "mia"]) await join(name);
    const bob = await join("bob");

    eve.send(say("nobody hears me"));
    bob.send(say("all hear me"));

    expect(await eve.json()).toEqual({ from: "bob", data: "all hear me" });
    const lobby = server.room("lobby");
    expect(lobby?.members().map(({ userId }) => userId)).toEqual(["zoe", "ada", "mia", "bob"]);
    expect(lobby?.spectators().map(({ userId }) => userId)).toEqual(["eve"]);
    expect([lobby?.hasMember("eve"), lobby?.hasMember("zoe")]).toEqual([false, true]);
    expect(lobby?.roomInfo()).toMatchObject({
      memberCount: 4,
      spectatorCount: 1,
      maxMembers: null,
      kind: "lobby",
    });
  });

  it("[EM16] may be asked to leave watchers out", async () => {
    const { join } = await room({ settings: { allowSpectators: false } });

    const eve = await join("eve", { role: "spectator", events: true });

    expect(await eve.closed).toMatchObject({ code: 4003 });
  });

  it("[EM17] are asked for before they are let in", async () => {
    const { join, server, heard } = await room({
      onAuth: ({ userId, identity, request }) => {
        if (userId === "eve") return false;
        if (userId === "mallory") reject("not you");
        return identity.claims.team === "red" && request.query.has("token");
      },
    });

    expect(await (await join("eve", { events: true })).closed).toMatchObject({ code: 4003 });
    expect(await (await join("mallory", { events: true })).json()).toMatchObject({ reason: "not you" });
    expect(server.rooms).toEqual([]);
    await join("ada", { claims: { team: "red" } });

    await vi.waitFor(() => expect(heard).toEqual(["ada joined"]));
  });

  it("[EM17] keep nobody waiting while they are asked for", async () => {
    let letIn = (): void => {};
    const asked = new Promise<void>((resolve) => (letIn = resolve));
    const { join } = await room({
      onAuth: async ({ userId }) => {
        if (userId === "slow") await asked;
        return true;
      },
      onMessage: async (ctx, { data }) => void (await ctx.broadcast(data)),
    });
    const ada = await join("ada");
    const slow = await join("slow", { events: true });

    ada.send(say("meanwhile"));
    expect(await ada.json()).toEqual({ from: "ada", data: "meanwhile" });
    expect(slow.unread).toEqual([]);
    letIn();

    expect(await slow.json()).toMatchObject({ type: "welcome" });
  });

  it("[EM18] have metadata that the others are told", async () => {
    const { join, server } = await room({
      settings: { maxMetadataBytes: 100 },
      onJoin: (ctx) => ctx.mergeMetadata({ level: 1 }),
    });
    const ada = await join("ada", { events: true });
    expect(await ada.until(({ type }) => type === "member_updated")).toMatchObject({
      metadata: { level: 1 },
    });

    const lobby = server.room("lobby");
    lobby?.mergeUserMetadata("ada", { team: "red" });
    expect(await ada.json()).toMatchObject({ type: "member_updated", metadata: { level: 1, team: "red" } });
    lobby?.setUserMetadata("ada", { team: "blue" });

    expect(lobby?.metadata("ada")).toEqual({ team: "blue" });
    expect(() => lobby?.setUserMetadata("ada", { x: "x".repeat(200) })).toThrow(
      expect.objectContaining({ code: "too_large" }),
    );
    expect(() => lobby?.setUserMetadata("bob", {})).toThrow(
      expect.objectContaining({ code: "peer_not_found" }),
    );
  });

  it("[EM19] can be kicked, banned and locked out, and the room closed", async () => {
    const { join, server, heard } = await room({});
    const [ada, eve] = [await join("ada"), await join("eve")];
    const lobby = server.room("lobby") as RoomContext;

    lobby.ban("eve", { ms: 60_000, reason: "rude" });
    expect(await eve.closed).toEqual({ code: 4003, reason: "rude" });
    expect(await (await join("eve", { events: true })).json()).toMatchObject({
      code: "banned",
      reason: "rude",
    });
    await join("eve", { roomId: "elsewhere" });

    lobby.lock();
    expect(await (await join("bob", { events: true })).json()).toMatchObject({ code: "room_locked" });
    await ada.drop();
    const back = await join("ada");
    lobby.unlock();
    await join("bob");

    lobby.close();
    expect(await back.closed).toMatchObject({ code: 4004 });
    await vi.waitFor(() => expect(heard).toContain("disposed"));
    expect(heard).toContain("eve left: banned");
    expect(heard).toContain("bob left: closed");
    expect(server.room("lobby")).toBeUndefined();
  });

  it("[EM20] come after the room, and not at all when it fails", async () => {
    const order: string[] = [];
    const { join, logged } = await room({
      onCreate: ({ roomId, members }) => {
        order.push(`created ${roomId}`);
        if (roomId === "lobby:bad") throw new Error("no board");
        void members;
      },
      onJoin: ({ userId }) => void order.push(userId),
    });
    await join("ada");
    const bob = await join("bob", { roomId: "lobby:bad" });

    expect(await bob.closed).toMatchObject({ code: 4004 });
    expect(order.slice(0, 3)).toEqual(["created lobby", "ada", "created lobby:bad"]);
    expect(logged.join()).toContain("no board");
  });
});

describe("state, time and history", () => {
  it("[EM25] loses no change, and keeps nothing of a change that fails", async () => {
    const { join, server } = await room<{ n: number; list: number[] }>({
      state: () => ({ n: 0, list: [] }),
      onMessage: async (ctx, { data }) => {
        const before = ctx.state.n;
        await Promise.resolve();
        ctx.updateState((draft) => {
          draft.list.push(before);
          draft.n = before + 1;
          if (data === "fail") throw new Error("half done");
          return undefined;
        });
        if (ctx.state.n === 40) await ctx.broadcast("done");
      },
    });
    const sockets = await Promise.all(["ada", "bob", "eve", "zoe"].map((name) => join(name)));

    sockets[0]?.send(say("fail"));
    for (let turn = 0; turn < 10; turn++) for (const socket of sockets) socket.send(say(turn));
    await sockets[1]?.json();

    const state = server.room("lobby")?.getState() as { n: number; list: number[] };
    expect(state.n).toBe(40);
    expect(state.list).toEqual(Array.from({ length: 40 }, (_, at) => at));
  });

  it("[EM25] can be replaced and cleared", async () => {
    const { join, server } = await room({});
    await join("ada");
    const lobby = server.room("lobby");

    expect(() => lobby?.updateState(() => undefined)).toThrow("has no state");
    lobby?.setState({ n: 1 });
    expect(lobby?.updateState(() => ({ n: 2 }))).toEqual({ n: 2 });
    lobby?.clearState();

    expect(lobby?.getState()).toBeUndefined();
  });

  it("[EM26] has timers that end with the room", async () => {
    const beats: string[] = [];
    const { join, server } = await room({
      onCreate: ({ clock }) => {
        clock.setInterval(() => void beats.push("beat"), 5);
        clock.setTimeout(() => void beats.push("once"), 5);
        const callOff = clock.setTimeout(() => void beats.push("never"), 5);
        callOff();
        expect(() => clock.setTimeout(() => {}, -1)).toThrow(RangeError);
      },
    });
    await join("ada");
    await vi.waitFor(() => expect(beats.filter((beat) => beat === "beat").length).toBeGreaterThan(2));

    server.room("lobby")?.close();
    const { length } = beats;
    await new Promise((resolve) => setTimeout(resolve, 20));

    expect(beats.length).toBeLessThanOrEqual(length + 1);
    expect(beats).toContain("once");
    expect(beats).not.toContain("never");
  });

  it("[EM27] remembers what was delivered", async () => {
    const { join, server } = await room({
      settings: { history: { max: 3 } },
      onMessage: async (ctx, { data }) => {
        if (data === "refused") reject("no");
        if (data === "typing") await ctx.broadcastToOthers(data, { history: false });
        else await ctx.broadcast(`${data}!`);
      },
    });
    const ada = await join("ada");
    for (const data of ["one", "refused", "typing", "two", "three", "four"]) ada.send(say(data));
    for (const _message of [1, 2, 3, 4]) await ada.json();

    const lobby = server.room("lobby");
    const history = lobby?.history() ?? [];

    expect(history.map(({ from, data }) => [from, data])).toEqual([
      ["ada", "two!"],
      ["ada", "three!"],
      ["ada", "four!"],
    ]);
    const [two, three, four] = history;
    expect(new Set(history.map(({ id }) => id)).size).toBe(3);
    expect((two?.seq ?? 0) < (three?.seq ?? 0) && (two?.ts ?? 0) > 1.7e12).toBe(true);
    expect(lobby?.history({ limit: 1 })).toEqual([four]);
    expect(lobby?.history({ before: four?.seq, since: two?.seq })).toEqual([three]);
    expect(lobby?.redactHistory(three?.id ?? "")).toBe(true);
    expect(lobby?.history()).toEqual([two, four]);
    lobby?.clearHistory();
    expect(lobby?.history()).toEqual([]);
  });

  it("[EM28] tells newcomers what was said", async () => {
    const { join } = await room({
      settings: { history: { max: 10, replay: 2 } },
      onJoin: async (ctx) => void (await ctx.reply(`welcome, ${ctx.userId}`)),
      onMessage: async (ctx, { data }) =>
        void (data === "psst" ? await ctx.sendTo("ada", data) : await ctx.broadcast(data)),
    });
    const ada = await join("ada");
    for (const data of ["one", "two", "psst", "three"]) ada.send(say(data));
    for (const _message of [1, 2, 3, 4, 5]) await ada.json();

    const bob = await join("bob");

    expect([await bob.json(), await bob.json(), await bob.json()]).toEqual([
      { from: "ada", data: "two" },
      { from: "ada", data: "three" },
      { from: "bob", data: "welcome, bob" },
    ]);
  });
});

describe("limits", () => {
  const limits = {
    messages: { max: 2, perMs: 60_000 },
    banMs: 60_000,
    escalation: { strikes: 2, withinMs: 10_000 },
  };

  it("[EM30] refuse, then ban, and say until when", async () => {
    const { join } = await serve({ limits, onMessage: relay });
    const ada = await join("ada", { events: true });
    await ada.json();

    for (const n of [1, 2, 3, 4, 5]) ada.send(say(n));

    expect(await ada.json()).toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
    const banned = (await ada.json()) as { code: string; until: number };
    expect(banned.code).toBe("banned");
    expect(banned.until - Date.now()).toBeGreaterThan(50_000);
    expect(await ada.json()).toMatchObject({ code: "banned", until: banned.until });
  });

  it("[EM30] may drop, or end the link", async () => {
    const dropping = await serve({ limits: { ...limits, onExceed: "drop" }, onMessage: relay });
    const ending = await serve({ limits: { ...limits, onExceed: "disconnect" }, onMessage: relay });
    const [ada, bob] = [await dropping.join("ada", { events: true }), await ending.join("bob")];
    await ada.json();

    for (const n of [1, 2, 3, 4, 5]) {
      ada.send(say(n));
      bob.send(say(n));
    }

    for (const _message of [3, 4, 5]) expect(await ada.json()).toMatchObject({ code: "rate_limited" });
    expect(await bob.closed).toEqual({ code: 4003, reason: "too many messages" });
  });

  it("[EM30] are forgotten when the embedder says so", async () => {
    const { join, server } = await serve({
      limits,
      onMessage: (ctx, { data }) => {
        if (data === "again") server.resetLimits(ctx.userId);
        return ctx.reply(data).then(() => {});
      },
    });
    const ada = await join("ada", { events: true });
    await ada.json();

    for (const data of [1, "again", 3]) {
      ada.send(say(data));
      expect(await ada.json()).toMatchObject({ data });
    }
  });

  it("[EM31] outlive the link", async () => {
    const { join, server } = await serve({ limits, onMessage: relay });
    const ada = await join("ada");
    for (const n of [1, 2, 3, 4]) ada.send(say(n));
    await vi.waitFor(() => expect(server.bans.isBanned("ada")).toBe(true));
    await ada.close();

    const until = server.bans.get("ada")?.until;
    await expect(join("ada")).rejects.toMatchObject({
      status: 403,
      body: expect.stringContaining(`"until":${until}`),
    });
  });

  it("[EM32] are in the embedder's hands", async () => {
    const { join, server } = await serve();
    server.bans.ban("ada", { ms: 60_000, reason: "rude" });
    server.bans.ban("eve");

    await expect(join("ada")).rejects.toMatchObject({ status: 403 });
    expect(server.bans.list().map(({ userId, reason }) => [userId, reason])).toEqual([
      ["ada", "rude"],
      ["eve", undefined],
    ]);
    expect([server.bans.unban("ada"), server.bans.unban("ada")]).toEqual([true, false]);

    expect(await join("ada")).toBeDefined();
  });

  it("[EM33] hold for the size of a message too", async () => {
    const { join } = await serve({
      limits: { ...limits, maxMessageBytes: 100 },
      onMessage: async (ctx, { data }) => void (await ctx.reply(data)),
    });
    const ada = await join("ada", { events: true });
    await ada.json();

    for (const n of [1, 2, 3]) ada.send(say("x".repeat(100 + n)));
    ada.send(say("small"));

    for (const _message of [1, 2, 3]) expect(await ada.json()).toMatchObject({ code: "too_large" });
    expect(await ada.json()).toEqual({ from: "ada", data: "small" });
  });
});

describe("the server", () => {
  it("[EM40] is built by tapaculo's names", async () => {
    const heard: string[] = [];
    const { join } = await serve({}, (server) =>
      server
        .withRoomSettings({ maxPlayers: 2, storeMessageHistory: true, maxHistoryMessages: 10 })
        .withLimits({ messages: { max: 100, perMs: 1_000 } })
        .withTokenTtl(60)
        .withEventHandler({
          onPlayerJoined: (_ctx, userId) => void heard.push(`${userId} joined`),
          onRoomFull: ({ roomId }) => void heard.push(`${roomId} full`),
        })
        .onMessageValidate((_ctx, { data }) => (data === null ? "nothing" : undefined))
        .onMessageTyped(z.object({ text: z.string() }), async (ctx, { from, data }) => {
          await ctx.broadcast(`${from}: ${data.text} (${ctx.history().length})`);
        }),
    );
    const [ada, bob] = [await join("ada"), await join("bob")];

    ada.send(say(null));
    ada.send(say({ wrong: true }));
    ada.send(say({ text: "hi" }));

    expect(await bob.json()).toEqual({ from: "ada", data: "ada: hi (0)" });
    expect(heard).toEqual(["ada joined", "bob joined", "lobby full"]);
  });

  it("[EM40] takes nothing more when it runs", async () => {
    const { server } = await serve();

    expect(() => server.onMessage(() => {})).toThrow("before listen");
    await expect(server.listen(0)).rejects.toThrow("before listen");
    expect(() => createServer({ rooms: { maxPlayers: 0 } }).withRooms()).not.toThrow();
    await expect(createServer({ secret: "s", rooms: { maxPlayers: 0 } }).listen(0)).rejects.toThrow(
      "maxPlayers",
    );
  });

  it("[EM41] can be started again, also after a start that failed", async () => {
    const { server: other, url } = await serve();
    const port = Number(new URL(url).port);
    const server = createServer({ secret: "secret of the tests" });

    await expect(server.listen({ port, host: "127.0.0.1" })).rejects.toThrow("the port is in use");
    await other.close({ drainMs: 0 });
    expect((await server.listen({ port, host: "127.0.0.1" })).port).toBe(port);
    await server.close({ drainMs: 0 });
    expect((await server.listen({ port: 0, host: "127.0.0.1" })).port).toBeGreaterThan(0);
    await server.close({ drainMs: 0 });
  });

  it("[EM41] attaches to a server of somebody else's, and leaves it alone", async () => {
    const auth = jwtAuth({ secret: "secret of the tests" });
    const server = createServer({ auth, onMessage: relay });
    const http = createHttpServer((request, response) => {
      if (request.url === "/health") server.requestListener(request, response);
      else response.end("mine");
    });
    await server.attach(http);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const at = `127.0.0.1:${(http.address() as AddressInfo).port}`;
    const [ada, bob] = await Promise.all(
      ["ada", "bob"].map(async (userId) =>
        TextSocket.open(`ws://${at}/ws?token=${await auth.signAccess({ userId, roomId: "r" })}`),
      ),
    );

    bob?.send(say("hi"));
    expect(await ada?.json()).toEqual({ from: "bob", data: "hi" });
    expect(await (await fetch(`http://${at}/`)).text()).toBe("mine");
    expect(await (await fetch(`http://${at}/health`)).json()).toMatchObject({ status: "ok" });
    await server.close({ drainMs: 100 });

    expect(await ada?.closed).toMatchObject({ code: 4012 });
    expect(await (await fetch(`http://${at}/`)).text()).toBe("mine");
    await new Promise((resolve) => http.close(resolve));
  });

  it("[EM58] takes links of a transport of the embedder's own", async () => {
    const { server, auth, join } = await serve({ onMessage: relay });
    const opening = {
      path: "/parlor",
      query: new URLSearchParams(),
      headers: {},
      subprotocol: undefined,
      remoteAddress: "own",
    };
    const heard: Record<string, unknown>[] = [];
    let end: LinkEnd | undefined;
    const { near, far, flush } = memoryPair();
    near.listen({
      message: (text) => void heard.push(JSON.parse(String(text))),
      fault: () => {},
      closed: (ended) => {
        end = ended;
      },
    });
    const speak = (frame: object) => near.send(frameOf(JSON.stringify(frame)));
    const hears = (wanted: object) =>
      vi.waitFor(() => {
        flush();
        expect(heard).toContainEqual(expect.objectContaining(wanted));
      });
    const bob = await join("bob");

    server.accept(far, opening);
    speak({ t: "hello", v: 1, token: await auth.signAccess({ userId: "ada", roomId: "lobby" }) });
    await hears({ t: "welcome" });
    speak({ t: "join", id: 1, q: 1, room: "lobby" });
    await hears({ t: "snapshot", re: 1 });
    speak({ t: "send", id: 2, q: 2, room: "lobby", d: "from afar" });
    await hears({ t: "ok", re: 2 });
    expect(await bob.json()).toEqual({ from: "ada", data: "from afar" });
    bob.send(say("and back"));
    await hears({ t: "msg", d: "and back" });

    await server.close({ drainMs: 0 });
    flush();
    expect(end).toMatchObject({ clean: true });
    expect(() => server.accept(far, opening)).toThrow("not running");
  });

  it("[EM42] takes no signals, and needs a secret in production", async () => {
    const before = ["SIGINT", "SIGTERM"].map((signal) => process.listenerCount(signal));
    await serve();

    expect(["SIGINT", "SIGTERM"].map((signal) => process.listenerCount(signal))).toEqual(before);
    const production = createServer({ config: { mode: "production" } });
    await expect(production.listen(0)).rejects.toThrow("production needs secret or auth");
  });

  it("[EM43] ends a link with its token", async () => {
    const { join } = await serve();

    const ada = await join("ada", { ttlSec: 2 });

    expect(await ada.closed).toEqual({ code: 4001, reason: "the token has expired" });
  });

  it("[EM44] knows rooms of several kinds by their names", async () => {
    const kind = (name: string) =>
      defineRoom(name, { onJoin: async (ctx) => void (await ctx.reply(ctx.roomInfo().kind)) });
    const { join } = await serve({
      define: [kind("chess"), kind("chat")],
      onJoin: async (ctx) => void (await ctx.reply("other")),
    });

    const kinds = ["chess", "chess:42", "chat:a:b", "chessboard", "x"].map(async (roomId) => {
      const socket = await join("ada", { roomId });
      return ((await socket.json()) as { data: string }).data;
    });

    expect(await Promise.all(kinds)).toEqual(["chess", "chess", "chat", "other", "other"]);
  });
});

describe("clients in trouble", () => {
  it("[EM49] are closed when they do not read", async () => {
    const { join, server } = await room(
      {},
      { config: { websocket: { queueBytes: "64KiB", maxMessageBytes: "16KiB" } } },
    );
    const ada = await join("ada");
    ada.stopReading();
    const lobby = server.room("lobby");
    const data = "x".repeat(10_000);

    await vi.waitFor(
      async () => {
        for (let n = 0; n < 50; n++) await lobby?.broadcast(data);
        expect(lobby?.member("ada")).toMatchObject({ connected: false });
      },
      { timeout: 15_000, interval: 5 },
    );
    ada.goOnReading();

    expect(await ada.closed).toMatchObject({ code: expect.any(Number) });
  });

  it("[EM49] are gone when they give no sign of life", async () => {
    const { url, auth, server, heard } = await room(
      { settings: { reconnectGraceMs: 0 } },
      { config: { websocket: { pingIntervalMs: 100, pongWaitMs: 100 } } },
    );
    const address = `${url.replace("http", "ws")}/ws?token=`;
    const token = async (userId: string) => auth.signAccess({ userId, roomId: "lobby" });
    await TextSocket.open(address + (await token("ada")));
    const before = Date.now();
    await TextSocket.open(address + (await token("bob")), { autoPong: false });

    await vi.waitFor(() => expect(heard).toContain("bob left: dropped"));

    expect(Date.now() - before).toBeLessThan(5_000);
    expect(
      server
        .room("lobby")
        ?.members()
        .map(({ userId }) => userId),
    ).toEqual(["ada"]);
  });
});

describe("native clients", () => {
  it("[EM45] meet those of tapaculo in one room", async () => {
    const { join, url, auth } = await serve({
      define: [
        defineRoom("chess", {
          messages: {
            move: message(z.object({ to: z.string() }), async (ctx, { to }) => {
              await ctx.broadcast({ moved: to }, { type: "moved" });
            }),
          },
        }),
      ],
    });
    const ada = await join("ada", { roomId: "chess:1" });
    const bob = await TextSocket.open(`${url.replace("http", "ws")}/parlor`);
    bob.send({ t: "hello", v: 1, token: await auth.signAccess({ userId: "bob", roomId: "chess:1" }) });
    bob.send({ t: "join", id: 1, q: 1, room: "chess:1" });
    expect(await bob.until(({ re }) => re === 1)).toMatchObject({ t: "snapshot", r: "chess:1", total: 2 });

    bob.send({ t: "send", id: 2, q: 2, room: "chess:1", type: "move", d: { to: "e4" } });
    expect(await ada.json()).toEqual({ from: "bob", data: { moved: "e4" } });
    expect(await bob.until(({ t }) => t === "msg")).toMatchObject({ type: "moved", d: { moved: "e4" } });
    expect(await bob.until(({ re }) => re === 2)).toMatchObject({ t: "ok" });

    bob.send({ t: "send", id: 3, q: 3, room: "chess:1", type: "move", d: { to: 4 } });
    expect(await bob.until(({ re }) => re === 3)).toMatchObject({ t: "error", code: "bad_message" });
    ada.send(say({ type: "move", to: "e5" }));
    expect(await bob.until(({ t }) => t === "msg")).toMatchObject({ d: { moved: "e5" } });
  });

  it("[RM65] are not let into a room with rules of its own by a password, which it has none of", async () => {
    const { join, url, auth } = await serve({ define: [defineRoom("chess", {})] });
    await join("ada", { roomId: "chess:1" });
    const bob = await TextSocket.open(`${url.replace("http", "ws")}/parlor`);
    bob.send({ t: "hello", v: 1, token: await auth.signAccess({ userId: "bob", roomId: "chess:1" }) });
    bob.send({ t: "join", id: 1, q: 1, room: "chess:1", password: "coral" });

    expect(await bob.until(({ re }) => re === 1)).toMatchObject({ t: "error", code: "password_required" });
    bob.send({ t: "join", id: 2, q: 2, room: "chess:1" });
    expect(await bob.until(({ re }) => re === 2)).toMatchObject({ t: "snapshot", total: 2 });
    bob.send({ t: "room-set", id: 3, q: 3, room: "chess:1", password: "coral" });
    expect(await bob.until(({ re }) => re === 3)).toMatchObject({ t: "error" });
  });

  it("[EM47] do not get around the limits by asking each other", async () => {
    const { url, auth } = await serve({ limits: { messages: { max: 1, perMs: 60_000 } } });
    const open = async (userId: string, role?: string) => {
      const socket = await TextSocket.open(`${url.replace("http", "ws")}/parlor`);
      socket.send({ t: "hello", v: 1, token: await auth.signAccess({ userId, roomId: "lobby", role }) });
      const { peer } = await socket.until(({ t }) => t === "welcome");
      socket.send({ t: "join", id: 1, q: 1, room: "lobby" });
      await socket.until(({ re }) => re === 1);
      return { socket, peer };
    };
    const [ada, bob, eve] = [await open("ada"), await open("bob"), await open("eve", "spectator")];
    const ask = ({ socket }: typeof ada, id: number) =>
      socket.send({ t: "ask", id, q: id, room: "lobby", to: ada.peer, d: "psst" });

    ask(bob, 2);
    expect(await ada.socket.until(({ t }) => t === "asked")).toMatchObject({ d: "psst" });
    ask(bob, 3);
    expect(await bob.socket.until(({ re }) => re === 3)).toMatchObject({ t: "error", code: "slow_down" });
    ask(eve, 2);
    expect(await eve.socket.until(({ re }) => re === 2)).toMatchObject({ t: "error", code: "forbidden" });
  });
});

describe("two servers with a PubSub in common", () => {
  it("[EM46] tell each other's members", async () => {
    const bus = new MemoryBus();
    const onMessage: RoomOptions<unknown>["onMessage"] = async (ctx, { data }) => {
      const ways: Record<string, () => Promise<unknown>> = {
        all: () => ctx.broadcast("all"),
        others: () => ctx.broadcastToOthers("others", { except: ["eve"] }),
        bob: () => ctx.sendTo("bob", "for bob"),
        filtered: () => ctx.broadcastFiltered("here only", () => true),
        end: () => ctx.broadcast("end"),
      };
      await ways[String(data)]?.();
    };
    const [here, there] = [
      await serve({ pubsub: memoryPubSub({ bus }), onMessage, rooms: { history: { max: 10 } } }),
      await serve({ pubsub: memoryPubSub({ bus }), onMessage, rooms: { history: { max: 10 } } }),
    ];
    const [ada, bob, eve] = [await here.join("ada"), await there.join("bob"), await there.join("eve")];
    await there.join("zoe", { roomId: "elsewhere" });
    await vi.waitFor(() => expect(there.server.rooms).toHaveLength(2));

    for (const data of ["all", "others", "bob", "filtered", "end"]) ada.send(say(data));

    const heardBy = async (socket: TextSocket) => {
      const heard: unknown[] = [];
      for (let last: unknown; last !== "end"; heard.push(last))
        last = ((await socket.json()) as { data: unknown }).data;
      return heard;
    };
    expect(await heardBy(ada)).toEqual(["all", "here only", "end"]);
    expect(await heardBy(bob)).toEqual(["all", "others", "for bob", "end"]);
    expect(await heardBy(eve)).toEqual(["all", "end"]);
    expect(
      there.server
        .room("lobby")
        ?.history()
        .map(({ from, data }) => `${from}: ${data}`),
    ).toEqual(["ada: all", "ada: others", "ada: for bob", "ada: end"]);
  });
});

describe("over HTTP", () => {
  const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers });

  it("[EM50] gives tokens only to whom authorize grants them", async () => {
    const { url, auth } = await serve({
      tokenEndpoint: {
        authorize: (request, { userId, roomId }) =>
          request.headers.get("x-key") === "k" && { userId, roomId, ttlSec: 60 },
      },
    });
    const asked = { user_id: "ada", room_id: "lobby" };

    const granted = await post(`${url}/token`, asked, { "x-key": "k" });
    const { token } = (await granted.json()) as { token: string };

    expect(await auth.verifyAccess(token)).toMatchObject({ user: "ada", room: "lobby" });
    expect((await post(`${url}/token`, asked)).status).toBe(403);
    expect((await post(`${(await serve()).url}/token`, asked)).status).toBe(404);
    expect(() => createServer({ tokenEndpoint: {} as never })).toThrow("needs authorize");
    expect(() => createServer().withTokenEndpoint({} as never)).toThrow("needs authorize");
  });

  it("[EM51] answers nonsense and failures", async () => {
    const { url, logged } = await serve({
      tokenEndpoint: {
        path: "/my-token",
        authorize: async () => {
          throw new Error("the database is down");
        },
      },
    });

    for (const body of [
      "nonsense",
      "[]",
      "null",
      {},
      { user_id: 7, room_id: "r" },
      { user_id: "", room_id: "r" },
    ]) {
      expect((await post(`${url}/my-token`, body)).status).toBe(400);
    }
    const failed = await post(`${url}/my-token`, { user_id: "ada", room_id: "lobby" });
    expect([failed.status, await failed.text()]).toEqual([500, expect.not.stringContaining("database")]);
    expect(logged.join()).toContain("the database is down");
  });

  it("[EM55] lets in as many as an invite is for", async () => {
    const { server, url } = await serve();
    const { code } = server.invites.create({ roomId: "lobby", uses: 2, by: "ada" });
    const typed = `${code.slice(0, 5).toLowerCase()}-${code.slice(5)}`;

    expect((await post(`${url}/invites/${code}/redeem`, "")).status).toBe(200);
    expect(server.invites.list({ roomId: "lobby" })).toMatchObject([{ usesLeft: 1, by: "ada" }]);
    expect((await post(`${url}/invites/${typed}/redeem`, "")).status).toBe(200);
    expect((await post(`${url}/invites/${code}/redeem`, "")).status).toBe(404);

    const other = server.invites.create({ roomId: "lobby" });
    expect([server.invites.revoke(other.code), server.invites.revoke(other.code)]).toEqual([true, false]);
    const short = server.invites.create({ roomId: "lobby", expiresInSec: 0.001 });
    await vi.waitFor(async () =>
      expect((await post(`${url}/invites/${short.code}/redeem`, "")).status).toBe(404),
    );
    expect(server.invites.list()).toEqual([]);
    expect(() => server.invites.create({ roomId: "lobby", uses: 0 })).toThrow(RangeError);
  });

  it("[EM55] lets nobody guess codes", async () => {
    const { url } = await serve();
    const statuses = new Set<number>();

    for (let guess = 0; guess < 30; guess++)
      statuses.add((await post(`${url}/invites/GUESS${guess}/redeem`, "")).status);

    expect(statuses).toEqual(new Set([404, 429]));
  });

  it("[NT33] refuses at the door what a revoked user was given before", async () => {
    const { server, join, auth, url } = await serve();
    const before = await auth.signAccess({ userId: "ada", roomId: "lobby" });
    const ada = await join("ada");

    expect(server.revoke({ user: "ada" })).toBe(1);
    await ada.closed;

    const again = TextSocket.open(`${url.replace("http", "ws")}/ws?token=${before}`);
    await expect(again).rejects.toMatchObject({ status: 401 });
    await join("bob");
    await vi.waitFor(() => join("ada"), { timeout: 5_000, interval: 200 });
  });

  it("[EM57] redeems a signed link like its code, and no other token", async () => {
    const { server, url, auth } = await serve();
    const { code, expiresAt } = server.invites.create({ roomId: "lobby", uses: 2, role: "host" });
    const link = await server.invites.linkToken(code.toLowerCase());
    const redeem = async (shown: string) => {
      const answer = await post(`${url}/invites/${shown}/redeem`, "");
      return { status: answer.status, ...((await answer.json()) as Record<string, string>) };
    };

    const claims = await auth.verify("invite", link);
    expect(claims).toMatchObject({ invite: code, room: "lobby" });
    expect(Math.abs(Number(claims.exp) * 1_000 - expiresAt)).toBeLessThanOrEqual(2_000);
    expect(await redeem(link)).toMatchObject({ status: 200, room_id: "lobby" });
    expect(await redeem(`${link.slice(0, -2)}xx`)).toMatchObject({ status: 404 });
    expect(await redeem(await auth.signAccess({ userId: "ada", claims: { invite: code } }))).toMatchObject({
      status: 404,
    });
    await expect(auth.verifyAccess(link)).rejects.toMatchObject({ code: "unauthorized" });
    expect(await redeem(code)).toMatchObject({ status: 200 });
    expect(await redeem(link)).toMatchObject({ status: 404 });

    const other = server.invites.create({ roomId: "lobby" });
    const revoked = await server.invites.linkToken(other.code);
    server.invites.revoke(other.code);
    expect(await redeem(revoked)).toMatchObject({ status: 404 });
    await expect(server.invites.linkToken(other.code)).rejects.toMatchObject({ code: "invite_invalid" });
  });

  it("[EM56] gives the invited a token for the room", async () => {
    const { server, url, auth, join } = await serve({ rooms: { joinPolicy: "invite" } });
    const { code } = server.invites.create({ roomId: "lobby", uses: 3 });
    const refresh = await auth.signRefresh({ userId: "ada" });
    const redeem = async (headers?: Record<string, string>) =>
      (await (await post(`${url}/invites/${code}/redeem`, "", headers)).json()) as Record<string, string>;

    const ada = await redeem({ authorization: `Bearer ${refresh}` });
    const guest = await redeem();

    expect(ada).toMatchObject({ user_id: "ada", room_id: "lobby" });
    expect(guest.user_id).toMatch(/^guest-/);
    expect((await post(`${url}/invites/${code}/redeem`, "", { authorization: "Bearer bad" })).status).toBe(
      401,
    );
    server.revoke({ user: "kim" });
    const revoked = await auth.sign("refresh", { sub: "kim" }, 60);
    expect(
      (await post(`${url}/invites/${code}/redeem`, "", { authorization: `Bearer ${revoked}` })).status,
    ).toBe(401);
    expect(await (await join("eve", { events: true })).closed).toMatchObject({ code: 4003 });
    await join("mia", { role: "host" });
    await TextSocket.open(`${url.replace("http", "ws")}/ws?token=${ada.token}`);
    await vi.waitFor(() =>
      expect(
        server
          .room("lobby")
          ?.members()
          .map(({ userId }) => userId),
      ).toEqual(["mia", "ada"]),
    );
  });
});
