import { describe, expect, it } from "vitest";
import { type Delivery, Outbox } from "./outbox.ts";
import type { Talk, Way } from "./talk.ts";

const hello: Talk = { kind: "chat", id: "m1", text: "hello", sentAt: 0 };

describe("what is not yet acknowledged", () => {
  it("counts those who have it, and is settled when all have", () => {
    const { outbox, told } = outboxOf("relay");
    outbox.watch(hello, sent({ ada: "direct", bob: "relay" }), 0);

    outbox.acknowledge("m1", "ada");
    outbox.acknowledge("m1", "ada");
    outbox.acknowledge("m1", "bob");

    expect(told.map(({ arrived, settled }) => [arrived, settled])).toEqual([
      [0, false],
      [1, false],
      [2, true],
    ]);
    expect(told.at(-1)).toMatchObject({ to: 2, direct: 1, relayed: 1 });
  });

  it("says a message again by relay when its data channel has died, and then only waits", () => {
    const { outbox, said, told } = outboxOf("relay");
    outbox.watch(hello, sent({ ada: "direct" }), 0);

    outbox.tick(100);
    outbox.hurry("ada");
    outbox.tick(200);
    outbox.tick(300);

    expect(said).toEqual(["ada"]);
    expect(told.at(-1)).toMatchObject({ direct: 0, relayed: 1, settled: false });
  });

  it("gives up after five tries, but an unreachable server is no try", () => {
    const { outbox, said, told, way } = outboxOf(undefined);
    outbox.watch(hello, sent({ ada: undefined }), 0);

    for (let nowMs = 0; nowMs <= 60_000; nowMs += 1000) outbox.tick(nowMs);
    expect(told.at(-1)).toMatchObject({ settled: false, relayed: 0 });
    said.length = 0;

    way.now = "relay";
    for (let nowMs = 60_000; nowMs <= 120_000; nowMs += 1000) outbox.tick(nowMs);
    expect(said).toHaveLength(5);
    expect(told.at(-1)).toMatchObject({ arrived: 0, settled: true });
  });

  it("does not wait for those who are gone or never acknowledge", () => {
    const { outbox, told } = outboxOf("relay");
    outbox.watch(
      hello,
      new Map([
        ["ada", { way: "relay", answers: true }],
        ["bot", { way: "relay", answers: false }],
      ]),
      0,
    );
    expect(told.at(-1)).toMatchObject({ arrived: 1, settled: false });

    outbox.forget("ada");

    expect(told.at(-1)).toMatchObject({ arrived: 1, to: 2, settled: true });
  });

  it("watches fifty messages at most; of an older one it says that it gave up", () => {
    const { outbox, told } = outboxOf("relay");

    for (let index = 0; index <= 50; index += 1) {
      outbox.watch({ ...hello, id: `m${index}` }, sent({ ada: "relay" }), 0);
    }

    expect(told.filter(({ settled }) => settled).map(({ id }) => id)).toEqual(["m0"]);
  });
});

function outboxOf(first: Way | undefined) {
  const way = { now: first };
  const said: string[] = [];
  const told: Delivery[] = [];
  const outbox = new Outbox((fingerprint) => {
    said.push(fingerprint);
    return way.now;
  });
  outbox.on("delivery", (delivery) => told.push(delivery));
  return { outbox, said, told, way };
}

function sent(ways: Readonly<Record<string, Way | undefined>>) {
  return new Map(Object.entries(ways).map(([name, way]) => [name, { way, answers: true }]));
}
