import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ServerProcess } from "../server-process.ts";
import { type FreshBrowser, findChromium, openBrowser } from "./chromium.ts";

const chromium = findChromium();
if (chromium === undefined) {
  console.warn("test/browser is skipped: no Chromium was found (set CHROMIUM_PATH to name one)");
}

type Path = "connecting" | "direct" | "relay";

const CONNECT_WITHIN_MS = 15_000;

describe.skipIf(chromium === undefined)("the playground", () => {
  let server: ServerProcess;
  let browser: FreshBrowser;
  const faults: string[] = [];

  beforeAll(async () => {
    server = await ServerProcess.start();
    browser = await openBrowser(chromium!);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  afterEach(async () => {
    await Promise.all(browser.context.pages().map((page) => page.close()));
    expect(faults.splice(0), "errors in the pages").toEqual([]);
  });

  /** A tab in `namespace` that has registered. Every error it logs fails the test. */
  async function tab(namespace: string, more = ""): Promise<Page> {
    const page = await browser.context.newPage();
    page.setDefaultTimeout(CONNECT_WITHIN_MS);
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(`${server.url}?ns=${encodeURIComponent(namespace)}${more}`);
    await page.waitForSelector('[data-testid="state"][data-state="online"]');
    return page;
  }

  it("negotiates a data channel between two tabs and talks over it both ways", async () => {
    const ada = await tab("direct");
    const bob = await tab("direct");
    await Promise.all([reach(ada, "direct"), reach(bob, "direct")]);

    await say(ada, "hello bob");
    await say(bob, "hello ada");

    expect(await heardBy(bob, "hello bob")).toBe("direct");
    expect(await heardBy(ada, "hello ada")).toBe("direct");
    await ada.waitForSelector(`${MINE} >> text=delivered`);
    expect(await ada.textContent('[data-testid="peer-path"]')).toBe("direct (data channel)");
  });

  it("talks through the server when one side has WebRTC off", async () => {
    const ada = await tab("relayed");
    const bob = await tab("relayed", "&webrtc=off");
    await Promise.all([reach(ada, "relay"), reach(bob, "relay")]);

    await say(ada, "hello bob");
    await say(bob, "hello ada");

    expect(await heardBy(bob, "hello bob")).toBe("relay");
    expect(await heardBy(ada, "hello ada")).toBe("relay");
    await bob.waitForSelector(`${MINE} >> text=delivered`);
  });

  it("goes on by relay when the data channel is killed, and directly again when asked to", async () => {
    const ada = await tab("killed");
    const bob = await tab("killed");
    await Promise.all([reach(ada, "direct"), reach(bob, "direct")]);

    await bob.click('[data-testid="kill-channel"]');
    await Promise.all([reach(ada, "relay"), reach(bob, "relay")]);
    await say(ada, "still there?");
    await say(bob, "still here");

    expect(await heardBy(bob, "still there?")).toBe("relay");
    expect(await heardBy(ada, "still here")).toBe("relay");

    await ada.click('[data-testid="dial"]');
    await Promise.all([reach(ada, "direct"), reach(bob, "direct")]);
    await say(ada, "back again");
    expect(await heardBy(bob, "back again")).toBe("direct");
  });

  it("delivers everything that is said while the data channel dies, each message once", async () => {
    const ada = await tab("dying");
    const bob = await tab("dying");
    await Promise.all([reach(ada, "direct"), reach(bob, "direct")]);
    const words = Array.from({ length: 12 }, (_, index) => `word ${index}.`);

    for (const [index, word] of words.entries()) {
      await say(ada, word);
      if (index === 5) await bob.click('[data-testid="kill-channel"]');
    }

    await Promise.all(words.map((word) => heardBy(bob, word)));
    expect((await bob.locator(`${THEIRS} [data-testid="entry-text"]`).allTextContents()).sort()).toEqual(
      words.sort(),
    );
  });

  it("shows what strangers write as text, never as markup", async () => {
    const ada = await tab("markup", "&webrtc=off");
    const bob = await tab("markup", "&webrtc=off");
    await reach(ada, "relay");
    const markup = `<img src=x onerror="document.title='taken'"><b>bold</b>`;

    await say(bob, markup);
    await heardBy(ada, markup);
    await ada.locator('[data-direction="in"][data-type="relay"] summary').first().click();

    expect(await ada.locator('[data-testid="log"] img, [data-testid="log"] b').count()).toBe(0);
    expect(await ada.locator('[data-testid="frames"] pre').first().textContent()).toContain("onerror");
    expect(await ada.title()).toBe("parlor playground");
  });

  it("tells who comes and who goes, and keeps two namespaces apart", async () => {
    const ada = await tab("coming");
    const eve = await tab("elsewhere");
    const bob = await tab("coming");
    await reach(ada, "direct");
    expect(await eve.locator(PEER).count()).toBe(0);

    const alias = await bob.textContent('[data-testid="own-alias"]');
    await bob.close();

    await ada.waitForSelector('[data-testid="peers"]:not(:has(li))', { state: "attached" });
    const notes = await ada.locator('[data-testid="note"] span').allTextContents();
    expect(notes).toEqual([`${alias} has come`, `${alias} has left`]);
  });

  it("is the same peer after a reload, and another one in a second tab", async () => {
    const ada = await tab("same");
    const fingerprint = await ada.textContent('[data-testid="own-fingerprint"]');

    await ada.reload();
    await ada.waitForSelector('[data-testid="state"][data-state="online"]');
    const [bob] = await Promise.all([
      browser.context.waitForEvent("page"),
      ada.click('[data-testid="second-tab"]'),
    ]);
    await bob.waitForSelector('[data-testid="state"][data-state="online"]');

    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(await ada.textContent('[data-testid="own-fingerprint"]')).toBe(fingerprint);
    expect(await bob.textContent('[data-testid="own-fingerprint"]')).not.toBe(fingerprint);
    await reach(ada, "direct");
  });
});

describe.skipIf(chromium === undefined)("the playground and a server that goes away", () => {
  it("says so in words, and lets two tabs that are connected go on talking", async () => {
    const server = await ServerProcess.start();
    const browser = await openBrowser(chromium!);
    try {
      const [ada, bob] = [await browser.context.newPage(), await browser.context.newPage()];
      for (const page of [ada, bob]) await page.goto(`${server.url}?ns=alone`);
      await Promise.all([reach(ada, "direct"), reach(bob, "direct")]);

      await server.stop();
      await Promise.all([ada, bob].map((page) => page.waitForSelector('[data-state="waiting"]')));
      await say(ada, "just us now");

      expect(await heardBy(bob, "just us now")).toBe("direct");
      expect(await ada.textContent('[data-testid="notice"] p')).toMatch(/server|connection/i);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
});

const PEER = '[data-testid="peer"]';
const MINE = '[data-testid="entry"][data-mine="true"]';
const THEIRS = '[data-testid="entry"][data-mine="false"]';

/** Waits until the only peer of `page` is reached by that path. */
async function reach(page: Page, path: Path): Promise<void> {
  await page.waitForSelector(`${PEER}[data-path="${path}"]`, { timeout: CONNECT_WITHIN_MS });
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill('[data-testid="text"]', text);
  // A key rather than a click: a tab in the background draws so seldom that a click waits a second for its turn.
  await page.press('[data-testid="text"]', "Enter");
}

/** Waits for a message with that text from someone else, and tells which way it came. */
async function heardBy(page: Page, text: string): Promise<string | null> {
  const entry = page.locator(THEIRS).filter({ has: page.getByText(text, { exact: true }) });
  await entry.waitFor({ timeout: CONNECT_WITHIN_MS });
  return entry.getAttribute("data-path");
}
