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

/** What a part of the page that goes on with a server of its reader's has before it. */
const SERVER = `import { createServer } from "parlor";
const server = createServer({ secret: process.env.SECRET });
server.onMessage(async (ctx, { data }) => void (await ctx.broadcast(data)));
`;
const LISTENING = "console.log((await server.listen({ port: Number(process.env.PORT) })).urls[0]);\n";
const ATTACHED = `http.on("listening", () => console.log(\`http://127.0.0.1:\${Object(http.address()).port}/\`));\n`;

describe("the programs of the embedding guide", () => {
  let folder: string;
  let compiled: Promise<{ readonly stdout: string }>;
  beforeAll(async () => {
    // Within the package, so that it finds `parlor` by name as an installed one would be found.
    await mkdir(join(ROOT, ".tmp"), { recursive: true });
    folder = await mkdtemp(join(ROOT, ".tmp/embedding-"));
    const text = await readFile(join(ROOT, "docs/guide/embedding.md"), "utf8");
    const [first, quiz, around, attached, ...others] = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(
      ([, code]) => code ?? "",
    );
    expect(others).toEqual([]);
    const programs = {
      first,
      quiz,
      around: SERVER + around + LISTENING,
      attached: SERVER + attached + ATTACHED,
    };
    for (const [name, code = ""] of Object.entries(programs))
      await writeFile(join(folder, `${name}.mts`), code);
    const flags = ["--ignoreConfig", "--strict", "--skipLibCheck", "--types", "node"];
    const modules = ["--module", "nodenext", "--target", "es2023", "--rootDir", folder, "--outDir", folder];
    const files = Object.keys(programs).map((name) => join(folder, `${name}.mts`));
    compiled = promisify(execFile)("npx", ["tsc", ...flags, ...modules, ...files], { cwd: ROOT });
    await compiled.catch(() => {});
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const start = async (name: string) => {
    const script = relative(ROOT, join(folder, `${name}.mjs`));
    const server = await ServerProcess.start({ script, env: { SECRET } });
    const auth = jwtAuth({ secret: SECRET });
    const enter = async (userId: string, roomId = "lobby", more = "") => {
      const token = await auth.signAccess({ userId, roomId });
      return TextSocket.open(`${server.url.replace("http", "ws")}ws?token=${token}${more}`);
    };
    return { server, enter };
  };

  it("compile", async () => {
    await expect(compiled).resolves.toMatchObject({ stdout: "" });
  });

  it("the first runs, and its clients hear each other", async () => {
    const { server, enter } = await start("first");
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

  it("the quiz asks three questions", async () => {
    const { server, enter } = await start("quiz");
    try {
      const ada = await enter("ada", "quiz:1", "&events=1");
      await ada.json();
      const answer = (choice: number) => ada.send({ from: "ada", data: { type: "answer", choice } });

      for (const choice of [1, 2, 7]) answer(choice);

      const heard = async () => ada.until(({ data }) => Object(data).type !== "tick");
      expect(await heard()).toMatchObject({ code: "bad_request", reason: "wrong" });
      expect(await heard()).toEqual({ from: "ada", data: { type: "right", by: "ada" } });
      expect(await heard()).toMatchObject({ code: "bad_message", name: "answer" });
    } finally {
      await server.stop();
    }
  });

  it.each(["around", "attached"])("what is %s other programs runs too", async (name) => {
    const { server, enter } = await start(name);
    try {
      const ada = await enter("ada");
      ada.send({ from: "ada", data: "hi" });
      expect(await ada.json()).toEqual({ from: "ada", data: "hi" });
      if (name === "attached") expect(await (await fetch(server.url)).text()).toBe("my page");
    } finally {
      await server.stop();
    }
  });
});
