import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { frameOf } from "../lib/frame.ts";
import { hasOpenssl } from "../testing/certificates.ts";
import { openRaw } from "../testing/raw-web-socket.ts";
import { type HttpListener, listenHttp } from "./http.ts";
import type { Opening } from "./link.ts";
import type { TlsOptions } from "./tls-files.ts";

describe.skipIf(!hasOpenssl("TLS"))("TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "parlor-tls-"));
  const file = (name: string) => join(folder, name);
  const files = { certPath: file("cert.pem"), keyPath: file("key.pem"), reloadIntervalMs: 0 };
  const opened: HttpListener[] = [];
  const openings: Opening[] = [];

  beforeAll(() => {
    for (const name of ["ada", "bob"]) {
      const subject = ["-subj", `/CN=${name}`, "-days", "2"];
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
      const out = ["-keyout", file(`${name}.key`), "-out", file(`${name}.crt`)];
      execFileSync("openssl", ["req", "-x509", ...key, ...subject, ...out], { stdio: "ignore" });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeEach(() => use("ada", "ada"));
  afterEach(async () => {
    openings.length = 0;
    await Promise.all(opened.splice(0).map((listener) => listener.close()));
  });

  function use(cert: string, key: string): void {
    copyFileSync(file(`${cert}.crt`), files.certPath);
    copyFileSync(file(`${key}.key`), files.keyPath);
  }

  async function listen(tls: Partial<TlsOptions> = {}): Promise<HttpListener> {
    const listener = await listenHttp({
      host: "127.0.0.1",
      tls: { ...files, ...tls },
      webSocket: { closeTimeoutMs: 50 },
      onUpgrade: () => ({ accept: true }),
      onLink(link, opening) {
        openings.push(opening);
        link.listen({
          message: (data) => {
            for (let i = 0; i < 3; i++) link.send(frameOf(`${data} ${i}`));
          },
          fault: () => {},
          closed: () => {},
        });
      },
    });
    opened.push(listener);
    return listener;
  }

  /** The name on the certificate that new connections are shown. */
  function shownBy({ port }: HttpListener): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const socket: TLSSocket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().subject.CN);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }

  it("[WS21] carries links over TLS", async () => {
    const listener = await listen();
    const raw = openRaw(listener.port, { tls: true });

    raw.text("ada");

    await vi.waitFor(() => expect(raw.texts).toEqual(["ada 0", "ada 1", "ada 2"]), { timeout: 5000 });
    expect(openings[0]?.secure).toBe(true);
    expect(listener.urls).toEqual([`https://127.0.0.1:${listener.port}`]);
    raw.socket.destroy();
  });

  it("[WS21] shows a new certificate once both files have changed, without closing a link", async () => {
    const onReload = vi.fn();
    const listener = await listen({ onReload });
    const raw = openRaw(listener.port, { tls: true });
    await vi.waitFor(() => expect(raw.status).toBe(101), { timeout: 5000 });
    expect(await shownBy(listener)).toBe("ada");

    use("bob", "bob");
    await listener.reloadTls();
    await listener.reloadTls();

    expect(await shownBy(listener)).toBe("bob");
    expect(onReload).toHaveBeenCalledTimes(1);
    raw.text("ada");
    await vi.waitFor(() => expect(raw.texts).toHaveLength(3), { timeout: 5000 });
    raw.socket.destroy();
  });

  it.each<[what: string, spoil: () => void]>([
    ["belongs to another key", () => use("bob", "ada")],
    ["is no certificate", () => writeFileSync(files.certPath, "nonsense")],
    ["is gone", () => rmSync(files.certPath)],
  ])("[WS21] keeps the old pair when the new certificate %s, and says so once", async (_what, spoil) => {
    const onReloadError = vi.fn();
    const listener = await listen({ onReloadError });

    spoil();
    await listener.reloadTls();
    await listener.reloadTls();

    expect(await shownBy(listener)).toBe("ada");
    expect(onReloadError).toHaveBeenCalledTimes(1);
    expect(onReloadError.mock.calls[0]?.[0].message).toContain(files.certPath);
  });

  it("[WS21] looks at the files by itself", async () => {
    const onReload = vi.fn();
    await listen({ onReload, reloadIntervalMs: 10 });

    use("bob", "bob");

    await vi.waitFor(() => expect(onReload).toHaveBeenCalledTimes(1), { timeout: 5000 });
  });

  it("[WS21] does not start with a pair that is not usable", async () => {
    use("bob", "ada");

    await expect(listen()).rejects.toThrow(/TLS: .*cert\.pem and .*key\.pem are no usable pair/);
  });
});
