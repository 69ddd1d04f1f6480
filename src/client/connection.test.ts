import { afterEach, describe, expect, it } from "vitest";
import { clientWorld } from "../testing/client-world.ts";
import type { ModelOptions } from "../testing/model-server.ts";

let trouble: readonly unknown[] = [];

afterEach(() => {
  expect(trouble, "failures that nobody waited for").toEqual([]);
});

function world(model?: Omit<ModelOptions, "clock">) {
  const made = clientWorld(model);
  trouble = made.trouble;
  return made;
}

describe("a connection", () => {
  it("[CL1] is connected once the server has welcomed it", async () => {
    const { open, passing } = world();
    const states: string[] = [];
    const ada = open({ alias: "ada" });
    ada.on("state", (state) => states.push(state.is));

    await passing(ada.ready());

    expect(ada.state).toEqual({ is: "connected" });
    expect(states.at(-1)).toBe("connected");
    expect(ada.peer).toBe("p1");
    expect(ada.alias).toBe("ada");
  });

  it("[CL11] sends what was said while there was no line once it is back, in order and once", async () => {
    const { clock, server, open, passing, wire, net } = world();
    const [ada, bob] = [open(), open()];
    const [adas, bobs] = [await passing(ada.join("lobby")), await passing(bob.join("lobby"))];
    const heard: unknown[] = [];
    bobs.on("word", (data) => heard.push(data));
    adas.send("word", 1);
    await clock.forward(10);
    const [first] = [...net.wires];
    expect(first).not.toBe(wire());

    first!.cut({ clientHearsAfterMs: 0, serverHearsAfterMs: 0 });
    await clock.forward(1);
    adas.send("word", 2);
    adas.send("word", 3);
    expect(ada.state.is).toBe("resuming");
    expect(ada.pending).toBe(2);
    await passing(ada.settled());
    await clock.forward(10);

    expect(heard).toEqual([1, 2, 3]);
    expect(server.heard.filter(({ t }) => t === "send").map(({ q }) => q)).toEqual([2, 3, 4]);
  });

  it("[CL10] says again what the server has not confirmed, and the others hear it once", async () => {
    const { clock, open, passing, net } = world();
    const [ada, bob] = [open(), open()];
    const [adas, bobs] = [await passing(ada.join("lobby")), await passing(bob.join("lobby"))];
    const heard: unknown[] = [];
    bobs.on("word", (data) => heard.push(data));
    const [adasWire] = [...net.wires];

    // The message gets through; its acknowledgement does not.
    adas.send("word", "once");
    adasWire!.cut({ clientHearsAfterMs: 0, serverHearsAfterMs: 5, lateByMs: 0 });
    await passing(ada.settled());
    await clock.forward(100);

    expect(heard).toEqual(["once"]);
  });

  it("[CL21] is told what it missed while its line was gone", async () => {
    const { clock, open, passing, net } = world();
    const [ada, bob] = [open(), open()];
    const [adas, bobs] = [await passing(ada.join("lobby")), await passing(bob.join("lobby"))];
    const told: unknown[] = [];
    bobs.on("word", (data) => told.push(data));
    bobs.on("recovered", () => told.push("recovered"));
    const bobsWire = [...net.wires][1]!;

    bobsWire.cut({ clientHearsAfterMs: 0, serverHearsAfterMs: 0 });
    adas.send("word", 1);
    adas.send("word", 2);
    await clock.forward(2_000);

    expect(told).toEqual(["recovered", 1, 2]);
  });

  it("[CL22] says so when what it missed is gone", async () => {
    const { clock, open, passing, net } = world({ keep: 2 });
    const [ada, bob] = [open(), open()];
    const [adas, bobs] = [await passing(ada.join("lobby")), await passing(bob.join("lobby"))];
    const told: unknown[] = [];
    bobs.on("word", (data) => told.push(data));
    bobs.on("resync", ({ reason }) => told.push(reason));
    const bobsWire = [...net.wires][1]!;

    bobsWire.cut({ clientHearsAfterMs: 0, serverHearsAfterMs: 0 });
    for (let i = 1; i <= 5; i++) adas.send("word", i);
    await clock.forward(2_000);
    adas.send("word", 6);
    await clock.forward(10);

    expect(told).toEqual(["history-lost", 6]);
  });

  it("[CL23] joins sealed rooms again with the password, and not with one that they do without by now", async () => {
    const { clock, server, open, passing } = world();
    const ada = open();
    await passing(ada.join("vault", { password: "coral" }));
    const again = async () => {
      server.forgetAll();
      await clock.forward(4_000);
      return server.heard.findLast(({ t }) => t === "join");
    };

    expect(await again()).toMatchObject({ room: "vault", password: "coral" });
    server.tell(ada.peer, { t: "room", r: "vault", o: 99, sealed: false });
    await clock.forward(10);
    expect(await again()).not.toHaveProperty("password");
  });

  it("[CL23] joins its rooms again when the server has forgotten the session, and says that things are missing", async () => {
    const { clock, server, open, passing } = world();
    const ada = open();
    const adas = await passing(ada.join("lobby"));
    const told: unknown[] = [];
    ada.on("session-lost", ({ unconfirmed }) => told.push({ unconfirmed }));
    adas.on("resync", ({ reason }) => told.push(reason));

    server.forgetAll();
    await clock.forward(2);
    adas.send("word", "said in between");
    await clock.forward(2_000);

    expect(told).toEqual([{ unconfirmed: 0 }, "session-lost"]);
    expect(adas.me?.peer).toBe(ada.peer);
    expect(server.heard.slice(-3).map(({ t }) => t)).toEqual(["hello", "join", "send"]);
  });

  it("[CL23] tells of messages that a lost session may or may not have taken, and does not repeat them", async () => {
    const { clock, server, open, passing } = world();
    const ada = open();
    const adas = await passing(ada.join("lobby"));
    const refused: unknown[] = [];
    adas.on("refused", ({ type, error }) => refused.push([type, error.code]));

    server.forgetAll();
    adas.send("word", "into the void");
    await clock.forward(2_000);

    expect(refused).toEqual([["word", "session_lost"]]);
    expect(server.heard.filter(({ t }) => t === "send")).toEqual([]);
    expect(ada.pending).toBe(0);
  });

  it("[CL2] notices a line that is open and dead, and gets another", async () => {
    const { clock, open, passing, wire, net } = world();
    const ada = open();
    await passing(ada.ready());
    const states: string[] = [];
    ada.on("state", (state) => states.push(state.is));

    wire().freeze(60_000);
    await clock.forward(20_000);

    expect(net.dialed).toBe(2);
    expect(states[0]).toBe("resuming");
    expect(ada.state.is).toBe("connected");
  });

  it("[CL3] asks for a sign of life only when nothing is heard", async () => {
    const { clock, server, open, passing, net } = world();
    const ada = open();
    await passing(ada.ready());

    await clock.forward(60_000);

    expect(net.dialed).toBe(1);
    expect(server.heard.filter(({ t }) => t === "ping").length).toBeGreaterThanOrEqual(5);
    expect(server.heard.filter(({ t }) => t === "ping").length).toBeLessThanOrEqual(6);
  });

  it("[CL6] does not come back after a goodbye that says so", async () => {
    const { clock, server, open, passing, net } = world();
    const ada = open();
    const adas = await passing(ada.join("lobby"));
    const told: string[] = [];
    adas.on("closed", ({ reason }) => told.push(reason));

    server.tell(ada.peer, { t: "goodbye", reason: "banned", comeBack: false });
    server.hangUp(ada.peer, 3507);
    await clock.forward(60_000);

    expect(ada.state).toMatchObject({ is: "closed", reason: "banned" });
    expect(told).toEqual(["banned"]);
    expect(net.dialed).toBe(1);
    expect(() => adas.send("word", 1)).toThrow(expect.objectContaining({ code: "room_left" }));
    await expect(ada.list()).rejects.toMatchObject({ code: "closed", details: { reason: "banned" } });
  });

  it("[CL27] comes back when it was superseded by a greeting of its own that came late", async () => {
    const { clock, open, passing, wire, net } = world();
    const ada = open();
    const adas = await passing(ada.join("lobby"));
    wire().cut({ clientHearsAfterMs: 0, serverHearsAfterMs: 0 });
    await clock.until(() => net.dialed === 2 && net.wires.size === 1, 5_000);

    // The greeting of the second line arrives when the third has long been welcomed.
    wire().cut({ clientHearsAfterMs: 0, serverHearsAfterMs: 20_000, lateByMs: 10_000 });
    await clock.forward(60_000);

    expect(net.dialed).toBe(4);
    expect(ada.state.is).toBe("connected");
    expect(adas.isOver).toBe(false);
  });

  it("[CL6] does not come back when another client took the session over", async () => {
    const { clock, server, open, passing, net } = world();
    const ada = open();
    await passing(ada.ready());

    server.tell(ada.peer, { t: "goodbye", reason: "superseded", comeBack: false });
    server.hangUp(ada.peer, 3500);
    await clock.forward(60_000);

    expect(ada.state).toMatchObject({ is: "closed", reason: "superseded" });
    expect(net.dialed).toBe(1);
  });

  it("[CL5] waits at least as long as the server asks before it comes back", async () => {
    const { clock, server, open, passing, net } = world();
    const ada = open();
    await passing(ada.ready());

    server.tell(ada.peer, { t: "goodbye", reason: "server_shutdown", comeBack: true, retryAfterMs: 7_000 });
    server.hangUp(ada.peer, 3001);
    await clock.forward(6_900);
    expect(net.dialed).toBe(1);
    await clock.forward(1_000);

    expect(net.dialed).toBe(2);
    expect(ada.state.is).toBe("connected");
  });

  it("[CL7] gives up after as many attempts as it was told", async () => {
    const { clock, open, net } = world();
    net.isReachable = false;
    const ada = open({ reconnect: { maxAttempts: 3 } });
    const ready = ada.ready().catch((error: unknown) => error);

    await clock.forward(60_000);

    expect(net.dialed).toBe(3);
    expect(ada.state).toMatchObject({ is: "closed", reason: "gave-up" });
    expect(await ready).toMatchObject({ code: "closed" });
  });

  it("[CL8] fetches a token for each line, and once more when the server says it has expired", async () => {
    const { clock, server, open, passing } = world();
    let fetched = 0;
    const ada = open({ getToken: async () => `token ${++fetched}` });
    await passing(ada.ready());

    server.hangUp(ada.peer, 3508);
    await clock.forward(2_000);
    server.tell(ada.peer, { t: "expiring", inMs: 30_000 });
    await clock.forward(100);

    const said = server.heard.filter(({ t }) => t === "hello" || t === "token").map(({ token }) => token);
    expect(said).toEqual(["token 1", "token 2", "token 3"]);
  });

  it("[CL9] leaves for good when it is closed, and everybody who waits hears it", async () => {
    const { clock, server, open, passing } = world();
    const [ada, bob] = [open(), open()];
    const [adas, bobs] = [await passing(ada.join("lobby")), await passing(bob.join("lobby"))];
    bobs.answer("riddle", () => new Promise(() => {}));
    const asked = adas.ask(bob.peer, "riddle", null).catch((error: unknown) => error);
    await clock.forward(10);

    ada.close();
    ada.close();
    await clock.forward(10);

    expect(await asked).toMatchObject({ code: "closed" });
    expect(server.heard.at(-1)).toMatchObject({ t: "bye" });
    expect([...bobs.members.keys()]).toEqual([bob.peer]);
  });

  it("[CL9] closes with its signal", async () => {
    const { open, passing } = world();
    const stop = new AbortController();
    const ada = open({ signal: stop.signal });
    await passing(ada.ready());

    stop.abort();

    expect(ada.state).toMatchObject({ is: "closed", reason: "aborted" });
  });
});

