import { setTimeout as pause } from "node:timers/promises";

import { FishPlayer } from "../fish-player.ts";
import { perCpuSecond, type Traffic } from "../measure.ts";
import { cpuSeconds } from "../proc.ts";
import type { Sample, Scenario, Target, Timing } from "../scenario.ts";
import { type Contestant, parlorWith, scriptOf } from "../servers.ts";
import { quantile } from "../statistics.ts";

const ROOMS = 1_000;
/** Opened at a time, so that the listener's queue is not what is measured. */
const AT_ONCE = 100;
const TICK_MS = 1;

const CONTESTANTS: readonly Contestant[] = [
  parlorWith({ PARLOR_SIGNAL_FISH_MAX_ROOMS_PER_GAME: String(ROOMS) }),
  { name: "naive", command: [scriptOf("naive-fish-server.js")], environment: {} },
];

/** Many small games at once: how long a message is under way while all of them play at their own pace. */
export const lobby: Scenario = {
  name: "lobby",
  summary: `${ROOMS} rooms of two players of Signal Fish, each of whom speaks at its pace`,
  unit: "ms until a message arrives (p99)",
  better: "lower",
  connections: ROOMS * 2,
  contestants: CONTESTANTS,
  variants: [
    { name: "2 a second each", run: (target, timing) => atPace(target, timing, 2) },
    { name: "10 a second each", run: (target, timing) => atPace(target, timing, 10) },
  ],
};

/** The same games as fast as they go: each player answers what it hears at once. */
export const lobbyRush: Scenario = {
  name: "lobby-rush",
  summary: `${ROOMS} rooms of two players of Signal Fish, one message under way in each direction`,
  unit: "deliveries per server-CPU-second",
  better: "higher",
  connections: ROOMS * 2,
  contestants: CONTESTANTS,
  variants: [{ name: "1 in flight each", run: rush }],
};

async function gather(port: number): Promise<FishPlayer[]> {
  const players: FishPlayer[] = [];
  for (let room = 0; room < ROOMS; room += AT_ONCE) {
    const rooms = Array.from({ length: Math.min(AT_ONCE, ROOMS - room) }, (_, i) => room + i);
    for (const name of ["ada", "bob"]) {
      players.push(...(await Promise.all(rooms.map((each) => FishPlayer.join(port, each, name)))));
    }
  }
  return players;
}

/**
 * An open loop: messages are sent when they are due, however long others are under way, and their time counts from when
 * they were due. So neither a server that stalls nor a generator that does hides behind messages that were not sent.
 */
async function atPace(
  { pid, port }: Target,
  { warmUpMs, measureMs, drainMs }: Timing,
  each: number,
): Promise<Sample> {
  const players = await gather(port);
  const perMs = (players.length * each) / 1_000;
  const [latencies, delays]: [number[], number[]] = [[], []];
  let [sent, arrived] = [0, 0];
  // What was due in this time is measured, whenever it arrives.
  let [from, to] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isMeasured = (due: number) => due >= from && due < to;
  let failure: Error | undefined;
  for (const player of players) {
    player.onFailure = (error) => {
      failure ??= error;
    };
    player.onData = (message) => {
      arrived++;
      const due = dueAt(message);
      if (isMeasured(due)) latencies.push(performance.now() - due);
    };
  }

  const began = performance.now();
  const press = setInterval(() => {
    const now = performance.now();
    for (const due = Math.floor((now - began) * perMs); sent < due; sent++) {
      const at = began + sent / perMs;
      if (isMeasured(at)) delays.push(now - at);
      players[sent % players.length]?.say("GameData", { data: { t: at, x: 1, y: 2 } });
    }
  }, TICK_MS);
  await pause(warmUpMs);
  from = performance.now();
  const [cpuBefore, usage] = [cpuSeconds(pid), process.cpuUsage()];
  await pause(measureMs);
  to = performance.now();
  const seconds = (to - from) / 1_000;
  const { user, system } = process.cpuUsage(usage);
  const serverBusy = (cpuSeconds(pid) - cpuBefore) / seconds;
  clearInterval(press);
  for (let waited = 0; arrived < sent && waited < drainMs; waited += 10) await pause(10);
  for (const player of players) player.leave();
  if (failure) throw failure;
  if (arrived !== sent) throw new Error(`${sent - arrived} of ${sent} messages did not arrive`);

  for (const list of [latencies, delays]) list.sort((a, b) => a - b);
  return {
    value: quantile(latencies, 0.99),
    details: {
      messages: latencies.length,
      perSecond: latencies.length / seconds,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      p999Ms: quantile(latencies, 0.999),
      maxMs: quantile(latencies, 1),
      // What of it is the generator's own: how late it was with what was due.
      sentLateP99Ms: quantile(delays, 0.99),
      serverBusy,
      generatorBusy: (user + system) / 1e6 / seconds,
    },
  };
}

/** When a message was due, in ms: a number behind `"t":`. */
function dueAt(message: Buffer): number {
  const from = message.indexOf('"t":') + 4;
  return Number.parseFloat(message.toString("latin1", from, from + 24));
}

async function rush(target: Target, timing: Timing): Promise<Sample> {
  const players = await gather(target.port);
  try {
    return await perCpuSecond(target, timing, (fail) => trafficOf(players, fail));
  } finally {
    for (const player of players) player.leave();
  }
}

function trafficOf(players: readonly FishPlayer[], fail: (error: Error) => void): Traffic {
  let [done, inFlight, isOn] = [0, 0, true];
  const say = (player: FishPlayer) => {
    if (!isOn) return;
    inFlight++;
    player.say("GameData", { data: { t: done, x: 1, y: 2 } });
  };
  for (const player of players) {
    player.onFailure = fail;
    player.onData = () => {
      done++;
      inFlight--;
      if (inFlight < 0) fail(new Error("more arrived than was sent"));
      say(player);
    };
  }
  return {
    start: () => players.forEach(say),
    stop: () => {
      isOn = false;
    },
    get done() {
      return done;
    },
    get inFlight() {
      return inFlight;
    },
  };
}
