import { configOf } from "../../src/config/index.ts";
import type { Frame } from "../../src/lib/frame.ts";
import { createLog } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";
import { seededRandom } from "../../src/testing/hub.ts";
import type { ManualClock } from "../../src/testing/manual-clock.ts";
import type { ServerEnd } from "../../src/testing/memory-net.ts";
import type { Link, LinkListener } from "../../src/transports/link.ts";
import type { Host } from "./run.ts";

const TICK_MS = 250;

/** The server itself, as `parlor serve` runs it, on the clock, the dice and the network of the run. */
export function realHost(clock: ManualClock, seed: number, retention: { maxBytes?: number } = {}): Host {
  let isOver = false;
  const server = new Server(
    configOf({
      rooms: { seatGraceMs: 60_000, logMaxAgeMs: 600_000, logMaxBytes: retention.maxBytes ?? 16_777_216 },
      native: { askWaitMs: 300_000 },
      limits: { messagesPerSecond: 1_000, messagesBurst: 1_000 },
    }),
    {
      log: createLog({ level: "silent", format: "json" }),
      world: {
        now: () => clock.now(),
        random: seededRandom(seed),
        later: (ms, then) => void clock.after(ms, then),
      },
    },
  );
  const tick = () => {
    if (isOver) return;
    server.tick();
    clock.after(TICK_MS, tick);
  };
  clock.after(TICK_MS, tick);
  return {
    accept(end) {
      server.accept(new EndLink(end, clock), {
        path: "/parlor",
        query: new URLSearchParams(),
        headers: {},
        subprotocol: "parlor.v1",
        remoteAddress: "memory",
      });
    },
    close() {
      isOver = true;
    },
  };
}

/** The server's end of a wire in memory, as the link that a server takes. */
class EndLink implements Link {
  readonly kind = "memory";
  readonly remoteAddress = "memory";
  readonly queuedBytes = 0;
  readonly waitingFrames = 0;
  readonly passedFrames = 0;
  readonly #end: ServerEnd;
  readonly #clock: ManualClock;
  readonly #unread: (string | Uint8Array)[] = [];
  #isPaused = false;
  #hasEnded = false;

  constructor(end: ServerEnd, clock: ManualClock) {
    this.#end = end;
    this.#clock = clock;
  }

  listen(listener: LinkListener): void {
    this.#end.message = (data) => {
      this.#unread.push(data);
      this.#read(listener);
    };
    this.#end.closed = () => {
      if (this.#hasEnded) return;
      this.#hasEnded = true;
      // Never from inside a call to the link.
      this.#clock.after(0, () => listener.closed({ code: 1006, reason: "", clean: false }));
    };
    this.#listener = listener;
  }

  #listener: LinkListener | undefined;

  send({ data }: Frame): void {
    this.#end.send(typeof data === "string" ? data : Uint8Array.from(data));
  }

  account(): void {}

  discard(): void {}

  close(code: number, reason: string): void {
    this.#end.close(code, reason);
  }

  destroy(): void {
    this.#end.close(1006, "");
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#clock.after(0, () => this.#listener && this.#read(this.#listener));
  }

  #read(listener: LinkListener): void {
    while (!this.#isPaused && !this.#hasEnded) {
      const data = this.#unread.shift();
      if (data === undefined) return;
      listener.message(data);
    }
  }
}
