import { randomInt } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import { fingerprintOf } from "../../src/dialects/peer-server/index.ts";
import { seededNumbers } from "../../src/testing/hub.ts";
import { OPCODES, openRaw, type RawWebSocket, rawFrame } from "../../src/testing/raw-web-socket.ts";
import { liveServer } from "../peer-server/live-server.ts";
import { breach, type Dice, diceOf, framed, greeting, message } from "./peer-server-frames.ts";

/** What the server must have heard. */
const MESSAGES = 100_000;
const SLOTS = 40;
const BATCH = 25;
const TIMEOUT_MS = 300_000;

/** `SEED=4711 npm test -- test/fuzz` repeats a run. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

const KEYS = Array.from({ length: 60 }, (_, i) => `key ${i}`);
const PEERS = [...KEYS.map(fingerprintOf), ...KEYS.slice(0, 6), "alice", "bob", "nobody", ""];

const failures: unknown[] = [];
const onFailure = (error: unknown) => void failures.push(error);
process.on("unhandledRejection", onFailure);
process.on("uncaughtException", onFailure);
afterEach(() => {
  process.off("unhandledRejection", onFailure);
  process.off("uncaughtException", onFailure);
});

/** Names of the members of the outermost object, in order, twice if they are there twice. */
function memberNames(text: string): string[] {
  const names: string[] = [];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/gs)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && token.endsWith(":")) names.push(JSON.parse(token.slice(0, -1).trim()));
  }
  return names;
}

const KNOWN = new Set([
  ...[
    "registered",
    "peer_list",
    "peer_joined",
    "peer_left",
    "signal",
    "relay",
    "broadcast",
    "match",
    "matched",
  ],
  ...["room_created", "room_info", "kick", "pong", "error"],
]);

/** What is wrong with a frame from the server, if anything. */
function flawOf(text: string): string | undefined {
  const frame = JSON.parse(text) as {
    type: string;
    from?: unknown;
    ts?: unknown;
    payload?: { code?: number };
  };
  const names = memberNames(text);
  if (new Set(names).size !== names.length) return "a member is there twice";
  if (names.some((name) => !["type", "from", "to", "namespace", "payload", "ts"].includes(name)))
    return "a strange member";
  if (!KNOWN.has(frame.type)) return "a strange type";
  const isTold = ["signal", "relay", "broadcast"].includes(frame.type);
  if (isTold && !/^[0-9a-f]{64}$/.test(String(frame.from))) return "from nobody";
  if (isTold !== (frame.ts !== undefined)) return "a time where none belongs, or none where one does";
  if (frame.payload?.code === 500) return "an error of ours";
  return undefined;
}

/** One place from which a client comes, again and again. */
class Slot {
  #raw: RawWebSocket | undefined;
  #syncs = 0;
  /** Frames that were looked at. */
  checked = 0;

  constructor(
    readonly port: number,
    readonly dice: Dice,
  ) {}

  /** Sends a handful of messages, and waits until the server has dealt with them or has ended the connection. */
  async round(): Promise<void> {
    const { dice } = this;
    const parts: Buffer[] = [];
    if (!this.#raw || this.#raw.isEnded || this.#raw.socket.destroyed || this.#raw.closed) {
      this.check();
      this.#raw?.socket.destroy();
      this.#raw = openRaw(this.port, { path: "/ws" });
      parts.push(framed(dice, greeting(dice, dice.pick(KEYS))));
    }
    for (let i = 0; i < BATCH; i++) parts.push(framed(dice, message(dice, PEERS)));
    if (dice.once(20)) parts.push(breach(dice));

    const raw = this.#raw;
    const sync = `sync ${this.#syncs++}`;
    parts.push(rawFrame({ opcode: OPCODES.ping, payload: Buffer.from(sync) }));
    raw.socket.write(Buffer.concat(parts));
    if (dice.once(40)) raw.socket.destroy();

    const isOver = () =>
      raw.isEnded ||
      raw.socket.destroyed ||
      raw.closed !== undefined ||
      raw.frames.some(({ opcode, payload }) => opcode === OPCODES.pong && payload.toString() === sync);
    while (!isOver()) await heardFrom(raw);
    this.check();
  }

  /** Looks at what came, and forgets it. */
  check(): void {
    const frames = this.#raw?.frames.splice(0) ?? [];
    for (const { opcode, payload } of frames) {
      if (opcode !== OPCODES.text) continue;
      const text = payload.toString();
      expect(flawOf(text), text).toBeUndefined();
      this.checked++;
    }
    const close = frames.find(({ opcode }) => opcode === OPCODES.close);
    if (close) this.#raw?.frames.push(close);
  }

  end(): void {
    this.#raw?.socket.destroy();
  }
}

function heardFrom({ socket }: RawWebSocket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off("data", done).off("close", done);
      resolve();
    };
    socket.on("data", done).on("close", done);
  });
}

it(
  `[PS70] survives ${MESSAGES} random and mutated frames, and forgets everybody afterwards`,
  async () => {
    const next = seededNumbers(seed);
    const { server, port, metric } = await liveServer({
      limits: { messagesPerSecond: 1_000_000, messagesBurst: 1_000_000 },
      matchmaking: { maxWaitMs: 300 },
      // Random bytes may announce a frame that never comes: such a link ends when it has been silent for long enough.
      websocket: { pingIntervalMs: "2s", pongWaitMs: "2s" },
      peerServer: { roomMaxSize: 4, roomDefaultSize: 3 },
    });
    const slots = Array.from({ length: SLOTS }, () => new Slot(port, diceOf(next)));

    try {
      while ((await metric("parlor_messages_received_total")) < MESSAGES) {
        for (let i = 0; i < 4; i++) await Promise.all(slots.map((slot) => slot.round()));
      }
      for (const slot of slots) slot.end();

      await expect.poll(() => metric("parlor_links"), { timeout: 10_000 }).toBe(0);
      expect(failures).toEqual([]);
      expect(await metric("parlor_errors_total")).toBe(0);
      expect(server.hub.counts).toEqual({ peers: 0, rooms: 0, waiting: 0 });
      expect(server.hub.world.spaces.size).toBe(0);
      // A run in which hardly anything was answered has tried nothing.
      expect(slots.reduce((sum, { checked }) => sum + checked, 0)).toBeGreaterThan(MESSAGES / 4);
      expect(await metric("parlor_messages_delivered_total")).toBeGreaterThan(MESSAGES / 4);
    } catch (cause) {
      throw new Error(`SEED=${seed} repeats this: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    } finally {
      for (const slot of slots) slot.end();
    }
  },
  TIMEOUT_MS,
);
