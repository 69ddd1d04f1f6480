import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natPortsOf } from "../nat/ports.ts";
import { ServerProcess } from "../server-process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);

describe("the program of the guide through NATs", () => {
  let folder: string;
  beforeAll(async () => {
    // Within the package, so that it finds `parlor` by name as an installed one would be found.
    await mkdir(join(ROOT, ".tmp"), { recursive: true });
    folder = await mkdtemp(join(ROOT, ".tmp/nat-"));
    const guide = await readFile(join(ROOT, "docs/guide/nat.md"), "utf8");
    await writeFile(join(folder, "punch.ts"), /```ts\n([\s\S]*?)```/.exec(guide)?.[1] ?? "");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("[NAT30] compiles, runs, and does what the guide says", async () => {
    const flags = ["--ignoreConfig", "--strict", "--skipLibCheck", "--types", "node", "--rootDir", folder];
    const modules = ["--module", "nodenext", "--target", "es2023", "--outDir", folder];
    const compiled = await execute("npx", ["tsc", ...flags, ...modules, join(folder, "punch.ts")], {
      cwd: ROOT,
    });
    expect(compiled.stdout).toBe("");

    const server = await ServerProcess.start({
      args: ["--nat-enabled", "--nat-port", "0", "--nat-probe-port", "0"],
    });
    try {
      const made = await fetch(new URL("/v1/sessions", server.url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"host_id":"ada"}',
      });
      const { session_id: session = "", join_token: token = "" } = (await made.json()) as Record<
        string,
        string
      >;
      const ports = await natPortsOf(server);
      const run = async (...names: string[]) => {
        const args = [join(folder, "punch.js"), server.url, ports, session, token, ...names];
        const { stdout, stderr } = await execute(process.execPath, args, { timeout: 30_000 });
        expect(stderr).toBe("");
        return [...new Set(stdout.trim().split("\n"))];
      };

      expect(await Promise.all([run("ada", "bob"), run("bob", "ada")])).toEqual([
        ["behind a NAT that is open: seen by the server", "bob says hello"],
        ["behind a NAT that is open: seen by the server", "ada says hello"],
      ]);
    } finally {
      await server.stop();
    }
  }, 90_000);
});
