import { WebSocket } from "ws";

import type { Sample, Scenario, Target, Timing } from "../scenario.ts";
import { parlorWith } from "../servers.ts";
import { quantile } from "../statistics.ts";

const ROOMS = 1_000;
const MESSAGES_PER_SECOND = 5_000;
/** Opened at a time, so that the listener's queue is not what is measured. */
const AT_ONCE = 100;
const TICK_MS = 5;

/** A player of Signal Fish's protocol, as far as the bench needs one. */
class Player {
  readonly #socket: WebSocket;
  #heard = new Map<string, () => void>();
  /** Told for each piece of game data: when it was sent, in ms. */
  onData: (sentAt: number) => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#hear(String(data)));
  }

  static async join(port: number, room: number, name: string): Promise<Player> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v2/ws`, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const player = new Player(socket);
    player.say("Authenticate", { app_id: "bench" });
    await player.hears("ProtocolInfo");
    player.say("JoinRoom", {
      game_name: "bench",
      player_name: name,
      room_code: `R${String(room).padStart(5, "0")}`,
      max_players: 2,
    });
    await player.hears("RoomJoined");
    return player;
  }

  say(type: string, data: object): void {
    this.#socket.send(JSON.stringify({ type, data }));
  }

  close(): void {
    this.#socket.terminate();
  }

  hears(type: string): Promise<void> {
    return new Promise((resolve) => this.#heard.set(type, resolve));
  }

  #hear(text: string): void {
    if (text.startsWith('{"type":"GameData"')) {
      this.onData((JSON.parse(text) as { data: { data: { t: number } } }).data.data.t);
      return;
    }
    const { type } = JSON.parse(text) as { type: string };
    this.#heard.get(type)?.();
    this.#heard.delete(type);
  }
}

/** Many small games at once: how long a message is under way when all of them play. */
export const lobby: Scenario = {
  name: "lobby",
  summary: `${ROOMS} rooms of two players of Signal Fish, ${MESSAGES_PER_SECOND} messages a second in all`,
  unit: "ms until a message arrives (p99)",
  better: "lower",
  connections: ROOMS * 2,
  contestants: [
    parlorWith({
      PARLOR_SIGNAL_FISH_MAX_ROOMS_PER_GAME: String(ROOMS),
      PARLOR_MAX_LINKS_PER_ADDRESS: "0",
    }),
  ],
  variants: [{ name: "2 players each", run }],
};

async function run({ port }: Target, { warmUpMs, measureMs, drainMs }: Timing): Promise<Sample> {
  const players: Player[] = [];
  for (let room = 0; room < ROOMS; room += AT_ONCE) {
    const rooms = Array.from({ length: Math.min(AT_ONCE, ROOMS - room) }, (_, i) => room + i);
    for (const name of ["ada", "bob"]) {
      players.push(...(await Promise.all(rooms.map((each) => Player.join(port, each, name)))));
    }
  }

  const latencies: number[] = [];
  let [sent, arrived, isMeasured] = [0, 0, false];
  for (const player of players) {
    player.onData = (sentAt) => {
      arrived++;
      if (isMeasured) latencies.push(performance.now() - sentAt);
    };
  }

  const began = performance.now();
  const press = setInterval(() => {
    const due = Math.floor(((performance.now() - began) * MESSAGES_PER_SECOND) / 1000);
    for (; sent < due; sent++) {
      players[sent % players.length]?.say("GameData", { data: { t: performance.now(), x: 1, y: 2 } });
    }
  }, TICK_MS);
  await wait(warmUpMs);
  isMeasured = true;
  await wait(measureMs);
  clearInterval(press);
  for (let waited = 0; arrived < sent && waited < drainMs; waited += 10) await wait(10);
  for (const player of players) player.close();
  if (arrived !== sent) throw new Error(`${sent - arrived} of ${sent} messages did not arrive`);

  latencies.sort((a, b) => a - b);
  const at = (part: number) => quantile(latencies, part);
  return {
    value: at(0.99),
    details: { messages: latencies.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) },
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
