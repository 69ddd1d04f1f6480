import { afterEach, describe, expect, it } from "vitest";
import { type Embedded, embedded } from "../../testing/embedding.ts";
import type { ServerSettings } from "../server-settings.ts";
import { defineRoom, reject } from "./definition.ts";
import type { Middleware } from "./middleware.ts";

const running: Embedded[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

const say = (data: unknown) => ({ from: "somebody", data });

/** A room with that middleware, and somebody in it who is told what became of its messages. */
async function lobby(use: readonly Middleware[], settings: ServerSettings = {}) {
  const log: unknown[] = [];
  const one = await embedded({
    onMessage: async (ctx, { data }) => {
      log.push(data);
      if (data === "fail") throw new Error("the handler's own fault");
      await ctx.reply("handled");
    },
    ...settings,
    use,
  });
  running.push(one);
  const ada = await one.join("ada", { events: true });
  await ada.json();
  return { ...one, ada, log };
}

describe("middleware", () => {
  it("[EM34] is around validate and handler: the server's first, then the room's, and back", async () => {
    const log: string[] = [];
    const noting =
      (name: string): Middleware =>
      async ({ message, userId }, next) => {
        log.push(`${name} in: ${userId} ${message.type} ${JSON.stringify(message.data)}`);
        await next();
        log.push(`${name} out`);
      };
    const chess = defineRoom("chess", {
      use: [noting("three")],
      validate: () => void log.push("validate"),
      onMessage: async (ctx) => {
        log.push("handler");
        await ctx.reply("done");
      },
    });
    const one = await embedded({ define: [chess], use: [noting("one")] }, (server) =>
      server.use(noting("two")),
    );
    running.push(one);
    const ada = await one.join("ada", { roomId: "chess:1" });

    ada.send(say({ type: "move" }));
    ada.send(say("again"));
    await ada.json();
    await ada.json();

    const shown = 'ada move {"type":"move"}';
    expect(log.slice(0, 8)).toEqual([
      `one in: ${shown}`,
      `two in: ${shown}`,
      `three in: ${shown}`,
      "validate",
      "handler",
      "three out",
      "two out",
      "one out",
    ]);
    expect(log[8]).toBe('one in: ada undefined "again"');
  });

  it("[EM35] ends a message there, refuses it, fails, or catches what fails further in", async () => {
    const { ada, log, logged } = await lobby([
      async ({ message }, next) => {
        try {
          await next();
        } catch (error) {
          if (message.data !== "fail") throw error;
          log.push("caught");
        }
      },
      async ({ message }, next) => {
        if (message.data === "stop") return;
        if (message.data === "refuse") reject("not today");
        if (message.data === "break") throw new Error("the middleware's own fault");
        await next();
      },
    ]);

    for (const data of ["stop", "refuse", "break", "fail", "fine"]) ada.send(say(data));

    expect(await ada.json()).toMatchObject({ code: "bad_request", reason: "not today" });
    expect(await ada.json()).toMatchObject({ code: "internal" });
    expect(await ada.json()).toEqual({ from: "ada", data: "handled" });
    expect(log).toEqual(["fail", "caught", "fine"]);
    expect(logged.join()).toContain("the middleware's own fault");
    expect(logged.join()).not.toContain("the handler's own fault");
  });

  it("[EM36] is run once, and waited for", async () => {
    const { ada, log, logged } = await lobby([
      (_ctx, next) => {
        void next();
      },
      async ({ message }, next) => {
        await new Promise(setImmediate);
        await next();
        if (message.data === "twice") await next();
      },
    ]);

    for (const data of ["twice", "fail", "fine"]) ada.send(say(data));

    expect(await ada.json()).toEqual({ from: "ada", data: "handled" });
    expect(await ada.json()).toMatchObject({ code: "internal" });
    expect(await ada.json()).toMatchObject({ code: "internal" });
    expect(await ada.json()).toEqual({ from: "ada", data: "handled" });
    expect(log).toEqual(["twice", "fail", "fine"]);
    expect(logged.join()).toContain("next() may be called once");
    expect(logged.join()).toContain("the handler's own fault");
  });

  it("[EM36] runs nothing when its time is up", async () => {
    let letGo = (): void => {};
    const { ada, log } = await lobby(
      [
        async ({ message }, next) => {
          if (message.data === "hang") {
            await new Promise<void>((resolve) => {
              letGo = resolve;
            });
          }
          await next();
        },
      ],
      { rooms: { handlerTimeoutMs: 20 } },
    );

    ada.send(say("hang"));
    expect(await ada.json()).toMatchObject({ code: "internal" });
    letGo();
    ada.send(say("fine"));

    expect(await ada.json()).toEqual({ from: "ada", data: "handled" });
    expect(log).toEqual(["fine"]);
  });

  it("[EM34] that is no function is an error at the start", () => {
    expect(() => defineRoom("chess", { use: ["log" as never] })).toThrow(TypeError);
  });
});
