import { afterEach, describe, expect, it } from "vitest";
import { configOf } from "../../src/config/index.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createLog } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";
import type { Gap } from "../../src/testing/fish-accounts.ts";
import { Fish } from "../../src/testing/fish-socket.ts";
import { seededNumbers } from "../../src/testing/hub.ts";
import { openRaw, type RawWebSocket } from "../../src/testing/raw-web-socket.ts";
import { StrictFish } from "../../src/testing/strict-fish.ts";

const servers: Server[] = [];
const stalled: RawWebSocket[] = [];
afterEach(async () => {
  for (const { socket } of stalled.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close({ drainMs: 0 })));
});

/** The numbers of the Rust client's suite. */
const ENV = {
  SIGNAL_FISH__PORT: "0",
  SIGNAL_FISH__WEBSOCKET__SEND_QUEUE_CAPACITY: "8",
  SIGNAL_FISH__WEBSOCKET__SLOW_CONSUMER_TIMEOUT_MS: "500",
};
const PAYLOAD = "x".repeat(8 * 1024);

async function serve(env: Readonly<Record<string, string>> = ENV): Promise<string> {
  const { config } = loadConfig({ env, argv: ["--host", "127.0.0.1"] });
  const server = new Server(configOf(config), { log: createLog({ level: "silent", format: "json" }) });
  servers.push(server);
  return `127.0.0.1:${(await server.listen()).own[0]?.port}`;
}

/** A member of the room that reads what it is told until it is in, and then nothing. */
async function stallingReader(at: string, code: string): Promise<RawWebSocket> {
  const raw = openRaw(Number(at.split(":")[1]), { path: "/v3/ws" });
  stalled.push(raw);
  const say = (type: string, data: object) => raw.text(JSON.stringify({ type, data }));
  say("Authenticate", { app_id: "e2e-test-app" });
  say("JoinRoom", { game_name: "reef", player_name: "slow", room_code: code });
  await expect.poll(() => raw.texts.some((text) => text.includes("RoomJoined"))).toBe(true);
  raw.socket.pause();
  return raw;
}

/** Sends game data as fast as it is taken, until the test is over or `isOver` says so. */
function flood(fish: Fish, isOver: () => boolean): Promise<number> {
  let sent = 0;
  return new Promise((resolve) => {
    const more = () => {
      if (isOver()) {
        resolve(sent);
        return;
      }
      for (let i = 0; i < 16; i++, sent++) fish.say("GameData", { data: PAYLOAD });
      setTimeout(more, 1);
    };
    more();
  });
}

describe("a reader that takes nothing", () => {
  it("[SF131] is evicted for all to see, within the time of the Rust client's suite", {
    timeout: 30_000,
  }, async () => {
    const at = await serve();
    const [ada, bob] = [await Fish.connect(at, 3), await Fish.connect(at, 3)];
    const slow = await stallingReader(at, "ABC123");
    await ada.join("ada", "ABC123");
    await bob.join("bob", "ABC123");
    const began = Date.now();

    let isOver = false;
    const flooding = flood(ada, () => isOver);
    const left = await bob.hear("PlayerLeft");
    isOver = true;
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(left.data?.player_id).toBeDefined();
    expect(await flooding).toBeGreaterThan(8);

    slow.socket.resume();
    // Who does not answer the close is cut off a second later.
    await expect.poll(() => slow.isEnded, { timeout: 10_000 }).toBe(true);
    // What still reaches it may be cut short by then; if it is told, it is told this.
    if (slow.closed) expect(slow.closed).toEqual({ code: 4002, reason: "slow_consumer" });
  });

  it("[SF131] is told why, where it takes that", { timeout: 30_000 }, async () => {
    const at = await serve();
    const ada = await Fish.connect(at, 3);
    const slow = await stallingReader(at, "ABC123");
    await ada.join("ada", "ABC123");
    let isOver = false;
    const flooding = flood(ada, () => isOver);
    await ada.hear("PlayerLeft");
    // It has a second to read on.
    slow.socket.resume();
    isOver = true;
    await flooding;

    await expect
      .poll(() => slow.closed, { timeout: 10_000 })
      .toEqual({ code: 4002, reason: "slow_consumer" });
    expect(slow.texts.at(-1)).toContain("SLOW_CONSUMER");
  });

  it("[SF130] holds up its own room for as long as it may take, and no other", {
    timeout: 30_000,
  }, async () => {
    const at = await serve({ ...ENV, SIGNAL_FISH__WEBSOCKET__SLOW_CONSUMER_TIMEOUT_MS: "1500" });
    const [ada, bob, eve, zoe] = await Promise.all([1, 2, 3, 4].map(() => Fish.connect(at, 3)));
    if (!ada || !bob || !eve || !zoe) throw new Error("four connections");
    await stallingReader(at, "ABC123");
    await ada.join("ada", "ABC123");
    await bob.join("bob", "ABC123");
    await eve.join("eve", "XYZ789");
    await zoe.join("zoe", "XYZ789");

    let isOver = false;
    const flooding = flood(ada, () => isOver);
    let longestMs = 0;
    let last = Date.now();
    const reading = (async () => {
      for (;;) {
        const { type } = await bob.hear(["GameData", "PlayerLeft"]);
        longestMs = Math.max(longestMs, Date.now() - last);
        last = Date.now();
        if (type === "PlayerLeft") return;
      }
    })();
    const others: number[] = [];
    while (!isOver) {
      const sent = Date.now();
      eve.say("GameData", { data: 1 });
      await zoe.hear("GameData");
      others.push(Date.now() - sent);
      isOver = await Promise.race([
        reading.then(() => true),
        new Promise<false>((go) => setTimeout(go, 20, false)),
      ]);
    }
    await flooding;

    expect(longestMs).toBeGreaterThan(500);
    expect(longestMs).toBeLessThan(4_000);
    expect(Math.max(...others)).toBeLessThan(1_000);
  });
});

