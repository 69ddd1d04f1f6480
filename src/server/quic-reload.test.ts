import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { createLog } from "../observe/log.ts";
import { opened, quic, serve } from "../testing/relay-scene.ts";
import { certificateHash, selfSigned } from "../transports/self-signed.ts";

/** A pair in files, and a way to put another in its place. */
async function pairInFiles() {
  const folder = await mkdtemp(join(tmpdir(), "parlor-reload-"));
  opened.push({ close: () => rm(folder, { recursive: true }) });
  const [certPath, keyPath] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const renew = async () => {
    const { cert, key } = selfSigned(Date.now());
    await Promise.all([writeFile(certPath, cert), writeFile(keyPath, key)]);
    return Buffer.from(certificateHash(cert)).toString("base64");
  };
  await renew();
  return { tls: { certPath, keyPath }, renew };
}

it.skipIf(quic === undefined)(
  "[QC3] takes a new certificate without a word to those who are connected, as soon as they are gone",
  async () => {
    const { tls, renew } = await pairInFiles();
    const reopened: string[] = [];
    let aheadMs = 0;
    const { enter, server, tokenFor } = await serve(
      { tls },
      {
        world: { now: () => Date.now() + aheadMs },
        log: {
          ...createLog({ level: "silent", format: "json" }),
          info: (name, fields) => {
            if (name === "quic.reopened")
              reopened.push((fields as { certificateHash: string }).certificateHash);
          },
        },
      },
    );
    const ways = { carriers: ["quic"] } as const;
    const [ada, bob] = [await enter("ada", ways), await enter("bob", ways)];
    const ended: string[] = [];
    ada.on("closed", ({ reason }) => ended.push(reason));
    const heard: number[] = [];
    bob.on("message", ({ payload }) => heard.push(payload[0] ?? 0));

    const hash = await renew();
    for (let i = 0; i < 3; i++) {
      aheadMs += 31_000;
      server.tick();
      // Looking at the files takes a moment; meanwhile these two talk on.
      for (let said = 0; said < 20; said++) {
        const before = heard.length;
        await ada.send("bob", Uint8Array.of(i));
        await vi.waitFor(() => expect(heard.length).toBe(before + 1));
      }
    }
    expect([ended, reopened]).toEqual([[], []]);
    ada.close();
    bob.close();

    await vi.waitFor(() => expect(reopened).toEqual([hash]), 10_000);
    const token = tokenFor("s1", { expiresAt: Date.now() + 3_600_000 });
    const again = await enter("ada", { ...ways, token });
    expect(again.carrier).toBe("quic");
  },
  30_000,
);
