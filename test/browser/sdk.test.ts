import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page as Tab } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ServerProcess } from "../server-process.ts";
import { BreakableNetwork } from "./breakable-network.ts";
import { type FreshBrowser, findChromium, openBrowser } from "./chromium.ts";
import type { Page } from "./sdk-page/main.ts";

const chromium = findChromium();
if (chromium === undefined) {
  console.warn("test/browser is skipped: no Chromium was found (set CHROMIUM_PATH to name one)");
}

const WITHIN_MS = 20_000;

/** The test page with the SDK in it, bundled as a web page bundles it, on a small server of its own. */
async function servePage(): Promise<HttpServer> {
  const bundles = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: new URL("./sdk-page/main.ts", import.meta.url).pathname },
    },
  });
  const [bundle] = Array.isArray(bundles) ? bundles : [bundles];
  if (!bundle || !("output" in bundle)) throw new Error("the bundler made no bundle");
  const files = new Map(
    bundle.output.flatMap((part) => (part.type === "chunk" ? [[`/${part.fileName}`, part.code]] : [])),
  );
  const entry = bundle.output.find((part) => part.type === "chunk" && part.isEntry);
  const html = `<!doctype html><title>SDK</title><link rel="icon" href="data:,"><script type="module" src="/${entry?.fileName}"></script>`;
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? "/";
    const isPage = path === "/";
    response.writeHead(isPage || files.has(path) ? 200 : 404, {
      "content-type": isPage ? "text/html" : "text/javascript",
    });
    response.end(isPage ? html : files.get(path));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe.skipIf(chromium === undefined)("the SDK in two tabs of a browser", () => {
  let server: ServerProcess;
  let network: BreakableNetwork;
  let pages: HttpServer;
  let browser: FreshBrowser;
  const faults: string[] = [];

  beforeAll(async () => {
    [server, pages, browser] = await Promise.all([
      ServerProcess.start(),
      servePage(),
      openBrowser(chromium!),
    ]);
    network = await BreakableNetwork.open(Number(new URL(server.url).port));
  });

  afterAll(async () => {
    await browser?.close();
    network?.close();
    await server?.stop();
    pages?.close();
  });

  afterEach(async () => {
    await browser.context.setOffline(false);
    await Promise.all(browser.context.pages().map((tab) => tab.close()));
    expect(faults.splice(0), "errors in the pages").toEqual([]);
  });

  /** A tab that has joined `room` and its mesh. */
  async function tab(room: string): Promise<Tab> {
    const tab = await browser.context.newPage();
    tab.setDefaultTimeout(WITHIN_MS);
    tab.on("pageerror", (error) => faults.push(error.message));
    const { port } = pages.address() as AddressInfo;
    await tab.goto(`http://127.0.0.1:${port}/?ws://127.0.0.1:${network.port}/parlor`);
    await tab.waitForFunction(() => "page" in globalThis);
    await tab.evaluate((name) => page.begin(name), room);
    return tab;
  }

  const isDirect = (each: Tab) => each.waitForFunction(() => page.path()?.via === "direct");
  const heardBy = (each: Tab) => each.evaluate(() => page.heard());
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
  const hasHeard = (each: Tab, what: "mesh" | "room", count: number) =>
    each.waitForFunction(({ what, count }) => page.heard()[what].length >= count, { what, count });

  it("[CL31] talk directly once a data channel is open, and see the path and its round trip", async () => {
    const [ada, bob] = [await tab("direct"), await tab("direct")];
    await Promise.all([isDirect(ada), isDirect(bob)]);

    await ada.evaluate(() => page.talk({ first: 0, count: 20, everyMs: 5 }));
    await hasHeard(bob, "mesh", 20);

    expect((await heardBy(bob)).mesh).toEqual(numbers(20).map((n) => [n, "direct"]));
    await ada.waitForFunction(() => page.path()?.rttMs !== undefined);
    expect((await ada.evaluate(() => page.path()))?.rttMs).toBeLessThan(1_000);
  });

  it("[CL32] lose and repeat nothing when the data channel is killed in the middle", async () => {
    const [ada, bob] = [await tab("killed"), await tab("killed")];
    await Promise.all([isDirect(ada), isDirect(bob)]);

    const talking = Promise.all(
      [ada, bob].map((each) => each.evaluate(() => page.talk({ first: 0, count: 300, everyMs: 5 }))),
    );
    await hasHeard(bob, "mesh", 100);
    await ada.evaluate(() => page.cut());
    await talking;
    await Promise.all([hasHeard(ada, "mesh", 300), hasHeard(bob, "mesh", 300)]);

    for (const each of [ada, bob]) {
      const { mesh, paths } = await heardBy(each);
      expect(mesh.map(([n]) => n)).toEqual(numbers(300));
      const vias = new Set(mesh.map(([, via]) => via));
      expect(vias).toContain("direct");
      expect(vias.size).toBeGreaterThan(1);
      const [next] = paths.slice(paths.indexOf("direct") + 1);
      expect(["relay", "session"]).toContain(next);
    }
    // And another channel is opened in time.
    await Promise.all([isDirect(ada), isDirect(bob)]);
  });

  it("[CL11] lose nothing when the network is gone for five seconds", async () => {
    const [ada, bob] = [await tab("offline"), await tab("offline")];
    const talking = Promise.all(
      [ada, bob].map((each) => each.evaluate(() => page.say({ first: 0, count: 400, everyMs: 25 }))),
    );
    await hasHeard(bob, "room", 50);

    await browser.context.setOffline(true);
    network.break();
    await ada.waitForFunction(() => page.state() === "resuming");
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(await ada.evaluate(() => page.pending())).toBeGreaterThan(50);
    network.mend();
    await browser.context.setOffline(false);
    await talking;
    await Promise.all([hasHeard(ada, "room", 400), hasHeard(bob, "room", 400)]);
    await ada.waitForFunction(() => page.pending() === 0);

    for (const each of [ada, bob]) {
      const { room, resyncs } = await heardBy(each);
      expect(room).toEqual(numbers(400));
      expect(resyncs).toEqual([]);
    }
  }, 60_000);
});

declare const page: Page;
