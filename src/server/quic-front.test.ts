import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../config/index.ts";
import { createLog } from "../observe/log.ts";
import type { Quic, QuicEnd, QuicListenOptions } from "../transports/quic.ts";
import { selfSigned } from "../transports/self-signed.ts";
import { QuicCertificate } from "./quic-certificate.ts";
import { QuicFront } from "./quic-front.ts";
import { RelayDesk } from "./relay-desk.ts";
import { relayDeskOptions } from "./relay-settings.ts";
import { Server } from "./server.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlor-quic-"));
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

/** Writes a new pair to the files. */
async function renewFiles() {
  const [certPath, keyPath] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const { cert, key } = selfSigned(Date.now());
  await writeFile(certPath, cert);
  await writeFile(keyPath, key);
  return { certPath, keyPath };
}

describe("the certificate of the QUIC listener", () => {
  it("[QC2] is made anew three days before it ends", async () => {
    const certificate = await QuicCertificate.open(configOf({}));
    const before = certificate.hash;
    const now = Date.now();

    expect(certificate.isDue(now + 9 * DAY_MS)).toBe(false);
    expect(certificate.isDue(now + 10 * DAY_MS)).toBe(true);
    expect(await certificate.renew(now + 10 * DAY_MS)).toBe("renewed");

    expect(certificate.hash).not.toBe(before);
    expect(certificate.isDue(now + 11 * DAY_MS)).toBe(false);
  });

  it("[QC2] is looked for in its files every 30 seconds; a bad pair is told once and not taken", async () => {
    const tls = await renewFiles();
    const certificate = await QuicCertificate.open(configOf({ tls }));
    const [before, now] = [certificate.hash, Date.now()];
    expect(certificate.isDue(now + 29_000)).toBe(false);
    expect(certificate.isDue(now + 31_000)).toBe(true);
    expect(await certificate.renew(now)).toBe("same");

    await writeFile(tls.keyPath, selfSigned(now).key);
    expect(await certificate.renew(now)).toBeInstanceOf(Error);
    expect(await certificate.renew(now)).toBe("same");
    expect(certificate.hash).toBe(before);

    await renewFiles();
    expect(await certificate.renew(now)).toBe("renewed");
    expect(certificate.hash).not.toBe(before);
  });
});

describe("the QUIC listener", () => {
  it("[QC2] opens anew with a new certificate, on the same port, and ends every connection with draining", async () => {
    const tls = await renewFiles();
    const config = configOf({ tls, quic: { enabled: true, port: 0 } });
    const listened: QuicListenOptions[] = [];
    const ends: QuicEnd[] = [];
    const quic: Quic = {
      listen: async (options) => {
        listened.push(options);
        return { port: 4711, connections: new Set(), close: async (end) => void ends.push(end) };
      },
      connect: () => Promise.reject(new Error("not here")),
    };
    const random = { bytes: (count: number) => new Uint8Array(count) };
    const { hub } = new Server(config, { log: createLog({ level: "silent", format: "json" }) });
    const front = await QuicFront.open({
      config,
      desk: new RelayDesk(relayDeskOptions(config, { hub, random, now: Date.now, report: () => {} })),
      log: createLog({ level: "silent", format: "json" }),
      decide: () => ({ accept: false, status: 404, text: "" }),
      onLink: () => {},
      onError: () => {},
      quic: async () => quic,
    });
    const before = front?.place;

    await front?.reload();
    expect(listened).toHaveLength(1);
    await renewFiles();
    await front?.reload();

    expect(listened.map(({ port }) => port)).toEqual([0, 4711]);
    expect(ends.map(({ code }) => code)).toEqual([1]);
    expect(front?.place.certificateHash).not.toBe(before?.certificateHash);
    expect(listened[1]?.certificate.cert).not.toBe(listened[0]?.certificate.cert);
    await front?.close();
    expect(ends).toHaveLength(2);
  });
});
