import { type Connection, connect } from "../client/connection.ts";
import type { ConnectOptions } from "../client/options.ts";
import { ManualClock } from "./manual-clock.ts";
import { MemoryNet, type MemoryWire } from "./memory-net.ts";
import { type ModelOptions, ModelServer } from "./model-server.ts";

/** A model server, a network in memory, and a clock that only the test moves. */
export interface ClientWorld {
  readonly clock: ManualClock;
  readonly server: ModelServer;
  readonly net: MemoryNet;
  /** Failures that nobody waited for. A test that expects none says so. */
  readonly trouble: unknown[];
  open(options?: ConnectOptions): Connection;
  /** The newest wire. */
  wire(): MemoryWire;
  /** Waits for a promise while time passes. */
  passing<T>(promise: Promise<T>, withinMs?: number): Promise<T>;
}

export function clientWorld(model: Omit<ModelOptions, "clock"> = {}): ClientWorld {
  const clock = new ManualClock();
  const server = new ModelServer({ clock, ...model });
  const net = new MemoryNet({ clock, accept: server.accept });
  const trouble: unknown[] = [];
  return {
    clock,
    server,
    net,
    trouble,
    open: (options = {}) =>
      connect("ws://model/parlor", {
        WebSocket: net.WebSocket,
        clock,
        random: () => 0.5,
        onTrouble: (error) => trouble.push(error),
        ...options,
      }),
    wire() {
      const wire = [...net.wires].at(-1);
      if (!wire) throw new Error("there is no wire");
      return wire;
    },
    async passing(promise, withinMs = 5_000) {
      let isDone = false;
      const done = promise.finally(() => {
        isDone = true;
      });
      done.catch(() => {});
      await clock.until(() => isDone, withinMs);
      return await done;
    },
  };
}
