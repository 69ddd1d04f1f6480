import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServerProcess } from "../server-process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);

describe("the program of the client's guide", () => {
  let folder: string;
  beforeAll(async () => {
    // Within the package, so that it finds `parlor` by name as an installed one would be found.
    await mkdir(join(ROOT, ".tmp"), { recursive: true });
    folder = await mkdtemp(join(ROOT, ".tmp/client-"));
    const guide = await readFile(join(ROOT, "docs/guide/client.md"), "utf8");
    await writeFile(join(folder, "talk.ts"), /```ts\n([\s\S]*?)```/.exec(guide)?.[1] ?? "");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("compiles, runs, and does what the guide says", async () => {
    const flags = ["--ignoreConfig", "--strict", "--skipLibCheck", "--types", "node", "--rootDir", folder];
    const modules = ["--module", "nodenext", "--target", "es2023", "--outDir", folder];
    const compiled = await execute("npx", ["tsc", ...flags, ...modules, join(folder, "talk.ts")], {
      cwd: ROOT,
    });
    expect(compiled.stdout).toBe("");

    const server = await ServerProcess.start();
    try {
      const url = `${server.url.replace("http", "ws")}parlor`;
      const { stdout, stderr } = await execute(process.execPath, [join(folder, "talk.js"), url], {
        timeout: 20_000,
      });

      expect(stdout.trim().split("\n")).toEqual(["ada says hello", "bob's clock says 1970"]);
      expect(stderr).toBe("");
    } finally {
      await server.stop();
    }
  }, 90_000);
});
