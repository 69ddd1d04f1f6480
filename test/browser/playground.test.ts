import { tmpdir } from "node:os";
import { join } from "node:path";
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

  it("agrees on one channel when both sides dial in the same moment", async () => {
    const ada = await tab("glare");
    const bob = await tab("glare");
    await Promise.all([reach(ada, "direct"), reach(bob, "direct")]);
    await ada.click('[data-testid="kill-channel"]');
    await Promise.all([reach(ada, "relay"), reach(bob, "relay")]);

    await Promise.all([ada, bob].map((page) => page.dispatchEvent('[data-testid="dial"]', "click")));
    await Promise.all([reach(ada, "direct"), reach(bob, "direct")]);

    await say(ada, "was that you?");
    await say(bob, "no, you");
    expect(await heardBy(bob, "was that you?")).toBe("direct");
    expect(await heardBy(ada, "no, you")).toBe("direct");
  });

  it("says to everyone in one frame when nobody is reached directly", async () => {
    const [ada, bob, eve] = [
      await tab("crowd", "&webrtc=off"),
      await tab("crowd", "&webrtc=off"),
      await tab("crowd", "&webrtc=off"),
    ];
    await ada.waitForSelector('[data-testid="peer-count"] >> text="2"');

    await say(ada, "hello all");

    expect(await heardBy(bob, "hello all")).toBe("relay");
    expect(await heardBy(eve, "hello all")).toBe("relay");
    await ada.waitForSelector(`${MINE} >> text=delivered to all 2`);
    expect(await ada.locator('[data-direction="out"][data-type="broadcast"]').count()).toBe(1);
    expect(await ada.locator('[data-direction="out"][data-type="relay"]').count()).toBe(0);
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

  it("shows a program that works as it stands", async () => {
    const ada = await tab("sample");
    const program = await ada.textContent("#sample");
    const stranger = await browser.context.newPage();
    await stranger.goto(`${server.url}health`);

    await stranger.evaluate(`${program}; 0`);
    await reach(ada, "relay");
    const bob = await tab("sample");

    await bob.waitForSelector('[data-direction="in"][data-type="relay"]');
    expect(await ada.locator('[data-testid="peer"] .why').allTextContents()).toContain(
      "Another program: reached through the server.",
    );
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

  it("is another peer in a duplicated tab, which starts with a copy of the first one's storage", async () => {
    const ada = await tab("twins");
    const copied = await ada.evaluate(() => ({ ...sessionStorage }));
    const twin = await browser.context.newPage();
    await twin.addInitScript((kept) => Object.assign(sessionStorage, kept), copied);

    await twin.goto(`${server.url}?ns=twins`);
    await Promise.all([reach(ada, "direct"), reach(twin, "direct")]);

    expect(Object.keys(copied)).toHaveLength(1);
    const [first, second] = await Promise.all(
      [ada, twin].map((page) => page.textContent('[data-testid="own-fingerprint"]')),
    );
    expect(second).not.toBe(first);
  });

  it.each([
    [1280, 800, "light"],
    [1280, 800, "dark"],
    [390, 844, "light"],
    [390, 844, "dark"],
    [360, 640, "light"],
  ] as const)("fits a window of %d × %d in %s colours", async (width, height, colorScheme) => {
    const [ada, bob] = [await tab("look"), await tab("look")];
    await ada.setViewportSize({ width, height });
    await ada.emulateMedia({ colorScheme });
    await Promise.all([reach(ada, "direct"), reach(bob, "direct")]);
    await say(bob, `A word without any place to break it: ${"x".repeat(400)}`);
    await ada.waitForSelector(THEIRS);

    const picture = join(pictures, `playground-${width}x${height}-${colorScheme}.png`);
    await ada.screenshot({ path: picture, fullPage: true });

    const { background, overhang } = await ada.evaluate(() => ({
      background: getComputedStyle(document.body).backgroundColor,
      overhang: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    expect(overhang, `sideways scrolling, see ${picture}`).toBe(0);
    expect(brightness(background) < 128).toBe(colorScheme === "dark");
  });
});

describe.skipIf(chromium === undefined)("the playground and a server that goes away", () => {
  it("says so in words, lets connected tabs go on talking, and comes back with the server", async () => {
    let server = await ServerProcess.start();
    const { port } = new URL(server.url);
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

      server = await ServerProcess.start({ args: ["--port", port] });
      for (const page of [ada, bob]) await page.waitForSelector('[data-state="online"]');
      await Promise.all([reach(ada, "direct"), reach(bob, "direct")]);
      await say(bob, "all of us again");
      expect(await heardBy(ada, "all of us again")).toBe("direct");
    } finally {
      await browser.close();
      await server.stop();
    }
  }, 45_000);
});

/** Where the screenshots go: kept after the run, for people to look at. */
const pictures = join(tmpdir(), "parlor-screenshots");

/** 0 is black, 255 is white. */
function brightness(rgb: string): number {
  const parts = (rgb.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  return parts.reduce((sum, part) => sum + part, 0) / 3;
}

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
