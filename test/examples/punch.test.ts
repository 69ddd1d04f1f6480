import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { natPortsOf } from "../nat/ports.ts";
import { ServerProcess } from "../server-process.ts";

const PROGRAM = fileURLToPath(new URL("../../examples/07-punch/peer.js", import.meta.url));

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start({ args: ["--nat-enabled", "--nat-port", "0", "--nat-probe-port", "0"] });
});
afterAll(() => server?.stop());

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** One of the two programs, and all that it has printed. */
function run(natPorts: string, args: readonly string[] = []) {
  const env = { ...process.env, SERVER: server.url, NAT_PORTS: natPorts, WAIT_MS: "2000" };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  endings.push(() => child.kill());
  const program = { output: "", ended: once(child, "close"), printed: () => once(child.stdout, "data") };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    program.output += text;
  });
  return program;
}

async function both(natPorts: string): Promise<string[]> {
  const ada = run(natPorts);
  while (!ada.output.includes("\n")) await ada.printed();
  const [session = "", token = ""] = ada.output.trim().split(" ").slice(-2);
  const bob = run(natPorts, [session, token]);
  await Promise.all([ada.ended, bob.ended]);
  return [ada.output, bob.output];
}

describe("the example of two programs", { timeout: 30_000 }, () => {
  it("lets them talk straight to each other", async () => {
    const ports = await natPortsOf(server);

    const [ada, bob] = await both(ports);

    expect(ada).toMatch(
      /^now run: .*\nada: the other is reached directly, at 127\.0\.0\.1:\d+\nada: bob heard: hello from ada\n$/,
    );
    expect(bob).toMatch(
      /^bob: the other is reached directly, at 127\.0\.0\.1:\d+\nbob: ada heard: hello from bob\n$/,
    );
  });

  it("lets them talk through the server when there is no way", async () => {
    const [ada, bob] = await both("9,9");

    expect(ada).toContain(
      "ada: the other is reached through the server, over websocket\nada: bob heard: hello from ada\n",
    );
    expect(bob).toContain(
      "bob: the other is reached through the server, over websocket\nbob: ada heard: hello from bob\n",
    );
  });
});