describe("a reader that reads by fits and starts", () => {
  const SEED = Number(process.env.SEED ?? 4711);

  it(`[SF133] [SF134] hears or hears of every volatile and latest message: seed ${SEED}`, {
    timeout: 30_000,
  }, async () => {
    const at = await serve({ ...ENV, SIGNAL_FISH__WEBSOCKET__SLOW_CONSUMER_TIMEOUT_MS: "20000" });
    const random = seededNumbers(SEED);
    const ada = await Fish.connect(at, 3);
    const slow = await stallingReader(at, "ABC123");
    await ada.join("ada", "ABC123");

    let sent = 0;
    for (let burst = 0; burst < 40; burst++) {
      // Long enough to fill what the system takes on its way.
      if (burst % 10 === 0) slow.socket.pause();
      if (burst % 10 === 8) slow.socket.resume();
      for (let i = 0; i < 60; i++, sent++) {
        const delivery =
          random() < 0.5 ? { class: "volatile" } : { class: "latest", key: Math.floor(random() * 4) };
        ada.say("GameData", { data: PAYLOAD.repeat(4), ...delivery });
      }
      // What is sent is heard by now.
      ada.say("Ping");
      await ada.hear("Pong");
      await new Promise((resolve) => setTimeout(resolve, random() * 20));
    }
    slow.socket.resume();
    ada.say("LeaveRoom");
    await ada.hear("RoomLeft");
    await expect.poll(() => slow.texts.at(-1), { timeout: 10_000 }).toMatch(/PlayerLeft|AuthorityChanged/);

    const strict = new StrictFish(3);
    strict.asked("Authenticate", { app_id: "e2e-test-app" });
    strict.asked("JoinRoom", { game_name: "reef", player_name: "slow", room_code: "ABC123" });
    let missed = 0;
    for (const text of slow.texts) {
      strict.readText(text);
      const { type, data } = JSON.parse(text) as { type: string; data?: { gaps?: Gap[] } };
      if (type !== "DeliveryReport") continue;
      for (const { from_seq, to_seq } of data?.gaps ?? []) missed += to_seq - from_seq + 1;
    }
    expect(strict.data + missed).toBe(sent);
    expect(missed).toBeGreaterThan(0);
    expect(strict.data).toBeGreaterThan(0);
  });
});

describe("a sender that floods its room", () => {
  it("[SF130] is answered its Ping within two seconds", { timeout: 30_000 }, async () => {
    const at = await serve({ SIGNAL_FISH__PORT: "0" });
    const [ada, bob] = [await Fish.connect(at, 3), await Fish.connect(at, 3)];
    await ada.join("ada", "ABC123");
    await bob.join("bob", "ABC123");
    await ada.hear("PlayerJoined");

    let isOver = false;
    const flooding = flood(ada, () => isOver);
    let heard = 0;
    const reading = (async () => {
      for (; !isOver; heard++) await bob.hear("GameData");
    })();
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      const asked = Date.now();
      ada.say("Ping");
      await ada.hear("Pong");
      waits.push(Date.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    isOver = true;
    await flooding;
    // All that was sent may be read by now, and the reader wait for one more.
    ada.say("GameData", { data: "over" });
    await reading;

    expect(Math.max(...waits)).toBeLessThan(2_000);
    expect(heard).toBeGreaterThan(100);
  });
});
