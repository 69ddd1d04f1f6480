import { unpack } from "msgpackr";
import { type ConfigInput, configOf } from "../config/index.ts";
import { type SignalFishSettings, signalFish } from "../dialects/signal-fish/index.ts";
import { frameOf } from "../lib/frame.ts";
import { createLog } from "../observe/log.ts";
import { Server } from "../server/server.ts";
import type { LinkEnd } from "../transports/link.ts";
import { type MemoryPair, memoryPair } from "../transports/memory.ts";
import { HandTimers } from "./hand-timers.ts";
import { seededRandom } from "./hub.ts";
import { StrictFish } from "./strict-fish.ts";

/** A message as a client reads it; bytes stay bytes. */
export type FishMessage = { readonly type: string; readonly data?: Record<string, unknown> };

/** Rounds in which everything that was sent, and everything that waits for a promise, comes to rest. */
const ROUNDS = 3;

/** A client of Signal Fish that says exactly what it is told to, and keeps what it hears. */
export class FishClient {
  /** Texts and bytes as they arrived. */
  readonly raw: (string | Uint8Array)[] = [];
  end: LinkEnd | undefined;
  readonly #pair: MemoryPair;
  #strict: StrictFish;
  /** What the strictest client would have found wrong, first. */
  complaint: unknown;
  #read = 0;

  constructor(pair: MemoryPair, version: 2 | 3) {
    this.#pair = pair;
    this.#strict = new StrictFish(version);
    pair.near.listen({
      message: (data) => this.#hear(data),
      fault: () => {},
      closed: (end) => {
        this.end = end;
      },
    });
  }

  /** From now on what is heard is judged as a client of that version would. */
  speaks(version: 2 | 3): void {
    this.#strict = new StrictFish(version);
  }

  /** Sends a message, and answers what is heard until nothing moves any more. */
  async say(type: string, data?: object): Promise<readonly FishMessage[]> {
    return this.sayRaw(JSON.stringify(data === undefined ? { type } : { type, data }));
  }

  async sayRaw(message: string | Uint8Array): Promise<readonly FishMessage[]> {
    this.take();
    this.sayAtOnce(message);
    await this.settle();
    return this.take();
  }

  /** Sends without waiting: it crosses with the next `settle`. */
  sayAtOnce(message: string | Uint8Array): void {
    if (typeof message === "string") this.#noteRequest(message);
    this.#pair.near.send(frameOf(message));
  }

  async settle(): Promise<void> {
    await settled([this]);
  }

  /** Hands over what is under way, in both directions. */
  flush(): void {
    this.#pair.flush();
  }

  /** Takes nothing further, so that what it is told waits at the server. */
  stall(): void {
    this.#pair.near.pause();
  }

  /** Takes again what waits. */
  goOn(): void {
    this.#pair.near.resume();
  }

  /** The link breaks without a word. */
  async cut(): Promise<void> {
    this.#pair.near.destroy();
    await this.settle();
  }

  /** What is no message cannot be answered as one. */
  #noteRequest(text: string): void {
    try {
      const { type, data } = JSON.parse(text) as FishMessage;
      if (typeof type === "string") this.#strict.asked(type, data ?? {});
    } catch {}
  }

  #hear(data: string | Uint8Array): void {
    this.raw.push(data);
    try {
      if (typeof data === "string") this.#strict.readText(data);
      else this.#strict.readBinary(unpack(data) as Readonly<Record<string, unknown>>);
    } catch (error) {
      this.complaint ??= error;
    }
  }

  /** Everything that was heard and not forgotten, as it arrived; it is forgotten then. */
  drain(): (string | Uint8Array)[] {
    this.#read = 0;
    return this.raw.splice(0);
  }

  /** What was heard since the last call; bytes are passed over. */
  take(): readonly FishMessage[] {
    const texts = this.raw.slice(this.#read).filter((each) => typeof each === "string");
    this.#read = this.raw.length;
    return texts.map((each) => JSON.parse(each) as FishMessage);
  }
}

/** Lets everything between these clients and their server come to rest. */
async function settled(clients: readonly FishClient[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const client of clients) client.flush();
    await new Promise(setImmediate);
  }
}

/** A server without a network, whose clock, chance and timers belong to the test. */
export function fishTank(settings: Partial<SignalFishSettings> = {}, input: ConfigInput = {}) {
  const clock = { now: Date.UTC(2026, 2, 4, 5, 6, 7, 250) };
  const timers = new HandTimers(clock);
  const server = new Server(configOf(input), {
    log: createLog({ level: "silent", format: "json" }),
    dialects: [signalFish({ silence: { activityMs: 0, idleMs: 0 }, ...settings })],
    world: {
      now: () => clock.now,
      random: seededRandom(7),
      later: (ms, then) => timers.later(ms, then),
    },
  });
  const clients: FishClient[] = [];

  /** Opens a link without a word. */
  const open = async (path = "/v2/ws") => {
    const pair = memoryPair();
    server.accept(pair.far, {
      path,
      query: new URLSearchParams(),
      headers: {},
      subprotocol: undefined,
      remoteAddress: "memory",
    });
    const client = new FishClient(pair, path === "/v3/ws" ? 3 : 2);
    clients.push(client);
    await client.settle();
    return client;
  };
  const settle = () => settled(clients);

  return {
    server,
    clock,
    /** Every client that there was; what the strictest of them complained about is in `complaint`. */
    clients,
    open,
    settle,
    /** Opens a link and authenticates. */
    async connect({ path = "/v2/ws", ...fields }: { path?: string } & Record<string, unknown> = {}) {
      const client = await open(path);
      await client.say("Authenticate", { app_id: "e2e-test-app", ...fields });
      return client;
    },
    /** Joins a room of the game `reef`, and answers the snapshot. */
    async join(client: FishClient, name: string, code?: string, more: object = {}) {
      const data = { game_name: "reef", player_name: name, room_code: code ?? null, ...more };
      const answers = await client.say("JoinRoom", data);
      await settle();
      return answers[0] ?? { type: "nothing" };
    },
    /** Lets time pass. */
    async forward(ms: number) {
      clock.now += ms;
      timers.runDue();
      server.tick();
      await settle();
    },
  };
}
