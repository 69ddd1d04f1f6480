import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { jwtAuth } from "../../src/auth/jwt.ts";
import { configOf } from "../../src/config/index.ts";
import { roomId } from "../../src/core/ids.ts";
import { joinTokensOf } from "../../src/server/pulsar.ts";
import { missing } from "../../src/testing/missing.ts";
import type { ServerProcess } from "../server-process.ts";
import type { FreshBrowser } from "./chromium.ts";
import { type Namespace, openNamespace, whyNoNamespace } from "./namespace.ts";

const SECRET = "a secret of the tests, and of nobody else";
const SCRIPT = 'import { openRelay } from "/dist/client/relay.js"; globalThis.openRelay = openRelay;';

const reason = await whyNoNamespace();
if (reason !== undefined) missing("WebTransport in Chromium", reason);

describe.skipIf(reason !== undefined)("WebTransport in Chromium", () => {
  let namespace: Namespace;
  let server: ServerProcess;
  let browser: FreshBrowser;
  let place: { readonly port: number; readonly certificateHash: string };

  beforeAll(async () => {
    namespace = await openNamespace({ env: { PARLOR_AUTH_SECRET: SECRET } });
    ({ server, browser } = namespace);
    place = placeIn(server.output);
  });

  afterAll(async () => {
    await namespace?.close();
  });

  afterEach(async () => {
    await Promise.all(browser.context.pages().map((page) => page.close()));
    expect(namespace.faults.splice(0), "errors in the pages").toEqual([]);
  });

  function tokenFor(session: string): string {
    const now = Date.now();
    const tokens = joinTokensOf(configOf({ auth: { secret: SECRET } }));
    return tokens.mint({ session: roomId(session), role: "editor", issuedAt: now, expiresAt: now + 60_000 });
  }

  /** A page with a line to the relay; `window.relay` and `window.heard` are there for what follows. */
  async function enter(session: string, peer: string, carrier: "webtransport" | "websocket"): Promise<Page> {
    const page = await namespace.open(SCRIPT);
    await page.waitForFunction(() => "openRelay" in globalThis);
    const options = {
      url: `https://127.0.0.1:${place.port}`,
      webSocketUrl: server.url.replace("http", "ws"),
      session,
      peer,
      token: tokenFor(session),
      certificateHash: place.certificateHash,
      carriers: [carrier] as const,
    };
    const met = await page.evaluate(async (given) => {
      const { openRelay } = globalThis as unknown as Pick<
        typeof import("../../src/client/relay.ts"),
        "openRelay"
      >;
      const relay = await openRelay(given);
      const heard: string[] = [];
      relay.on("message", ({ from, payload, kind }) => {
        heard.push(payload.length > 100 ? `${from} ${kind} ${payload.length}` : `${from} ${kind} ${payload}`);
      });
      Object.assign(globalThis, { relay, heard });
      return relay.carrier;
    }, options);
    expect(met).toBe(carrier);
    return page;
  }

  const heardBy = (page: Page) => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);

  it("[QW1] relays over streams and datagrams, between pages on WebTransport and on WebSocket", async () => {
    const ada = await enter("s1", "ada", "webtransport");
    const bob = await enter("s1", "bob", "webtransport");
    const eve = await enter("s1", "eve", "websocket");

    await ada.evaluate(async () => {
      const { relay } = globalThis as unknown as { relay: import("../../src/client/relay.ts").Relay };
      await relay.send("bob", Uint8Array.of(1, 2));
      await relay.send("eve", Uint8Array.of(3));
      relay.sendDatagram("bob", Uint8Array.of(4));
      relay.sendDatagram("eve", Uint8Array.of(5));
      for (let i = 0; i < 20; i++) await relay.send("bob", new Uint8Array(500_000));
    });
    await eve.evaluate(async () => {
      const { relay } = globalThis as unknown as { relay: import("../../src/client/relay.ts").Relay };
      await relay.send("ada", Uint8Array.of(6));
    });

    await expect.poll(async () => (await heardBy(bob)).length, { timeout: 10_000 }).toBe(22);
    expect((await heardBy(bob)).sort().slice(0, 2)).toEqual(["ada datagram 4", "ada stream 1,2"]);
    expect((await heardBy(bob)).filter((each) => each === "ada stream 500000")).toHaveLength(20);
    await expect.poll(() => heardBy(ada)).toEqual(["eve stream 6"]);
    await expect.poll(async () => (await heardBy(eve)).sort()).toEqual(["ada stream 3", "ada stream 5"]);
  });

  it("[QS1] speaks the native dialect", async () => {
    const page = await browser.context.newPage();
    page.on("pageerror", (error) => namespace.faults.push(error.message));
    await page.goto(`${server.url.replace("127.0.0.1", "localhost")}health`);

    const heard = await page.evaluate(async ({ port, certificateHash }) => {
      const hash = Uint8Array.from(atob(certificateHash), (char) => char.charCodeAt(0));
      const session = new WebTransport(`https://127.0.0.1:${port}/parlor`, {
        serverCertificateHashes: [{ algorithm: "sha-256", value: hash }],
      });
      await session.ready;
      const { readable, writable } = await session.createBidirectionalStream();
      const hello = new TextEncoder().encode('\0{"t":"hello","v":1,"alias":"ada"}');
      const writer = writable.getWriter();
      await writer.write(Uint8Array.of(0, 0, 0, hello.length, ...hello));
      const { value } = (await readable.getReader().read()) as { value: Uint8Array };
      session.close();
      return new TextDecoder().decode(value);
    }, place);

    expect(heard).toContain('"t":"welcome"');
    expect(heard).toContain('"ada"');
  });

  it("[QW7] lets in who shows a token in the address, and nobody without a good one", async () => {
    const page = await browser.context.newPage();
    page.on("pageerror", (error) => namespace.faults.push(error.message));
    await page.goto(`${server.url.replace("127.0.0.1", "localhost")}health`);
    const auth = jwtAuth({ secret: SECRET });
    const tokens = [
      await auth.signAccess({ userId: "ada", roomId: "lobby" }),
      await auth.signAccess({ userId: "bob", roomId: "lobby" }),
    ] as const;

    const said = await page.evaluate(
      async ({ port, certificateHash, tokens: [ada, bob] }) => {
        const hash = Uint8Array.from(atob(certificateHash), (char) => char.charCodeAt(0));
        const open = async (token: string) => {
          const session = new WebTransport(`https://127.0.0.1:${port}/ws?token=${token}`, {
            serverCertificateHashes: [{ algorithm: "sha-256", value: hash }],
          });
          session.closed.catch(() => {});
          await session.ready;
          const { readable, writable } = await session.createBidirectionalStream();
          const writer = writable.getWriter();
          const reader = readable.getReader();
          const say = (text: string) => {
            const bytes = new TextEncoder().encode(`\0${text}`);
            return writer.write(Uint8Array.of(0, 0, 0, bytes.length, ...bytes));
          };
          const hear = async () => new TextDecoder().decode((await reader.read()).value as Uint8Array);
          return { session, say, hear };
        };
        const refused = await open("forged").then(
          () => "let in",
          (error: Error) => error.name,
        );
        const [first, second] = [await open(ada), await open(bob)];
        // A stream is there for the server with its first bytes.
        await second.say('{"from":"bob","data":"here"}');
        const welcome = first.say('{"from":"ada","data":"hi"}').then(() => second.hear());
        const heard = await welcome;
        first.session.close();
        second.session.close();
        return { refused, heard };
      },
      { ...place, tokens },
    );

    expect(said.refused).toBe("WebTransportError");
    expect(said.heard).toContain('{"from":"ada","data":"hi"}');
  });
});

/** Where the server said that QUIC is. */
function placeIn(output: string): { readonly port: number; readonly certificateHash: string } {
  const line = output.split("\n").find((each) => each.includes('"quic.listening"'));
  if (line === undefined) throw new Error(`the server does not listen over QUIC:\n${output}`);
  return JSON.parse(line) as { port: number; certificateHash: string };
}
