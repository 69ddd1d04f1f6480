import { pack } from "msgpackr";
import { describe, expect, it } from "vitest";
import { seededNumbers } from "../../testing/hub.ts";
import { type FishClient, type FishMessage, fishTank } from "../../testing/signal-fish.ts";

const BACKLOG = { maxFrames: 4, maxBytes: 1_000_000, waitMs: 5_000, maxAgeMs: 15_000 };

/** A sender, and readers of both versions whose queues hold four messages. */
async function room() {
  const tank = fishTank({ backlog: BACKLOG, messagesPerSecond: 1_000_000, messagesBurst: 1_000_000 });
  const [ada, bob, zoe] = [
    await tank.connect({ path: "/v3/ws" }),
    await tank.connect({ path: "/v3/ws" }),
    await tank.connect(),
  ];
  const ids = new Map<FishClient, string>();
  for (const [name, client] of Object.entries({ ada, bob, zoe })) {
    ids.set(client, String((await tank.join(client, name, "ABC123")).data?.player_id));
  }
  for (const client of tank.clients) client.drain();
  const send = async (data: number, delivery: object = {}, from = ada) => {
    await from.say("GameData", { data, ...delivery });
    await tank.settle();
  };
  return { ...tank, ada, bob, zoe, ids, send };
}

const volatile = { class: "volatile" };
const latest = (key: number) => ({ class: "latest", key });

/** What game data a client was told, and which gaps, in order. */
function heard(client: FishClient): string[] {
  return client.take().flatMap((message: FishMessage) => {
    if (message.type === "GameData") return [`${String(message.data?.data)}`];
    if (message.type !== "DeliveryReport") return [message.type];
    const gaps = (message.data?.gaps ?? []) as { from_seq: number; to_seq: number; reason: string }[];
    return gaps.map(({ from_seq, to_seq, reason }) => `${from_seq}-${to_seq} ${reason}`);
  });
}

