import { afterEach, describe, expect, it } from "vitest";
import { type ClientWorld, clientWorld } from "../../testing/client-world.ts";
import type { Connection } from "../connection.ts";
import { ParlorError } from "../errors.ts";
import type { Room } from "../room.ts";

let trouble: unknown[] = [];

afterEach(() => {
  expect(trouble, "failures that nobody waited for").toEqual([]);
});

/** Lets the clock go as fast as time does: WebCrypto works on threads of its own, which no test can drive. */
async function passTo(world: ClientWorld, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (condition()) return;
    await world.clock.forward(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error("it did not come true");
}

async function pass(world: ClientWorld, turns = 60): Promise<void> {
  let turn = 0;
  await passTo(world, () => turn++ >= turns);
}

async function enter(world: ClientWorld, connection: Connection): Promise<Room> {
  let room: Room | undefined;
  const joining = connection.join("vault", { encrypt: true });
  void joining.then((joined) => {
    room = joined;
  });
  await passTo(world, () => room?.encryption?.isReady === true);
  return await joining;
}

/** What promises come to while time passes: values, or codes and words of failures. */
async function settled(world: ClientWorld, promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  promises.forEach((promise, index) => {
    promise.then(
      (value) => (outcomes[index] = value),
      (error: ParlorError) => (outcomes[index] = `${error.code} ${error.message}`),
    );
  });
  await passTo(world, () => promises.every((_, index) => index in outcomes));
  return outcomes;
}

/** Ada and Bob in an encrypted room; what each hears, or may not hear, is written down. */
async function two() {
  const world = clientWorld();
  trouble = world.trouble;
  const [ada, bob] = [world.open(), world.open()];
  const adas = await enter(world, ada);
  const bobs = await enter(world, bob);
  await passTo(world, () => adas.encryption?.isReady === true);
  const heard = listen(bobs);
  return { world, ada, bob, adas, bobs, heard };
}

function listen(room: Room): unknown[] {
  const heard: unknown[] = [];
  room.on("message", ({ data }) => heard.push(data));
  room.on("invalid", ({ error }) => heard.push(`! ${error.message}`));
  return heard;
}

const sent = ({ server }: ClientWorld) =>
  server.heard.filter(({ t, type }) => t === "send" && type === "word");
const keys = ({ server }: ClientWorld) =>
  server.carriedOut.filter(
    ({ t, type, d }) => t === "send" && type === "parlor.key" && "id" in (d as object),
  );

describe("an encrypted room", () => {
  it("[CL50] [CL51] carries messages in order, and the server cannot read them", async () => {
    const { world, adas, bobs, ada, heard } = await two();
    const adasEars = listen(adas);

    for (let n = 0; n < 20; n++) adas.send("word", { secret: `the treasure ${n}` });
    bobs.send("word", Uint8Array.of(1, 2, 3));
    expect(ada.pending).toBe(20);
    await passTo(world, () => heard.length === 20 && adasEars.length === 1);

    expect(heard).toEqual(Array.from({ length: 20 }, (_, n) => ({ secret: `the treasure ${n}` })));
    expect(adasEars).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(JSON.stringify(world.server.heard)).not.toContain("treasure");
    expect(ada.pending).toBe(0);
  });

  it("[CL52] has a new key whenever somebody came or went", async () => {
    const { world, adas, bobs, bob, heard } = await two();
    adas.send("word", 1);
    await passTo(world, () => heard.length === 1);
    const eve = world.open();
    const eves = await enter(world, eve);
    await passTo(world, () => bobs.encryption?.isReady === true);
    adas.send("word", 2);
    await passTo(world, () => heard.length === 2);

    const leaving = eves.leave();
    await pass(world);
    await leaving;
    adas.send("word", 3);
    await passTo(world, () => heard.length === 3);

    const [first, second, third] = sent(world).map(({ d }) => (d as { e: string }).e);
    expect(new Set([first, second, third]).size).toBe(3);
    const lastKey = keys(world).at(-1)?.d as { id: string; wraps: object };
    expect([lastKey.id, Object.keys(lastKey.wraps)]).toEqual([third, [bob.peer]]);
  });

  it("[CL52] holds back what is said until all who are here have the key", async () => {
    const { world, adas, heard } = await two();
    const eve = world.open();
    let eves: Room | undefined;
    void eve.join("vault", { encrypt: true }).then((room) => {
      eves = room;
    });
    await passTo(world, () => eves !== undefined);
    const evesEars = listen(eves!);

    eves?.send("word", "am I in?");
    adas.send("word", "you are");
    await passTo(world, () => evesEars.length === 1 && heard.length === 2);

    expect(evesEars).toEqual(["you are"]);
    expect([...heard].sort()).toEqual(["am I in?", "you are"]);
  });

  it("[CL52] goes on when the one who makes the keys has gone", async () => {
    const { world, ada, bobs } = await two();
    const eves = await enter(world, world.open());
    ada.close();
    await passTo(world, () => bobs.members.size === 2 && bobs.encryption?.isReady === true);
    const ears = listen(eves);

    bobs.send("word", "still here");
    await passTo(world, () => ears.length === 1);

    expect(ears).toEqual(["still here"]);
  });

  it("[CL53] does not tell newcomers what was said before", async () => {
    const { world, ada, adas, heard } = await two();
    adas.send("word", "before");
    await passTo(world, () => heard.length === 1);
    const eve = world.open();
    const ears = listen(await enter(world, eve));

    // A server that is not to be trusted replays it.
    world.server.tell(eve.peer, {
      t: "msg",
      r: "vault",
      from: ada.peer,
      d: sent(world)[0]?.d,
      type: "word",
      at: 0,
    });
    await passTo(world, () => ears.length === 1);

    expect(ears).toEqual(["! said under a key that this member was not given"]);
  });

  it("[CL54] notices what was changed, repeated, or said by another", async () => {
    const { world, ada, bob, adas, heard } = await two();
    adas.send("word", "pay 10");
    adas.send("word", "pay 20");
    await passTo(world, () => heard.length === 2);
    const [first, second] = sent(world).map(({ d }) => d as { e: string; c: number; x: { $bytes: string } });
    const eve = world.open();
    await enter(world, eve);
    await pass(world);
    const tell = (d: unknown, more: object = {}) =>
      world.server.tell(bob.peer, { t: "msg", r: "vault", from: ada.peer, d, type: "word", at: 0, ...more });
    const bytes = atob(second!.x.$bytes);
    const flipped = btoa(String.fromCharCode(bytes.charCodeAt(0) ^ 1) + bytes.slice(1));

    tell(first);
    tell({ ...second, c: 3 });
    tell({ ...second, c: 3, x: { $bytes: flipped } });
    tell({ ...second, c: 4 }, { from: eve.peer });
    tell({ ...second, c: 5 }, { type: "order" });
    tell("pay 30");
    tell({ e: first!.e, c: -1, x: "" });
    await passTo(world, () => heard.length === 9);

    expect(heard).toEqual([
      "pay 10",
      "pay 20",
      "! a repeated message",
      ...Array.from({ length: 4 }, () => "! the message was changed on its way, or is not for us"),
      ...Array.from({ length: 2 }, () => "! the message is not encrypted"),
    ]);
  });

  it("[CL54] takes no keys from nonsense", async () => {
    const { world, ada, bob, adas, bobs, heard } = await two();
    for (const d of [
      null,
      1,
      {},
      { id: "x" },
      { id: "x", wraps: null },
      { id: "x", wraps: { [bob.peer]: "no bytes" } },
    ]) {
      world.server.tell(bob.peer, { t: "msg", r: "vault", from: ada.peer, d, type: "parlor.key", at: 0 });
    }
    await pass(world);

    adas.send("word", "fine");
    await passTo(world, () => heard.length === 1);

    expect(heard).toEqual(["fine"]);
    expect(bobs.encryption?.isReady).toBe(true);
  });

  it("[CL55] carries questions and answers that only the two can read", async () => {
    const { world, adas, bobs, ada, bob } = await two();
    bobs.answer("riddle", (question, { from }) => ({ answer: "the treasure", question, from }));
    bobs.answer("grumble", () => {
      throw new ParlorError("answer_failed", { message: "not for a treasure" });
    });

    const answers = await settled(world, [
      adas.ask(bob.peer, "riddle", { hint: "treasure 1" }),
      adas.ask(bob.peer, "riddle", "treasure 2"),
      adas.ask(bob.peer, "grumble", "treasure 3"),
      adas.ask(bob.peer, "unheard of", "treasure 4"),
    ]);

    expect(answers).toEqual([
      { answer: "the treasure", question: { hint: "treasure 1" }, from: ada.peer },
      { answer: "the treasure", question: "treasure 2", from: ada.peer },
      "ask_refused not for a treasure",
      'ask_refused nobody answers "unheard of" here',
    ]);
    expect(JSON.stringify(world.server.heard)).not.toContain("the treasure");
    expect(JSON.stringify(world.server.heard)).not.toContain("treasure ");
  });

  it("[CL55] notices questions and answers that were changed, repeated, or meant for others", async () => {
    const { world, adas, bobs, ada, bob } = await two();
    const asked: unknown[] = [];
    bobs.answer("riddle", (question) => asked.push(question));
    await settled(world, [adas.ask(bob.peer, "riddle", "first"), adas.ask(bob.peer, "riddle", "second")]);
    const [first] = world.server.heard.filter(({ t }) => t === "ask");
    const answers = () => world.server.heard.filter(({ t }) => t === "reply");
    const tell = (n: number, more: object) =>
      world.server.tell(bob.peer, {
        t: "asked",
        n: 100 + n,
        ask: n,
        from: ada.peer,
        r: "vault",
        type: "riddle",
        d: first?.d,
        ...more,
      });

    const before = answers().length;
    tell(1, {});
    tell(2, { type: "order" });
    tell(3, { d: "in the clear" });
    tell(4, { from: "somebody else" });
    await passTo(world, () => answers().length === before + 4);
    expect(asked).toEqual(["first", "second"]);
    expect(
      answers()
        .slice(before)
        .every(({ error }) => typeof error === "string"),
    ).toBe(true);

    const again = answers()[0]?.d;
    const [third] = [adas.ask(bob.peer, "riddle", "third")];
    third.catch(() => {});
    await passTo(world, () => world.server.heard.filter(({ t }) => t === "ask").length === 3);
    const { id } = world.server.heard.filter(({ t }) => t === "ask")[2] as { id?: number };
    world.server.tell(ada.peer, { t: "reply", n: 200, re: id, from: bob.peer, d: again });
    expect(await settled(world, [third])).toEqual([expect.stringMatching(/^encryption /)]);
  });

  it("[CL55] carries a mesh that only the two can read", async () => {
    const { world, adas, bobs, ada, bob } = await two();
    const [adasMesh, bobsMesh] = await Promise.all([
      adas.mesh({ carriers: [] }),
      bobs.mesh({ carriers: [] }),
    ]);
    const heard: unknown[] = [];
    const odd: unknown[] = [];
    bobsMesh.on("message", ({ from, data }) => heard.push([from, data]));
    bobs.on("invalid", ({ error }) => odd.push(error.code));
    for (let n = 0; n < 20; n++) adasMesh.send(bob.peer, "map", { secret: `treasure ${n}` });
    adasMesh.send(bob.peer, "map", "treasure now", { ephemeral: true });
    await passTo(world, () => heard.length >= 20 && adasMesh.pending === 0);

    expect(heard.slice(0, 20)).toEqual(
      Array.from({ length: 20 }, (_, n) => [ada.peer, { secret: `treasure ${n}` }]),
    );
    const packets = world.server.heard.filter(({ type }) => type === "parlor.mesh");
    expect(packets.length).toBeGreaterThan(20);
    expect(JSON.stringify(world.server.heard)).not.toMatch(/treasure|"map"/);

    // The server repeats all of it, puts some into another's mouth, and makes something up.
    const count = heard.length;
    const tell = (d: unknown) =>
      world.server.tell(bob.peer, { t: "msg", r: "vault", from: ada.peer, d, type: "parlor.mesh", at: 0 });
    for (const { d } of packets) tell(d);
    tell({ k: "hi", i: "zzzzzzzzz" });
    await passTo(world, () => odd.length > 0);
    await pass(world);

    expect(heard).toHaveLength(count);
    expect(new Set(odd)).toEqual(new Set(["encryption"]));
    adasMesh.close();
    bobsMesh.close();
  });

  it("[CL56] shows the same fingerprints to everybody", async () => {
    const { ada, bob, adas, bobs } = await two();
    const [mine, his] = [
      await adas.encryption!.fingerprint(ada.peer),
      await bobs.encryption!.fingerprint(ada.peer),
    ];

    expect(mine).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    expect(his).toBe(mine);
    expect(await adas.encryption!.fingerprint(bob.peer)).not.toBe(mine);
    await expect(adas.encryption!.fingerprint("nobody")).rejects.toMatchObject({ code: "encryption" });
  });

  it("[CL51] goes on over a lost line, with the keys that were handed out meanwhile", async () => {
    const { world, adas, bob, bobs, heard } = await two();
    const bobsWire = [...world.net.wires][1]!;
    bobsWire.cut({ clientHearsAfterMs: 0, serverHearsAfterMs: 0 });
    await world.clock.forward(1);
    expect(bob.state.is).toBe("resuming");
    await enter(world, world.open());

    adas.send("word", "while you were gone");
    await passTo(world, () => heard.length === 1);

    expect(heard).toEqual(["while you were gone"]);
    expect(bobs.encryption?.isReady).toBe(true);
  });
});
