import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRelay, type Relay } from "../../src/client/relay.ts";
import { configOf } from "../../src/config/index.ts";
import { roomId } from "../../src/core/ids.ts";
import { joinTokensOf } from "../../src/server/pulsar.ts";
import { missing } from "../../src/testing/missing.ts";
import { currentspaceQuic } from "../../src/transports/quic-currentspace.ts";
import { ServerProcess } from "../server-process.ts";

/** How much is relayed: 64 MiB as a rule, 1 GiB by `npm run test:soak`. */
const TOTAL_BYTES = Number(process.env.RELAY_MIB ?? 64) * 2 ** 20;
/** What the server's memory may grow by meanwhile: windows, the library's buffers, garbage. */
const GROWTH_BYTES = 256 * 2 ** 20;
const SECRET = "a secret of the tests, and of nobody else";
/** Slower than any machine that tests run on. */
const BYTES_PER_MS = 2_000;

const isInstalled = await currentspaceQuic().then(
  () => true,
  (error: unknown) => {
    missing("the soak of the relay", error);
    return false;
  },
);

describe.skipIf(!isInstalled)("the relay, at length", () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await ServerProcess.start({
      args: ["--quic-enabled", "--quic-port", "0", "--quic-host", "127.0.0.1", "--log-format", "json"],
      env: { PARLOR_AUTH_SECRET: SECRET, PARLOR_RELAY_SESSION_RATE_BYTES: "0" },
    });
  });

  afterAll(() => server?.stop());

  function enter(peer: string): Promise<Relay> {
    const line = server.output.split("\n").find((each) => each.includes('"quic.listening"'));
    const { port, certificateHash } = JSON.parse(line ?? "{}") as { port: number; certificateHash: string };
    const now = Date.now();
    const tokens = joinTokensOf(configOf({ auth: { secret: SECRET } }));
    const grant = {
      session: roomId("soak"),
      role: "editor",
      issuedAt: now,
      expiresAt: now + 3_600_000,
    } as const;
    return openRelay({
      url: `https://127.0.0.1:${port}`,
      session: "soak",
      peer,
      token: tokens.mint(grant),
      certificateHash,
      carriers: ["quic"],
    });
  }

  async function memoryOfServer(): Promise<number> {
    const text = await (await fetch(`${server.url}metrics`)).text();
    return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
  }

  it(
    "[QR8] carries everything in order and unharmed, [QR10] in bounded memory",
    async () => {
      const [ada, bob] = [await enter("ada"), await enter("bob")];
      const [sent, received] = [createHash("sha256"), createHash("sha256")];
      const before = await memoryOfServer();
      let most = before;
      let got = 0;
      const done = new Promise<void>((resolve) => {
        bob.on("message", ({ payload }) => {
          received.update(payload);
          got += payload.length;
          if (got >= TOTAL_BYTES) resolve();
        });
      });

      const start = performance.now();
      for (let at = 0, frame = 0; at < TOTAL_BYTES; frame++) {
        const size = Math.min(TOTAL_BYTES - at, 1 + ((frame * 104_729) % 500_000));
        const payload = new Uint8Array(size).fill(frame % 251);
        sent.update(payload);
        await ada.send("bob", payload);
        at += size;
        if (frame % 100 === 0) most = Math.max(most, await memoryOfServer());
      }
      await done;
      const seconds = (performance.now() - start) / 1000;

      const growth = Math.round((most - before) / 2 ** 20);
      console.log(
        `${TOTAL_BYTES / 2 ** 20} MiB at ${Math.round(TOTAL_BYTES / 1e6 / seconds)} MB/s, server + ${growth} MiB`,
      );
      expect(received.digest("hex")).toBe(sent.digest("hex"));
      expect(most - before).toBeLessThan(GROWTH_BYTES);
      for (const peer of [ada, bob]) peer.close();
    },
    20_000 + TOTAL_BYTES / BYTES_PER_MS,
  );
});
