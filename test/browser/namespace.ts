import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { currentspaceQuic } from "../../src/transports/quic-currentspace.ts";
import { ServerProcess, type ServerProcessOptions } from "../server-process.ts";
import { type FreshBrowser, findChromium, openBrowser } from "./chromium.ts";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

export interface NamespaceOptions {
  /** Arguments of the server, besides those that switch QUIC on at port 8443. */
  readonly args?: readonly string[];
  readonly env?: ServerProcessOptions["env"];
  /** Shell commands that furnish the namespace before anything runs in it. */
  readonly furnish?: readonly string[];
}

/** A server with QUIC and a browser, alone in a network of their own that the test may break. */
export interface Namespace {
  readonly server: ServerProcess;
  readonly browser: FreshBrowser;
  /** Errors in the pages. */
  readonly faults: string[];
  /** A page of the server's, into which modules of the built SDK can be loaded from `/dist/`. */
  open(module: string): Promise<Page>;
  /** Runs a shell command in the namespace. */
  run(command: string): void;
  close(): Promise<void>;
}

/** Why there is no such thing on this machine; `undefined`: there is. */
export async function whyNoNamespace(): Promise<string | undefined> {
  if (findChromium() === undefined) return "no Chromium was found";
  try {
    await currentspaceQuic();
  } catch (error) {
    return String(error);
  }
  try {
    execFileSync("unshare", ["-n", "true"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "network namespaces need root";
  }
}

export async function openNamespace({
  args = [],
  env = {},
  furnish = [],
}: NamespaceOptions): Promise<Namespace> {
  // On a loopback of 64 KiB packets the server's probes for the largest packet upset Chromium: so one of 1500 bytes.
  const script = ["ip link set lo mtu 1500 up", ...furnish, 'exec "$0" "$@"'].join(" && ");
  const server = await ServerProcess.start({
    runBy: ["unshare", "-n", "sh", "-c", script],
    args: [
      "--quic-enabled",
      "--quic-port",
      "8443",
      "--quic-host",
      "127.0.0.1",
      "--log-format",
      "json",
      ...args,
    ],
    env,
  });
  const scratch = await mkdtemp(join(tmpdir(), "parlor-namespace-"));
  const inside = ["nsenter", `--net=/proc/${server.pid}/ns/net`] as const;
  const entered = join(scratch, "chromium");
  await writeFile(entered, `#!/bin/sh\nexec ${inside.join(" ")} ${findChromium()} "$@"\n`);
  await chmod(entered, 0o755);
  const browser = await openBrowser(entered);
  await browser.context.route("**/dist/**", async (route) => {
    const path = new URL(route.request().url()).pathname.replace("/dist/", "");
    await route.fulfill({ body: await readFile(join(DIST, path)), contentType: "text/javascript" });
  });
  const faults: string[] = [];
  return {
    server,
    browser,
    faults,
    async open(module) {
      const page = await browser.context.newPage();
      page.on("pageerror", (error) => faults.push(error.message));
      // Any page that really comes from this machine: made-up ones may not talk to it.
      await page.goto(`${server.url.replace("127.0.0.1", "localhost")}health`);
      await page.addScriptTag({ type: "module", content: module });
      return page;
    },
    run: (command) => void execFileSync(inside[0], [inside[1], "sh", "-c", command], { stdio: "pipe" }),
    async close() {
      await browser.close();
      await server.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
