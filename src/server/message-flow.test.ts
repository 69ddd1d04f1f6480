import { afterEach, describe, expect, it, vi } from "vitest";
import { type Embedded, embedded } from "../testing/embedding.ts";
import { OPCODES, openRaw, rawFrame } from "../testing/raw-web-socket.ts";
import { TextSocket } from "../testing/text-socket.ts";
import type { RoomOptions } from "./rooms/definition.ts";
import type { ServerSettings } from "./server-settings.ts";

const running: Embedded[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

/** A server whose rooms note what is said in them, and wait where a test says so. */
async function serve(onMessage: NonNullable<RoomOptions<unknown>["onMessage"]>, settings?: ServerSettings) {
  const heard: unknown[] = [];
  const one = await embedded({
    rooms: { reconnectGraceMs: 0 },
    config: { limits: { messagesPerSecond: 10_000, messagesBurst: 10_000 } },
    ...settings,
    onMessage: async (ctx, envelope) => {
      await onMessage(ctx, envelope);
      heard.push(envelope.data);
    },
    onLeave: ({ userId }, reason) => void heard.push(`${userId} left: ${reason}`),
  });
  running.push(one);
  return { ...one, heard };
}

/** A door that handlers wait at until a test opens it. */
function door() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const say = (data: unknown) => ({ from: "somebody", data });
const textFrame = (data: unknown) =>
  rawFrame({ opcode: OPCODES.text, payload: Buffer.from(JSON.stringify(say(data))) });

async function nativeMember({ url, auth }: Embedded, userId: string): Promise<TextSocket> {
  const socket = await TextSocket.open(`${url.replace("http", "ws")}/parlor`);
  socket.send({ t: "hello", v: 1, token: await auth.signAccess({ userId, roomId: "lobby" }) });
  socket.send({ t: "join", id: 1, q: 1, room: "lobby" });
  await socket.until(({ re }) => re === 1);
  return socket;
}

describe("messages that come while others are handled", () => {
  it("[EM9] are handled in their order, also those that come with the close frame in one piece", async () => {
    const { url, auth, heard } = await serve(() => new Promise(setImmediate));
    const token = await auth.signAccess({ userId: "ada", roomId: "lobby" });
    const raw = openRaw(Number(new URL(url).port), { path: `/ws?token=${token}` });
    await vi.waitFor(() => expect(raw.status).toBe(101));

    const close = rawFrame({ opcode: OPCODES.close, payload: Buffer.from([3, 232]) });
    raw.socket.write(Buffer.concat([...[1, 2, 3, 4, 5].map(textFrame), close]));

    await vi.waitFor(() => expect(heard).toHaveLength(6));
    expect(heard).toEqual([1, 2, 3, 4, 5, expect.stringContaining("ada left")]);
  });

  it("[EM9] stay with the sender beyond a bound, and come when there is room again", async () => {
    const COUNT = 400;
    const { opened, open } = door();
    const { url, auth, heard } = await serve(() => opened);
    const token = await auth.signAccess({ userId: "ada", roomId: "lobby" });
    const raw = openRaw(Number(new URL(url).port), { path: `/ws?token=${token}` });
    await vi.waitFor(() => expect(raw.status).toBe(101));
    const filling = "x".repeat(50_000);

    for (let n = 0; n < COUNT; n++) raw.socket.write(textFrame({ n, filling }));
    // What the kernel does not take any more either is still here: 20 MB are more than its buffers hold.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(raw.socket.writableLength).toBeGreaterThan(1_000_000);
    open();

    await vi.waitFor(() => expect(heard).toHaveLength(COUNT), 10_000);
    expect(heard.map((each) => (each as { n: number }).n)).toEqual(
      Array.from({ length: COUNT }, (_, n) => n),
    );
    raw.socket.destroy();
  });

  it("[EM9] are answered in their order, whichever fail and whichever take a moment", async () => {
    const { join } = await serve(async (ctx, { data }) => {
      if (data === "fail") throw new Error("the handler's own fault");
      if (data === "wait") await new Promise(setImmediate);
      await ctx.reply(data);
    });
    const ada = await join("ada", { events: true });
    await ada.json();

    for (const data of ["wait", "fail", "now", "wait", "fail", "end"]) ada.send(say(data));

    const answers = [];
    for (let count = 0; count < 6; count++) answers.push(await ada.json());
    const replied = (data: string) => ({ from: "ada", data });
    const failed = expect.objectContaining({ code: "internal" });
    expect(answers).toEqual([
      replied("wait"),
      failed,
      replied("now"),
      replied("wait"),
      failed,
      replied("end"),
    ]);
  });

  it("[EM9] are handled before the member leaves by its own wish", async () => {
    const { opened, open } = door();
    const one = await serve(() => opened);
    const ada = await nativeMember(one, "ada");

    ada.send({ t: "send", id: 2, q: 2, room: "lobby", d: "first" });
    ada.send({ t: "send", id: 3, q: 3, room: "lobby", d: "second" });
    ada.send({ t: "leave", id: 4, q: 4, room: "lobby" });
    ada.send({ t: "send", id: 5, q: 5, room: "lobby", d: "too late" });
    open();

    const answers = [];
    while (answers.length < 4) answers.push(await ada.until(({ re }) => re !== undefined));
    expect(answers.map(({ re, t }) => [re, t])).toEqual([
      [2, "ok"],
      [3, "ok"],
      [4, "ok"],
      [5, "error"],
    ]);
    expect(one.heard).toEqual(["first", "second", "ada left: consented"]);
  });

  it("[EM9] are handled no more when the member was sent away", async () => {
    const { opened, open } = door();
    const one = await serve(async (ctx, { data }) => {
      await opened;
      if (data === "kick me") ctx.kick(ctx.userId);
    });
    const ada = await one.join("ada");

    for (const data of ["kick me", "one", "two"]) ada.send(say(data));
    open();
    await ada.closed;

    await vi.waitFor(() => expect(one.heard).toContain("ada left: kicked"));
    expect(one.heard).toEqual(["kick me", "ada left: kicked"]);
  });

  it("[EM7] of several members take turns, and one that says much keeps nobody waiting for all of it", async () => {
    const { opened, open } = door();
    const { join, heard, url } = await serve(() => opened);
    const [ada, bob] = [await join("ada"), await join("bob")];

    for (let n = 0; n < 30; n++) ada.send(say(`ada ${n}`));
    bob.send(say("bob"));
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toMatch(/^parlor_messages_received_total 31$/m);
    });
    open();

    await vi.waitFor(() => expect(heard).toHaveLength(31));
    expect(heard.indexOf("bob")).toBe(1);
    expect(heard.filter((each) => each !== "bob")).toEqual(Array.from({ length: 30 }, (_, n) => `ada ${n}`));
  });

  it("[SE18] take their number also when they are refused at the door", async () => {
    const one = await serve(() => {}, { limits: { messages: { max: 1, perMs: 60_000 }, onExceed: "drop" } });
    const ada = await nativeMember(one, "ada");
    const send = (number: number) =>
      ada.send({ t: "send", id: number, q: number, room: "lobby", d: `message ${number}` });

    for (const number of [2, 3, 4, 3]) send(number);
    ada.send({ t: "leave", id: 5, q: 5, room: "lobby" });

    const answers = [];
    while (answers.length < 5) answers.push(await ada.until(({ re }) => re !== undefined));
    expect(answers.map(({ re, code }) => [re, code])).toEqual([
      [2, undefined],
      [3, "slow_down"],
      [4, "slow_down"],
      [3, "slow_down"],
      [5, undefined],
    ]);
  });
});