describe("a question", () => {
  it("[CL18] rejects with the signal's reason, and a room that was entered meanwhile is left", async () => {
    const { clock, server, open, passing } = world();
    const ada = open();
    await passing(ada.ready());
    const stop = new AbortController();
    const joining = ada.join("lobby", { signal: stop.signal }).catch((error: unknown) => error);
    await clock.forward(0);

    stop.abort(new Error("changed my mind"));
    await clock.forward(100);

    expect(await joining).toEqual(new Error("changed my mind"));
    expect(server.heard.map(({ t }) => t)).toEqual(["hello", "join", "leave"]);
    expect(ada.rooms).toEqual([]);
  });

  it("[CL18] is never sent when it is called off before there is a line", async () => {
    const { clock, server, open, net } = world();
    net.isReachable = false;
    const ada = open();
    const stop = new AbortController();
    const joining = ada.join("lobby", { signal: stop.signal }).catch((error: unknown) => error);
    await clock.forward(10);

    stop.abort(new Error("too slow"));
    net.isReachable = true;
    await clock.forward(20_000);

    expect(await joining).toEqual(new Error("too slow"));
    expect(ada.state.is).toBe("connected");
    expect(server.heard.map(({ t }) => t)).toEqual(["hello", "ping"]);
  });

  it("[CL18] times out", async () => {
    const { open, passing, net } = world();
    net.isReachable = false;
    const ada = open();

    const listing = passing(ada.list({ timeoutMs: 3_000 }), 4_000);

    await expect(listing).rejects.toMatchObject({ code: "timeout" });
  });

  it("[CL18] rejects with the server's refusal", async () => {
    const { open, passing } = world();
    const ada = open();

    const joining = passing(ada.join({ room: "nowhere" }));

    await expect(joining).rejects.toMatchObject({ name: "ParlorError", code: "room_not_found" });
  });

  it("[CL17] is asked again on the next line, and answered once", async () => {
    const { clock, open, passing, net } = world();
    const [ada, bob] = [open(), open()];
    const [adas, bobs] = [await passing(ada.join("lobby")), await passing(bob.join("lobby"))];
    let asked = 0;
    bobs.answer("sum", (numbers) => {
      asked++;
      return (numbers as number[]).reduce((a, b) => a + b, 0);
    });
    const adasWire = [...net.wires][0]!;

    const asking = adas.ask(bob.peer, "sum", [1, 2, 3]);
    adasWire.cut({ clientHearsAfterMs: 1, serverHearsAfterMs: 3, lateByMs: 0 });

    expect(await passing(asking)).toBe(6);
    await clock.forward(1_000);
    expect(asked).toBe(1);
  });

  it("[CL17] whose answer was lost is answered on the next line, and carried out once", async () => {
    const { clock, server, open, passing, wire } = world();
    const ada = open();
    const adas = await passing(ada.join("lobby"));

    const setting = adas.setMeta({ mood: "calm" });
    // It gets through, and the line breaks before the answer is back.
    wire().cut({ clientHearsAfterMs: 1, serverHearsAfterMs: 1, lateByMs: 0 });
    await passing(setting);
    await clock.forward(1_000);

    expect(server.heard.filter(({ t }) => t === "set").map(({ id, q }) => [id, q])).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(server.carriedOut.filter(({ t }) => t === "set")).toHaveLength(1);
  });

  it("[CL19] rejects at once when the answer is nothing that can be sent, and asks with nothing at all", async () => {
    const { open, passing, clock } = world();
    const [ada, bob] = [open(), open()];
    const adas = await passing(ada.join("lobby"));
    const bobs = await passing(bob.join("lobby"));
    bobs.answer("odd", () => () => "a function");
    bobs.answer("echo", (question) => question);

    await expect(passing(adas.ask(bob.peer, "odd", 1))).rejects.toMatchObject({
      message: '"odd" is a function, which cannot be sent',
    });
    expect(clock.now()).toBeLessThan(5_000);
    expect(await passing(adas.ask(bob.peer, "echo", undefined))).toBeNull();
  });

  it("[CL19] rejects when the other side cannot answer", async () => {
    const { open, passing } = world();
    const [ada, bob] = [open(), open()];
    const adas = await passing(ada.join("lobby"));
    await passing(bob.join("lobby"));

    const asking = passing(adas.ask(bob.peer, "riddle", null));

    await expect(asking).rejects.toMatchObject({
      code: "answer_failed",
      message: 'nobody answers "riddle" here',
    });
  });
});
