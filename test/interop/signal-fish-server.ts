import { connect, createServer, type Socket } from "node:net";
import { afterEach } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { createLog } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";
import { Fish } from "../../src/testing/fish-socket.ts";
import type { FishMessage } from "../../src/testing/signal-fish.ts";
import { TextSocket } from "../../src/testing/text-socket.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server as Signal Fish's client suites start it: by its own environment alone. Answers `host:port` of its listener. */
export async function fishServer(env: Readonly<Record<string, string>> = {}): Promise<string> {
  const names = Object.entries(env).map(([name, value]) => [`SIGNAL_FISH__${name}`, value]);
  const { config } = loadConfig({
    env: { SIGNAL_FISH__PORT: "0", PARLOR_HOST: "127.0.0.1", ...Object.fromEntries(names) },
  });
  const server = new Server({ ...config, port: 0 }, { log: createLog({ level: "silent", format: "json" }) });
  const { own } = await server.listen();
  cleanups.push(() => server.close({ drainMs: 0 }));
  return `127.0.0.1:${own[0]?.port}`;
}

/** A client that says at once all that it has to say, and reads what comes. */
export async function pipelined(
  at: string,
  version: 2 | 3,
  ...requests: (readonly [type: string, data?: object])[]
) {
  const fish = new Fish(await TextSocket.open(`ws://${at}/v${version}/ws`), version);
  for (const [type, data] of requests) fish.say(type, data);
  return fish;
}

/** What a client needs to have its seat again. */
export function ticketOf({ data = {} }: FishMessage): Record<string, unknown> {
  return { player_id: data.player_id, room_id: data.room_id, auth_token: data.reconnection_token };
}

/** A line to the server of which either direction can be cut without a word, as a broken network does. */
export async function partition(at: string) {
  const [host, port] = at.split(":");
  const blocked = { toServer: false, toClient: false };
  const open = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(Number(port), host);
    const pairs = [
      [client, server, "toServer"],
      [server, client, "toClient"],
    ] as const;
    for (const [from, to, direction] of pairs) {
      open.add(from);
      from.on("data", (chunk) => {
        if (!blocked[direction]) to.write(chunk);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of open) socket.destroy();
    proxy.close();
  });
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return { at: `127.0.0.1:${address.port}`, blocked };
}
