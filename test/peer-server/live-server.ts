import { afterEach } from "vitest";
import { type ConfigInput, configOf, createLog, Server } from "../../src/server/index.ts";
import { type Registration, TestClient } from "./client.ts";

/** A real server on a port of its own, and clients of it. All end with the test. */
export interface LiveServer {
  readonly server: Server;
  readonly port: number;
  readonly http: string;
  readonly url: string;
  /** An open socket that has said nothing. */
  open(): Promise<TestClient>;
  /** A client registered with its name as key and alias, or with what it is told. */
  register(name: string, more?: Registration): Promise<TestClient>;
  /** Several clients that are all in the namespace `lobby`, with nothing left to read. */
  inLobby<Names extends readonly string[]>(...names: Names): Promise<{ [Index in keyof Names]: TestClient }>;
  /** What one metric says; of one whose label is not given, the sum. */
  metric(name: string): Promise<number>;
}

const running: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()));
});

/** A frame that joins a namespace. */
export const join = (namespace: string, more: object = {}) => ({
  type: "join",
  payload: { namespace, ...more },
});

export async function liveServer(config: ConfigInput = {}): Promise<LiveServer> {
  const server = new Server(configOf({ port: 0, host: "127.0.0.1", ...config }), {
    log: createLog({ level: "silent", format: "json" }),
  });
  const { port } = await server.listen();
  const clients: TestClient[] = [];
  running.push(async () => {
    for (const client of clients) client.cut();
    await server.close({ drainMs: 0 });
  });

  const url = `ws://127.0.0.1:${port}/ws`;
  const http = `http://127.0.0.1:${port}`;
  const open = async () => {
    const client = await TestClient.open(url);
    clients.push(client);
    return client;
  };
  const register = async (name: string, { public_key = name, ...more }: Registration = {}) =>
    (await open()).register(String(public_key), { alias: name, ...more });

  return {
    server,
    port,
    http,
    url,
    open,
    register,
    async inLobby(...names) {
      const members: TestClient[] = [];
      for (const name of names) {
        const client = await register(name);
        await client.ask(join("lobby"));
        for (const earlier of members) await earlier.next();
        members.push(client);
      }
      return members as never;
    },
    async metric(name) {
      const text = await (await fetch(`${http}/metrics`)).text();
      const lines = text
        .split("\n")
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
      return lines.reduce((sum, line) => sum + Number(line.split(" ").pop()), 0);
    },
  };
}
