import { expect } from "vitest";
import type { ServerProcess } from "../server-process.ts";

/** The UDP ports that a server prints when it has started, apart by a comma. */
export async function natPortsOf(server: ServerProcess): Promise<string> {
  const printed = () => /UDP ports (\d+) and (\d+)/.exec(server.output)?.slice(1).join();
  await expect.poll(printed).toBeDefined();
  return printed() ?? "";
}
