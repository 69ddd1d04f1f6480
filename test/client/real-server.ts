import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type Connection, connect } from "../../src/client/connection.ts";
import type { ConnectOptions } from "../../src/client/options.ts";
import { configOf } from "../../src/config/index.ts";
import { createLog } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";

export interface RealServer {
  /** What failed in connections of this test while nobody waited; what is left there in the end fails it. */
  readonly trouble: unknown[];
  /** A connection that ends with the test. */
  open(options?: ConnectOptions, path?: string): Connection;
}

/** A server on real sockets for all tests of a file. */
export function realServer(): RealServer {
  const server = new Server(configOf({ host: "127.0.0.1", port: 0 }), {
    log: createLog({ level: "silent", format: "json" }),
  });
  const opened: Connection[] = [];
  const trouble: unknown[] = [];
  let place = "";

  beforeAll(async () => {
    const { port } = await server.listen();
    place = `ws://127.0.0.1:${port}`;
  });
  afterEach(() => {
    for (const connection of opened.splice(0)) connection.close();
    expect(trouble.splice(0)).toEqual([]);
  });
  afterAll(() => server.close({ drainMs: 0 }));

  return {
    trouble,
    open(options = {}, path = "/parlor") {
      const connection = connect(place + path, { onTrouble: (error) => trouble.push(error), ...options });
      opened.push(connection);
      return connection;
    },
  };
}
