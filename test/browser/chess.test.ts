import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ServerProcess } from "../server-process.ts";
import { type FreshBrowser, findChromium, openBrowser } from "./chromium.ts";

const chromium = findChromium();
if (chromium === undefined) {
  console.warn("test/browser is skipped: no Chromium was found (set CHROMIUM_PATH to name one)");
}

describe.skipIf(chromium === undefined)("a game of chess in the browser", () => {
  let server: ServerProcess;
  let browser: FreshBrowser;
  beforeAll(async () => {
    server = await ServerProcess.start({ script: "examples/02-chess/server.js" });
    browser = await openBrowser(chromium ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
  });

  const open = async (query: string): Promise<Page> => {
    const page = await browser.context.newPage();
    await page.goto(`${server.url}?${query}`);
    return page;
  };
  const shows = (page: Page, selector: string, text: string) =>
    page.waitForFunction(
      ([where, what]) => document.querySelector(where as string)?.textContent?.trim() === what,
      [selector, text],
    );
  const move = async (page: Page, from: string, to: string) => {
    await page.click(`[data-square="${from}"]`);
    await page.click(`[data-square="${to}"]`);
  };
  const pieceAt = (page: Page, square: string) =>
    page.getAttribute(`[data-square="${square}"]`, "data-piece");

  it("goes on over a reload, while a third tab watches", async () => {
    const white = await open("room=chess:tabs");
    await shows(white, "#you", "white");
    const black = await open("room=chess:tabs");
    await shows(black, "#you", "black");
    await shows(white, "#status", "white to move");

    await move(white, "e2", "e4");
    await shows(black, "#status", "black to move");
    await move(black, "e7", "e5");
    await shows(white, "#status", "white to move");

    await white.reload();
    await shows(white, "#you", "white");
    await shows(white, "#moves", "1. e4 e5");
    const watching = await open("room=chess:tabs&watch");
    await shows(watching, "#you", "spectator");
    await shows(watching, "#moves", "1. e4 e5");

    await move(black, "d7", "d5");
    await shows(black, "#error", "it is not your turn");
    await move(watching, "d2", "d4");
    await shows(watching, "#error", "forbidden");
    await move(white, "f1", "c4");
    await shows(black, "#status", "black to move");
    await move(black, "b8", "c6");
    await shows(white, "#status", "white to move");
    await move(white, "d1", "h5");
    await shows(black, "#status", "black to move");
    await move(black, "g8", "f6");
    await shows(white, "#status", "white to move");
    await move(white, "h5", "f7");

    for (const page of [white, black, watching]) {
      await shows(page, "#status", "white wins by checkmate");
      await shows(page, "#moves", "1. e4 e5 2. Bc4 Nc6 3. Qh5 Nf6 4. Qxf7#");
      expect(await pieceAt(page, "f7")).toBe("Q");
    }
  }, 90_000);
});
