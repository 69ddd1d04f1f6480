import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { get, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl } from "../../src/testing/certificates.ts";
import { ServerProcess } from "../server-process.ts";
import { BoundFish } from "../signal-fish/bound-fish.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);

describe.skipIf(!hasOpenssl("the guide to client certificates"))("the guide to client certificates", () => {
  let folder: string;
  let guide: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "parlor-guide-"));
    guide = await readFile(join(ROOT, "docs/guide/client-certificates.md"), "utf8");
    const script = /```sh\n([\s\S]*?)```/.exec(guide)?.[1] ?? "";
    // Without the visit at its end, which must find the server.
    await execute("sh", ["-ec", script.replace(/^curl .*$/m, "")], { cwd: folder });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The flags of a command of the guide, with its files where they are. */
  const flagsOf = (command: number) => {
    const commands = [...guide.matchAll(/```\nparlor serve ([\s\S]*?)```/g)].map(([, flags]) => flags ?? "");
    const words = (commands[command] ?? "").split(/[\s\\]+/).filter((word) => word !== "");
    return words.map((word) => (/\.(?:pem|key)$/.test(word) ? join(folder, word) : word));
  };
  const file = (name: string) => readFile(join(folder, name), "utf8");

  it("[WS26] makes certificates with which the server lets in who has one", async () => {
    const server = await ServerProcess.start({ args: flagsOf(0) });
    try {
      const { port } = new URL(server.url);
      const visit = (more: RequestOptions) =>
        new Promise<number | undefined>((resolve) => {
          const request = get({ host: "127.0.0.1", servername: "localhost", port, path: "/health", ...more });
          request.on("response", ({ statusCode }) => resolve(statusCode));
          request.on("error", () => resolve(undefined));
        });
      const [ca, cert, key] = [await file("server.pem"), await file("ada.pem"), await file("ada.key")];

      expect(await visit({ ca, cert, key })).toBe(200);
      expect(await visit({ ca })).toBeUndefined();
    } finally {
      await server.stop();
    }
  });

  it("[SF110] switches token binding on", async () => {
    const server = await ServerProcess.start({ args: flagsOf(1) });
    try {
      const url = `${server.url.replace("https", "wss")}v3/ws`;
      const fish = await BoundFish.open(url, { subprotocol: "signalfish.tokenbinding.v2" });
      await fish.authenticate();
      await fish.join("Ada", "ABC123");
      fish.cut();
    } finally {
      await server.stop();
    }
  });
});