describe("delivery classes for a reader that takes nothing", () => {
  it("[SF133] [SF134] drops the oldest volatile data, and tells what is missing before what follows", async () => {
    const { bob, zoe, send, settle } = await room();
    bob.stall();
    for (let n = 1; n <= 9; n++) await send(n, volatile);

    bob.goOn();
    await settle();
    expect(heard(bob)).toEqual(["1-5 volatile_dropped", "6", "7", "8", "9"]);
    expect(heard(zoe)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect([bob.complaint, zoe.complaint]).toEqual([undefined, undefined]);
  });

  it("[SF133] [SF134] keeps the latest value of each key, and drops what has no place", async () => {
    const { bob, send, settle } = await room();
    bob.stall();
    await send(1);
    await send(2, latest(1));
    await send(3, volatile);
    await send(4, latest(2));
    for (const n of [5, 6, 7]) await send(n, latest(1));
    await send(8, latest(3));
    await send(9, latest(4));
    await send(10, volatile);

    bob.goOn();
    await settle();
    expect(heard(bob)).toEqual(
      [
        "2-2 latest_superseded",
        "5-6 latest_superseded",
        "3-3 volatile_dropped",
        "9-9 latest_dropped_full",
        "10-10 volatile_dropped",
        "1",
        "4",
        "7",
        "8",
      ].sort(byReport),
    );
    expect(bob.complaint).toBeUndefined();
  });

  it("[SF134] tells it before the sender's PlayerLeft, and after a second if nothing follows", async () => {
    const { ada, bob, send, settle, forward } = await room();
    bob.stall();
    for (let n = 1; n <= 6; n++) await send(n, volatile);
    await send(7, latest(1));
    await send(8, latest(2));
    bob.goOn();
    await settle();
    const first = heard(bob);
    expect(first.slice(0, 1)).toEqual(["1-4 volatile_dropped"]);

    bob.stall();
    for (let n = 9; n <= 14; n++) await send(n, volatile);
    await ada.say("LeaveRoom");
    bob.goOn();
    await settle();
    expect(heard(bob)).toEqual([
      "9-10 volatile_dropped",
      "11",
      "12",
      "13",
      "14",
      "PlayerLeft",
      "AuthorityChanged",
    ]);
    await forward(5_000);
    expect(heard(bob)).toEqual([]);
    expect(bob.complaint).toBeUndefined();
  });

  it("[SF134] tells nothing of a room that was left", async () => {
    const { bob, send, settle, forward } = await room();
    bob.stall();
    for (let n = 1; n <= 9; n++) await send(n, volatile);
    bob.sayAtOnce('{"type":"LeaveRoom"}');
    bob.sayAtOnce('{"type":"JoinRoom","data":{"game_name":"reef","player_name":"bob","room_code":"XYZ789"}}');
    bob.goOn();
    await settle();
    await forward(5_000);

    expect(heard(bob).slice(-3)).toEqual(["RoomLeft", "RoomJoined", "LobbyStateChanged"]);
    expect(bob.complaint).toBeUndefined();
  });

  it("[SF134] tells what is missing of each stay in the same room by itself", async () => {
    const { bob, send, settle } = await room();
    bob.stall();
    for (let n = 1; n <= 9; n++) await send(n, volatile);
    bob.sayAtOnce('{"type":"LeaveRoom"}');
    bob.sayAtOnce('{"type":"JoinRoom","data":{"game_name":"reef","player_name":"bob","room_code":"ABC123"}}');
    await settle();
    for (let n = 10; n <= 20; n++) await send(n, volatile);
    bob.goOn();
    await settle();

    // The first of the new stay only took the places of those of the old one.
    expect(heard(bob)).toEqual([
      "RoomLeft",
      "RoomJoined",
      "10-16 volatile_dropped",
      ...["17", "18", "19", "20"],
    ]);
    expect(bob.complaint).toBeUndefined();
  });

  it("[SF135] advises once a second of what it cannot be told, after the report", async () => {
    const { bob, connect, join, settle, clock, forward } = await room();
    const mia = await connect({ path: "/v3/ws", game_data_format: "message_pack" });
    await join(mia, "mia", "ABC123");
    bob.drain();
    const unsupported = pack(Buffer.of(1));

    await mia.sayRaw(unsupported);
    await mia.sayRaw(unsupported);
    await settle();
    expect(heard(bob)).toEqual(["1-2 unsupported_format", "Error"]);
    clock.now += 500;
    await mia.sayRaw(unsupported);
    await settle();
    expect(heard(bob)).toEqual([]);
    await mia.say("GameData", { data: "x" });
    await settle();
    expect(heard(bob)).toEqual(["3-3 unsupported_format", "x"]);
    await mia.sayRaw(unsupported);
    await settle();
    expect(heard(bob)).toEqual([]);
    await forward(1_000);
    expect(heard(bob)).toEqual(["5-5 unsupported_format", "Error"]);
    expect(bob.complaint).toBeUndefined();
  });

  it("[SF134] ends the link of which too much would have to be told", async () => {
    const { bob, send } = await room();
    bob.stall();
    for (let n = 0; n <= 4_200; n++) await send(n, n % 2 === 0 ? volatile : latest(n));

    bob.goOn();
    await bob.settle();
    expect(bob.end).toMatchObject({ code: 4002 });
  });

  const SEEDS = process.env.SEED ? [Number(process.env.SEED)] : [1, 2, 3, 4, 5, 6, 7, 8];
  it.each(SEEDS)(
    "[SF133] [SF134] adds up for the strictest client, whatever is lost: seed %i",
    async (seed) => {
      const { ada, bob, connect, join, send, settle, forward, clients } = await room();
      const mia = await connect({ path: "/v3/ws", game_data_format: "message_pack" });
      await join(mia, "mia", "ABC123");
      const random = seededNumbers(seed);
      const below = (count: number) => Math.floor(random() * count);
      const senders = [ada, mia];
      // Version 2 is told everything: its senders would wait for it.
      const readers = [bob, mia];
      const stalled = new Set<FishClient>();
      let n = 0;

      for (let step = 0; step < 400; step++) {
        const [from, reader] = [senders[below(2)] ?? ada, readers[below(2)] ?? bob];
        const dice = below(20);
        if (dice < 8) await send(n++, volatile, from);
        else if (dice < 14) await send(n++, latest(below(3)), from);
        else if (dice === 14 && stalled.size === 0) await send(n++, {}, from);
        else if (dice === 15) await mia.sayRaw(pack(below(2) === 0 ? n++ : Buffer.of(1)));
        else if (dice === 16) {
          await from.say("LeaveRoom");
          await settle();
          await join(from, from === ada ? "ada" : "mia", "ABC123");
        } else if (dice === 17) {
          reader.goOn();
          stalled.delete(reader);
        } else if (dice === 18) {
          reader.stall();
          stalled.add(reader);
        } else if (dice === 19) await forward(below(700));
        await settle();
      }
      for (const reader of readers) reader.goOn();
      await settle();
      await forward(1_000);
      // What they are told when somebody leaves must be what they have heard, or heard of.
      for (const sender of senders) await sender.say("LeaveRoom");
      await settle();

      expect(clients.map(({ complaint }) => complaint)).toEqual(clients.map(() => undefined));
      expect(clients.map(({ end }) => end)).toEqual(clients.map(() => undefined));
    },
  );
});

/** Reports come first; what is told stays in its order. */
function byReport(one: string, other: string): number {
  const [a, b] = [one, other].map((each) => Number(/^(\d+)-/.exec(each)?.[1] ?? Number.POSITIVE_INFINITY));
  return a === b ? 0 : (a ?? 0) - (b ?? 0);
}
