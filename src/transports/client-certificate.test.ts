import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { CertificateOffice, hasOpenssl, type Issued } from "../testing/certificates.ts";
import { openRaw } from "../testing/raw-web-socket.ts";
import { type HttpListener, type HttpOptions, listenHttp } from "./http.ts";
import type { Opening } from "./link.ts";
import type { TlsOptions } from "./tls-files.ts";

const opened: HttpListener[] = [];
const openings: Opening[] = [];
afterEach(async () => {
  openings.length = 0;
  await Promise.all(opened.splice(0).map((listener) => listener.close()));
});

async function listen(options: Partial<HttpOptions>): Promise<HttpListener> {
  const listener = await listenHttp({
    host: "127.0.0.1",
    webSocket: { closeTimeoutMs: 50 },
    onRequest: (_request, response) => void response.end("a page"),
    onUpgrade: () => ({ accept: true }),
    onLink(link, opening) {
      openings.push(opening);
      link.listen({ message: () => {}, fault: () => {}, closed: () => {} });
    },
    ...options,
  });
  opened.push(listener);
  return listener;
}

describe.skipIf(!hasOpenssl("client certificates"))("client certificates", () => {
  let office: CertificateOffice;
  let files: { server: Issued; issuer: Issued; ada: Issued; eve: Issued; otherIssuer: Issued };
  beforeAll(() => {
    office = new CertificateOffice();
    const [issuer, otherIssuer] = [office.issue("issuer"), office.issue("other issuer")];
    files = {
      server: office.issue("server"),
      issuer,
      otherIssuer,
      ada: office.issue("ada", issuer),
      eve: office.issue("eve", otherIssuer),
    };
  });
  afterAll(() => office.close());

  const asking = (
    clientAuth: NonNullable<TlsOptions["clientAuth"]>,
    more: Partial<TlsOptions> = {},
    options: Partial<HttpOptions> = {},
  ) =>
    listen({
      ...options,
      tls: {
        certPath: files.server.certPath,
        keyPath: files.server.keyPath,
        clientAuth,
        clientCaPath: files.issuer.certPath,
        reloadIntervalMs: 0,
        ...more,
      },
    });

  /** Opens a link; the status of the answer, `cut` for none at all. */
  function visit({ port }: HttpListener, shown?: Issued): Promise<string> {
    const own = shown && { cert: shown.cert, key: shown.key };
    const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, { ...own, rejectUnauthorized: false });
    return new Promise((resolve) => {
      socket.on("open", () => {
        socket.terminate();
        resolve("open");
      });
      socket.on("error", () => resolve("cut"));
    });
  }

  it.each([
    ["none", "nobody", "open", undefined],
    ["none", "ada", "open", undefined],
    ["none", "eve", "open", undefined],
    ["optional", "nobody", "open", undefined],
    ["optional", "ada", "open", "ada"],
    ["optional", "eve", "cut", undefined],
    ["require", "nobody", "cut", undefined],
    ["require", "ada", "open", "ada"],
    ["require", "eve", "cut", undefined],
  ] as const)("[WS26] [WS24] with `%s`, %s is: %s", async (clientAuth, who, outcome, known) => {
    const listener = await asking(clientAuth);

    expect(await visit(listener, who === "nobody" ? undefined : files[who])).toBe(outcome);

    expect(openings.map(({ clientFingerprint }) => clientFingerprint)).toEqual(
      outcome === "open" ? [known && files[known].fingerprint] : [],
    );
  });

  it.each([
    ["require", "cut"],
    ["optional", "a page"],
  ] as const)("[WS26] asks for ordinary requests, too, with `%s`", async (clientAuth, without) => {
    const onRequest = vi.fn((_request, response) => void response.end("a page"));
    const { port } = await asking(clientAuth, {}, { onRequest });
    const answer = (shown?: Issued) =>
      new Promise<string>((resolve) => {
        const own = shown && { cert: shown.cert, key: shown.key };
        const socket: TLSSocket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...own });
        socket.end("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let text = "";
        socket.on("data", (chunk) => (text += String(chunk)));
        socket.on("error", () => resolve("cut"));
        socket.on("close", () => resolve(text.endsWith("a page") ? "a page" : "cut"));
      });

    expect(await answer(files.ada)).toBe("a page");
    expect(await answer(files.eve)).toBe("cut");
    expect(await answer()).toBe(without);
    expect(onRequest).toHaveBeenCalledTimes(without === "cut" ? 1 : 2);
  });

  it("[WS24] knows the certificate of a handshake that is taken up again, until other issuers are trusted", async () => {
    const clientCaPath = join(office.folder, "issuers of sessions.pem");
    copyFileSync(files.issuer.certPath, clientCaPath);
    const known: unknown[] = [];
    const listener = await asking(
      "optional",
      { clientCaPath },
      {
        onRequest(request, response) {
          const socket = request.socket as TLSSocket;
          known.push([socket.isSessionReused(), socket.authorized]);
          response.end("a page");
        },
      },
    );
    const { cert, key } = files.ada;
    const take = (session?: Buffer) =>
      new Promise<Buffer | undefined>((resolve) => {
        let next: Buffer | undefined;
        const options = { port: listener.port, host: "127.0.0.1", rejectUnauthorized: false, cert, key };
        const socket = connect({ ...options, ...(session && { session }) });
        socket.on("session", (given) => (next = given));
        socket.on("error", () => {});
        socket.on("close", () => resolve(next));
        socket.resume();
        socket.end("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
      });

    const session = await take();
    await take(session);
    writeFileSync(clientCaPath, files.otherIssuer.cert);
    await listener.reloadTls();
    await take(session);

    expect(known).toEqual([
      [false, true],
      [true, true],
    ]);
  });

  it("[WS26] trusts other issuers once the file has changed, and nobody less for a broken one", async () => {
    const clientCaPath = join(office.folder, "issuers.pem");
    copyFileSync(files.issuer.certPath, clientCaPath);
    const onReloadError = vi.fn();
    const listener = await asking("require", { clientCaPath, onReloadError });

    writeFileSync(clientCaPath, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    await listener.reloadTls();
    expect(onReloadError.mock.calls[0]?.[0].message).toContain(clientCaPath);
    expect(await visit(listener, files.ada)).toBe("open");

    writeFileSync(clientCaPath, files.otherIssuer.cert);
    await listener.reloadTls();
    expect(await visit(listener, files.ada)).toBe("cut");
    expect(await visit(listener, files.eve)).toBe("open");

    writeFileSync(clientCaPath, files.otherIssuer.cert + files.issuer.cert);
    await listener.reloadTls();
    expect(await visit(listener, files.ada)).toBe("open");
    expect(await visit(listener, files.eve)).toBe("open");
  });

  it.each([
    ["is not named", undefined],
    ["is not there", "/nowhere/issuers.pem"],
    ["holds nothing", "empty"],
  ])("[WS26] does not start when the file of issuers %s", async (_, clientCaPath) => {
    const path = clientCaPath === "empty" ? join(office.folder, "empty.pem") : clientCaPath;
    if (clientCaPath === "empty") writeFileSync(path ?? "", "nonsense");

    await expect(asking("optional", { clientCaPath: path })).rejects.toThrow(/^TLS: /);
  });

  it("[WS24] takes a proxy's word for a whole certificate", async () => {
    const { port } = await listen({ trustProxy: 1 });
    const header = { "x-amzn-mtls-clientcert": encodeURIComponent(files.ada.cert) };

    const raw = openRaw(port, { headers: header });

    await vi.waitFor(() => expect(raw.status).toBe(101));
    expect(openings[0]?.clientFingerprint).toBe(files.ada.fingerprint);
    raw.socket.destroy();
  });
});

