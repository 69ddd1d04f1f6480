import { afterEach, describe, expect, it } from "vitest";
import { defineProtocol } from "../core/protocol.ts";
import type { StandardSchema } from "../lib/standard-schema.ts";
import { clientWorld } from "../testing/client-world.ts";
import type { ModelOptions } from "../testing/model-server.ts";
import type { ConnectOptions } from "./options.ts";

const number: StandardSchema<number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => (typeof value === "number" ? { value } : { issues: [{ message: "not a number" }] }),
  },
};

let trouble: unknown[] = [];

afterEach(() => {
  expect(trouble, "failures that nobody waited for").toEqual([]);
});

/** Ada and Bob in one room; Bob writes down every message. */
async function pair({
  model,
  options,
}: {
  model?: Omit<ModelOptions, "clock">;
  options?: ConnectOptions;
} = {}) {
  const world = clientWorld(model);
  trouble = world.trouble;
  const { open, passing, net } = world;
  const ada = open(options);
  const adas = await passing(ada.join("lobby"));
  const adasWire = [...net.wires][0]!;
  const bob = open();
  const bobs = await passing(bob.join("lobby"));
  const bobsWire = [...net.wires][1]!;
  const heard: unknown[] = [];
  bobs.on("message", ({ data }) => heard.push(data));
  const loseAda = async () => {
    adasWire.cut({ clientHearsAfterMs: 0, serverHearsAfterMs: 0 });
    await world.clock.forward(1);
  };
  return { ...world, ada, adas, bob, bobs, bobsWire, heard, loseAda };
}

