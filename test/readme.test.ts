import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ServerProcess } from "./server-process.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");

/** A folder in which somebody has installed parlor. */
let folder = "";
const programs: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "parlor-readme-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "parlor"), "dir");
});
afterEach(() => {
  for (const program of programs.splice(0)) program.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program, and waits for what it prints. */
function run(name: string, { code, args = [] }: { code: string; args?: string[] }) {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, code);
  const program = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, PORT: "0", SECRET: "a secret that is long enough for production" },
  });
  programs.push(program);
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [program.stdout, program.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
      for (const look of waiting) look();
    });
  }
  return {
    prints(pattern: RegExp): Promise<RegExpExecArray> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${name} did not print ${pattern}:\n${output}`)),
          15_000,
        );
        const look = () => {
          const found = pattern.exec(output);
          if (!found) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
  };
}

describe("the programs in the README", () => {
  it("are a client and a server", () => {
    expect(blocks).toHaveLength(2);
  });

  it("the room in 20 lines: two of them see and hear each other", async () => {
    const [code = ""] = blocks;
    expect(code.trimEnd().split("\n").length).toBeLessThanOrEqual(20);
    const server = await ServerProcess.start();
    try {
      const url = server.url.replace(/^http/, "ws").replace(/\/$/, "/parlor");
      const here = code.replace("ws://localhost:8080/parlor", url);
      const ada = run("ada", { code: here, args: ["ada"] });
      await ada.prints(/here: ada/);
      const bob = run("bob", { code: here, args: ["bob"] });

      await ada.prints(/here: ada, bob/);
      await ada.prints(/bob: it is/);
      await bob.prints(/ada: it is/);
    } finally {
      await server.stop();
    }
  });

  it("the server of your own: what a client rolls is told", async () => {
    const server = run("dice", { code: blocks[1] ?? "" });
    const [url] = await server.prints(/ws:\/\/\S+/);
    const heard = await new Promise<string[]>((resolve, reject) => {
      const messages: string[] = [];
      const socket = new WebSocket(url);
      socket.on("error", reject);
      socket.on("open", () => socket.send('{"from":"ada","data":"roll"}'));
      socket.on("message", (data) => {
        messages.push(String(data));
        if (String(data).includes("rolled")) {
          socket.close();
          resolve(messages);
        }
      });
    });

    expect(heard.map((text) => JSON.parse(text).data.type)).toContain("rolled");
    expect(JSON.parse(heard.at(-1) ?? "").data).toMatchObject({ by: "ada", value: expect.any(Number) });
  });
});
