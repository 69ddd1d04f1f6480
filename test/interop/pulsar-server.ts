import { randomUUID } from "node:crypto";
import { afterEach } from "vitest";
import { type ConfigInput, configOf } from "../../src/config/index.ts";
import { createLog } from "../../src/observe/log.ts";
import { Server } from "../../src/server/server.ts";
import type { Said } from "./pulsar-editor.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Does something when the test is over, the last first. */
export function afterwards(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** A server of its own for each test. */
export async function serve(input: ConfigInput = {}) {
  const config = configOf({ host: "127.0.0.1", port: 0, ...input });
  const server = new Server(config, { log: createLog({ level: "silent", format: "json" }) });
  const { port } = await server.listen();
  afterwards(() => server.close({ drainMs: 0 }));
  return { server, http: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}/ws` };
}

export async function post(url: string, body: unknown) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Said };
}

export async function createSession(http: string) {
  const { body } = await post(`${http}/v1/sessions`, { host_id: randomUUID(), metadata: {} });
  return {
    session: String(body.session_id),
    token: String(body.join_token),
    hostToken: String(body.host_token),
  };
}