describe("a message", () => {
  it("[CL12] is refused with `expired` when it waited too long", async () => {
    const { adas, clock, net, heard, loseAda } = await pair({ options: { offline: { maxAgeMs: 8_000 } } });
    const refused: unknown[] = [];
    adas.on("refused", ({ type, error }) => refused.push([type, error.code]));
    net.isReachable = false;
    await loseAda();

    adas.send("word", "late");
    await clock.forward(20_000);
    net.isReachable = true;
    await clock.forward(30_000);

    expect(refused).toEqual([["word", "expired"]]);
    expect(heard).toEqual([]);
  });

  it("[CL12] is refused at once when too many wait", async () => {
    const { ada, adas, loseAda, passing, clock, heard } = await pair({
      options: { offline: { maxItems: 2 } },
    });
    await loseAda();
    adas.send("word", 1);
    adas.send("word", 2);

    expect(() => adas.send("word", 3)).toThrow(expect.objectContaining({ code: "queue_full" }));
    await passing(ada.settled());
    await clock.forward(10);
    expect(heard).toEqual([1, 2]);
  });

  it("[CL13] follows the policy of its type while there is no line", async () => {
    const policies = { noise: "drop", order: "reject", cursor: { replace: "cursor" } } as const;
    const { ada, adas, loseAda, passing, clock, heard } = await pair({ options: { offline: { policies } } });
    await loseAda();

    adas.send("noise", "dropped");
    adas.send("cursor", "replaced");
    adas.send("word", "queued");
    adas.send("cursor", "last");
    adas.send("noise", "queued all the same", { policy: "queue" });

    expect(() => adas.send("order", "now")).toThrow(expect.objectContaining({ code: "offline" }));
    expect(ada.pending).toBe(3);
    await passing(ada.settled());
    await clock.forward(10);
    expect(heard).toEqual(["queued", "last", "queued all the same"]);
  });

  it("[CL14] is sent now or never when it is ephemeral", async () => {
    const { ada, adas, loseAda, passing, clock, heard, server } = await pair();
    adas.send("cursor", 1, { ephemeral: true });
    await clock.forward(10);
    await loseAda();

    adas.send("cursor", 2, { ephemeral: true });

    expect(ada.pending).toBe(0);
    await passing(ada.ready());
    await clock.forward(10);
    expect(heard).toEqual([1]);
    expect(server.heard.find(({ t }) => t === "send")).not.toHaveProperty("q");
  });

  it("[CL15] is sent no faster than the server takes it", async () => {
    const limits = { maxMessageBytes: 1_000, messagesPerSecond: 10, burst: 10, queueBytes: 1_000 };
    const { adas, clock, heard } = await pair({ model: { welcome: { limits } } });

    for (let i = 0; i < 40; i++) adas.send("word", i);
    await clock.forward(10);
    const atOnce = heard.length;
    await clock.forward(1_000);
    const afterASecond = heard.length;
    await clock.forward(10_000);

    expect(atOnce).toBeLessThan(10);
    expect(afterASecond - atOnce).toBeLessThanOrEqual(10);
    expect(heard).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it("[CL15] is sent again, with all behind it, when the server misses a number", async () => {
    const { ada, adas, clock, heard, server } = await pair();
    adas.send("word", 1);
    adas.send("word", 2);
    server.tell(ada.peer, { t: "error", code: "gap", q: 2, message: "", retryAfterMs: 3_000 });
    await clock.forward(10);
    adas.send("word", 3);
    await clock.forward(2_000);
    const before = [...heard];
    await clock.forward(2_000);

    expect(before).toEqual([1, 2]);
    expect(heard).toEqual([1, 2, 3]);
    const numbers = server.heard.filter(({ t, d }) => t === "send" && d !== undefined).map(({ q }) => q);
    expect(numbers).toEqual([2, 3, 4]);
    expect(ada.pending).toBe(0);
  });

  it("[CL16] is refused before it is sent when it is larger than the server takes", async () => {
    const { adas, ada } = await pair();

    expect(() => adas.send("word", "ä".repeat(33_000))).toThrow(
      expect.objectContaining({ code: "too_large" }),
    );
    expect(ada.pending).toBe(0);
  });

  it("[CL16] no question either is sent that is larger than the server takes", async () => {
    const { adas, ada, bob, server } = await pair();
    const large = "ä".repeat(33_000);

    await expect(adas.ask(bob.peer, "word", large)).rejects.toMatchObject({ code: "too_large" });
    await expect(adas.setMeta({ large })).rejects.toMatchObject({ code: "too_large" });
    await expect(ada.join("den", { meta: { large } })).rejects.toMatchObject({ code: "too_large" });
    expect(server.heard.map(({ t }) => t)).toEqual(["hello", "join", "hello", "join"]);
    expect(ada.state.is).toBe("connected");
  });

  it("[CL16] that the server refuses is told to its room", async () => {
    const { adas, ada, clock, server } = await pair();
    const refused: unknown[] = [];
    adas.on("refused", ({ type, error }) => refused.push([type, error.code]));
    adas.send("word", 1);
    server.tell(ada.peer, { t: "error", code: "slow_down", q: 2, message: "no", retryAfterMs: 1_000 });

    await clock.forward(10_000);

    // Whether it is worth saying later only the application knows.
    expect(refused).toEqual([["word", "slow_down"]]);
    expect(server.heard.filter(({ t }) => t === "send")).toHaveLength(1);
  });

  it("goes to those that are named, and tells them so", async () => {
    const { open, passing, adas, bob, bobs, clock } = await pair();
    const eves = await passing(open().join("lobby"));
    const told: unknown[] = [];
    bobs.on("word", (data, { isDirected }) => told.push(["bob", data, isDirected]));
    eves.on("word", (data, { isDirected }) => told.push(["eve", data, isDirected]));

    adas.send("word", "secret", { to: bob.peer });
    adas.send("word", "open");
    await clock.forward(10);

    expect(told).toEqual([
      ["bob", "secret", true],
      ["bob", "open", false],
      ["eve", "open", false],
    ]);
  });

  it("carries bytes", async () => {
    const { adas, clock, heard } = await pair();

    adas.send("word", { name: "ada", face: Uint8Array.of(0, 255, 7) });
    await clock.forward(10);

    expect(heard).toEqual([{ name: "ada", face: Uint8Array.of(0, 255, 7) }]);
  });
});

describe("what a room tells", () => {
  it("[CL20] is told once, whatever comes twice", async () => {
    const { bob, bobs, clock, server, heard } = await pair();
    const joined: string[] = [];
    bobs.on("joined", ({ member }) => joined.push(member.peer));
    const event = { t: "msg", r: "lobby", o: 50, from: "p1", d: "once", at: 0 };
    const member = { peer: "p9", alias: "", role: "member", joinedAt: 0, meta: {}, state: "online" };

    for (const frame of [
      event,
      event,
      { ...event, o: 49, d: "too late" },
      { t: "joined", r: "lobby", o: 51, m: member },
    ]) {
      server.tell(bob.peer, frame);
    }
    server.tell(bob.peer, { t: "joined", r: "lobby", o: 51, m: member });
    await clock.forward(10);

    expect(heard).toEqual(["once"]);
    expect(joined).toEqual(["p9"]);
    expect(bobs.members.has("p9")).toBe(true);
  });

  it("[CL24] waits until whoever joined could listen", async () => {
    const { clock, open, server } = await pair();
    const heard: unknown[] = [];
    const eve = open();
    const joining = eve.join("lobby").then((room) => room.on("word", (data) => heard.push(data)));
    await clock.until(() => server.heard.filter(({ t }) => t === "join").length === 3, 1_000);
    // It arrives in the same instant as the answer to `join`.
    server.tell("p4", { t: "msg", r: "lobby", o: 50, from: "p1", d: "first", type: "word", at: 0 });
    await clock.forward(10);
    await joining;

    expect(heard).toEqual(["first"]);
  });

  it.each(["throws", "rejects"])("[CL25] goes to all listeners, although one of them %s", async (how) => {
    const { adas, bobs, clock, trouble: faults } = await pair();
    const heard: unknown[] = [];
    const fault = new Error("listener");
    bobs.on("word", () => {
      if (how === "throws") throw fault;
      return Promise.reject(fault);
    });
    bobs.on("message", async () => {
      if (how === "rejects") throw fault;
    });
    bobs.on("word", (data) => heard.push(data));

    adas.send("word", 1);
    await clock.forward(10);

    expect(heard).toEqual([1]);
    expect(faults.splice(0)).toEqual(how === "throws" ? [fault] : [fault, fault]);
  });

  it("[CL26] fits the protocol on both sides", async () => {
    const protocol = defineProtocol({ client: { count: number } });
    const { open, passing, adas, clock } = await pair();
    const eves = await passing(open().join("lobby", { protocol }));
    const told: unknown[] = [];
    eves.on("count", (data) => told.push(data));
    eves.on("invalid", ({ type, error }) => told.push([type, error.message]));

    adas.send("count", "many");
    adas.send("noise", 1);
    adas.send("count", 2);
    await clock.forward(10);

    expect(told).toEqual([
      ["count", '"count" does not fit: not a number'],
      ["noise", 'the protocol has no message "noise"'],
      2,
    ]);
    // @ts-expect-error the protocol says that it is a number
    expect(() => eves.send("count", "many")).toThrow(expect.objectContaining({ code: "invalid_message" }));
    // @ts-expect-error the protocol knows no such message
    expect(() => eves.send("noise", 1)).toThrow(expect.objectContaining({ code: "invalid_message" }));
  });
});
