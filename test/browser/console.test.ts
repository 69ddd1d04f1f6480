import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { TextSocket } from "../../src/testing/text-socket.ts";
import { ServerProcess } from "../server-process.ts";
import { type FreshBrowser, findChromium, openBrowser } from "./chromium.ts";

const chromium = findChromium();
if (chromium === undefined) {
  console.warn("test/browser is skipped: no Chromium was found (set CHROMIUM_PATH to name one)");
}

const PATIENCE_MS = 10_000;
const TOKEN_PATTERN = /\/console\/#token=([\w-]+)/;

/** Where the screenshots go: kept after the run, for people to look at. */
const pictures = join(tmpdir(), "parlor-screenshots");

describe.skipIf(chromium === undefined)("the console", () => {
  let server: ServerProcess;
  let browser: FreshBrowser;
  let token: string;
  const sockets: TextSocket[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    server = await ServerProcess.start();
    token = await printed(server, TOKEN_PATTERN);
    browser = await openBrowser(chromium!);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  afterEach(async () => {
    await Promise.all(browser.context.pages().map((page) => page.close()));
    for (const socket of sockets) socket.send({ t: "bye" });
    await Promise.all(sockets.splice(0).map(({ closed }) => closed));
    expect(faults.splice(0), "errors in the pages").toEqual([]);
  });

  /** A tab at that part of the console. Every error it logs fails the test, refused tokens excepted. */
  async function tab(fragment = `token=${token}`): Promise<Page> {
    const page = await browser.context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => faults.push(error.message));
    page.on(
      "console",
      (message) =>
        message.type() === "error" && !/status of 401/.test(message.text()) && faults.push(message.text()),
    );
    await page.goto(`${server.url}console#${fragment}`);
    return page;
  }

  /** A native peer in a room, and everybody's messages until the test is over. */
  async function peerIn(room: string, alias: string): Promise<TextSocket> {
    const socket = await TextSocket.open(`${server.url.replace("http", "ws")}parlor`, ["parlor.v1"]);
    sockets.push(socket);
    socket.send({ t: "hello", v: 1, alias });
    socket.send({ t: "join", id: 1, q: 1, room, create: {} });
    const answer = await socket.until(({ re }) => re === 1);
    if (answer.t !== "error") return socket;
    socket.send({ t: "join", id: 2, q: 2, room });
    await socket.until(({ re }) => re === 2);
    return socket;
  }

  const open = (page: Page, name: string) => page.click(`nav >> text=${name}`);
  const row = (page: Page, text: string) => page.locator("tbody tr").filter({ hasText: text });

  it("[CN4] is opened by the address that the server prints, and the token is in no log line", async () => {
    const page = await tab();

    await page.waitForSelector('[data-testid="about"]');

    expect(token).toHaveLength(32);
    expect(page.url()).not.toContain(token);
    const logged = server.output.split("\n").filter((line) => line.startsWith("{"));
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.join("\n")).not.toContain(token);
  });

  it("[CN4] prints no token that was configured", async () => {
    const configured = "a token of somebody's own choice";
    const other = await ServerProcess.start({ env: { PARLOR_CONSOLE_TOKEN: configured } });

    try {
      await printed(other, /(\/console\/)\n/);
      expect(other.output).not.toContain(configured);
    } finally {
      await other.stop();
    }
  });

  it("[CN5] says at the start that production has no console without a token", async () => {
    const secret = "a secret of more than thirty-two characters";
    const other = await ServerProcess.start({ args: ["--mode", "production", "--auth-secret", secret] });

    try {
      await printed(other, /(in production it needs console\.token)/);
      expect((await fetch(`${other.url}console/`)).status).toBe(404);
      expect((await fetch(`${other.url}console/api/overview`)).status).toBe(404);
    } finally {
      await other.stop();
    }
  });

  it("[CN16] keeps the token in the tab alone, and asks for it in another one", async () => {
    const page = await tab();
    await page.waitForSelector('[data-testid="about"]');
    await page.reload();
    await page.waitForSelector('[data-testid="about"]');

    const stranger = await tab("");
    await stranger.fill('[data-testid="token"]', "a wrong one");
    await stranger.keyboard.press("Enter");
    await stranger.waitForSelector('[data-testid="problem"]');
    await stranger.fill('[data-testid="token"]', token);
    await stranger.keyboard.press("Enter");
    await stranger.waitForSelector('[data-testid="about"]');

    await stranger.click('[data-testid="sign-out"]');
    await stranger.waitForSelector('[data-testid="token"]');
    await stranger.reload();
    await stranger.waitForSelector('[data-testid="token"]');
  });

  it("[CN16] counts what comes and goes, while somebody looks", async () => {
    const page = await tab();
    await page.waitForSelector('[data-testid="tile-peers"] >> text="0"');

    const ada = await peerIn("counting", "ada");
    await page.waitForSelector('[data-testid="tile-peers"] >> text="1"');
    await page.waitForSelector('[data-testid="tile-rooms"] >> text="1"');

    await page.evaluate(() => Object.defineProperty(document, "hidden", { value: true, configurable: true }));
    // A question that was on its way may still come.
    await page.waitForTimeout(1_200);
    let asked = 0;
    page.on("request", () => asked++);
    await page.waitForTimeout(2_500);
    expect(asked).toBe(0);

    ada.send({ t: "bye" });
    await ada.closed;
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: false, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await page.waitForSelector('[data-testid="tile-peers"] >> text="0"');
  });

  it("[CN16] asks before it ends a link, and then ends it", async () => {
    const ada = await peerIn("kicking", "ada");
    const page = await tab();
    await open(page, "Peers");

    await row(page, "ada").locator('[data-testid="end-peer"]').click();
    await page.click("dialog >> text=Cancel");
    await page.waitForSelector("dialog", { state: "detached" });
    expect(await row(page, "ada").count()).toBe(1);

    await row(page, "ada").locator('[data-testid="end-peer"]').click();
    await page.click('[data-testid="confirm"]');

    expect((await ada.closed).code).toBe(3506);
    await page.waitForSelector("text=Nobody is connected.");
  });

  it("[CN16] asks before it closes a room; Escape means no", async () => {
    const ada = await peerIn("closing", "ada");
    const page = await tab();
    await open(page, "Rooms");

    await row(page, "closing").locator('[data-testid="close-room"]').press("Enter");
    await page.waitForSelector("dialog");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    await row(page, "closing").locator('[data-testid="open-room"]').press("Enter");
    await page.waitForSelector('[data-testid="member"] >> text=ada');

    await row(page, "closing").locator('[data-testid="close-room"]').press("Enter");
    await page.click('[data-testid="confirm"]');

    expect(await ada.until(({ t }) => t === "closed")).toMatchObject({ reason: "closed" });
    await page.waitForSelector(".members", { state: "detached" });
    await page.waitForSelector("text=No rooms yet.");
  });

  it("[CN16] shows what peers call themselves as plain text", async () => {
    const markup = `<img src=x onerror="document.title='taken'"><b>bold</b>`;
    await peerIn(markup, markup);
    const page = await tab();

    await open(page, "Peers");
    await row(page, "onerror").waitFor();
    await open(page, "Rooms");
    await row(page, "onerror").locator('[data-testid="open-room"]').click();
    await page.waitForSelector('[data-testid="member"]');
    await row(page, "onerror").locator('[data-testid="close-room"]').click();
    await page.waitForSelector("dialog");

    expect(await page.locator("main img, main b, dialog img, dialog b").count()).toBe(0);
    expect(await page.textContent("dialog h2")).toContain(markup);
    expect(await page.title()).toBe("Rooms · parlor console");
  });

  it("[CN9] shows whole addresses only when asked", async () => {
    await peerIn("addresses", "ada");
    const page = await tab();
    await open(page, "Peers");
    await page.waitForSelector('[data-testid="address"] >> text=127.0.•.•');

    await page.check('[data-testid="addresses"]');

    await page.waitForSelector('[data-testid="address"] >> text=127.0.0.1');
  });

  it.each([
    [1280, 800, "light"],
    [1280, 800, "dark"],
    [390, 844, "light"],
    [390, 844, "dark"],
    [360, 640, "light"],
  ] as const)("fits a window of %d × %d in %s colours", async (width, height, colorScheme) => {
    const ada = await peerIn("garden party", "ada");
    await peerIn("garden party", "bob");
    await peerIn("x".repeat(100), "a rather long name of somebody with much to say");
    for (let q = 2; q < 40; q++) ada.send({ t: "send", q, room: "garden party", d: "hello" });
    const page = await tab();
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await page.waitForSelector('[data-testid="tile-peers"] >> text="3"');

    for (const name of ["Overview", "Rooms", "Peers", "Settings"]) {
      await open(page, name);
      await page.waitForSelector("main .card");
      if (name === "Rooms") await row(page, "garden").locator('[data-testid="open-room"]').click();
      if (name === "Rooms") await page.waitForSelector('[data-testid="member"]');
      const picture = join(pictures, `console-${name.toLowerCase()}-${width}x${height}-${colorScheme}.png`);
      await page.screenshot({ path: picture, fullPage: name !== "Settings" });

      const overhang = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overhang, `sideways scrolling, see ${picture}`).toBe(0);
    }
    await open(page, "Peers");
    await row(page, "bob").locator('[data-testid="end-peer"]').click();
    await page.waitForSelector("dialog");
    await page.screenshot({ path: join(pictures, `console-confirm-${width}x${height}-${colorScheme}.png`) });
  });
});

describe.skipIf(chromium === undefined)("the console and a server that is stopped by it", () => {
  it("[CN14] ends the process when it is confirmed, and then says that nobody answers", async () => {
    const server = await ServerProcess.start({ env: { PARLOR_CONSOLE_TOKEN: "the token of this test" } });
    const browser = await openBrowser(chromium!);
    try {
      const page = await browser.context.newPage();
      await page.goto(`${server.url}console/#token=the+token+of+this+test`);
      await page.click('[data-testid="drain"]');
      await page.click('[data-testid="confirm"]');

      await page.waitForSelector('[data-testid="trouble"] >> text=does not answer');
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      expect(server.output).toMatch(/"action":"drain".*"outcome":"done"/);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
});

/** Waits until the server has printed it: that comes a moment after the line by which its address is known. */
async function printed(server: ServerProcess, pattern: RegExp): Promise<string> {
  return vi.waitFor(
    () => {
      const found = pattern.exec(server.output)?.[1];
      if (found === undefined) throw new Error(`${pattern} is not in the output:\n${server.output}`);
      return found;
    },
    { timeout: PATIENCE_MS },
  );
}