const HEX = "0123456789ABCDEF".repeat(4);
const COLONS = HEX.match(/../g)?.join(":") ?? "";

describe("a proxy's word for a client certificate", () => {
  it.each<[what: string, trustProxy: number, headers: Record<string, string>, known: string | undefined]>([
    ["nobody trusts", 0, { "x-signalfish-client-cert-sha256": HEX }, undefined],
    ["counts", 1, { "x-signalfish-client-cert-sha256": HEX }, HEX.toLowerCase()],
    ["counts with colons", 1, { "x-forwarded-client-cert-sha256": COLONS }, HEX.toLowerCase()],
    [
      "counts in the first header that says anything",
      1,
      { "x-signalfish-client-cert-sha256": " ", "x-forwarded-client-cert-sha256": HEX },
      HEX.toLowerCase(),
    ],
    [
      "is nothing when the first that says anything says nonsense",
      1,
      { "x-signalfish-client-cert-sha256": "ada", "x-forwarded-client-cert-sha256": HEX },
      undefined,
    ],
    [
      "is nothing when it is said twice",
      1,
      { "x-signalfish-client-cert-sha256": `${HEX}, ${HEX}` },
      undefined,
    ],
    ["is nothing for percent signs that are none", 1, { "x-amzn-mtls-clientcert": "%E0%A4%A" }, undefined],
    ["is nothing without a header", 1, {}, undefined],
  ])("[WS24] that %s", async (_, trustProxy, headers, known) => {
    const { port } = await listen({ trustProxy });

    const raw = openRaw(port, { headers });

    await vi.waitFor(() => expect(raw.status).toBe(101));
    expect(openings[0]?.clientFingerprint).toBe(known);
    raw.socket.destroy();
  });
});

it("[WS25] answers an upgrade with the headers that the caller decides, of one link each", async () => {
  const { port } = await listen({
    onUpgrade: ({ path }) => ({ accept: true, ...(path === "/a" && { headers: { "x-most": "7" } }) }),
  });
  const headersAt = (path: string) =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
      socket.on("upgrade", ({ headers }) => resolve(headers["x-most"]));
      socket.on("open", () => socket.terminate());
    });

  expect(await headersAt("/a")).toBe("7");
  expect(await headersAt("/b")).toBeUndefined();
});
