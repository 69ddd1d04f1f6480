import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);

describe("the test files of the guide to testing", () => {
  /** A folder in which somebody has installed parlor and vitest. */
  let folder: string;
  let count = 0;
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "parlor-testing-")));
    await mkdir(join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await symlink(ROOT, join(folder, "node_modules/parlor"), "dir");
    for (const name of ["vitest", "typescript", "@types"])
      await symlink(join(ROOT, "node_modules", name), join(folder, "node_modules", name), "dir");
    await copyFile(join(ROOT, "examples/06-own-dialect/lines.js"), join(folder, "lines.js"));
    const guide = await readFile(join(ROOT, "docs/guide/testing.md"), "utf8");
    for (const [, code = ""] of guide.matchAll(/```ts\n([\s\S]*?)```/g))
      await writeFile(join(folder, `guide-${++count}.test.ts`), code);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("compile", async () => {
    const flags = [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--allowJs",
      "--types",
      "node",
    ];
    const modules = ["--module", "nodenext", "--target", "es2023"];
    const files = Array.from({ length: count }, (_, at) => `guide-${at + 1}.test.ts`);
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    const compile = execute(process.execPath, [compiler, ...flags, ...modules, ...files], { cwd: folder });

    await expect(compile).resolves.toMatchObject({ stdout: "" });
    expect(count).toBe(4);
  }, 60_000);

  it("pass, and say what they have checked", async () => {
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "--root", folder, "--reporter", "json"];
    const { stdout } = await execute(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
      maxBuffer: 16 * 1024 * 1024,
    });

    const report = JSON.parse(stdout) as {
      readonly numFailedTests: number;
      readonly testResults: readonly {
        readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
      }[];
    };
    const passed = report.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === "passed").map(({ title }) => title),
    );
    expect(report.numFailedTests).toBe(0);
    expect(report.testResults).toHaveLength(4);
    for (const rule of ["BR1", "DC1", "LK1"]) expect(passed.join("\n")).toContain(`[${rule}]`);
    expect(passed).toContain("answers a guess, and refuses what is none");
  }, 120_000);
});
