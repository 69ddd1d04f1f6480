import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jwtAuth } from "../../src/auth/jwt.ts";
import { TextSocket } from "../../src/testing/text-socket.ts";
import { ServerProcess } from "../server-process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECRET = "a secret of the tests, and of nobody else";

/** The first program of a page. */
async function firstProgram(page: string): Promise<string> {
  const text = await readFile(join(ROOT, page), "utf8");
  return /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
}

describe("the program of the embedding guide", () => {
  let folder: string;
  beforeAll(async () => {
    // Within the package, so that it finds `parlor` by name as an installed one would be found.
    await mkdir(join(ROOT, ".tmp"), { recursive: true });
    folder = await mkdtemp(join(ROOT, ".tmp/embedding-"));
    const program = await firstProgram("docs/guide/embedding.md");
    await writeFile(join(folder, "server.ts"), program);
    await writeFile(join(folder, "server.mjs"), program);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("compiles", async () => {
    const flags = ["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "--types", "node"];
    const modules = ["--module", "nodenext", "--target", "es2023"];
    const compile = promisify(execFile)("npx", ["tsc", ...flags, ...modules, join(folder, "server.ts")], {
      cwd: ROOT,
    });

    await expect(compile).resolves.toMatchObject({ stdout: "" });
  }, 60_000);

  it("runs, and its clients hear each other", async () => {
    const server = await ServerProcess.start({
      script: relative(ROOT, join(folder, "server.mjs")),
      env: { SECRET },
    });
    const auth = jwtAuth({ secret: SECRET });
    const enter = async (userId: string) => {
      const token = await auth.signAccess({ userId, roomId: "lobby" });
      return TextSocket.open(`${server.url.replace("http", "ws")}ws?token=${token}`);
    };
    try {
      const [ada, bob] = [await enter("ada"), await enter("bob")];
      ada.send({ from: "ada", data: { text: "hi" } });
      expect(await bob.json()).toEqual({ from: "ada", data: { text: "hi" } });

      const eve = await enter("eve");
      expect(await eve.json()).toEqual({ from: "ada", data: { text: "hi" } });
    } finally {
      await server.stop();
    }
  });
});
