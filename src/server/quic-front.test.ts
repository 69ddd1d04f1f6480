import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../config/index.ts";
import { createLog } from "../observe/log.ts";
import { memoryQuicPair } from "../testing/memory-quic.ts";
import type { Quic, QuicConnection, QuicEnd, QuicListenOptions } from "../transports/quic.ts";
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
  it("[QC2] gets a successor three days before it ends, and gives way a day before", async () => {
    const now = Date.now();
    const certificate = await QuicCertificate.open(configOf({}), now);
    const before = certificate.hash;

    expect(certificate.isDue(now + 9 * DAY_MS)).toBe(false);
    expect(certificate.isDue(now + 10 * DAY_MS)).toBe(true);
    expect(await certificate.look(now + 10 * DAY_MS)).toBeUndefined();

    expect(certificate.hash).toBe(before);
    expect(certificate.isDue(now + 11 * DAY_MS)).toBe(false);
    expect(certificate.isEnding(now + 11 * DAY_MS)).toBe(false);
    expect(certificate.isEnding(now + 12 * DAY_MS)).toBe(true);
    certificate.take();
    expect(certificate.hash).not.toBe(before);
    expect(certificate.hasNext).toBe(false);
    expect(certificate.isEnding(now + 12 * DAY_MS)).toBe(false);
  });

  it("[QC2] is looked for in its files every 30 seconds; a bad pair is told once and not taken", async () => {
    const tls = await renewFiles();
    const now = Date.now();
    const certificate = await QuicCertificate.open(configOf({ tls }), now);
    const before = certificate.hash;
    expect(certificate.isDue(now + 29_000)).toBe(false);
    expect(certificate.isDue(now + 31_000)).toBe(true);
    expect(await certificate.look(now)).toBeUndefined();
    expect(certificate.hasNext).toBe(false);

    await writeFile(tls.keyPath, selfSigned(now).key);
    expect(await certificate.look(now)).toBeInstanceOf(Error);
    expect(await certificate.look(now)).toBeUndefined();
    expect(certificate.hasNext).toBe(false);

    await renewFiles();
    expect(await certificate.look(now)).toBeUndefined();
    certificate.take();
    expect(certificate.hash).not.toBe(before);
  });
});

/** A front over a QUIC that does nothing but say what it is asked. */
async function frontOf(tls: { certPath: string; keyPath: string } | Record<string, never> = {}) {
  const config = configOf({ tls, quic: { enabled: true, port: 0 } });
  const log = createLog({ level: "silent", format: "json" });
  const listened: QuicListenOptions[] = [];
  const ends: QuicEnd[] = [];
  const connections = new Set<QuicConnection>();
  const clock = { now: Date.now() };
  const broken = { is: false };
  const errors: unknown[] = [];
  const quic: Quic = {
    listen: async (options) => {
      if (broken.is) throw new Error("the port is in use");
      listened.push(options);
      return { port: 4711, connections, close: async (end) => void ends.push(end) };
    },
    connect: () => Promise.reject(new Error("not here")),
  };
  const random = { bytes: (count: number) => new Uint8Array(count) };
  const { hub } = new Server(config, { log });
  const front = await QuicFront.open({
    config,
    desk: new RelayDesk(relayDeskOptions(config, { hub, random, now: () => clock.now, report: () => {} })),
    log,
    decide: () => ({ accept: false, status: 404, text: "" }),
    onLink: () => {},
    onError: (error) => errors.push(error),
    now: () => clock.now,
    quic: async () => quic,
  });
  if (!front) throw new Error("there is no front");
  const { server: busy } = memoryQuicPair();
  /** Lets so much time pass, and what is due then happen. */
  const forward = async (ms: number) => {
    clock.now += ms;
    front.tick(clock.now);
    // Files are read, and reading takes real time.
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { front, listened, ends, errors, broken, clock, forward, connections, busy };
}

describe("the QUIC listener", () => {
  it("[QC3] opens anew with a new certificate, on the same port, when no connection is open", async () => {
    const { front, listened, ends, clock, busy, connections } = await frontOf(await renewFiles());
    const before = front.place;
    connections.add(busy);

    await front.reload(clock.now + 30_000);
    await renewFiles();
    await front.reload(clock.now + 60_000);
    await front.reload(clock.now + 90_000);
    expect(listened).toHaveLength(1);
    expect(front.place).toEqual(before);
    connections.clear();
    await front.reload(clock.now + 90_250);

    expect(listened.map(({ port }) => port)).toEqual([0, 4711]);
    expect(ends).toHaveLength(1);
    expect(front.place.certificateHash).not.toBe(before.certificateHash);
    expect(listened[1]?.certificate.cert).not.toBe(listened[0]?.certificate.cert);
    await front.close();
    expect(ends).toHaveLength(2);
  });

  it("[QC3] ends every connection with draining when a certificate of its own is about to end", async () => {
    const { front, listened, ends, forward, connections, busy } = await frontOf();
    const before = front.place.certificateHash;
    connections.add(busy);

    await forward(10 * DAY_MS);
    await forward(DAY_MS);
    expect(listened).toHaveLength(1);
    await forward(DAY_MS);

    expect(ends.map(({ code }) => code)).toEqual([1]);
    expect(listened).toHaveLength(2);
    expect(front.place.certificateHash).not.toBe(before);
  });

  it("[QC3] tries again when it cannot be opened anew", async () => {
    const { listened, errors, forward, broken } = await frontOf();
    broken.is = true;
    await forward(10 * DAY_MS);
    await forward(250);
    expect([listened.length, errors.length]).toEqual([1, 1]);

    broken.is = false;
    await forward(5000);

    expect(listened).toHaveLength(2);
  });
});
