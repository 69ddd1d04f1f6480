import type { AuthProvider } from "../auth/auth.ts";
import { type ConfigInput, configOf } from "../config/index.ts";
import { unpack } from "../dialects/msgpack-reader.ts";
import { pack } from "../dialects/native/msgpack-writer.ts";
import { frameOf } from "../lib/frame.ts";
import { createLog } from "../observe/log.ts";
import { Server } from "../server/server.ts";
import type { LinkEnd } from "../transports/link.ts";
import { type MemoryPair, memoryPair } from "../transports/memory.ts";
import { HandTimers } from "./hand-timers.ts";
import { seededRandom } from "./hub.ts";

/** A frame as it stands on the wire. */
export type WireFrame = Readonly<Record<string, unknown>>;

/** Rounds in which everything that was sent, and everything that waits for a promise, comes to rest. */
const ROUNDS = 4;

/** A client of the native protocol that says exactly what it is told to, and keeps what it hears. */
export class NativeClient {
  readonly heard: WireFrame[] = [];
  end: LinkEnd | undefined;
  readonly #pair: MemoryPair;
  readonly #encoding: "json" | "msgpack";

  constructor(pair: MemoryPair, encoding: "json" | "msgpack") {
    this.#pair = pair;
    this.#encoding = encoding;
    pair.near.listen({
      message: (data) =>
        void this.heard.push((typeof data === "string" ? JSON.parse(data) : unpack(data)) as WireFrame),
      fault: () => {},
      closed: (end) => {
        this.end = end;
      },
    });
  }

  /**
   * Sends a frame, or text or bytes as they are, and answers what is heard from then on until nothing moves any more.
   */
  async say(frame: WireFrame | string | Uint8Array): Promise<readonly WireFrame[]> {
    await this.settle();
    const before = this.heard.length;
    this.sayAtOnce(frame);
    await this.settle();
    return this.heard.slice(before);
  }

  /** Sends without waiting: it crosses with the next `settle`. */
  sayAtOnce(frame: WireFrame | string | Uint8Array): void {
    const isRaw = typeof frame === "string" || frame instanceof Uint8Array;
    const isText = this.#encoding === "json" || (!isRaw && frame.t === "hello");
    this.#pair.near.send(frameOf(isRaw ? frame : isText ? JSON.stringify(frame) : pack(frame)));
  }

  /** Lets everything cross. */
  async settle(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      this.#pair.flush();
      await new Promise(setImmediate);
    }
  }

  /** The link breaks without a word. */
  async cut(): Promise<void> {
    this.#pair.near.destroy();
    await this.settle();
  }

  /** What was heard since the last call. */
  take(): readonly WireFrame[] {
    return this.heard.splice(0);
  }
}

/** A server without a network, whose clock, chance and timers belong to the test. */
export function nativeServer(
  input: ConfigInput = {},
  { auth, server: given }: { readonly auth?: AuthProvider; readonly server?: Server } = {},
) {
  const clock = { now: 1_700_000_000_000 };
  const timers = new HandTimers(clock);
  const log = createLog({ level: "silent", format: "json" });
  const server =
    given ??
    new Server(configOf(input), {
      log,
      ...(auth && { auth }),
      world: {
        now: () => clock.now,
        random: seededRandom(7),
        later: (ms, then) => timers.later(ms, then),
      },
    });
  const clients: NativeClient[] = [];

  /** Opens a link without a word. */
  const open = ({
    query = "",
    encoding = "json",
  }: {
    query?: string;
    encoding?: "json" | "msgpack";
  } = {}) => {
    const pair = memoryPair();
    server.accept(pair.far, {
      path: "/parlor",
      query: new URLSearchParams(query),
      headers: {},
      subprotocol: "parlor.v1",
      remoteAddress: "memory",
    });
    const client = new NativeClient(pair, encoding);
    clients.push(client);
    return client;
  };

  const settle = async () => {
    for (const client of clients) await client.settle();
  };

  return {
    server,
    clock,
    open,
    settle,
    /** Opens a link and says hello; the welcome is the first frame heard. */
    async connect(hello: WireFrame = {}) {
      const client = open({ encoding: hello.enc === "msgpack" ? "msgpack" : "json" });
      const [welcome = {}] = await client.say({ t: "hello", v: 1, ...hello });
      client.take();
      return { client, welcome };
    },
    /** Lets time pass: timers first, then the server's tick. */
    async forward(ms: number) {
      clock.now += ms;
      timers.runDue();
      server.tick();
      await settle();
    },
  };
}
