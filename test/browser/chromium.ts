import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type BrowserContextOptions, chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * The browser to test with: `CHROMIUM_PATH`, or where systems usually put it. Nothing is ever downloaded.
 *
 * @throws {Error} when `CHROMIUM_PATH` names something that cannot be run, and, where `CI` is set, when there is no
 *   browser at all: a test that nobody runs must not look like one that passed.
 */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && !isRunnable(named)) throw new Error(`CHROMIUM_PATH: ${named} cannot be run`);
  const found = named ?? PLACES.find(isRunnable);
  if (found === undefined && process.env.CI) {
    throw new Error(`No Chromium was found. Set CHROMIUM_PATH, or install it at one of ${PLACES.join(", ")}`);
  }
  return found;
}

/** A browser with a profile of its own, as if it had never been used. */
export interface FreshBrowser {
  readonly context: BrowserContext;
  /** Ends the browser and takes its profile away. */
  close(): Promise<void>;
}

export async function openBrowser(
  executablePath: string,
  options: BrowserContextOptions = {},
): Promise<FreshBrowser> {
  const profile = await mkdtemp(join(tmpdir(), "parlor-browser-"));
  const removeProfile = () => rm(profile, { recursive: true, force: true, maxRetries: 5 });
  try {
    const context = await chromium.launchPersistentContext(profile, {
      ...options,
      executablePath,
      headless: true,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Local addresses behind .local names would need multicast DNS, which containers seldom have.
        "--disable-features=WebRtcHideLocalIpsWithMdns",
      ],
    });
    const close = async () => {
      await context.close();
      await removeProfile();
    };
    return { context, close };
  } catch (error) {
    await removeProfile();
    throw error;
  }
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
